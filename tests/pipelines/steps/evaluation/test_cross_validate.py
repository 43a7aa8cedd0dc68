"""Every example is understood once by a model that has not learnt from it."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.schemas.examples import Example
from pipelines.schemas.training import TrainParams
from pipelines.steps.data.frame import to_frame
from pipelines.steps.evaluation.cross_validate import cross_validate_model
from tests.support.bots import TINY_BOT
from tests.support.releases import examples_of


def test_cross_validate_holds_every_example_out_once(tmp_path: Path) -> None:
    params = TrainParams(home=tmp_path, encoder="none", cross_validate=2)
    examples, said = examples_of(TINY_BOT), []
    found = cross_validate_model(
        to_frame(examples), TINY_BOT, params, progress=lambda share, what: said.append((share, what))
    )
    assert found.folds["fold"].tolist() == [1, 2]
    assert found.folds["held_out"].sum() == len(examples)
    assert sorted(each.example.id for each in found.evaluation.predictions) == sorted(row.id for row in examples)
    figures = found.figures()
    assert figures["accuracy"] == pytest.approx(found.folds["accuracy"].mean())
    assert figures["accuracy_sd"] >= 0
    assert {"low", "high"} <= set(found.evaluation.per_intent)
    assert said[-1] == (1.0, "cross-validated")
    assert any(what.startswith("fold 2 of 2: ") for _, what in said)


def test_cross_validate_trains_nothing_for_a_fold_that_holds_nothing_out(tmp_path: Path) -> None:
    texts = [(intent, f"{intent} {word}") for intent in ("buy", "sell") for word in ("now", "later", "never", "twice")]
    frame = to_frame([Example(id=text, text=text, intent=intent) for intent, text in texts])
    params = TrainParams(home=tmp_path, encoder="none", cross_validate=20)
    found = cross_validate_model(frame, TINY_BOT, params)
    assert (len(found.folds), found.folds["held_out"].min()) == (4, 2)
    nothing = cross_validate_model(frame.head(1), TINY_BOT, params)
    assert (len(nothing.folds), nothing.figures()) == (0, {})


def test_one_fold_is_no_cross_validation() -> None:
    with pytest.raises(ValidationError, match="2 folds or more"):
        TrainParams(cross_validate=1)

"""Held-out labels are measured apart, and refused where they are learnt from."""

import json

import pandas as pd
import pytest

from pipelines.errors import DataRejected
from pipelines.nlu.intents.refusal import outcome_of
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import IntentScore, NluResult
from pipelines.steps.data.frame import to_examples, to_frame
from pipelines.steps.data.labels import accepted_labels
from pipelines.steps.evaluation.evaluate import measure
from pipelines.steps.evaluation.labels.held_out import by_week, unseen_labels
from pipelines.steps.evaluation.predictions import Prediction
from tests.support.labels import accepted_item

HELD = accepted_item("b", "where is my parcel then", "track", bound_for="holdout")


def authors(*texts: str) -> pd.DataFrame:
    examples = [Example(id=f"track/{number}", text=text, intent="track") for number, text in enumerate(texts, start=1)]
    return to_frame(examples, origin="author")


def test_measured_apart_leaves_out_what_an_author_has_written_since() -> None:
    holdout = accepted_labels(
        [HELD, accepted_item("b", "any news of it", "track", bound_for="holdout")], intents=["track"]
    )
    kept = unseen_labels(holdout.holdout, authors("my order", "Where is my parcel, then?"))
    assert kept["text"].tolist() == ["any news of it"]
    assert len(unseen_labels(holdout.holdout, authors("my order"))) == 2
    assert unseen_labels(holdout.holdout.head(0), authors("my order")).empty


def test_measured_apart_refuses_labels_on_both_sides() -> None:
    twin = accepted_item("b", "Where is my parcel then?!", "track")
    found = accepted_labels([HELD, twin], intents=["track"])
    with pytest.raises(DataRejected) as caught:
        unseen_labels(found.holdout, pd.concat([authors("my order"), found.train], ignore_index=True))
    assert twin.key in str(caught.value)
    assert json.dumps({"key": HELD.key, "status": "rejected", "was": "accepted"}) in str(caught.value)
    assert "intentloop label --decide" in str(caught.value)


def test_by_week_counts_right_intents_and_right_refusals() -> None:
    weeks = {"week": "2026-W46", "bound_for": "holdout"}
    items = [HELD, *(accepted_item("b", text, "track", **weeks) for text in ("my parcel", "no idea"))]
    items.append(accepted_item("b", "who won", OUT_OF_SCOPE, **weeks))
    rows = accepted_labels(items, intents=["track"]).holdout
    rows = rows.sort_values("text", ignore_index=True)  # my parcel, no idea, where is ..., who won
    nothing = NluResult(text="", ranking=())
    track = NluResult(text="", ranking=(IntentScore(intent_id="track", confidence=0.9),))
    thresholds = Thresholds(confidence=0.5)
    predictions = [
        Prediction(example, result, outcome_of(result, thresholds, None), 1.0, 1.0)
        for example, result in zip(to_examples(rows), (track, nothing, track, nothing), strict=True)
    ]
    assert by_week(measure(predictions), rows).to_dict("records") == [
        {"week": "2026-W45", "rows": 1, "understood": 1.0},
        {"week": "2026-W46", "rows": 3, "understood": pytest.approx(2 / 3)},
    ]

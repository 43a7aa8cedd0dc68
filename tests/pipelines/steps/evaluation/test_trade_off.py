"""What thresholds would have cost, counted by hand."""

import math
from pathlib import Path

import pytest

from pipelines.nlu.intents.thresholds import Costs
from pipelines.nlu.model import NluModel
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import IntentScore, NluResult
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model
from pipelines.steps.evaluation.plots import plot_trade_off
from pipelines.steps.evaluation.trade_off import measure_trade_off


class Told(NluModel):
    """Says of each text the intents with their confidence and then the out-of-scope score that stand in it."""

    thresholds_ = Thresholds(confidence=0.5, out_of_scope=0.8)

    def parse(self, text: str) -> NluResult:
        *words, score = text.split()
        ranking = tuple(
            IntentScore(intent_id=intent, confidence=float(confidence))
            for intent, confidence in zip(words[::2], words[1::2], strict=True)
        )
        return NluResult(text=text, ranking=ranking, out_of_scope_score=None if score == "-" else float(score))


def evaluated(*rows: tuple[str, str]) -> Evaluation:
    return evaluate_model(Told(), [Example(id=text, intent=intent, text=text) for intent, text in rows])


ROWS = (("a", "a 0.9 0.1"), ("a", "a 0.4 0.1"), ("a", "b 0.6 0.2"), ("b", "b 0.7 0.9"))
OUTSIDE = ((OUT_OF_SCOPE, "a 0.3 0.1"), (OUT_OF_SCOPE, "a 0.8 0.1"))


def test_trade_off_counts_what_every_threshold_costs() -> None:
    evaluation = evaluated(*ROWS, *OUTSIDE)
    curve = measure_trade_off(evaluation, Told.thresholds_, costs=Costs(refusal=0.5, needless_limit=0.4)).set_index(
        "confidence"
    )
    # at .5: the first is right, the second refused, the third wrong, the fourth too far; one of two outside answered
    assert curve.loc[0.5, ["cost", "wrong", "needless", "outside"]].tolist() == pytest.approx(
        [3 / 6, 1 / 4, 2 / 4, 0.5]
    )
    assert curve.loc[0.5, "cost_without_limit"] == pytest.approx(2.5 / 6)
    assert curve.loc[0.0, ["cost", "outside"]].tolist() == pytest.approx([3.5 / 6, 1.0])
    # of three that are understood rightly, one is too far out, and from .42 on another is refused
    assert curve.index[~curve["allowed"]][0] == 0.42
    assert curve.index[curve["chosen"]].tolist() == [0.5]
    assert measure_trade_off(evaluation, Told.thresholds_).set_index("confidence").loc[0.5, "cost"] == pytest.approx(
        evaluation.metrics["expected_cost"]
    )


def test_trade_off_counts_what_is_asked_about_apart_at_every_threshold() -> None:
    rows = (("a", "a 0.5 b 0.4 0.1"), ("b", "b 0.5 a 0.4 0.9"), ("a", "a 0.9 0.1"), (OUT_OF_SCOPE, "a 0.5 b 0.4 0.1"))
    evaluation = evaluated(*rows)
    curve = measure_trade_off(evaluation, Told.thresholds_).set_index("confidence")
    # the second is too far out to be asked about, without a limit it is
    for confidence in (0.0, 0.5, 0.7):
        row = curve.loc[confidence]
        assert row[["wrong", "needless", "asked", "outside", "outside_asked"]].tolist() == pytest.approx(
            [0.0, 1 / 3, 1 / 3, 0.0, 1.0]
        )
        assert row[["cost", "cost_without_limit"]].tolist() == pytest.approx([3 * 0.7 / 4, 3 * 0.7 / 4])
    assert curve.loc[0.94, "needless"] == pytest.approx(2 / 3)


def test_trade_off_refuses_a_text_that_says_nothing_and_knows_no_score_that_is_not_there() -> None:
    class Silent(Told):
        def parse(self, text: str) -> NluResult:
            return NluResult(text=text, ranking=()) if text == "?" else super().parse(text)

    rows = [Example(id=text, intent="a", text=text) for text in ("?", "a 0.1 -")]
    curve = measure_trade_off(evaluate_model(Silent(), rows), Told.thresholds_).set_index("confidence")
    assert curve.loc[0.0, ["cost", "wrong", "needless"]].tolist() == pytest.approx([0.7 / 2, 0.0, 0.0])


def test_trade_off_of_rows_that_are_not_there_is_no_number_and_drawn_all_the_same(tmp_path: Path) -> None:
    curve = measure_trade_off(evaluated(*ROWS), Thresholds(confidence=0.33))
    assert math.isnan(curve["outside"].iloc[0])
    assert 0.33 in curve["confidence"].tolist()
    plot_trade_off(curve).savefig(tmp_path / "curve.png")
    plot_trade_off(measure_trade_off(evaluated(), Thresholds(confidence=0.2))).savefig(tmp_path / "nothing.png")

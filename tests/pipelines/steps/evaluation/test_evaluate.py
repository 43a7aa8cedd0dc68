"""An evaluation counts what happened, worked out by hand on a model that is told what to say."""

from pathlib import Path

import pytest

from pipelines.nlu.model import NluModel
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.schemas.release import Thresholds
from pipelines.schemas.understanding import EntitySpan, IntentScore, NluResult
from pipelines.steps.evaluation.evaluate import evaluate, predict, refuses
from pipelines.steps.evaluation.plots import plot_calibration, plot_confidence, plot_confusion


class Told(NluModel):
    """Says of each text what the test says: `intent confidence`, or nothing for an empty text."""

    thresholds_ = Thresholds(confidence=0.5)

    def parse(self, text: str) -> NluResult:
        if not text:
            return NluResult(text=text, ranking=())
        intent, confidence = text.split()[:2]
        spans = (EntitySpan(start=0, end=1, type="t", value="x"),) if "!" in text else ()
        ranking = (IntentScore(intent_id=intent, confidence=float(confidence)),)
        return NluResult(text=text, ranking=ranking, entities=spans)


def row(intent: str, text: str, *spans: LabelledSpan) -> Example:
    return Example(id=text or "empty", intent=intent, text=text, entities=spans)


SPAN = LabelledSpan(start=0, end=1, type="t", value="x")
ROWS = [
    row("a", "a 0.9 !", SPAN),
    row("a", "a 0.4", LabelledSpan(start=2, end=3, type="t", value="x")),
    row("a", "b 0.6"),
    row("b", "b 0.8 !"),
    row("c", ""),
    row(OUT_OF_SCOPE, "a 0.3"),
    row(OUT_OF_SCOPE, "a 0.7"),
]


def test_evaluate_figures_by_hand() -> None:
    metrics = evaluate(Told(), ROWS).metrics
    assert metrics["n_examples"] == 7
    assert metrics["accuracy"] == pytest.approx(3 / 5)
    assert metrics["effective_accuracy"] == pytest.approx(2 / 5)
    assert metrics["needless_fallback"] == pytest.approx(1 / 5)
    assert metrics["macro_f1"] == pytest.approx((0.8 + 2 / 3 + 0) / 3)
    assert metrics["out_of_scope_recall"] == pytest.approx(1 / 2)
    # outside scores .7 and .3; inside .1 .6 .4 .2 1.0: pairs won 4 of 5 and 2 of 5
    assert metrics["out_of_scope_auroc"] == pytest.approx((4 + 2) / 10)
    assert metrics["entity_precision"] == pytest.approx(1 / 2)
    assert metrics["entity_recall"] == pytest.approx(1 / 2)
    assert metrics["entity_f1"] == pytest.approx(1 / 2)
    assert metrics["accuracy_low"] < 0.6 < metrics["accuracy_high"]


def test_evaluate_tables_by_hand() -> None:
    evaluation = evaluate(Told(), ROWS)
    assert evaluation.per_intent[["intent", "support"]].to_numpy().tolist() == [["a", 3], ["b", 1], ["c", 1]]
    assert evaluation.per_entity[["type", "recall", "support"]].to_numpy().tolist() == [["t", 0.5, 2]]
    assert evaluation.confusions.to_numpy().tolist() == [["a", "b", 1], ["c", "", 1]]
    assert [prediction.example for prediction in evaluation.predictions] == ROWS


@pytest.mark.parametrize(
    ("rows", "left_out"),
    [
        ([], {"accuracy", "entity_f1", "out_of_scope_recall"}),
        ([row("a", "a 0.9")], {"entity_f1", "out_of_scope_recall", "out_of_scope_auroc"}),
        ([row(OUT_OF_SCOPE, "a 0.9")], {"accuracy", "entity_f1", "out_of_scope_auroc"}),
    ],
)
def test_evaluate_leaves_out_figures_without_rows_and_plots_them_all_the_same(
    rows: list[Example], left_out: set[str], tmp_path: Path
) -> None:
    evaluation = evaluate(Told(), rows)
    assert left_out.isdisjoint(evaluation.metrics)
    for figure in (
        plot_confusion(evaluation),
        plot_confidence(evaluation, threshold=0.2),
        plot_calibration(evaluation),
    ):
        figure.savefig(tmp_path / "plot.png")


def test_plots_of_many_confused_intents_show_the_worst(tmp_path: Path) -> None:
    rows = [row(f"gold{n}", f"other{n} 0.{n}") for n in range(10, 50)]
    figure = plot_confusion(evaluate(Told(), rows))
    figure.savefig(tmp_path / "plot.png")
    assert len(figure.axes[0].get_xticklabels()) == 25


def test_refuses_below_the_threshold_only() -> None:
    thresholds = Thresholds(confidence=0.5, out_of_scope=0.8)

    def result(confidence: float, score: float | None = None) -> NluResult:
        ranking = (IntentScore(intent_id="a", confidence=confidence),)
        return NluResult(text="x", ranking=ranking, out_of_scope_score=score)

    assert refuses(NluResult(text="", ranking=()), thresholds)
    assert refuses(result(0.49), thresholds)
    assert not refuses(result(0.5), thresholds)
    assert not refuses(result(0.9, 0.8), thresholds)
    assert refuses(result(0.9, 0.81), thresholds)
    assert not refuses(result(0.9, 99.0), Thresholds(confidence=0.5))


def test_predict_keeps_the_order_and_reports_progress() -> None:
    shares: list[float] = []
    predictions = predict(
        Told(), [row("a", f"a 0.{n:03}") for n in range(250)], progress=lambda s, what: shares.append(s)
    )
    assert [prediction.result.text for prediction in predictions][:2] == ["a 0.000", "a 0.001"]
    assert shares == [0.0, 0.4, 0.8]
    assert all(prediction.wall_ms >= 0 and prediction.cpu_ms >= 0 for prediction in predictions)


def test_evaluate_tiny_model_on_its_own_examples(tiny_model: NluModel) -> None:
    rows = [row("greet", "hello"), row("track_order", "where is my order"), row(OUT_OF_SCOPE, "qqq zzz")]
    metrics = evaluate(tiny_model, rows).metrics
    assert metrics["accuracy"] == 1.0
    assert metrics["out_of_scope_recall"] == 1.0

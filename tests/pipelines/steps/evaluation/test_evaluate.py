"""An evaluation counts what happened, worked out by hand on a model that is told what to say."""

from pathlib import Path

import pytest

from pipelines.nlu.model import NluModel
from pipelines.schemas.bot import Intent
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import EntitySpan, IntentScore, NluResult
from pipelines.steps.evaluation.evaluate import evaluate_model
from pipelines.steps.evaluation.plots import plot_calibration, plot_confidence, plot_confusion, plot_outcomes
from pipelines.steps.evaluation.predictions import GRADES, message_costs, predict


class Told(NluModel):
    """Says of each text what the test says: pairs of `intent confidence`, or nothing for an empty text."""

    thresholds_ = Thresholds(confidence=0.5)

    def parse(self, text: str) -> NluResult:
        if not text:
            return NluResult(text=text, ranking=())
        words = text.removesuffix(" !").split()
        spans = (EntitySpan(start=0, end=1, type="t", value="x"),) if "!" in text else ()
        ranking = tuple(
            IntentScore(intent_id=intent, confidence=float(confidence))
            for intent, confidence in zip(words[::2], words[1::2], strict=True)
        )
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
    metrics = evaluate_model(Told(), ROWS).metrics
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


ASKED_ABOUT = [
    row("a", "a 0.9"),
    row("b", "a 0.9"),
    row("a", "a 0.6 b 0.3"),  # would be answered rightly
    row("b", "a 0.4 b 0.3"),  # would be refused
    row("c", "a 0.4 b 0.3"),
    row("a", "a 0.4"),
    row("b", "a 0.4"),
    row("c", ""),
    row(OUT_OF_SCOPE, "a 0.9"),
    row(OUT_OF_SCOPE, "a 0.4 b 0.3"),
    row(OUT_OF_SCOPE, "a 0.4"),
]


def test_evaluate_counts_a_question_as_an_outcome_of_its_own() -> None:
    evaluation = evaluate_model(Told(), ASKED_ABOUT)
    metrics = evaluation.metrics
    assert metrics["accuracy"] == pytest.approx(3 / 8)
    assert metrics["effective_accuracy"] == pytest.approx(1 / 8)
    assert metrics["answered_wrong"] == pytest.approx(1 / 8)
    assert metrics["asked_right"] == pytest.approx(2 / 8)
    assert metrics["asked_wrong"] == pytest.approx(1 / 8)
    assert metrics["needless_fallback"] == pytest.approx(1 / 8)
    assert metrics["justified_fallback"] == pytest.approx(2 / 8)
    assert metrics["out_of_scope_recall"] == pytest.approx(1 / 3)
    assert metrics["out_of_scope_asked"] == pytest.approx(1 / 3)
    assert metrics["out_of_scope_answered"] == pytest.approx(1 / 3)
    table = evaluation.outcomes.set_index("outcome")
    assert table.index.tolist() == list(GRADES)
    assert table["in_scope"].tolist() == [1, 1, 2, 1, 1, 2]
    assert table["out_of_scope"].tolist() == [0, 1, 0, 1, 0, 1]
    assert table.loc["asked, right one offered", "in_scope_share"] == pytest.approx(2 / 8)


def test_message_costs_of_a_question_are_those_of_asking_again() -> None:
    costs = message_costs(evaluate_model(Told(), ASKED_ABOUT).predictions)
    assert costs.tolist() == [0.0, 1.0, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 1.0, 0.7, 0.0]


def test_evaluate_asks_about_and_answers_nothing_that_the_release_does_not_have() -> None:
    intents = {name: Intent(name=name, intent_id=name) for name in "ac"}
    evaluation = evaluate_model(Told(), [row("a", "a 0.6 b 0.3"), row("b", "b 0.9")], intent_by_id=intents)
    assert [each.grade for each in evaluation.predictions] == ["answered right", "refused needlessly"]
    assert [each.outcome.reason for each in evaluation.predictions] == [None, "not-in-release"]


def test_evaluate_tables_by_hand() -> None:
    evaluation = evaluate_model(Told(), ROWS)
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
    evaluation = evaluate_model(Told(), rows)
    assert left_out.isdisjoint(evaluation.metrics)
    for figure in (
        plot_outcomes(evaluation),
        plot_confusion(evaluation),
        plot_confidence(evaluation, threshold=0.2),
        plot_calibration(evaluation),
    ):
        figure.savefig(tmp_path / "plot.png")


def test_plots_of_many_confused_intents_show_the_worst(tmp_path: Path) -> None:
    rows = [row(f"gold{n}", f"other{n} 0.{n}") for n in range(10, 50)]
    figure = plot_confusion(evaluate_model(Told(), rows))
    figure.savefig(tmp_path / "plot.png")
    assert len(figure.axes[0].get_xticklabels()) == 25


def test_plot_outcomes_names_the_share_of_each(tmp_path: Path) -> None:
    figure = plot_outcomes(evaluate_model(Told(), ASKED_ABOUT))
    figure.savefig(tmp_path / "plot.png")
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == [
        "answered right: 12.5%, 0.0%",
        "answered wrong: 12.5%, 33.3%",
        "asked, right one offered: 25.0%, 0.0%",
        "asked, not offered: 12.5%, 33.3%",
        "refused needlessly: 12.5%, 0.0%",
        "refused rightly: 25.0%, 33.3%",
    ]


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
    metrics = evaluate_model(tiny_model, rows).metrics
    assert metrics["accuracy"] == 1.0
    assert metrics["out_of_scope_recall"] == 1.0

"""The gate's checks on models trained for real, each with a fault that it has to find."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.nlu.intents.refusal import Outcome
from pipelines.nlu.model import NluModel
from pipelines.registry.release import Release
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.training import Finding, TrainParams
from pipelines.schemas.understanding import NluResult
from pipelines.schemas.verdict import Check
from pipelines.steps.evaluation.compare import Comparison, OutcomeChange, PairedTest, compare_evaluations
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model
from pipelines.steps.evaluation.floors import check_floors
from pipelines.steps.evaluation.gate import (
    check_behaviour,
    check_comparison,
    check_replies,
    compare_with,
    entity_types,
    measure_release,
)
from tests.support.bots import TINY_BOT
from tests.support.releases import examples_of

PARAMS = TrainParams()
EXAMPLES = examples_of(TINY_BOT)


def trained(examples: list[Example]) -> NluModel:
    return NluModel().fit(examples, TINY_BOT.entities, intents=TINY_BOT.intents)


def order(number: int) -> Example:
    text = f"please track order ORD-{number}"
    spans = (LabelledSpan(start=19, end=len(text), type="order_id", value=text[19:]),)
    return Example(id=str(number), text=text, intent="track_order", entities=spans)


HELD_OUT = [
    *map(order, range(4001, 4013)),
    *(
        Example(id=f"b{n}", text=f"could i purchase {what}", intent="order_product")
        for n, what in enumerate(["a tent", "two tents", "a backpack", "some tents", "one thermos", "a thermos"])
    ),
    *(Example(id=f"g{n}", text=text, intent="greet") for n, text in enumerate(["hello you", "hi bot", "hey there"])),
]


def swapped(row: Example) -> Example:
    other = {"track_order": "order_product", "order_product": "track_order"}
    return row.model_copy(update={"intent": other.get(row.intent, row.intent)})


def without_order_ids(row: Example) -> Example:
    spans = tuple(span for span in row.entities if span.type != "order_id")
    return row.model_copy(update={"entities": spans})


def compared(production: Release, candidate: NluModel, rows: list[Example]) -> Check:
    steps: set[str] = set()
    seen, evaluation = [False] * len(rows), evaluate_model(candidate, rows)
    comparison = compare_with(production, evaluation, seen=seen, progress=lambda _, what: steps.add(what))
    assert steps == {"evaluating the version in production"}
    return check_comparison(comparison, types=entity_types(TINY_BOT))


def test_gate_passes_a_release_that_is_as_good(tiny_release: Release, tiny_model: NluModel) -> None:
    check = compared(tiny_release, tiny_model, HELD_OUT)
    assert check.passed
    assert check.figures["compared_rows"] == len(HELD_OUT)
    assert check.notes[0].startswith("compared with version 1 on 21 held-out utterances; 0 more were left out")
    check = check_floors(evaluate_model(tiny_model, HELD_OUT), PARAMS)
    assert check.passed
    assert check.warnings == (
        "only 21 sentences were kept back to measure on, so nobody knows how good it is: try it yourself, and write "
        "more examples",
    )
    assert check.sentence.startswith("Passed: none of ")
    assert "Know this first: only 21 sentences" in check.sentence
    assert not check_floors(evaluate_model(tiny_model, [*HELD_OUT, *HELD_OUT]), PARAMS).warnings


def test_swapped_label_set_is_caught_though_the_held_out_rows_agree(tiny_release: Release) -> None:
    candidate = trained([swapped(row) for row in EXAMPLES])
    rows = [swapped(row) for row in HELD_OUT]
    evaluation = evaluate_model(candidate, rows)
    assert evaluation.metrics["accuracy"] > PARAMS.min_accuracy
    reasons = check_comparison(compare_with(tiny_release, evaluation, seen=None), types=()).reasons
    assert reasons[-1].startswith("the labels of order_product, track_order seem to be swapped: version 1 takes most")


def test_swapped_labels_in_the_model_alone_are_caught_by_the_floor_and_the_paired_test(tiny_release: Release) -> None:
    candidate = trained([swapped(row) for row in EXAMPLES])
    assert "below the floor 60.0%" in check_floors(evaluate_model(candidate, HELD_OUT), PARAMS).reasons[0]
    assert compared(tiny_release, candidate, HELD_OUT).reasons[0].startswith("intents: version 1 is right on")


def test_loss_on_rows_that_production_may_have_learnt_is_only_noted(tiny_release: Release) -> None:
    candidate = trained([swapped(row) for row in EXAMPLES])
    check = check_comparison(compare_with(tiny_release, evaluate_model(candidate, HELD_OUT), seen=None), types=())
    assert check.passed
    assert "may contain some of them" in check.notes[0]
    assert check.notes[1].startswith("intents: version 1 is right on")


def test_entity_that_lost_its_examples_is_caught_though_no_held_out_row_has_it(tiny_release: Release) -> None:
    candidate = trained([without_order_ids(row) for row in EXAMPLES])
    rows = [without_order_ids(row) for row in HELD_OUT]
    (reason,) = compared(tiny_release, candidate, rows).reasons
    assert reason.startswith("entities of type 'order_id' are found 12 times by version 1 and never by this one")


def test_entity_that_lost_some_examples_is_caught_by_the_paired_test(tiny_release: Release) -> None:
    candidate = trained([without_order_ids(row) for row in EXAMPLES])
    reasons = compared(tiny_release, candidate, HELD_OUT).reasons
    assert reasons[0].startswith("entities of type 'order_id': version 1 is right on 12 held-out utterances")


def test_entity_that_the_bot_no_longer_uses_may_vanish(tiny_release: Release) -> None:
    candidate = trained([without_order_ids(row) for row in EXAMPLES])
    rows = [without_order_ids(row) for row in HELD_OUT]
    comparison = compare_with(tiny_release, evaluate_model(candidate, rows), seen=None)
    assert check_comparison(comparison, types=entity_types(BotFile())).passed


def test_threshold_that_sends_everything_to_fallback_is_caught(tiny_model: NluModel) -> None:
    evaluation = evaluate_model(tiny_model, HELD_OUT, thresholds=Thresholds(confidence=1.0))
    (reason,) = check_floors(evaluation, PARAMS).reasons
    assert reason.startswith("the thresholds send 100.0% of held-out utterances to fallback although")


def measured(rows: list[Example], **metrics: float) -> Evaluation:
    class Silent(NluModel):
        thresholds_ = Thresholds(confidence=0.5)

        def parse(self, text: str, **_: Any) -> NluResult:
            return NluResult(text=text, ranking=())

    return replace(evaluate_model(Silent(), rows), metrics=metrics)


@pytest.mark.parametrize(
    ("metrics", "reason"),
    [
        ({"accuracy": 0.5}, "accuracy 50.0% on held-out utterances is below the floor 60.0%"),
        ({"entity_f1": 0.4}, "entity F1 40.0% on held-out utterances is below the floor 50.0%"),
        ({"out_of_scope_recall": 0.05}, "only 5.0% of out-of-scope utterances are sent to fallback"),
        ({"needless_fallback": 0.3}, "the thresholds send 30.0% of held-out utterances to fallback"),
    ],
)
def test_check_floors_gives_each_reason_as_a_sentence(metrics: dict[str, float], reason: str) -> None:
    rows = [*map(order, range(1000, 1020)), *(Example(id="o", text="x", intent=OUT_OF_SCOPE) for _ in range(20))]
    check = check_floors(measured(rows, **metrics), PARAMS)
    (found,) = check.reasons
    assert found.startswith(reason)
    (measure,) = check.measures
    (value,) = metrics.values()
    assert (measure.value, measure.n, measure.passed) == (value, 20, False)
    assert measure.limit in (0.6, 0.5, 0.1, 0.2)
    assert measure.is_floor == (measure.value < measure.limit)


def test_check_floors_gives_each_figure_its_interval_and_what_it_was_measured_on(tiny_model: NluModel) -> None:
    check = check_floors(
        evaluate_model(tiny_model, HELD_OUT), PARAMS, rows="utterances of test set 3", prefix="test_set_"
    )
    assert [measure.name for measure in check.measures] == [
        "accuracy on utterances of test set 3",
        "understood rightly but sent to fallback, of utterances of test set 3",
        "entity F1 on utterances of test set 3",
    ]
    assert [measure.n for measure in check.measures] == [21, 21, 12]
    for measure in check.measures:
        assert measure.low is not None
        assert measure.high is not None
        assert 0.0 <= measure.low <= measure.value <= measure.high <= 1.0
    assert set(check.figures) == {"test_set_accuracy", "test_set_needless_fallback", "test_set_entity_f1"}


def test_check_floors_notes_what_is_asked_about_and_holds_it_against_nobody() -> None:
    rows = list(map(order, range(1000, 1020)))
    check = check_floors(measured(rows, asked_right=0.3, asked_wrong=0.1), PARAMS)
    assert check.passed
    assert check.notes == (
        "for 40.0% of held-out utterances the customer is asked which intent is meant; the right one is among the "
        "options in 75% of these",
    )
    assert check_floors(measured(rows, asked_right=0.0, asked_wrong=0.0), PARAMS).notes == ()


def test_check_floors_holds_no_share_of_a_few_rows_against_a_release() -> None:
    few = {"entity_f1": 0.0, "out_of_scope_recall": 0.0, "needless_fallback": 1.0}
    rows = [*map(order, range(1000, 1019)), *(Example(id="o", text="x", intent=OUT_OF_SCOPE) for _ in range(19))]
    assert check_floors(measured(rows, **few), PARAMS).passed
    assert check_floors(measured([]), PARAMS).passed


def test_check_behaviour_names_the_change_and_quotes_nobody(tiny_model: NluModel) -> None:
    class CaseSensitive(NluModel):
        thresholds_ = tiny_model.thresholds_

        def __init__(self) -> None:
            return

        def parse(self, text: str, **_: Any) -> Any:
            return tiny_model.parse("cancel" if text.isupper() else text)

    check = check_behaviour(CaseSensitive(), HELD_OUT, PARAMS)
    (reason,) = check.reasons
    assert reason.startswith("100.0% of utterances are taken for another intent after the change 'upper_case'")
    assert "ORD" not in reason, "verdicts live for ever, and an utterance may be a customer's"
    assert check.figures["behaviour_upper_case"] == 0.0
    failed = [measure for measure in check.measures if not measure.passed]
    assert [(measure.name, measure.value, measure.limit) for measure in failed] == [
        ("same intent after the change 'upper case'", 0.0, 0.7)
    ]
    assert check_behaviour(CaseSensitive(), [], PARAMS) == Check()


def test_check_comparison_names_what_becomes_of_messages_otherwise_with_figures_and_chance(
    tiny_release: Release, tiny_model: NluModel
) -> None:
    rows = [*HELD_OUT, *(Example(id=f"o{n}", text=f"who won match {n}", intent=OUT_OF_SCOPE) for n in range(20))]
    measured = evaluate_model(tiny_model, rows)
    shy, bold = (
        replace(measured, predictions=tuple(replace(each, outcome=outcome) for each in measured.predictions))
        for outcome in (Outcome("refused", None), Outcome("answered", "greet"))
    )
    check = check_comparison(compare_evaluations(bold, shy, version="7", seen=[False] * len(rows)), types=())
    (said,) = [note for note in check.notes if note.startswith("out-of-scope utterances refused")]
    assert "by version 7, 0.0 %" in said
    assert "n = 20) by this one; the difference is more than chance (p = " in said
    same = check_comparison(compare_evaluations(bold, bold, version="7", seen=[False] * len(rows)), types=())
    assert len(same.notes) == 1, "nothing becomes otherwise"


def test_check_comparison_says_that_a_small_fall_is_within_chance() -> None:
    change = OutcomeChange("out-of-scope utterances refused", 39, 17, 14, 0.25)
    check = check_comparison(
        Comparison("1", (PairedTest("intents", 39, 0, 0, 1.0),), 39, 0, (), (), (change,)), types=()
    )
    assert check.notes[1] == (
        "out-of-scope utterances refused: 43.6 % (29.3-59.0 %, n = 39) by version 1, 35.9 % (22.7-51.6 %, n = 39) by "
        "this one; the difference is within chance (p = 0.25)"
    )


def test_check_comparison_says_what_production_has_learnt_from() -> None:
    test = PairedTest("intents", 30, 1, 9, 0.021)
    check = check_comparison(Comparison("7", (test,), 40, 10, (), ()), types=())
    assert check.reasons == (
        "intents: version 7 is right on 9 held-out utterances that this one gets wrong, and wrong on only 1 that this "
        "one gets right (p = 0.02)",
    )
    assert check.notes == (
        "compared with version 7 on 30 held-out utterances; 10 more were left out, since that version was trained on "
        "them",
    )
    (measure,) = check.measures
    assert measure.name == (
        "intents, compared with version 7 on held-out utterances: production 9, candidate 1 right alone"
    )
    assert (measure.value, measure.unit, measure.limit, measure.n, measure.passed) == (0.021, "p", 0.05, 30, False)


def test_check_comparison_of_a_better_candidate_passes_whatever_its_p_value() -> None:
    (measure,) = check_comparison(
        Comparison("7", (PairedTest("intents", 30, 9, 1, 0.021),), 40, 10, (), ()), types=()
    ).measures
    assert measure.passed


def test_measure_release_says_how_large_it_is(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"x" * 2_500_000)
    check = measure_release(tmp_path)
    assert check.figures == {"release_mb": 2.5}
    assert [(measure.name, measure.value) for measure in check.measures] == [
        ("size of the release on disk, in MB", 2.5)
    ]


def test_check_comparison_asks_more_of_many_entity_types() -> None:
    intents = PairedTest("intents", 30, 0, 0, 1.0)
    types = tuple(PairedTest(f"t{n}", 30, 0, 6, 0.03) for n in range(5))
    assert check_comparison(Comparison("7", (intents, *types), 40, 0, (), ()), types=()).passed
    assert not check_comparison(Comparison("7", (intents, types[0]), 40, 0, (), ()), types=()).passed


def test_check_of_all_passes_only_what_every_check_passes() -> None:
    good, bad = Check(figures={"a": 1.0}, notes=("n",)), Check(reasons=("r",), figures={"b": 2.0})
    assert Check.of_all([good, good]).passed
    both = Check.of_all([good, bad])
    assert (both.passed, both.reasons, both.figures, both.notes) == (False, ("r",), {"a": 1.0, "b": 2.0}, ("n",))
    assert "Refused because r." in both._repr_html_()


def test_check_replies_warns_of_intents_that_say_nothing() -> None:
    def found(check: str, intent_id: str) -> Finding:
        return Finding(severity="warning", check=check, row=intent_id, explanation="it has none.", repair="write one.")

    assert check_replies([found("enough_examples", "order")]) == Check()
    (one,) = check_replies([found("intent_says_something", "order")]).warnings
    assert one == "this intent has no reply, so customers are only told that it is done: 'order'"
    (many,) = check_replies(found("intent_says_something", f"i{number}") for number in range(7)).warnings
    assert many.endswith("told that it is done: 'i0', 'i1', 'i2', 'i3', 'i4' and 2 more")

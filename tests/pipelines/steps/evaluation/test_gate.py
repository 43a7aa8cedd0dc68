"""The gate's checks on models trained for real, each with a fault that it has to find."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from pipelines.nlu.model import NluModel
from pipelines.registry.release import Release
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.schemas.release import Thresholds
from pipelines.schemas.training import TrainParams
from pipelines.schemas.understanding import IntentScore, NluResult
from pipelines.schemas.verdict import Check
from pipelines.steps.evaluation.compare import Comparison, PairedTest
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model
from pipelines.steps.evaluation.gate import check_behaviour, check_comparison, check_floors, compare_with, entity_types
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
    comparison = compare_with(production, evaluate_model(candidate, rows), seen=[False] * len(rows))
    return check_comparison(comparison, types=entity_types(TINY_BOT))


def test_gate_passes_a_release_that_is_as_good(tiny_release: Release, tiny_model: NluModel) -> None:
    check = compared(tiny_release, tiny_model, HELD_OUT)
    assert check.passed
    assert check.figures["compared_rows"] == len(HELD_OUT)
    assert check.notes[0].startswith("compared with version 1 on 21 held-out utterances; 0 more were left out")
    assert check_floors(evaluate_model(tiny_model, HELD_OUT), PARAMS.model_copy(update={"max_latency_ms": 1e6})).passed


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
    (reason,) = check_floors(evaluation, PARAMS.model_copy(update={"max_latency_ms": 1e6})).reasons
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
        ({"cpu_ms_p95": 300.0}, "one in twenty utterances takes more than 300 ms of CPU time"),
        ({"needless_fallback": 0.3}, "the thresholds send 30.0% of held-out utterances to fallback"),
    ],
)
def test_check_floors_gives_each_reason_as_a_sentence(metrics: dict[str, float], reason: str) -> None:
    rows = [*map(order, range(1000, 1020)), *(Example(id="o", text="x", intent=OUT_OF_SCOPE) for _ in range(20))]
    (found,) = check_floors(measured(rows, **metrics), PARAMS).reasons
    assert found.startswith(reason)


@contextmanager
def busy_machine() -> Iterator[None]:
    """Keep every processor busy several times over."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def test_check_floors_measures_what_is_computed_on_a_busy_machine(tiny_model: NluModel) -> None:
    with busy_machine():
        evaluation = evaluate_model(tiny_model, HELD_OUT * 5)
    assert 0.0 < evaluation.metrics["cpu_ms_p95"] < 25.0
    assert check_floors(evaluation, PARAMS.model_copy(update={"max_latency_ms": 25.0})).passed


class Slow(NluModel):
    """Takes milliseconds for a text: it waits for the machine, or computes."""

    thresholds_ = Thresholds(confidence=0.5)

    def __init__(self, *, computes: bool) -> None:
        self.computes = computes

    def parse(self, text: str, **_: Any) -> NluResult:
        until = time.thread_time() + 0.004
        while self.computes and time.thread_time() < until:
            pass
        time.sleep(0.0 if self.computes else 0.004)
        return NluResult(text=text, ranking=(IntentScore(intent_id="track_order", confidence=0.9),))


def test_check_floors_refuses_for_time_that_is_computed_and_notes_time_that_is_waited() -> None:
    params = PARAMS.model_copy(update={"max_latency_ms": 3.0, "min_accuracy": 0.0, "min_entity_f1": 0.0})
    rows = list(map(order, range(1000, 1020)))
    waited = check_floors(evaluate_model(Slow(computes=False), rows), params)
    assert waited.passed
    assert "the machine was busy with something else" in waited.notes[-1]
    computed = check_floors(evaluate_model(Slow(computes=True), rows), params)
    assert [reason.partition(" more than ")[0] for reason in computed.reasons] == ["one in twenty utterances takes"]


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
    assert check_behaviour(CaseSensitive(), [], PARAMS) == Check()


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
    assert "The gate is not passed" in both._repr_html_()

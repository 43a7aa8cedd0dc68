"""What becomes of a message: answered, asked about, or refused; and everything that decides or counts it agrees."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.labelling.texts import SURE, Wording, read_all
from pipelines.nlu.explain import verdict_of
from pipelines.nlu.intents.refusal import (
    NOTHING_KNOWN,
    Outcome,
    columns_of,
    options_to_offer,
    outcome_of,
    reason_to_refuse,
    refused_mask,
)
from pipelines.nlu.intents.thresholds import Costs, ScoredRows, _cost
from pipelines.nlu.model import NluModel
from pipelines.registry.release import Release
from pipelines.schemas.bot import Intent
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import IntentScore, NluResult
from pipelines.steps.evaluation.evaluate import measure
from pipelines.steps.evaluation.predictions import Prediction, message_costs, predict
from pipelines.steps.evaluation.trade_off import measure_trade_off
from serving.dialogue.interpret import Interpretation
from serving.dialogue.route import choose_route

INTENTS = {
    name: Intent(name=name, intent_id=name, user_defined=name not in ("cancel", "greet"))
    for name in ("order", "track", "refund", "cancel", "greet")
}


def reading(*scores: tuple[str, float], out_of_scope: float | None = None) -> NluResult:
    ranking = tuple(IntentScore(intent_id=name, confidence=score) for name, score in scores)
    return NluResult(text="t", ranking=ranking, out_of_scope_score=out_of_scope)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (reading(), "nothing-to-read"),
        (reading(("order", 0.49)), "too-unsure"),
        (reading(("order", 0.49), out_of_scope=9.0), "too-unsure"),
        (reading(("order", 0.5)), None),
        (reading(("order", 0.9), out_of_scope=0.8), None),
        (reading(("order", 0.9), out_of_scope=0.81), "too-far-out"),
        (reading(("order", 0.9), out_of_scope=NOTHING_KNOWN), "nothing-known"),
        (reading(("order", 0.1), out_of_scope=NOTHING_KNOWN), "nothing-known"),
        (reading(("gone", 0.9)), None),
    ],
)
def test_reason_to_refuse_is_beyond_a_threshold_not_on_it(result: NluResult, reason: str | None) -> None:
    assert reason_to_refuse(result, Thresholds(confidence=0.5, out_of_scope=0.8)) == reason


def test_reason_to_refuse_without_a_limit_is_never_the_score() -> None:
    assert reason_to_refuse(reading(("order", 0.9), out_of_scope=99.0), Thresholds(confidence=0.5)) is None
    assert reason_to_refuse(reading(("order", 0.0)), Thresholds(confidence=0.0)) is None


def test_nothing_known_is_refused_and_never_asked_about_even_without_any_limit() -> None:
    result = reading(("order", 0.45), ("new", 0.45), out_of_scope=NOTHING_KNOWN)
    unlimited = Thresholds(confidence=0.0)
    assert outcome_of(result, unlimited, INTENTS) == Outcome("refused", None, "nothing-known")
    assert options_to_offer(result, unlimited, INTENTS) == ()
    assert refused_mask(*columns_of([result], INTENTS), unlimited).tolist() == [True]


def torn(*scores: tuple[str, float], out_of_scope: float | None = None, clarify: float | None = 0.8) -> tuple[str, ...]:
    thresholds = Thresholds(confidence=0.3, out_of_scope=2.0, clarify=clarify)
    return options_to_offer(reading(*scores, out_of_scope=out_of_scope), thresholds, INTENTS)


def test_options_to_offer_two_that_share_nearly_everything() -> None:
    assert torn(("order", 0.45), ("track", 0.4), ("refund", 0.1)) == ("order", "track")


def test_options_to_offer_three_where_two_are_not_enough() -> None:
    assert torn(("order", 0.35), ("track", 0.3), ("refund", 0.2)) == ("order", "track", "refund")


@pytest.mark.parametrize(
    "scores",
    [
        (("order", 0.6), ("track", 0.23)),  # one is far likelier
        (("order", 0.4), ("track", 0.3), ("refund", 0.05)),  # who knows what it is
        (("order", 0.45), ("cancel", 0.45)),  # nobody is asked for a system intent
        (("order", 0.45), ("greet", 0.45)),
        (("order", 0.45), ("gone", 0.45)),
        (("order", 0.9),),
        (),
    ],
)
def test_options_to_offer_nothing_worth_asking(scores: tuple[tuple[str, float], ...]) -> None:
    assert torn(*scores) == ()


def test_options_to_offer_never_about_the_out_of_scope_or_where_it_is_off() -> None:
    scores = (("order", 0.45), ("track", 0.45))
    assert torn(*scores, out_of_scope=1.9) == ("order", "track")
    assert torn(*scores, out_of_scope=2.1) == ()
    assert torn(*scores, clarify=None) == ()


def test_options_to_offer_without_a_release_are_all_but_system_intents() -> None:
    thresholds = Thresholds(confidence=0.3)
    assert options_to_offer(reading(("new", 0.45), ("greet", 0.45)), thresholds, None) == ("new", "greet")
    assert options_to_offer(reading(("new", 0.45), ("cancel", 0.45)), thresholds, None) == ()


TORN = reading(("order", 0.45), ("track", 0.45))


@pytest.mark.parametrize(
    ("result", "confidence", "outcome"),
    [
        (reading(("order", 0.9)), 0.5, Outcome("answered", "order")),
        (reading(("order", 0.3)), 0.5, Outcome("refused", None, "too-unsure")),
        (reading(("gone", 0.9)), 0.5, Outcome("refused", "gone", "not-in-release")),
        (TORN, 0.4, Outcome("asked", "order", None, ("order", "track"))),
        (TORN, 0.5, Outcome("asked", None, "too-unsure", ("order", "track"))),
    ],
)
def test_outcome_of_asks_whether_or_not_the_likeliest_is_sure(
    result: NluResult, confidence: float, outcome: Outcome
) -> None:
    assert outcome_of(result, Thresholds(confidence=confidence), INTENTS) == outcome


def test_outcome_of_a_message_that_may_not_be_asked_about() -> None:
    assert outcome_of(TORN, Thresholds(confidence=0.4), INTENTS, may_ask=False).kind == "answered"
    assert outcome_of(TORN, Thresholds(confidence=0.5), INTENTS, may_ask=False).kind == "refused"


# coarse, so that many confidences and scores lie on a threshold
SHARES = st.sampled_from([0.0, 0.1, 0.2, 0.28, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.9, 1.0])
SCORES = st.sampled_from([-1.0, 0.0, 0.5, 1.0])


@st.composite
def readings(draw: st.DrawFn) -> NluResult:
    names = draw(st.permutations([*INTENTS, "gone"]))[: draw(st.integers(0, 4))]
    scores = sorted((draw(SHARES) for _ in names), reverse=True)
    return reading(*zip(names, scores, strict=True), out_of_scope=draw(st.none() | SCORES))


THRESHOLDS = st.builds(
    Thresholds, confidence=SHARES, out_of_scope=st.none() | SCORES, clarify=st.none() | SHARES.filter(bool)
)
ROWS = st.lists(st.tuples(readings(), st.sampled_from(["order", "track", OUT_OF_SCOPE])), max_size=6)


class Told(NluModel):
    """Reads each text, a number, as it is told."""

    def __init__(self, results: Sequence[NluResult]) -> None:
        self.results = results

    def parse(self, text: str, **_: Any) -> NluResult:
        return self.results[int(text)]


def predicted(
    rows: Sequence[tuple[NluResult, str]], thresholds: Thresholds, intent_by_id: dict[str, Intent] | None = INTENTS
) -> list[Prediction]:
    examples = [Example(id=str(n), text=str(n), intent=gold) for n, (_, gold) in enumerate(rows)]
    return predict(Told([row[0] for row in rows]), examples, thresholds=thresholds, intent_by_id=intent_by_id)


@given(readings(), THRESHOLDS)
def test_route_explanation_evaluation_and_mining_agree(
    tiny_release: Release, result: NluResult, thresholds: Thresholds
) -> None:
    outcome = outcome_of(result, thresholds, INTENTS)
    route = choose_route(Interpretation(nlu=result), thresholds=thresholds, intent_by_id=INTENTS, filling=None)
    assert (route.kind, route.options) == (
        {"answered": "intent", "asked": "clarify", "refused": "fallback"}[outcome.kind],
        outcome.options,
    )
    assert route.intent_id == (outcome.intent_id if outcome.kind == "answered" else "fallback")
    word = {"answered": "Answered as", "asked": "Asked: ", "refused": "Fallback: "}[outcome.kind]
    assert verdict_of(result, thresholds, INTENTS).startswith(word)
    assert [each.outcome for each in predicted([(result, "order")], thresholds)] == [outcome]
    if result.ranking:  # mining leaves out texts that say nothing
        definition = tiny_release.definition.model_copy(
            update={"thresholds": thresholds, "intents": tuple(INTENTS.values())}
        )
        release = replace(tiny_release, model=Told([result]), definition=definition)
        read = read_all({"key": Wording("0")}, release, progress=lambda share, what: None)["key"]
        assert read.is_sure == (outcome.kind == "answered" and result.ranking[0].confidence >= SURE)


@given(ROWS, THRESHOLDS)
def test_columns_tell_the_same_as_one_message_at_a_time(
    rows: list[tuple[NluResult, str]], thresholds: Thresholds
) -> None:
    results = [result for result, _ in rows]
    for intent_by_id in (INTENTS, None):
        each = [outcome_of(result, thresholds, intent_by_id, may_ask=False).kind == "refused" for result in results]
        assert refused_mask(*columns_of(results, intent_by_id), thresholds).tolist() == each


@settings(max_examples=50)  # a curve and a bootstrap each
@given(ROWS, THRESHOLDS)
def test_trade_off_counts_at_its_threshold_what_the_evaluation_does(
    rows: list[tuple[NluResult, str]], thresholds: Thresholds
) -> None:
    evaluation = measure(predicted(rows, thresholds))
    assert evaluation.outcomes[["in_scope", "out_of_scope"]].to_numpy().sum() == len(rows)
    curve = measure_trade_off(evaluation, thresholds, intent_by_id=INTENTS)
    (chosen,) = curve[curve["chosen"]].to_dict("records")
    metrics = evaluation.metrics
    nothing = float("nan")
    for name, expected in {
        "cost": metrics.get("expected_cost", nothing),
        "wrong": metrics.get("answered_wrong", nothing),
        "needless": metrics.get("needless_fallback", nothing),
        "asked": metrics["asked_right"] + metrics["asked_wrong"] if "asked_right" in metrics else nothing,
        "outside": metrics.get("out_of_scope_answered", nothing),
        "outside_asked": metrics.get("out_of_scope_asked", nothing),
    }.items():
        assert chosen[name] == pytest.approx(expected, nan_ok=True), name
    free = predicted(rows, thresholds.model_copy(update={"out_of_scope": None}))
    cost_without_limit = message_costs(free).mean() if rows else nothing
    assert chosen["cost_without_limit"] == pytest.approx(cost_without_limit, nan_ok=True)


@given(ROWS, THRESHOLDS)
def test_fitting_counts_what_the_evaluation_does_where_nothing_is_asked_about(
    rows: list[tuple[NluResult, str]], thresholds: Thresholds
) -> None:
    thresholds = thresholds.model_copy(update={"clarify": None})
    costs = Costs(needless_limit=1.0)
    predictions = predicted(rows, thresholds)
    confidence, score = columns_of([result for result, _ in rows], INTENTS)
    is_inside = np.array([gold != OUT_OF_SCOPE for _, gold in rows], dtype=bool)
    is_right = np.array([each.is_right for each in predictions], dtype=bool)
    known, outside = (ScoredRows(confidence[these], score[these], is_right[these]) for these in (is_inside, ~is_inside))
    assert _cost(known, outside, thresholds, costs) == pytest.approx(message_costs(predictions, costs).sum(), abs=1e-5)


@given(ROWS, THRESHOLDS)
def test_a_message_is_refused_for_a_reason_unless_it_is_asked_about(
    rows: list[tuple[NluResult, str]], thresholds: Thresholds
) -> None:
    for each in predicted(rows, thresholds):
        assert (each.outcome.reason is None) == (each.outcome.intent_id in INTENTS)
        assert each.is_fallback == (each.outcome.reason is not None and not each.outcome.options)
        assert each.outcome.options[:1] in ((), (each.intent,))

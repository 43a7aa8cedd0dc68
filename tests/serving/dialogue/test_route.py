from typing import Any

import pytest

from pipelines.schemas.bot import Intent
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import IntentScore, NluResult
from serving.dialogue.interpret import Interpretation
from serving.dialogue.route import Route, choose_route
from serving.dialogue.slots.fill import Filling
from serving.dialogue.state import Form

INTENTS = {name: Intent(name=name, intent_id=name) for name in ("order", "track", "cancel", "fallback")}


def read(*scores: tuple[str, float], out_of_scope: float | None = None) -> Interpretation:
    ranking = tuple(IntentScore(intent_id=intent_id, confidence=confidence) for intent_id, confidence in scores)
    return Interpretation(nlu=NluResult(text="text", ranking=ranking, out_of_scope_score=out_of_scope))


def routed(interpretation: Interpretation, *, filling: Filling | None = None, **limits: float | None) -> Route:
    thresholds = Thresholds.model_validate({"confidence": 0.4, "clarify": None} | limits)
    return choose_route(interpretation, thresholds=thresholds, intent_by_id=INTENTS, filling=filling)


def filling(**fields: Any) -> Filling:
    """Give a form of `order` that asks for a product, after a message that brought nothing."""
    return Filling(form=Form(intent_id="order", asking="product"), missing=("product",), **fields)


def test_choose_route_clear_winner_takes_the_turn() -> None:
    route = routed(read(("order", 0.8), ("track", 0.2)))
    assert (route.kind, route.intent_id, route.confidence) == ("intent", "order", 0.8)


@pytest.mark.parametrize(
    ("interpretation", "why"),
    [
        (read(("order", 0.3), ("track", 0.1)), "confidence below 0.4"),
        (read(("order", 0.9), out_of_scope=2.1), "out-of-scope score above 2"),
        (read(("gone", 0.9)), "the release has no intent 'gone'"),
        (read(), "nothing to read"),
        (Interpretation(shortcut="gone"), "the release has no intent 'gone'"),
    ],
)
def test_choose_route_unsure_falls_back(interpretation: Interpretation, why: str) -> None:
    route = routed(interpretation, out_of_scope=2.0)
    assert (route.kind, route.intent_id, route.why) == ("fallback", "fallback", why)


@pytest.mark.parametrize("interpretation", [read(("track", 0.49)), read(("gone", 0.9)), read(("order", 0.9)), read()])
def test_choose_route_active_form_keeps_what_nobody_else_surely_wants(interpretation: Interpretation) -> None:
    assert routed(interpretation, filling=filling()).kind == "form"


@pytest.mark.parametrize("interpretation", [read(("track", 0.5)), Interpretation(shortcut="track")])
def test_choose_route_sure_intent_interrupts_a_form(interpretation: Interpretation) -> None:
    route = routed(interpretation, filling=filling())
    assert (route.kind, route.intent_id) == ("intent", "track")
    assert route.why.startswith("digression from order")


@pytest.mark.parametrize("answered", [filling(is_answer=True), filling(share=0.5)])
def test_choose_route_never_takes_an_answer_for_another_wish(answered: Filling) -> None:
    assert routed(read(("track", 0.99)), filling=answered).kind == "form"


@pytest.mark.parametrize("interpretation", [read(("cancel", 0.9)), Interpretation(shortcut="cancel")])
def test_choose_route_cancel_breaks_out_of_a_form(interpretation: Interpretation) -> None:
    assert routed(interpretation, filling=filling()).kind == "cancel"
    assert routed(interpretation, filling=filling(share=0.3)).kind == "cancel"


def test_choose_route_unsure_cancel_does_not_break_out() -> None:
    assert routed(read(("cancel", 0.3)), filling=filling()).kind == "form"


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_choose_route_answer_that_sounds_like_cancel_is_an_answer(share: float) -> None:
    # `leave it at 4`, of which the value is the lesser part
    assert routed(read(("cancel", 0.9)), filling=filling(is_answer=True, share=share)).kind == "form"


@pytest.mark.parametrize(("confidence", "kind"), [(0.79, "form"), (0.8, "cancel")])
def test_choose_route_cancels_a_question_for_any_text_only_if_it_is_likely(confidence: float, kind: str) -> None:
    any_text = filling(is_answer=True, is_whole_text=True, share=1.0)
    assert routed(read(("cancel", confidence)), filling=any_text).kind == kind
    assert routed(read(("track", 0.99)), filling=any_text).kind == "form"


def test_choose_route_refused_confirmation_is_a_cancellation() -> None:
    route = routed(read(("order", 0.9)), filling=filling(is_answer=True, is_refused=True))
    assert (route.kind, route.why) == ("cancel", "not confirmed")


def test_choose_route_torn_message_is_asked_about() -> None:
    torn = read(("order", 0.48), ("track", 0.44), ("cancel", 0.08))
    route = routed(torn, clarify=0.9)
    assert (route.kind, route.options) == ("clarify", ("order", "track"))
    assert route.why == "torn between order, track"
    assert routed(torn, clarify=0.95).kind == "intent"
    unsure = read(("order", 0.38), ("track", 0.36))
    assert routed(unsure, clarify=0.7).kind == "clarify"
    assert routed(unsure, clarify=0.75).kind == "fallback"


def test_choose_route_close_race_that_is_not_asked_about_goes_to_the_likeliest() -> None:
    route = routed(read(("order", 0.48), ("track", 0.45)))
    assert (route.kind, route.intent_id) == ("intent", "order")


def test_choose_route_asks_nothing_inside_a_form_nor_about_a_bare_answer() -> None:
    torn = read(("track", 0.48), ("order", 0.44))
    assert routed(torn, filling=filling(), clarify=0.9).kind == "form"
    thresholds = Thresholds(confidence=0.4, clarify=0.9)
    for may_clarify, is_bare_answer in ((False, False), (True, True)):
        route = choose_route(
            torn,
            thresholds=thresholds,
            intent_by_id=INTENTS,
            filling=None,
            may_clarify=may_clarify,
            is_bare_answer=is_bare_answer,
        )
        assert (route.kind, route.intent_id) == ("intent", "track")


def test_choose_route_shortcut_has_no_confidence() -> None:
    route = routed(Interpretation(shortcut="track"))
    assert (route.kind, route.intent_id, route.confidence) == ("intent", "track", None)

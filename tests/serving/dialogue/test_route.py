import pytest

from pipelines.schemas.release import Thresholds
from pipelines.schemas.understanding import IntentScore, NluResult
from serving.dialogue.interpret import Interpretation
from serving.dialogue.route import Route, choose_route
from serving.dialogue.state import Form

INTENTS = frozenset(("order", "track", "cancel", "fallback"))


def read(*scores: tuple[str, float], out_of_scope: float | None = None) -> Interpretation:
    ranking = tuple(IntentScore(intent_id=intent_id, confidence=confidence) for intent_id, confidence in scores)
    return Interpretation(nlu=NluResult(text="text", ranking=ranking, out_of_scope_score=out_of_scope))


def routed(interpretation: Interpretation, *, form: Form | None = None, **limits: float) -> Route:
    thresholds = Thresholds(**({"confidence": 0.4, "margin": 0.1} | limits))
    return choose_route(interpretation, thresholds=thresholds, intent_ids=INTENTS, form=form)


def test_choose_route_clear_winner_takes_the_turn() -> None:
    route = routed(read(("order", 0.8), ("track", 0.2)))
    assert (route.kind, route.intent_id, route.confidence) == ("intent", "order", 0.8)


@pytest.mark.parametrize(
    ("interpretation", "why"),
    [
        (read(("order", 0.48), ("track", 0.45)), "margin to track below 0.1"),
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


def test_choose_route_active_form_keeps_the_turn() -> None:
    form = Form(intent_id="order", asking="product")
    for interpretation in (read(("track", 0.9)), read(("track", 0.1)), read(), Interpretation(shortcut="track")):
        assert routed(interpretation, form=form).kind == "form"


@pytest.mark.parametrize("interpretation", [read(("cancel", 0.9)), Interpretation(shortcut="cancel")])
def test_choose_route_cancel_breaks_out_of_a_form(interpretation: Interpretation) -> None:
    assert routed(interpretation, form=Form(intent_id="order", asking="product")).kind == "cancel"


def test_choose_route_unsure_cancel_does_not_break_out() -> None:
    assert routed(read(("cancel", 0.3)), form=Form(intent_id="order", asking="product")).kind == "form"


def test_choose_route_shortcut_has_no_confidence() -> None:
    route = routed(Interpretation(shortcut="track"))
    assert (route.kind, route.intent_id, route.confidence) == ("intent", "track", None)

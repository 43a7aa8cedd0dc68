from typing import Any

import pytest

from pipelines.schemas.bot import Intent
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import EntitySpan, IntentScore, NluResult
from serving.dialogue.decide import Decision, decide
from serving.dialogue.interpret import Interpretation
from serving.dialogue.phrases import NO_LONGER_OFFERED, NOT_UNDERSTOOD, SERVICE_UNAVAILABLE
from serving.dialogue.response import build_reply
from serving.dialogue.slots.fill import MAX_REPROMPTS
from serving.dialogue.state import DialogueState, Form

ORDER = {
    "name": "order", "intentId": "order", "speechResponse": "{{ parameters.product }} {{ result.id }}###Bye",
    "apiTrigger": True, "apiDetails": {"url": "http://shop/"},
    "parameters": [{"name": "product", "type": "product", "required": True, "prompt": "What?"}],
}  # fmt: skip
GREET = {"name": "greet", "intentId": "greet", "speechResponse": "Hello {{ context.user }}"}
CANCEL = {"name": "cancel", "intentId": "cancel", "speechResponse": "Stopped."}
FALLBACK = {"name": "fallback", "intentId": "fallback", "speechResponse": "What?!"}


def bot(*intents: dict[str, Any]) -> BotDefinition:
    rows = tuple(Intent.model_validate(row) for row in intents)
    return BotDefinition(name="b", intents=rows, thresholds=Thresholds(confidence=0.5))


BOT = bot(ORDER, GREET, CANCEL, FALLBACK)


def read(intent_id: str, *products: str, confidence: float = 0.9) -> Interpretation:
    text = " ".join((intent_id, *products))
    spans = tuple(
        EntitySpan(start=text.index(name), end=text.index(name) + len(name), type="product", value=name)
        for name in products
    )
    ranking = (IntentScore(intent_id=intent_id, confidence=confidence),)
    return Interpretation(nlu=NluResult(text=text, ranking=ranking, entities=spans))


def worded(decision: Decision, definition: BotDefinition = BOT, *, failed: bool = False) -> tuple[str, ...]:
    return build_reply(decision, definition, result={"id": 7}, has_failed=failed, seed="s").texts


ASKING = DialogueState(forms=(Form(intent_id="order", asking="product"),), context={"user": "Ann"})


def test_decide_complete_intent_calls_its_tool_and_leaves_no_form() -> None:
    decision = decide(BOT, DialogueState(), read("order", "tent"))
    assert decision.tool_intent is not None
    assert decision.state.forms == ()
    assert worded(decision) == ("tent 7", "Bye")
    assert worded(decision, failed=True) == (SERVICE_UNAVAILABLE,)


def test_decide_incomplete_intent_opens_a_form_and_asks() -> None:
    decision = decide(BOT, DialogueState(), read("order"))
    assert decision.tool_intent is None
    assert decision.state.forms == (Form(intent_id="order", asking="product"),)
    assert worded(decision) == ("What?",)


def test_decide_active_form_takes_the_answer_whatever_the_intent() -> None:
    decision = decide(BOT, ASKING, read("greet", "tent"))
    assert (decision.route.kind, decision.state.forms) == ("form", ())
    assert worded(decision) == ("tent 7", "Bye")


def test_decide_cancel_ends_the_form_and_keeps_the_context() -> None:
    decision = decide(BOT, ASKING, read("cancel"))
    assert (decision.state.forms, decision.state.context) == ((), {"user": "Ann"})
    assert worded(decision) == ("Stopped.",)


def test_decide_cancel_without_a_form_is_an_intent_like_another() -> None:
    assert worded(decide(BOT, DialogueState(), read("cancel"))) == ("Stopped.",)


def test_decide_form_that_is_asked_in_vain_ends_with_the_fallback() -> None:
    state = ASKING
    for _ in range(MAX_REPROMPTS):
        decision = decide(BOT, state, read("order"))
        assert worded(decision) == ("What?",)
        state = decision.state
    decision = decide(BOT, state, read("order"))
    assert decision.state.forms == ()
    assert worded(decision) == ("What?!",)
    assert decision.tool_intent is None


@pytest.mark.parametrize(
    ("interpretation", "texts"),
    [
        (read("nonsense", confidence=0.1), (NO_LONGER_OFFERED,)),
        (read("greet"), (NO_LONGER_OFFERED, "Hello Ann")),
    ],
)
def test_decide_form_whose_intent_is_gone_ends_politely(interpretation: Interpretation, texts: tuple[str, ...]) -> None:
    smaller = bot(GREET, CANCEL, FALLBACK)
    decision = decide(smaller, ASKING, interpretation)
    assert decision.state.forms == ()
    assert worded(decision, smaller) == texts


def test_decide_bot_without_system_intents_still_answers() -> None:
    bare = bot(ORDER)
    assert worded(decide(bare, DialogueState(), read("x")), bare) == (NOT_UNDERSTOOD,)
    assert worded(decide(bare, ASKING, Interpretation(shortcut="cancel")), bare) == (
        "All right, I have cancelled that (order).",
    )


def test_decide_gives_the_same_for_the_same() -> None:
    assert decide(BOT, ASKING, read("greet", "tent")) == decide(BOT, ASKING, read("greet", "tent"))

"""Something else in the middle of a form, the way back, and buttons."""

from typing import Any

import pytest

from serving.dialogue.state import MAX_FORMS
from tests.support.talk import Talk, definition_of


def intent(intent_id: str, *asked: str, **fields: Any) -> dict[str, Any]:
    """Give an intent that asks for values of types with its own name: `size?`."""
    parameters = [{"name": name, "type": name, "required": True, "prompt": f"{name}?"} for name in asked]
    response = "".join(f"{{{{ parameters.{name} }}}} " for name in asked)
    wire = {"name": intent_id.capitalize(), "intentId": intent_id, "speechResponse": f"{intent_id}! {response}"}
    return {**wire, "parameters": parameters, **fields}


SYSTEM = [
    intent("cancel", userDefined=False, speechResponse="Stopped {{ cancelled }}."),
    intent("fallback", userDefined=False, speechResponse="What?!"),
]
BOT = [
    intent("order", "product", "size"),
    intent("track", "number"),
    intent("greet", speechResponse="Hello!"),
    intent("hours", apiTrigger=True, apiDetails={"url": "http://shop/"}, speechResponse="9 to 5."),
    *SYSTEM,
]
ENTITIES = [{"name": "product", "entity_values": [{"value": "tent"}]}, {"name": "size"}]


def talk_of(*intents: dict[str, Any], language: str = "en") -> Talk:
    return Talk(definition_of({"intents": [*intents], "entities": ENTITIES, "language": language}))


@pytest.fixture
def talk() -> Talk:
    """Give a conversation in the middle of an order."""
    talk = talk_of(*BOT)
    assert talk.say("i want a [tent](product)", "order") == ("size?",)
    return talk


def test_another_wish_interrupts_a_form_which_then_goes_on(talk: Talk) -> None:
    assert talk.say("where is my parcel", "track") == ("number?",)
    assert talk.stack == ["order", "track"]
    assert talk.say("12") == ("track! 12", "Back to \u201cOrder\u201d: size?")
    assert talk.stack == ["order"]
    assert talk.say("[XL](size)") == ("order! tent XL",)
    assert talk.stack == []


def test_an_interruption_that_needs_no_answer_is_over_at_once(talk: Talk) -> None:
    assert talk.say("when do you open", "hours") == ("9 to 5.", "Back to \u201cOrder\u201d: size?")
    assert talk.tool == "hours"
    assert talk.say("track 7", "track") == ("track! 7", "Back to \u201cOrder\u201d: size?")


def test_small_talk_is_answered_and_the_question_put_again(talk: Talk) -> None:
    for _ in range(9):
        assert talk.say("hello", "greet") == ("Hello!", "size?")
    assert talk.state.forms[0].reprompts == 0


def test_what_the_model_is_not_sure_of_interrupts_nothing(talk: Talk) -> None:
    assert talk.say("where", "track", 0.49) == ("size?",)
    assert (talk.stack, talk.state.forms[0].reprompts) == (["order"], 1)


def test_a_late_answer_is_the_waiting_forms(talk: Talk) -> None:
    assert talk.say("where is my parcel", "track") == ("number?",)
    assert talk.say("[XL](size)", "track", 0.99) == ("order! tent XL", "Back to \u201cTrack\u201d: number?")
    assert talk.stack == ["track"]


def test_cancel_must_be_likelier_than_not(talk: Talk) -> None:
    assert talk.say("the first", "cancel", 0.49) == ("size?",)
    assert talk.say("stop it", "cancel", 0.51) == ("Stopped Order.",)


@pytest.mark.parametrize("intent_id", ["track", "cancel", "greet"])
def test_an_answer_is_never_taken_for_another_wish(talk: Talk, intent_id: str) -> None:
    assert talk.say("[XL](size)", intent_id, 0.99) == ("order! tent XL",)


def test_the_forms_own_intent_said_again_is_no_interruption(talk: Talk) -> None:
    assert talk.say("i want to order", "order") == ("size?",)
    assert talk.call("order") == ("size?",)
    assert (talk.stack, talk.state.forms[0].reprompts) == (["order"], 1)


def test_a_waiting_form_that_is_asked_for_again_comes_up_with_its_values(talk: Talk) -> None:
    talk.say("where is my parcel", "track")
    assert talk.say("no wait, the order", "order") == ("size?",)
    assert talk.stack == ["track", "order"]
    assert talk.say("[M](size)") == ("order! tent M", "Back to \u201cTrack\u201d: number?")


def test_cancel_ends_the_active_form_only(talk: Talk) -> None:
    talk.say("where is my parcel", "track")
    assert talk.say("stop", "cancel") == ("Stopped Track.", "Back to \u201cOrder\u201d: size?")
    assert talk.call("cancel") == ("Stopped Order.",)
    assert talk.call("cancel") == ("Stopped .",)
    assert talk.stack == []


def test_cancel_without_words_of_its_author_says_what_was_cancelled() -> None:
    talk = talk_of(intent("order", "size"), intent("cancel", speechResponse=""), language="de")
    talk.say("bestellen", "order")
    assert talk.say("halt", "cancel") == ("In Ordnung, ich habe das abgebrochen (Order).",)
    assert talk.say("halt", "cancel") == ("In Ordnung, ich habe das abgebrochen.",)


def test_a_form_asked_in_vain_leaves_the_one_below(talk: Talk) -> None:
    talk.say("where is my parcel", "track")
    for _ in range(3):
        talk.say("dunno")
    assert talk.say("dunno") == ("What?!", "Back to \u201cOrder\u201d: size?")


def test_the_author_words_the_way_back() -> None:
    order = intent("order", "size", resumePrompt="Now, {{ context.name }}: {{ prompt }}", speechResponse="ok")
    talk = talk_of(order, *BOT[1:])
    talk.state = talk.state.with_context({"name": "Ann"})
    talk.say("order", "order")
    assert talk.say("when do you open", "hours") == ("9 to 5.", "Now, Ann: size?")
    assert talk.say("hello", "greet") == ("Hello!", "size?")


def test_the_stack_is_bounded_and_the_oldest_form_is_forgotten() -> None:
    count = MAX_FORMS + 2
    talk = talk_of(*(intent(f"i{number}", "size") for number in range(count)), *SYSTEM)
    for number in range(count):
        talk.say("something else", f"i{number}")
    assert talk.stack == [f"i{number}" for number in range(2, count)]


def test_a_form_whose_intent_is_gone_ends_politely_and_the_one_below_goes_on(talk: Talk) -> None:
    talk.say("where is my parcel", "track")
    talk.definition = definition_of({"intents": [BOT[0], BOT[2], *SYSTEM], "entities": ENTITIES})
    assert talk.say("12") == (
        "Sorry, I can no longer help with that. What else can I do for you?",
        "Back to \u201cOrder\u201d: size?",
    )
    assert talk.stack == ["order"]


def test_an_interruption_below_that_is_gone_is_not_missed(talk: Talk) -> None:
    talk.say("where is my parcel", "track")
    talk.definition = definition_of({"intents": [*BOT[1:]], "entities": ENTITIES})
    assert talk.say("12") == ("track! 12",)


def test_buttons_of_a_reply_work_although_customers_may_call_no_intent() -> None:
    quick = [{"title": "Track it", "payload": "/track"}, {"title": "Hi", "payload": "hello"}]
    talk = talk_of(intent("order", quickReplies=quick), intent("secret"), *BOT[1:])
    talk.say("order", "order")
    assert talk.buttons == [("Track it", "/track"), ("Hi", "hello")]
    assert talk.press("/track") == ("number?",)
    talk.say("order", "order")
    assert talk.press("/secret") == ("number?",)  # it was not offered
    assert talk.stack == ["track"]


def test_a_button_works_once_and_only_right_after_its_reply() -> None:
    talk = talk_of(intent("order", quickReplies=[{"title": "T", "payload": "/track"}]), *BOT[1:])
    talk.say("order", "order")
    talk.say("hello", "greet")
    assert talk.press("/track") == ("What?!",)


def test_an_old_button_is_no_answer_but_may_be_understood() -> None:
    address = [{"name": "address", "type": "free_text", "required": True, "prompt": "Where to?"}]
    talk = talk_of(intent("move", parameters=address), *BOT[1:])
    talk.say("move", "move")
    assert talk.press("/track") == ("Where to?",)
    talk.press("/nobody/knows")
    assert talk.slots == {"address": "/nobody/knows"}

"""The question "did you mean A or B?": where it is asked, and how it is answered."""

from typing import Any

import pytest

from pipelines.schemas.turns import LabelRecord
from tests.support.talk import Talk, definition_of

ORDER = {
    "name": "Track an order",
    "intentId": "track_order",
    "speechResponse": "Order {{ parameters.number }}.",
    "parameters": [{"name": "number", "type": "integer", "required": True, "prompt": "Which one?"}],
}
PARCEL = {"name": "Track a parcel", "intentId": "track_parcel", "speechResponse": "Parcels are slow."}
FALLBACK = {"name": "?", "intentId": "fallback", "userDefined": False, "speechResponse": "What?!"}
HELLO = {"name": "Hello", "intentId": "hello", "speechResponse": "Hello!"}


def asked(language: str = "en") -> Talk:
    """Give a conversation in which the bot has just asked what was meant by `track 12`."""
    wire: dict[str, Any] = {"language": language, "intents": [ORDER, PARCEL, HELLO, FALLBACK]}
    talk = Talk(definition_of(wire, clarify=0.8))
    said = talk.say("track 12", "track_order", 0.48, track_parcel=0.4)
    if language == "en":
        assert said == ("Did you mean \u201cTrack an order\u201d or \u201cTrack a parcel\u201d?",)
        assert talk.buttons == [
            ("Track an order", "/track_order"),
            ("Track a parcel", "/track_parcel"),
            ("None of these", "None of these"),
        ]
    assert (talk.now.route.kind, talk.now.route.intent_id) == ("clarify", "fallback")
    return talk


OPTIONS = ("track_order", "track_parcel")


@pytest.mark.parametrize(
    ("answer", "intent_id"),
    [
        ("/track_order", "track_order"),
        ("/track_parcel", "track_parcel"),
        ("Track an order", "track_order"),
        ("track a PARCEL!", "track_parcel"),
        ("the parcel one", "track_parcel"),
        ("the first", "track_order"),
        ("2", "track_parcel"),
        ("number two please", "track_parcel"),
        ("the last one", "track_parcel"),
        ("None of these", None),
        ("neither", None),
        ("no, something else", None),
    ],
)
def test_the_answer_is_a_button_a_name_or_a_number_and_becomes_a_label(answer: str, intent_id: str | None) -> None:
    talk = asked()
    replies = {"track_order": ("Order 12.",), "track_parcel": ("Parcels are slow.",), None: ("What?!",)}
    assert talk.press(answer) == replies[intent_id]
    assert talk.now.label == LabelRecord(message_id="m1", text="track 12", intent_id=intent_id, offered=OPTIONS)
    assert talk.now.route.kind == ("fallback" if intent_id is None else "intent")
    assert talk.state.question is None


@pytest.mark.parametrize(
    ("language", "answer", "intent_id"),
    [
        ("de", "die zweite", "track_parcel"),
        ("de", "Keins davon", None),
        ("de", "das erste bitte", "track_order"),
        ("es", "la primera", "track_order"),
        ("es", "Ninguna de ellas", None),
        ("es", "ninguno de los dos", None),
    ],
)
def test_the_answer_is_read_in_the_bots_language(language: str, answer: str, intent_id: str | None) -> None:
    talk = asked(language)
    talk.say(answer)
    assert talk.now.label is not None
    assert talk.now.label.intent_id == intent_id


def test_the_none_button_of_each_language_is_understood() -> None:
    for language in ("en", "de", "es"):
        talk = asked(language)
        talk.press(talk.buttons[-1][1])
        assert talk.now.label is not None
        assert talk.now.label.intent_id is None


def test_anything_else_is_a_message_of_its_own() -> None:
    talk = asked()
    assert talk.say("hello", "hello") == ("Hello!",)
    assert (talk.now.label, talk.state.question) == (None, None)
    assert talk.press("/track_order") == ("What?!",)


def test_the_question_is_not_asked_twice_in_a_row() -> None:
    talk = asked()
    assert talk.say("well track it", "track_order", 0.48, track_parcel=0.4) == ("Which one?",)
    assert talk.stack == ["track_order"]


def test_the_question_is_not_asked_inside_a_form() -> None:
    talk = asked()
    talk.press("/track_parcel")
    talk.say("an order", "track_order")
    assert talk.say("track", "track_order", 0.48, track_parcel=0.4)[-1] == "Which one?"


def test_an_option_that_left_with_a_new_release_is_no_answer() -> None:
    talk = asked()
    talk.definition = definition_of({"intents": [ORDER, FALLBACK]})
    assert talk.press("/track_parcel") == ("What?!",)
    assert talk.now.label is None


@pytest.mark.parametrize("left", [[ORDER], []])
def test_an_option_is_counted_out_as_it_was_shown(left: list[dict[str, Any]]) -> None:
    talk = asked()
    talk.definition = definition_of({"intents": [*left, FALLBACK]})
    assert talk.say("the last one") == ("What?!",)
    assert talk.now.label is None


def test_the_chosen_intent_goes_on_with_what_it_needs() -> None:
    talk = asked()
    again = talk.say("track", "track_order", 0.48, track_parcel=0.4)
    assert again == ("Which one?",)
    assert talk.say("7") == ("Order 7.",)

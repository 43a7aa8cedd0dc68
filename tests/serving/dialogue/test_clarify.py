"""The question "did you mean A or B?": when it is asked, and how it is answered."""

from typing import Any

import pytest

from pipelines.schemas.bot import Intent
from pipelines.schemas.release import Thresholds
from pipelines.schemas.turns import LabelRecord
from pipelines.schemas.understanding import IntentScore, NluResult
from serving.dialogue.clarify import torn_between
from tests.support.talk import Talk, definition_of

INTENTS = {
    name: Intent(name=name, intent_id=name, user_defined=name != "cancel")
    for name in ("order", "track", "refund", "cancel")
}


def torn(*scores: tuple[str, float], out_of_scope: float | None = None, clarify: float | None = 0.8) -> tuple[str, ...]:
    ranking = tuple(IntentScore(intent_id=name, confidence=score) for name, score in scores)
    nlu = NluResult(text="t", ranking=ranking, out_of_scope_score=out_of_scope)
    return torn_between(nlu, Thresholds(confidence=0.3, out_of_scope=2.0, clarify=clarify), INTENTS)


def test_torn_between_two_that_share_nearly_everything() -> None:
    assert torn(("order", 0.45), ("track", 0.4), ("refund", 0.1)) == ("order", "track")


def test_torn_between_three_where_two_are_not_enough() -> None:
    assert torn(("order", 0.35), ("track", 0.3), ("refund", 0.2)) == ("order", "track", "refund")


@pytest.mark.parametrize(
    "scores",
    [
        (("order", 0.6), ("track", 0.23)),  # one is far likelier
        (("order", 0.4), ("track", 0.3), ("refund", 0.05)),  # who knows what it is
        (("order", 0.45), ("cancel", 0.45)),  # nobody is asked for a system intent
        (("order", 0.45), ("gone", 0.45)),
        (("order", 0.9),),
        (),
    ],
)
def test_torn_between_nothing_worth_asking(scores: tuple[tuple[str, float], ...]) -> None:
    assert torn(*scores) == ()


def test_torn_between_never_asks_about_the_out_of_scope_or_where_it_is_off() -> None:
    scores = (("order", 0.45), ("track", 0.45))
    assert torn(*scores, out_of_scope=1.9) == ("order", "track")
    assert torn(*scores, out_of_scope=2.1) == ()
    assert torn(*scores, clarify=None) == ()


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

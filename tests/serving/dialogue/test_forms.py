"""Forms in conversation: typed values, several of one type, corrections, limits, confirmation."""

import sys
from collections import Counter
from typing import Any

import pytest

from serving.dialogue.decide import decide
from serving.dialogue.slots.fill import MAX_REPROMPTS
from tests.support.talk import Talk, definition_of

CITIES = [{"value": "Paris", "synonyms": ["city of light"]}, {"value": "Rome"}, {"value": "Bath"}, {"value": "York"}]


def wire(*intents: dict[str, Any], language: str = "en") -> dict[str, Any]:
    system = [
        {"name": "Stop", "intentId": "cancel", "userDefined": False, "speechResponse": ""},
        {"name": "What?", "intentId": "fallback", "userDefined": False, "speechResponse": "What?!"},
    ]
    entities = [{"name": "city", "entity_values": CITIES}]
    return {"language": language, "intents": [*intents, *system], "entities": entities}


SIZES = {
    "name": "size",
    "entity_values": [
        {"value": "2", "synonyms": ["two"]},
        {"value": "5", "synonyms": ["five"]},
        {"value": "9", "synonyms": ["big"]},
    ],
}
SIZE = {"name": "size", "type": "size"}
CODE = {"name": "code", "type": "code", "required": True, "prompt": "Code?"}
GIVE_SIZE = {"name": "Give", "intentId": "give", "speechResponse": "Thanks."}


def asks_for(kind: str, *, language: str = "en", **fields: Any) -> Talk:
    """Give a conversation in which the bot has just asked for a value of a type."""
    parameter = {"name": "value", "type": kind, "required": True, "prompt": "Value?", **fields}
    intent = {"name": "Give", "intentId": "give", "speechResponse": "Thanks.", "parameters": [parameter]}
    talk = Talk(definition_of(wire(intent, language=language)))
    talk.call("give")
    assert talk.state.forms[0].asking == "value"
    return talk


@pytest.mark.parametrize(
    ("kind", "answer", "value"),
    [
        ("integer", "two", 2),
        ("integer", "make it 3 please", 3),
        ("number", "two", 2),
        ("number", "3.5", 3.5),
        ("sys.number", "about 1,250.50", 1250.5),
        ("boolean", "nope", False),
        ("boolean", "Yes, please!", True),
        ("boolean", "sure", True),
        ("date", "tomorrow", "2026-11-24"),
        ("date", "on 5 December", "2026-12-05"),
        ("time", "half past, no: 5:30 pm", "17:30"),
        ("datetime", "tomorrow at 5 pm", "2026-11-24T17:00"),
        ("datetime", "at 2 pm", "2026-11-23T14:00"),
        ("datetime", "at 9 am", "2026-11-24T09:00"),
        ("datetime", "in two hours", "2026-11-23T14:00"),
        ("email", "it's ann@Example.com.", "ann@example.com"),
        ("phone", "+44 20 7946 0958", "+442079460958"),
        ("url", "see https://example.com/a.", "https://example.com/a"),
        ("money", "£12.5", "12.50 GBP"),
        ("city", "the city of light", "Paris"),
        ("city", "ROME!", "Rome"),
        ("city", "off to [Narnia](city)", "Narnia"),
        ("order_id", " R-77/12. ", "R-77/12"),
        ("text", "  anything at all ", "anything at all"),
        ("free_text", "where is my order", "where is my order"),
    ],
)
def test_an_answer_is_read_as_the_type_that_was_asked_for(kind: str, answer: str, value: Any) -> None:
    talk = asks_for(kind)
    assert talk.say(answer) == ("Thanks.",)
    assert talk.slots == {"value": value}


@pytest.mark.parametrize(
    ("language", "kind", "answer", "value"),
    [
        ("de", "boolean", "nö", False),
        ("de", "boolean", "Ja, gerne!", True),
        ("de", "integer", "zwei", 2),
        ("de", "number", "1.250,5", 1250.5),
        ("de", "date", "übermorgen", "2026-11-25"),
        ("es", "boolean", "claro que sí", True),
        ("es", "boolean", "no, gracias", False),
        ("es", "integer", "tres", 3),
        ("es-MX", "date", "mañana", "2026-11-24"),
        ("xx", "boolean", "yes", True),
    ],
)
def test_an_answer_is_read_in_the_bots_language(language: str, kind: str, answer: str, value: Any) -> None:
    talk = asks_for(kind, language=language)
    talk.say(answer)
    assert talk.slots == {"value": value}


@pytest.mark.parametrize(
    ("kind", "fields", "answer", "reason"),
    [
        ("integer", {}, "lots", "I need a whole number there, such as 3."),
        ("integer", {}, "99999999999999999999", "I need a whole number there, such as 3."),
        ("datetime", {}, "tomorrow", "I need a date and a time there, such as tomorrow at 17:30."),
        ("boolean", {}, "no idea", "Please answer yes or no."),
        ("money", {}, "20", "I need an amount with its currency there, such as 20 EUR."),
        ("integer", {"minimum": 2}, "one", "The value must be at least 2."),
        ("number", {"maximum": 9.5}, "10", "The value can be at most 9.5."),
        ("money", {"maximum": 100}, "€100.01", "The value can be at most 100."),
        ("date", {"minimum": "today"}, "yesterday", "The value cannot be before 2026-11-23."),
        ("datetime", {"maximum": "2026-12-01"}, "on 2 December at 5 pm", "The value cannot be after 2026-12-01."),
        ("text", {"pattern": r"ORD-\d+"}, "it is ORD-12", "That does not look like a valid value."),
        ("city", {"choices": ["Bath", "York"]}, "[Rome](city)", "Please choose one of these: Bath, York."),
        ("text", {"choices": ["S", "M"]}, "the blue one", "Please choose one of these: S, M."),
    ],
)
def test_a_value_that_cannot_be_used_is_asked_again_with_the_reason(
    kind: str, fields: dict[str, Any], answer: str, reason: str
) -> None:
    talk = asks_for(kind, **fields)
    assert talk.say(answer) == (reason, "Value?")
    assert talk.slots == {}


@pytest.mark.parametrize(
    ("kind", "fields", "answer", "value"),
    [
        ("text", {"pattern": r"ord-\d+"}, " ORD-12 ", "ORD-12"),
        ("text", {"choices": ["Small", "Medium size"]}, "the MEDIUM size one", "Medium size"),
        ("city", {"choices": ["bath", "paris"]}, "city of light", "paris"),
        ("integer", {"choices": ["1", "2"]}, "two", 2),
        ("date", {"minimum": "today", "maximum": "2026-12-31"}, "today", "2026-11-23"),
        ("money", {"minimum": 1.5}, "€1.50", "1.50 EUR"),
    ],
)
def test_a_value_within_its_limits_is_taken(kind: str, fields: dict[str, Any], answer: str, value: Any) -> None:
    talk = asks_for(kind, **fields)
    talk.say(answer)
    assert talk.slots == {"value": value}


def test_only_a_single_word_with_a_digit_is_taken_for_a_value_the_model_does_not_know() -> None:
    for answer in ("dunno", "it is 77", "the one of May"):
        talk = asks_for("order_id")
        assert talk.say(answer) == ("Value?",)


@pytest.mark.parametrize(
    ("answer", "value"),
    [("my ordr 1042??", "1042"), ("ORD-1042.", "ORD-1042"), ("12345678", None), ("PX1042GB", None),
     ("1042 or 1043", None), ("0117 496 0000", None), ("1042.5", None)],
)  # fmt: skip
def test_what_stands_around_a_value_that_fits_its_pattern_does_no_harm(answer: str, value: str | None) -> None:
    talk = asks_for("code", pattern=r"(ord)?[ -]*\d{4,6}")
    talk.say(f"[{answer}](code)")
    assert talk.slots.get("value") == value


@pytest.mark.parametrize("answer", ["1.5", "-2", "2,000", "3.2 of them", "two hundred", "twenty five"])
def test_a_piece_of_a_number_is_no_value(answer: str) -> None:
    wired = wire({**GIVE_SIZE, "parameters": [{**SIZE, "required": True, "prompt": "Size?"}]})
    wired["entities"].append(SIZES)
    talk = Talk(definition_of(wired))
    talk.call("give")
    assert talk.say(answer) == ("Size?",)
    assert talk.say("2!") == ("Thanks.",)


def test_a_known_value_that_nobody_asked_for_is_taken_and_not_for_another_wish() -> None:
    wired = wire({**GIVE_SIZE, "parameters": [CODE, SIZE]}, COMPLAIN)
    wired["entities"].append(SIZES)
    talk = Talk(definition_of(wired))
    talk.call("give")
    assert talk.say("big!", "complain", 0.99) == ("Code?",)
    assert talk.slots == {"size": "9"}
    talk.state = talk.state.without_forms()
    talk.call("give")
    assert talk.say("size [XL](size)", "complain", 0.99) == ("Code?",)
    assert talk.slots == {"size": "XL"}
    assert talk.say("my last pair was big and fell apart", "complain", 0.99) == ("Where?",)


def test_the_author_may_say_why_a_value_cannot_be_used() -> None:
    talk = asks_for("integer", maximum=3, invalidPrompt="Three at most, {{ context.name }}!", choices=["1", "2", "3"])
    talk.state = talk.state.with_context({"name": "Ann"})
    assert talk.say("seven") == ("Three at most, Ann!",)
    assert talk.buttons == [("1", "1"), ("2", "2"), ("3", "3")]


def test_choices_and_yes_or_no_are_buttons() -> None:
    talk = asks_for("text", choices=["S", "M"])
    talk.say("hm")
    assert talk.buttons == [("S", "S"), ("M", "M")]
    talk.press("M")
    assert talk.slots == {"value": "M"}
    talk = asks_for("boolean", language="de")
    assert talk.buttons == [("Ja", "Ja"), ("Nein", "Nein")]
    talk.press("Nein")
    assert talk.slots == {"value": False}


TRIP = {
    "name": "Book a trip",
    "intentId": "trip",
    "speechResponse": "From {{ parameters.origin }} to {{ parameters.target }}, {{ parameters.seats }}.",
    "parameters": [
        {"name": "origin", "type": "city", "required": True, "prompt": "From where?", "cues": ["from"]},
        {"name": "target", "type": "city", "required": True, "prompt": "Where to?", "cues": ["to"]},
        {"name": "seats", "type": "integer", "required": True, "prompt": "How many?", "minimum": 1, "maximum": 5},
        {"name": "day", "type": "date", "prompt": "When?", "minimum": "today"},
    ],
}


@pytest.fixture
def trip() -> Talk:
    return Talk(definition_of(wire(TRIP)))


@pytest.mark.parametrize(
    "text",
    [
        "from [Paris](city) to [Rome](city)",
        "to [Rome](city) from [Paris](city)",
        "[Paris](city), [Rome](city)",
        "[Paris](city) to [Rome](city)",
    ],
)
def test_two_values_of_one_type_go_where_their_words_or_their_order_say(trip: Talk, text: str) -> None:
    assert trip.say(text, "trip") == ("How many?",)
    assert trip.slots == {"origin": "Paris", "target": "Rome"}


def test_the_second_value_of_a_type_may_come_later(trip: Talk) -> None:
    assert trip.say("a trip to [Rome](city)", "trip") == ("From where?",)
    assert trip.say("[Paris](city)") == ("How many?",)
    assert trip.slots == {"origin": "Paris", "target": "Rome"}


def test_values_change_places(trip: Talk) -> None:
    trip.say("from [Rome](city) to [Paris](city)", "trip")
    assert trip.say("no, the other way round") == ("How many?",)
    assert trip.slots == {"origin": "Paris", "target": "Rome"}
    assert trip.say("swap them please") == ("How many?",)
    assert trip.slots == {"origin": "Rome", "target": "Paris"}


@pytest.mark.parametrize(
    ("text", "origin", "target"),
    [
        ("no, I meant [York](city)", "Bath", "York"),
        ("no, from [York](city)", "York", "Rome"),
        ("sorry, to [York](city)", "Bath", "York"),
        ("not [Bath](city), [York](city)", "York", "Rome"),
        ("not Rome, York", "Bath", "York"),
        ("actually York", "Bath", "York"),
    ],
)
def test_a_correction_goes_to_what_it_is_about(trip: Talk, text: str, origin: str, target: str) -> None:
    assert trip.say("from [Bath](city)", "trip") == ("Where to?",)
    assert trip.say("[Rome](city)") == ("How many?",)
    assert trip.say(text, "greet", 0.9) == ("How many?",)
    assert (trip.slots["origin"], trip.slots["target"]) == (origin, target)
    assert trip.state.forms[0].reprompts == 0


def test_a_correction_may_come_with_the_answer(trip: Talk) -> None:
    trip.say("from [Bath](city) to [Rome](city)", "trip")
    assert trip.say("two, and no, I meant to [York](city)") == ("From Bath to York, 2.",)


def test_a_correction_in_the_same_breath_counts_at_once(trip: Talk) -> None:
    said = "from [Bath](city), no wait, from [York](city) to [Rome](city), sorry, to [Paris](city)"
    assert trip.say(said, "trip") == ("How many?",)
    assert trip.slots == {"origin": "York", "target": "Paris"}


def test_an_afterthought_answers_what_was_asked(trip: Talk) -> None:
    trip.say("from [Bath](city)", "trip")
    assert trip.say("sorry, [Rome](city)") == ("How many?",)
    assert trip.slots == {"origin": "Bath", "target": "Rome"}


def test_a_value_that_is_only_taken_back_is_asked_for_again(trip: Talk) -> None:
    trip.say("from [Bath](city) to [Rome](city)", "trip")
    assert trip.say("no, not to Rome") == ("Where to?",)
    assert trip.slots == {"origin": "Bath"}


@pytest.mark.parametrize(("text", "seats"), [("not 2, 3", 3), ("no, 3", 3), ("actually four", 4), ("2", 2)])
def test_a_number_is_corrected(text: str, seats: int) -> None:
    trip = Talk(definition_of(wire({**TRIP, "confirm": True})))
    trip.say("from [Bath](city) to [Rome](city)", "trip")
    trip.say("2")
    trip.say(text)
    assert trip.slots["seats"] == seats


def test_a_correction_that_cannot_be_used_keeps_the_old_value(trip: Talk) -> None:
    trip.say("from [Bath](city), 2 people", "trip")
    assert trip.say("no, 9 people") == ("The seats can be at most 5.", "How many?")
    assert trip.slots == {"origin": "Bath", "seats": 2}
    assert trip.say("then leave it") == ("Where to?",)
    assert trip.slots == {"origin": "Bath", "seats": 2}


def test_a_value_that_is_not_required_is_asked_for_once_it_was_said_wrongly(trip: Talk) -> None:
    said = trip.say("from [Bath](city) to [Rome](city) yesterday, 2 people", "trip")
    assert said == ("The day cannot be before 2026-11-23.", "When?")
    assert trip.say("none") == ("From Bath to Rome, 2.",)


def test_one_number_is_not_two_values() -> None:
    parameters = [
        {"name": "count", "type": "integer", "required": True, "prompt": "How many?"},
        {"name": "weight", "type": "number", "required": True, "prompt": "How heavy?"},
    ]
    talk = Talk(definition_of(wire({"name": "Send", "intentId": "send", "parameters": parameters})))
    assert talk.say("send 3", "send") == ("How heavy?",)
    talk.say("5")
    assert talk.slots == {"count": 3, "weight": 5}


COMPLAIN = {
    "name": "Complain",
    "intentId": "complain",
    "speechResponse": "Noted.",
    "parameters": [
        {"name": "place", "type": "city", "required": True, "prompt": "Where?"},
        {"name": "words", "type": "free_text", "required": True, "prompt": "What happened?"},
    ],
}


@pytest.mark.parametrize("text", ["I don't want [Rome](city)", "anywhere but [Rome](city)", "not to [Rome](city)"])
def test_a_mere_refusal_is_about_the_open_question(text: str) -> None:
    talk = Talk(definition_of(wire(TRIP, COMPLAIN)))
    talk.say("from [Bath](city)", "trip")
    assert talk.say(text, "complain", 0.9)[-1] == "Where to?"
    assert talk.slots == {"origin": "Bath"}
    assert talk.say(f"{text}, my food was cold there", "complain", 0.9)[0] != "Where to?"


def test_free_text_takes_everything() -> None:
    talk = Talk(definition_of(wire(COMPLAIN, TRIP)))
    talk.say("[Bath](city) was bad", "complain")
    assert talk.say("no trip to [Rome](city) was ever so bad", "trip", 0.99) == ("Noted.",)
    assert talk.slots == {"place": "Bath", "words": "no trip to Rome was ever so bad"}


def test_free_text_is_no_place_for_a_correction_of_another_value() -> None:
    talk = Talk(definition_of(wire(COMPLAIN)))
    talk.say("[Bath](city) was bad", "complain")
    assert talk.say("no, York") == ("What happened?",)
    assert talk.slots == {"place": "York"}


def test_what_cannot_be_the_text_that_was_asked_for_may_be_a_correction() -> None:
    words = {**COMPLAIN["parameters"][1], "pattern": ".*bad.*", "invalidPrompt": "Say what was bad."}
    talk = Talk(definition_of(wire({**COMPLAIN, "parameters": [COMPLAIN["parameters"][0], words]})))
    talk.say("[Bath](city) was bad", "complain")
    assert talk.say("oh wait, it's in fact [York](city)") == ("Say what was bad.",)
    assert talk.slots == {"place": "York"}


def test_free_text_can_be_cancelled() -> None:
    talk = Talk(definition_of(wire(COMPLAIN)))
    talk.say("[Bath](city) was bad", "complain")
    assert talk.say("forget it", "cancel", 0.8) == ("All right, I have cancelled that (Complain).",)
    assert talk.stack == []


def test_a_question_asked_in_vain_ends_with_the_fallback(trip: Talk) -> None:
    trip.say("a trip from [Bath](city) to [Rome](city)", "trip")
    for number in range(MAX_REPROMPTS):
        assert trip.say("dunno") == ("I need a whole number there, such as 3.", "How many?")
        assert trip.state.forms[0].reprompts == number + 1
    assert trip.say("dunno") == ("What?!",)
    assert (trip.stack, trip.now.route.kind, trip.now.is_handed_over) == ([], "fallback", False)
    assert trip.now.route.why == "trip: asked in vain for seats"


HANDOVER = {"name": "A person", "intentId": "handover", "speechResponse": "Ann takes over."}


def test_a_question_asked_in_vain_ends_with_a_person_if_there_is_one() -> None:
    talk = Talk(definition_of(wire(COMPLAIN, TRIP, HANDOVER)))
    talk.say("complain", "complain")
    talk.say("a trip", "trip")
    for _ in range(MAX_REPROMPTS):
        assert not talk.now.is_handed_over
        talk.say("dunno")
    assert talk.say("dunno") == ("Ann takes over.",)
    assert talk.now.is_handed_over
    assert (talk.now.route.intent_id, talk.stack) == ("handover", [])


@pytest.mark.parametrize("how", ["text", "button", "unasked"])
def test_a_person_goes_on_whichever_way_the_customer_got_there(how: str) -> None:
    parameters = [{"name": "phone", "type": "phone", "required": True, "prompt": "Your number?"}]
    talk = Talk(definition_of(wire(TRIP, {**HANDOVER, "parameters": parameters})))
    talk.say("a trip", "trip")
    if how == "button":
        assert talk.call("handover") == ("Your number?",)
    else:
        assert talk.say("a person please", "handover") == ("Your number?",)
    assert not talk.now.is_handed_over
    if how == "unasked":
        for _ in range(MAX_REPROMPTS + 1):
            talk.say("dunno")
    else:
        talk.say("+44 20 7946 0958")
    assert talk.now.is_handed_over
    assert talk.stack == []


PAY = {
    **TRIP,
    "confirm": True,
    "apiTrigger": True,
    "apiDetails": {"url": "http://shop/"},
    "speechResponse": "Booked: {{ parameters.seats }}.",
}


@pytest.fixture
def pay() -> Talk:
    """Give a conversation in which the bot asks whether to go ahead."""
    talk = Talk(definition_of(wire(PAY, COMPLAIN)))
    said = talk.say("from [Bath](city) to [Rome](city), 2 people", "trip")
    assert said == ("Book a trip \u2013 origin: Bath; target: Rome; seats: 2. Shall I go ahead?",)
    assert talk.buttons == [("Yes", "Yes"), ("No", "No")]
    assert talk.tool is None
    return talk


@pytest.mark.parametrize("text", ["Yes", "yes please, go ahead", "ok", "sure, 2 people", "\U0001f44d\U0001f3fe"])
def test_a_confirmed_intent_calls_its_tool(pay: Talk, text: str) -> None:
    assert pay.say(text, "?") == ("Booked: 2.",)
    assert (pay.tool, pay.stack) == ("trip", [])


@pytest.mark.parametrize(
    "text", ["No", "no thanks", "nope", "rather not", "of course not", "sure, no", "never mind", "\U0001f44e"]
)
def test_a_refused_intent_is_cancelled(pay: Talk, text: str) -> None:
    assert pay.say(text, "?") == ("All right, I have cancelled that (Book a trip).",)
    assert (pay.tool, pay.stack, pay.now.route.kind) == (None, [], "cancel")


@pytest.mark.parametrize("text", ["no, 3 of them", "3", "yes, but 3 people", "not 2, 3", "make it three"])
def test_a_correction_is_confirmed_anew(pay: Talk, text: str) -> None:
    assert pay.say(text, "?") == ("Book a trip \u2013 origin: Bath; target: Rome; seats: 3. Shall I go ahead?",)
    assert pay.tool is None
    assert pay.say("yes") == ("Booked: 3.",)
    assert pay.tool == "trip"


@pytest.mark.parametrize(
    "text",
    [
        "hm",
        "yes?",
        "ok wait",
        "ok how much",
        "yes but could you make it an earlier train",
        "no that is the wrong name on it",
    ],
)
def test_what_is_neither_yes_nor_no_is_asked_again_and_not_for_ever(pay: Talk, text: str) -> None:
    for _ in range(MAX_REPROMPTS):
        assert pay.say(text, "?")[-1].endswith("Shall I go ahead?")
        assert pay.tool is None
    assert pay.say(text, "?") == ("What?!",)
    assert pay.now.route.why == "trip: asked in vain for a confirmation"


@pytest.mark.parametrize("text", ["yes, cancel it", "ok cancel", "yes stop"])
def test_a_yes_that_sounds_like_a_cancel_is_asked_about(pay: Talk, text: str) -> None:
    assert pay.say(text, "cancel", 0.97)[-1].endswith("Shall I go ahead?")
    assert pay.say("yes", "?") == ("Booked: 2.",)


@pytest.mark.parametrize("text", ["yes", "OK!", "no", "yes please", "not sure"])
def test_an_answer_to_no_question_begins_nothing(text: str) -> None:
    greet = {"name": "Hi", "intentId": "greet", "speechResponse": "Hi!"}
    talk = Talk(definition_of(wire(TRIP, COMPLAIN, greet)))
    assert talk.say(text, "trip", 0.9) == ("What?!",)
    assert talk.say(text, "greet", 0.9) == ("Hi!",)
    assert talk.say(f"{text}, a trip", "trip", 0.9) == ("From where?",)
    assert talk.say(text, "complain", 0.9) == ("From where?",)


@pytest.mark.parametrize("text", ["yes", "sure, why not", "no", "yes please, Sir", "no not now or ever"])
def test_a_yes_or_no_to_another_question_decides_nothing_below(pay: Talk, text: str) -> None:
    assert pay.say("I want to complain", "complain") == ("Where?",)
    assert pay.say(text, "?") == ("Where?",)
    assert (pay.tool, pay.stack) == (None, ["trip", "complain"])


def test_a_listed_value_corrects_what_is_to_be_confirmed() -> None:
    wired = wire({**GIVE_SIZE, "confirm": True, "parameters": [SIZE]})
    wired["entities"].append(SIZES)
    talk = Talk(definition_of(wired))
    assert talk.say("give me a [huge](size) one", "give") == ("Give \u2013 size: huge. Shall I go ahead?",)
    assert talk.say("5") == ("Give \u2013 size: 5. Shall I go ahead?",)


def test_a_correction_that_cannot_be_used_confirms_nothing(pay: Talk) -> None:
    assert pay.say("no, 9 people") == ("The seats can be at most 5.", "How many?")
    assert pay.say("4") == ("Book a trip \u2013 origin: Bath; target: Rome; seats: 4. Shall I go ahead?",)


def test_a_confirmation_waits_while_something_else_is_done(pay: Talk) -> None:
    assert pay.say("I want to complain", "complain") == ("Where?",)
    pay.say("[York](city)")
    assert pay.say("too cold") == (
        "Noted.",
        "Back to \u201cBook a trip\u201d: Book a trip \u2013 origin: Bath; target: Rome; seats: 2. Shall I go ahead?",
    )
    assert pay.buttons == [("Yes", "Yes"), ("No", "No")]
    assert pay.say("yes") == ("Booked: 2.",)


def test_the_author_words_the_confirmation_and_a_boolean_is_shown_as_yes() -> None:
    gift = [{"name": "gift_wrap", "type": "boolean", "required": True, "prompt": "Gift?"}]
    intent = {"name": "Pack", "intentId": "pack", "confirm": True, "parameters": gift}
    talk = Talk(definition_of(wire(intent)))
    talk.say("pack it", "pack")
    assert talk.say("yes") == ("Pack \u2013 gift wrap: yes. Shall I go ahead?",)
    talk = Talk(definition_of(wire({**intent, "confirmPrompt": "Gift: {{ parameters.gift_wrap }}?", "parameters": []})))
    assert talk.say("pack it", "pack") == ("Gift: ?",)
    assert talk.say("yes") == ("Done.",)


def test_an_intent_without_values_is_confirmed_by_its_name() -> None:
    intent = {"name": "Konto löschen", "intentId": "delete", "confirm": True}
    talk = Talk(definition_of(wire(intent, language="de")))
    assert talk.say("weg damit", "delete") == ("Konto löschen. Soll ich das so machen?",)
    assert talk.buttons == [("Ja", "Ja"), ("Nein", "Nein")]
    assert talk.say("Nein") == ("In Ordnung, ich habe das abgebrochen (Konto löschen).",)


def test_a_new_release_may_change_a_form_under_way(pay: Talk) -> None:
    changed = {**PAY, "confirm": False, "parameters": [*PAY["parameters"][:2], {"name": "seats", "type": "text"}]}
    pay.definition = definition_of(wire(changed))
    assert pay.say("yes") == ("Booked: .",)
    assert pay.slots == {"origin": "Bath", "target": "Rome"}


def test_long_texts_leave_a_small_state() -> None:
    talk = Talk(definition_of(wire(COMPLAIN)))
    talk.say("[Bath](city)", "complain")
    talk.say("a" * 2000)
    assert talk.now.filling is not None
    assert len(talk.now.filling.form.model_dump_json()) < 2700


@pytest.mark.parametrize("text", ["1 " * 1000, "not " * 500, "Rome " * 400, "1." * 1000, "no, " * 500])
def test_a_message_of_many_values_takes_no_longer_than_another(text: str) -> None:
    talk = asks_for("integer")
    talk.say("hm")
    read = talk._read(text, {})
    calls = Counter[str]()
    sys.setprofile(lambda _frame, event, _argument: calls.update((event,)))
    try:
        decide(talk.definition, talk.state, read)
    finally:
        sys.setprofile(None)
    assert calls.total() < 100_000, (
        "twice what the longest takes; a search for every value in every other takes a million"
    )

"""Several values for one parameter: corrected in the same breath, shared out, kept as a list, or asked about."""

from typing import Any

import pytest

from serving.dialogue.phrases import phrases_of
from serving.dialogue.reply import ReplyValues, render_reply
from tests.support.said_bots import said_release
from tests.support.trained_talk import TrainedTalk

ASKED_WHICH: list[tuple[str, tuple[str, ...], str, str, list[Any]]] = [
    ("en", ("/table",), "3 or 4", "guests", [3, 4]),
    ("en", ("/table",), "three or four people", "guests", [3, 4]),
    ("en", ("/table",), "4 adults and 2 kids", "guests", [4, 2]),
    ("en", ("/table",), "between 3 and 5", "guests", [3, 5]),
    ("en", ("/table",), "3 to 5", "guests", [3, 5]),
    ("en", ("/table",), "2, 3 or maybe 4", "guests", [2, 3, 4]),
    ("en", ("/table", "4"), "tomorrow or friday", "day", ["2026-11-29", "2026-12-04"]),
    ("en", ("/table", "4"), "monday to wednesday", "day", ["2026-11-30", "2026-12-02"]),
    ("en", ("/table", "4", "tomorrow"), "19:00 or 20:00", "hour", ["19:00", "20:00"]),
    ("en", ("/table", "4", "tomorrow"), "between 7 and 8 pm", "hour", ["19:00", "20:00"]),
    ("en", ("/trip",), "Paris or Berlin", "origin", ["Paris", "Berlin"]),
    ("en", ("/trip",), "Paris and Berlin", "origin", ["Paris", "Berlin"]),
    ("en", (), "a train to berlin, paris and rome", "goal", ["Berlin", "Paris", "Rome"]),
    ("en", (), "a ticket to York or Leeds", "goal", ["York", "Leeds"]),
    ("en", ("/trip",), "from Bath or from Oslo", "origin", ["Bath", "Oslo"]),
    ("en", ("/pay",), "$15 or $20", "sum", ["15.00 USD", "20.00 USD"]),
    ("en", ("/paint", "3", "yes"), "M or L", "size", ["M", "L"]),
    ("de", ("/table",), "3 oder 4", "guests", [3, 4]),
    ("de", ("/table",), "drei oder vier Personen", "guests", [3, 4]),
    ("de", ("/table",), "4 Erwachsene und 2 Kinder", "guests", [4, 2]),
    ("de", ("/table",), "zwischen 3 und 5", "guests", [3, 5]),
    ("de", ("/table",), "3 bis 5", "guests", [3, 5]),
    ("de", ("/table", "4"), "morgen oder Freitag", "day", ["2026-11-29", "2026-12-04"]),
    ("de", ("/table", "4", "morgen"), "19:00 oder 20:00", "hour", ["19:00", "20:00"]),
    ("de", ("/table", "4", "morgen"), "zwischen 18 und 20 Uhr", "hour", ["18:00", "20:00"]),
    ("de", ("/trip",), "Paris oder Berlin", "origin", ["Paris", "Berlin"]),
    ("de", (), "ein Zug nach Berlin, Paris und Rome", "goal", ["Berlin", "Paris", "Rome"]),
    ("de", ("/pay",), "15 oder 20 Euro", "sum", ["15.00 EUR", "20.00 EUR"]),
    ("de", ("/paint", "3", "ja"), "M oder L", "size", ["M", "L"]),
    ("es", ("/table",), "3 o 4", "guests", [3, 4]),
    ("es", ("/table",), "tres o cuatro personas", "guests", [3, 4]),
    ("es", ("/table",), "4 adultos y 2 ni\u00f1os", "guests", [4, 2]),
    ("es", ("/table",), "entre 3 y 5", "guests", [3, 5]),
    ("es", ("/table",), "de 3 a 5", "guests", [3, 5]),
    ("es", ("/table", "4"), "ma\u00f1ana o el viernes", "day", ["2026-11-29", "2026-12-04"]),
    ("es", ("/table", "4", "ma\u00f1ana"), "a las 19:00 o a las 20:00", "hour", ["19:00", "20:00"]),
    ("es", ("/trip",), "Paris o Berlin", "origin", ["Paris", "Berlin"]),
    ("es", (), "un tren a Berlin, Paris y Rome", "goal", ["Berlin", "Paris", "Rome"]),
    ("es", ("/pay",), "15 o 20 euros", "sum", ["15.00 EUR", "20.00 EUR"]),
    ("es", ("/paint", "3", "s\u00ed"), "M o L", "size", ["M", "L"]),
]


@pytest.mark.parametrize(("language", "before", "said", "asked", "options"), ASKED_WHICH)
def test_the_customer_is_asked_which_of_several_values(
    language: str, before: tuple[str, ...], said: str, asked: str, options: list[Any]
) -> None:
    talk = TrainedTalk(said_release(language))
    (reply,) = talk.say(*before, said)
    assert talk.asked == asked
    assert asked not in talk.slots
    assert all(str(option) in reply for option in options)
    form = talk.state.forms[-1]
    assert form.doubt is not None
    assert list(form.doubt.options) == options


@pytest.mark.parametrize(("said", "guests"), [
    ("4", 4), ("four", 4), ("the first", 3), ("the second one", 4), ("the latter", 4), ("the last please", 4), ("5", 5),
])  # fmt: skip
def test_the_answer_to_which_one(said: str, guests: int) -> None:
    talk = TrainedTalk(said_release("en"))
    talk.say("/table", "3 or 4", said)
    assert talk.slots == {"guests": guests}
    assert talk.state.forms[-1].doubt is None


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "two adults and two kids"),
        ("en", "2 grown-ups plus 2 children"),
        ("de", "zwei Erwachsene und zwei Kinder"),
        ("es", "dos adultos y dos niños"),
    ],
)
def test_the_same_number_of_two_things_is_asked_again(language: str, said: str) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say("/table", said)
    assert (talk.slots, talk.asked) == ({}, "guests")


def test_a_text_is_taken_and_the_choice_in_it_is_asked_about() -> None:
    talk = TrainedTalk(said_release("en"))
    (reply,) = talk.say("/feedback", "the soup was cold, write to ann@example.org or bob@example.org")
    assert reply == "Which one do you mean: ann@example.org or bob@example.org?"
    assert talk.slots == {"words": "the soup was cold, write to ann@example.org or bob@example.org"}
    talk.say("the second")
    assert talk.slots["mail"] == "bob@example.org"


def test_options_are_buttons() -> None:
    talk = TrainedTalk(said_release("en"))
    talk.say("/table", "3 or 4")
    assert [one.title for one in talk.messages[-1].quick_replies] == ["3", "4"]


def test_none_of_the_options_asks_anew() -> None:
    talk = TrainedTalk(said_release("en"))
    talk.say("/table", "3 or 4")
    assert talk.say("neither of them")[-1] == "guests?"
    assert talk.asked == "guests"


PLACED: list[tuple[str, tuple[str, ...], str, dict[str, Any]]] = [
    ("en", (), "a train to Paris... sorry, Rome", {"goal": "Rome"}),
    ("en", (), "a train to Paris, no, Rome", {"goal": "Rome"}),
    ("en", (), "a train from Bath, no, Leeds to York", {"origin": "Leeds", "goal": "York"}),
    ("en", (), "a train to Bath. I live in Oslo", {"goal": "Bath"}),
    ("en", (), "train tickets between Rome and Oslo", {"origin": "Rome", "goal": "Oslo"}),
    ("en", (), "a train Rome to Paris", {"origin": "Rome", "goal": "Paris"}),
    ("en", ("/trip", "Oslo"), "change origin to Paris", {"origin": "Paris"}),
    ("en", ("/trip", "Oslo"), "origin Paris", {"origin": "Paris"}),
    ("en", ("/trip", "Oslo"), "Paris as the origin", {"origin": "Paris"}),
    ("en", ("/trip", "Oslo"), "Paris instead of Oslo", {"origin": "Paris"}),
    ("en", ("/trip", "Oslo"), "goal: Paris", {"origin": "Oslo", "goal": "Paris"}),
    ("en", ("/trip", "Oslo", "Paris"), "Rome to Bath", {"origin": "Rome", "goal": "Bath"}),
    ("en", ("/rent",), "from dec 3 to dec 5", {"first": "2026-12-03", "last": "2026-12-05"}),
    ("en", ("/rent",), "monday to wednesday", {"first": "2026-11-30", "last": "2026-12-02"}),
    ("en", ("/rent",), "between the 3rd and the 5th of december", {"first": "2026-12-03", "last": "2026-12-05"}),
    ("en", ("/rent",), "until friday", {"last": "2026-12-04"}),
    ("de", (), "ein Zug nach Paris, nein, Rome", {"goal": "Rome"}),
    ("de", (), "ein Zug von Bath, Entschuldigung, Leeds nach York", {"origin": "Leeds", "goal": "York"}),
    ("de", (), "Zugfahrt Rome nach Paris", {"origin": "Rome", "goal": "Paris"}),
    ("de", ("/trip", "Oslo"), "\u00e4ndere origin auf Paris", {"origin": "Paris"}),
    ("de", ("/trip", "Oslo"), "origin Paris", {"origin": "Paris"}),
    ("de", ("/trip", "Oslo"), "Paris statt Oslo", {"origin": "Paris"}),
    ("de", ("/trip", "Oslo"), "Paris als origin", {"origin": "Paris"}),
    ("de", ("/rent",), "vom 3. bis 5. Dezember", {"first": "2026-12-03", "last": "2026-12-05"}),
    ("de", ("/rent",), "von Montag bis Mittwoch", {"first": "2026-11-30", "last": "2026-12-02"}),
    ("de", ("/rent",), "bis Freitag", {"last": "2026-12-04"}),
    ("es", (), "un tren a Paris, no, Rome", {"goal": "Rome"}),
    ("es", (), "un tren a Paris, perd\u00f3n, Rome", {"goal": "Rome"}),
    ("es", (), "un tren de Rome a Paris", {"origin": "Rome", "goal": "Paris"}),
    ("es", ("/trip", "Oslo"), "cambia origin a Paris", {"origin": "Paris"}),
    ("es", ("/trip", "Oslo"), "origin Paris", {"origin": "Paris"}),
    ("es", ("/trip", "Oslo"), "Paris en vez de Oslo", {"origin": "Paris"}),
    ("es", ("/trip", "Oslo"), "Paris como origin", {"origin": "Paris"}),
    ("es", ("/rent",), "del 3 al 5 de diciembre", {"first": "2026-12-03", "last": "2026-12-05"}),
    ("es", ("/rent",), "de lunes a mi\u00e9rcoles", {"first": "2026-11-30", "last": "2026-12-02"}),
    ("es", ("/rent",), "hasta el viernes", {"last": "2026-12-04"}),
]


@pytest.mark.parametrize(("language", "before", "said", "slots"), PLACED)
def test_values_go_where_they_were_said_for(
    language: str, before: tuple[str, ...], said: str, slots: dict[str, Any]
) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say(*before, said)
    assert talk.slots == slots


LISTS: list[tuple[str, tuple[str, ...], str, list[str] | None]] = [
    ("en", (), "a pizza with ham, basil and olives", ["ham", "basil", "olives"]),
    ("en", ("/pizza",), "ham", ["ham"]),
    ("en", ("/pizza",), "ham and olives", ["ham", "olives"]),
    ("en", ("/pizza",), "olives, ham, olives", ["olives", "ham"]),
    ("en", ("/pizza", "ham"), "also basil", ["ham", "basil"]),
    ("en", ("/pizza", "ham and olives"), "without ham", ["olives"]),
    ("en", ("/pizza", "ham and olives"), "basil instead of ham", ["olives", "basil"]),
    ("en", ("/pizza", "ham and olives"), "no, basil", ["basil"]),
    ("en", ("/pizza", "ham"), "not ham", None),
    ("en", ("/pizza",), "ham but not olives", ["ham"]),
    ("de", (), "eine Pizza mit Speck, ham und olives", ["Speck", "ham", "olives"]),
    ("de", ("/pizza",), "Speck und basil", ["Speck", "basil"]),
    ("de", ("/pizza", "Speck"), "auch basil", ["Speck", "basil"]),
    ("de", ("/pizza", "Speck und olives"), "ohne Speck", ["olives"]),
    ("de", ("/pizza", "Speck und olives"), "basil statt Speck", ["olives", "basil"]),
    ("de", ("/pizza", "Speck und olives"), "nein, basil", ["basil"]),
    ("es", (), "una pizza con queso, ham y olives", ["queso", "ham", "olives"]),
    ("es", ("/pizza",), "queso y basil", ["queso", "basil"]),
    ("es", ("/pizza", "queso"), "tambi\u00e9n basil", ["queso", "basil"]),
    ("es", ("/pizza", "queso y olives"), "sin queso", ["olives"]),
    ("es", ("/pizza", "queso y olives"), "basil en vez de queso", ["olives", "basil"]),
    ("es", ("/pizza", "queso y olives"), "no, basil", ["basil"]),
]


@pytest.mark.parametrize(("language", "before", "said", "extras"), LISTS)
def test_a_list_keeps_all_values(language: str, before: tuple[str, ...], said: str, extras: list[str] | None) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say(*before, said)
    assert talk.slots.get("extras") == extras


def test_a_reply_prints_a_list_as_people_write_it() -> None:
    values = ReplyValues(context={}, parameters={"extras": ["ham", "olives"], "n": [1, 2]}, seed="s")
    template = "{{ parameters.extras }}; {{ parameters.n }}; {{ parameters.extras | join('+') }}"
    reply = render_reply(template, values, otherwise="", what="response", phrases=phrases_of("en"))
    assert reply.texts == ("ham, olives; 1, 2; ham+olives",)


def test_a_reply_sees_the_list() -> None:
    talk = TrainedTalk(said_release("en"))
    assert talk.say("/pizza", "ham and olives", "2") == ("PIZZA ham+olives",)

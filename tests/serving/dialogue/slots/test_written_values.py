"""Dates, times, numbers, amounts and answers as customers write them, from the message to the slot of a trained bot."""

from typing import Any

import pytest

from tests.support.said_bots import said_release
from tests.support.trained_talk import TrainedTalk

_TOMORROW = {"en": "tomorrow", "de": "morgen", "es": "ma\u00f1ana"}
_BEFORE: dict[str, tuple[str, ...]] = {
    "guests": ("/table",), "day": ("/table", "4"), "sum": ("/pay",), "litres": ("/paint",), "glossy": ("/paint", "3"),
}  # fmt: skip

WRITTEN: dict[tuple[str, str], dict[str, Any]] = {
    ("en", "day"): {
        "Monday, December 7": "2026-12-07", "monday the 7th of december": "2026-12-07", "Mon 7 Dec": "2026-12-07",
        "7 Dec 26": "2026-12-07", "2 weeks from today": "2026-12-12", "a week from tomorrow": "2026-12-06",
        "the day after friday": "2026-12-05", "friday last week": "2026-11-20", "the friday after next": "2026-12-11",
        "the 5th": "2026-12-05", "next week": "2026-11-30", "end of the month": "2026-11-30",
        "this weekend": "2026-11-28", "Christmas": "2026-12-25", "the fifth of december": "2026-12-05",
        "two weeks from now": "2026-12-12",
    },
    ("en", "hour"): {
        "quarter to 8 pm": "19:45", "half past 7 pm": "19:30", "10 past 6 pm": "18:10", "seven pm": "19:00",
        "at 7 in the evening": "19:00", "noon": "12:00", "19:30": "19:30", "8:15 pm": "20:15", "at 20": "20:00",
        "ten to nine pm": "20:50", "in half an hour": "2026-11-28T12:30",
    },
    ("en", "litres"): {
        "two and a half": 2.5, "2 1/2": 2.5, "2 dozen": 24, "minus 3": -3, "5 lakh": 500_000, "1 500": 1500,
        "half a million": 500_000, "a dozen": 12, "1.5": 1.5, "three quarters": 0.75,
    },
    ("en", "sum"): {
        ".50 dollars": "0.50 USD", "1/2 dollar": "0.50 USD", "five dollars and fifty cents": "5.50 USD",
        "$3 and 50 cents": "3.50 USD", "Rs 500": "500.00 INR", "\u20b91,50,000": "150000.00 INR",
        "5 lakh rupees": "500000.00 INR", "50 cents": "0.50 USD", "half a million euros": "500000.00 EUR",
        "-$5": None,
    },
    ("en", "glossy"): {
        "of course not": False, "absolutely not": False, "certainly not": False, "sure, no": False, "no doubt": True,
        "no problem": True, "yes 100%": True, "not at all": False, "why not": True, "not bad": None, "no worries": None,
    },
    ("de", "day"): {
        "Montag, den 7. Dezember": "2026-12-07", "Montag den 7.12.": "2026-12-07", "Mo 7.12.": "2026-12-07",
        "Freitag in einer Woche": "2026-12-11", "\u00fcbern\u00e4chsten Freitag": "2026-12-11", "am 5.": "2026-12-05",
        "heute Abend": "2026-11-28", "am f\u00fcnften Dezember": "2026-12-05", "in zwei Wochen": "2026-12-12",
        "Heiligabend": "2026-12-24",
    },
    ("de", "hour"): {
        "halb acht": "07:30", "viertel vor 8 Uhr": "07:45", "acht Uhr": "08:00", "um 8": "08:00",
        "um halb acht abends": "19:30", "f\u00fcnf vor halb neun": "08:25", "19 Uhr 30": "19:30",
        "acht Uhr drei\u00dfig": "08:30", "mittags um 12": "12:00", "in einer halben Stunde": "2026-11-28T12:30",
    },
    ("de", "litres"): {
        "zweieinhalb": 2.5, "anderthalb": 1.5, "anderthalb Tausend": 1500, "ein Dutzend": 12, "minus drei": -3,
        "drei Viertel": 0.75, "2,5": 2.5, "1/2": 0.5, "2 Dutzend": 24, "eine halbe Million": 500_000,
    },
    ("de", "sum"): {
        "zw\u00f6lf Euro f\u00fcnfzig": "12.50 EUR", "12 Euro 50": "12.50 EUR", "50 Cent": "0.50 EUR",
        "1.250 Euro": "1250.00 EUR", "eine halbe Million Euro": "500000.00 EUR", "-5 Euro": None,
        "f\u00fcnf Euro und zehn Cent": "5.10 EUR", "2 Mio. Euro": "2000000.00 EUR", "\u20ac 12,50": "12.50 EUR",
        "1/2 Euro": "0.50 EUR",
    },
    ("de", "glossy"): {
        "nat\u00fcrlich nicht": False, "auf jeden Fall nicht": False, "auf keinen Fall": False, "klar, nein": False,
        "kein Problem": True, "ohne Zweifel": True, "keine Frage": True, "lieber nicht": False, "ja und nein": None,
        "\U0001f44e\U0001f3fd": False,
    },
    ("es", "day"): {
        "lunes 7 de diciembre": "2026-12-07", "el lunes, 7 de diciembre": "2026-12-07", "el 5": "2026-12-05",
        "dentro de dos semanas": "2026-12-12", "en 2 semanas": "2026-12-12", "el cinco de diciembre": "2026-12-05",
        "el primero de diciembre": "2026-12-01", "Navidad": "2026-12-25", "pasado ma\u00f1ana": "2026-11-30",
        "el viernes de la semana que viene": "2026-12-04",
    },
    ("es", "hour"): {
        "a las 8 y media": "08:30", "las ocho menos cuarto": "07:45", "a las 8 de la noche": "20:00",
        "mediod\u00eda": "12:00", "las ocho y cuarto": "08:15", "a las siete de la tarde": "19:00", "20:30": "20:30",
        "las 8 y media": "08:30", "a medianoche": "00:00", "en media hora": "2026-11-28T12:30",
    },
    ("es", "litres"): {
        "dos y medio": 2.5, "mil quinientos": 1500, "media docena": 6, "menos tres": -3, "2,5": 2.5,
        "mill\u00f3n y medio": 1_500_000, "una docena": 12, "1/2": 0.5, "2 docenas": 24, "uno y medio": 1.5,
    },
    ("es", "sum"): {
        "cinco euros con cincuenta": "5.50 EUR", "mil quinientos euros": "1500.00 EUR", "50 c\u00e9ntimos": "0.50 EUR",
        "medio mill\u00f3n de euros": "500000.00 EUR", "12,50 \u20ac": "12.50 EUR", "1.250 euros": "1250.00 EUR",
        "-5 euros": None, "12 euros y 50 c\u00e9ntimos": "12.50 EUR", "medio euro": "0.50 EUR",
        "20 d\u00f3lares": "20.00 USD",
    },
    ("es", "glossy"): {
        "claro que no": False, "por supuesto que no": False, "para nada": False, "ni hablar": False, "sin duda": True,
        "no hay problema": True, "creo que no": False, "claro": True, "mejor no": False, "s\u00ed y no": None,
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "asked", "said", "value"),
    [(code, asked, said, value) for (code, asked), rows in WRITTEN.items() for said, value in rows.items()],
)
def test_an_answer_fills_the_slot_with_what_was_written(language: str, asked: str, said: str, value: Any) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say(*_BEFORE.get(asked, ("/table", "4", _TOMORROW[language])))
    assert talk.asked == asked
    known = talk.state.forms[-1].value_by_name()
    talk.say(said)
    assert talk.slots == (known if value is None else known | {asked: value})


def test_one_message_fills_a_whole_form() -> None:
    talk = TrainedTalk(said_release("de"))
    talk.say("Tisch bestellen f\u00fcr f\u00fcnf Personen am Montag, den 7.12. um halb acht")
    assert talk.slots == {"guests": 5, "day": "2026-12-07", "hour": "07:30"}


@pytest.mark.parametrize(
    ("language", "said", "options"),
    [
        ("en", "at 7", ("07:00", "19:00")),
        ("en", "8", ("08:00", "20:00")),
        ("en", "half past seven", ("07:30", "19:30")),
        ("en", "8 or 9 pm", ("20:00", "21:00")),
        ("de", "zwischen 18 und 20 Uhr", ("18:00", "20:00")),
        ("es", "entre las 7 y las 8", ("07:00", "08:00")),
    ],
)
def test_a_time_with_two_readings_is_asked_about(language: str, said: str, options: tuple[str, str]) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say("/table", "4", _TOMORROW[language], said)
    doubt = talk.state.forms[-1].doubt
    assert doubt is not None
    assert doubt.options == options


@pytest.mark.parametrize("answer", ["pm", "in the evening", "20:00", "the second", "8 pm"])
def test_the_half_of_the_day_may_come_later(answer: str) -> None:
    talk = TrainedTalk(said_release("en"))
    talk.say("/table", "4", "tomorrow", "at 8", answer)
    assert talk.slots["hour"] == "20:00"


def test_a_weekday_that_contradicts_its_date_is_asked_about() -> None:
    talk = TrainedTalk(said_release("en"))
    (reply,) = talk.say("/table", "4", "Tuesday, December 7")
    assert reply == "Which one do you mean: 2026-12-07 or 2026-12-08?"

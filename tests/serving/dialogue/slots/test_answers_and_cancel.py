"""What answers the open question never ends the form, however much it sounds like `cancel`."""

from typing import Any

import pytest

from tests.support.said_bots import said_release
from tests.support.trained_talk import TrainedTalk

TABLE: dict[str, tuple[str, str, str]] = {
    "en": ("/table", "4", "tomorrow"), "de": ("/table", "4", "morgen"), "es": ("/table", "4", "mañana"),
}  # fmt: skip

GUESTS = {
    "en": ["leave it at 4", "let's leave it at 4", "keep it at 4", "4, forget the baby", "just 4, never mind the kids",
           "forget what I said, 4", "4 then, cancel the others", "stop asking, 4", "we are 4, leave the dog out",
           "4. never mind the rest"],
    "de": ["lass es bei 4", "lassen wir es bei 4", "bleiben wir bei 4", "4, vergiss das Baby", "4, vergiss die Kinder",
           "es bleibt bei 4", "4, mehr will ich nicht", "nur 4, lass die anderen weg", "stopp, 4", "4 und nicht mehr"],
    "es": ["d\u00e9jalo en 4", "dej\u00e9moslo en 4", "lo dejamos en 4", "4, olvida al beb\u00e9",
    "4, olv\u00eddate de los ni\u00f1os",
           "al final 4, olv\u00eddalo", "ya no 5, solo 4", "4 y para", "solo 4, anula los dem\u00e1s", "deja 4"],
}  # fmt: skip


@pytest.mark.parametrize(("language", "said"), [(code, text) for code, texts in GUESTS.items() for text in texts])
def test_a_number_answers_and_does_not_cancel(language: str, said: str) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say("/table", said)
    assert talk.now.route.kind == "form"
    assert talk.slots == {"guests": 4} or (talk.asked == "guests" and talk.state.forms[-1].doubt is not None)


OTHERS: list[tuple[str, tuple[str, ...], str, dict[str, Any]]] = [
    ("en", TABLE["en"], "let's leave it at 19:00", {"hour": "19:00"}),
    ("en", TABLE["en"], "19:00, forget the rest", {"hour": "19:00"}),
    ("en", ("/table", "4"), "leave it on friday", {"day": "2026-12-04"}),
    ("en", ("/paint", "3", "yes"), "the second", {"size": "M"}),
    ("en", ("/paint", "3", "yes"), "the last one", {"size": "XL"}),
    ("en", ("/feedback",), "no", {"words": "no"}),
    ("en", ("/feedback",), "12.50", {"words": "12.50"}),
    ("en", ("/feedback",), "nope", {"words": "nope"}),
    ("en", ("/feedback",), "not good", {"words": "not good"}),
    ("en", ("/feedback",), "too slow", {"words": "too slow"}),
    ("de", TABLE["de"], "lass es bei 19:00", {"hour": "19:00"}),
    ("de", TABLE["de"], "19:00, vergiss den Rest", {"hour": "19:00"}),
    ("de", ("/table", "4"), "Montag, den 7. Dezember", {"day": "2026-12-07"}),
    ("de", ("/table", "4"), "lass es am Freitag", {"day": "2026-12-04"}),
    ("de", ("/feedback",), "nein", {"words": "nein"}),
    ("de", ("/feedback",), "zu langsam", {"words": "zu langsam"}),
    ("en", ("/feedback",), "never", {"words": "never"}),
    ("de", ("/feedback",), "12,50", {"words": "12,50"}),
    ("es", TABLE["es"], "d\u00e9jalo a las 19:00", {"hour": "19:00"}),
    ("es", ("/table", "4"), "d\u00e9jalo para el viernes", {"day": "2026-12-04"}),
    ("es", ("/feedback",), "no", {"words": "no"}),
    ("es", ("/feedback",), "nada bueno", {"words": "nada bueno"}),
    ("es", ("/feedback",), "12,50", {"words": "12,50"}),
]


@pytest.mark.parametrize(("language", "before", "said", "brought"), OTHERS)
def test_an_answer_of_any_type_does_not_cancel(
    language: str, before: tuple[str, ...], said: str, brought: dict[str, Any]
) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say(*before, said)
    assert brought.items() <= talk.slots.items()


@pytest.mark.parametrize(
    ("language", "before", "said"),
    [
        ("en", ("/table",), "cancel"),
        ("en", ("/table", "4"), "never mind"),
        ("en", ("/feedback",), "cancel"),
        ("en", ("/feedback",), "forget it"),
        ("en", ("/table", "3 or 4"), "stop this"),
        ("de", ("/table",), "abbrechen"),
        ("de", ("/feedback",), "vergiss es"),
        ("de", ("/table", "4"), "stopp"),
        ("es", ("/table",), "cancelar"),
        ("es", ("/feedback",), "olv\u00eddalo"),
        ("es", ("/table", "4"), "ya no quiero"),
    ],
)
def test_cancel_still_ends_the_form(language: str, before: tuple[str, ...], said: str) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say(*before, said)
    assert talk.now.route.kind == "cancel"
    assert not talk.state.forms

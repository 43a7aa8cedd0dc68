"""A value that the customer refuses is not taken; another one in the same message is."""

from typing import Any

import pytest

from tests.support.said_bots import said_release
from tests.support.trained_talk import TrainedTalk

DAY: dict[str, tuple[str, ...]] = {"en": ("/table", "4"), "de": ("/table", "4"), "es": ("/table", "4")}
GOAL: dict[str, tuple[str, ...]] = {"en": ("/trip", "Oslo"), "de": ("/trip", "Oslo"), "es": ("/trip", "Oslo")}

NOT_TAKEN = {
    ("en", "day"): ["not on monday", "any day except sunday", "not friday", "anything but monday",
    "not on a sunday please",
                    "I can't on monday", "monday doesn't work", "sunday is out", "every day apart from friday",
                    "I don't want monday"],
    ("en", "goal"): ["anywhere but Paris", "I don't want Paris", "not Paris", "anything other than Paris",
                     "I do not want to go to Paris", "not to Paris please", "everywhere except Paris",
                     "please no Paris", "I'd rather not go to Paris", "never Paris"],
    ("de", "day"): ["nicht am Montag", "jeden Tag außer Sonntag", "nicht Freitag", "am Montag geht es nicht",
                    "Montag geht nicht", "am Freitag kann ich nicht", "alles außer Montag", "bloß nicht Sonntag",
                    "keinen Montag", "ich will nicht am Montag"],
    ("de", "goal"): ["nicht nach Paris", "überall außer Paris", "nach Paris nicht", "bloß nicht Paris",
                     "ich will nicht nach Paris", "Paris bitte nicht", "alles außer Paris", "nur nicht Paris",
                     "auf keinen Fall Paris", "Paris lieber nicht"],
    ("es", "day"): ["el lunes no", "cualquier día menos el domingo", "no el viernes", "el lunes no puedo",
                    "todos los días excepto el lunes", "que no sea el lunes", "salvo el domingo", "no quiero el lunes",
                    "el viernes no me va bien", "cualquiera menos el lunes"],
    ("es", "goal"): ["a Paris no", "cualquiera menos Paris", "no quiero Paris", "no quiero ir a Paris", "excepto Paris",
                     "todo menos Paris", "que no sea Paris", "Paris no", "salvo Paris", "mejor no Paris"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "asked", "said"), [(code, name, text) for (code, name), texts in NOT_TAKEN.items() for text in texts]
)
def test_a_refused_value_is_not_taken(language: str, asked: str, said: str) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say(*(DAY if asked == "day" else GOAL)[language])
    assert talk.asked == asked
    talk.say(said)
    form = talk.state.forms[0]
    assert asked not in form.value_by_name()
    assert form.asking == asked


OTHER_TAKEN: list[tuple[str, tuple[str, ...], str, dict[str, Any]]] = [
    ("en", DAY["en"], "not on friday but on sunday", {"day": "2026-11-29"}),
    ("en", DAY["en"], "instead of friday take sunday", {"day": "2026-11-29"}),
    ("en", DAY["en"], "not tomorrow, friday", {"day": "2026-12-04"}),
    ("en", DAY["en"], "friday, not sunday", {"day": "2026-12-04"}),
    ("en", DAY["en"], "monday doesn't work, take friday", {"day": "2026-12-04"}),
    ("en", DAY["en"], "rather friday than sunday", {"day": "2026-12-04"}),
    ("en", GOAL["en"], "not Paris, Rome", {"goal": "Rome"}),
    ("en", GOAL["en"], "Rome instead of Paris", {"goal": "Rome"}),
    ("en", GOAL["en"], "I don't want Paris but Rome", {"goal": "Rome"}),
    ("en", GOAL["en"], "Rome, not Paris", {"goal": "Rome"}),
    ("en", ("/table",), "not 3 but 4", {"guests": 4}),
    ("de", DAY["de"], "nicht am Freitag, sondern am Sonntag", {"day": "2026-11-29"}),
    ("de", DAY["de"], "statt Freitag lieber Sonntag", {"day": "2026-11-29"}),
    ("de", DAY["de"], "nicht morgen, Freitag", {"day": "2026-12-04"}),
    ("de", DAY["de"], "Freitag, nicht Sonntag", {"day": "2026-12-04"}),
    ("de", DAY["de"], "Montag geht nicht, aber Freitag", {"day": "2026-12-04"}),
    ("de", GOAL["de"], "nicht nach Paris, sondern nach Rome", {"goal": "Rome"}),
    ("de", GOAL["de"], "Rome statt Paris", {"goal": "Rome"}),
    ("de", GOAL["de"], "Rome, nicht Paris", {"goal": "Rome"}),
    ("de", GOAL["de"], "anstelle von Paris bitte Rome", {"goal": "Rome"}),
    ("de", ("/table",), "nicht 3, sondern 4", {"guests": 4}),
    ("es", DAY["es"], "el viernes no, el domingo", {"day": "2026-11-29"}),
    ("es", DAY["es"], "en vez del viernes el domingo", {"day": "2026-11-29"}),
    ("es", DAY["es"], "no mañana, el viernes", {"day": "2026-12-04"}),
    ("es", DAY["es"], "el viernes, no el domingo", {"day": "2026-12-04"}),
    ("es", DAY["es"], "no el lunes sino el viernes", {"day": "2026-12-04"}),
    ("es", GOAL["es"], "no a Paris sino a Rome", {"goal": "Rome"}),
    ("es", GOAL["es"], "Rome en vez de Paris", {"goal": "Rome"}),
    ("es", GOAL["es"], "Rome, no Paris", {"goal": "Rome"}),
    ("es", GOAL["es"], "en lugar de Paris, Rome", {"goal": "Rome"}),
    ("es", ("/table",), "no 3, sino 4", {"guests": 4}),
]


@pytest.mark.parametrize(("language", "before", "said", "brought"), OTHER_TAKEN)
def test_the_other_value_is_taken(language: str, before: tuple[str, ...], said: str, brought: dict[str, Any]) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say(*before, said)
    assert brought.items() <= talk.slots.items()


NOT_REFUSED: list[tuple[str, tuple[str, ...], str, dict[str, Any]]] = [
    ("en", GOAL["en"], "why not Paris", {"goal": "Paris"}),
    ("en", GOAL["en"], "nothing but Paris", {"goal": "Paris"}),
    ("en", GOAL["en"], "I can't wait to see Paris", {"goal": "Paris"}),
    ("en", GOAL["en"], "no idea, maybe Paris", {"goal": "Paris"}),
    ("en", ("/trip",), "no, Paris", {"origin": "Paris"}),
    ("en", DAY["en"], "no problem, monday", {"day": "2026-11-30"}),
    ("de", GOAL["de"], "warum nicht Paris", {"goal": "Paris"}),
    ("de", GOAL["de"], "nichts außer Paris", {"goal": "Paris"}),
    ("de", GOAL["de"], "kein Problem, Paris", {"goal": "Paris"}),
    ("de", DAY["de"], "keine Ahnung, Montag", {"day": "2026-11-30"}),
    ("es", GOAL["es"], "por qué no Paris", {"goal": "Paris"}),
    ("es", GOAL["es"], "no sé, Paris", {"goal": "Paris"}),
    ("es", DAY["es"], "no hay problema, el lunes", {"day": "2026-11-30"}),
]


@pytest.mark.parametrize(("language", "before", "said", "brought"), NOT_REFUSED)
def test_a_no_nearby_refuses_nothing(
    language: str, before: tuple[str, ...], said: str, brought: dict[str, Any]
) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say(*before, said)
    assert brought.items() <= talk.slots.items()

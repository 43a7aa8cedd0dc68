"""An answer to one question leaves the other values alone: they change only if the customer says so."""

from typing import Any

import pytest

from tests.support.said_bots import said_release
from tests.support.trained_talk import TrainedTalk

HOUR = {"en": ("/table", "4", "tomorrow"), "de": ("/table", "4", "morgen"), "es": ("/table", "4", "mañana")}
MAIL = {"en": ("/pay", "$20"), "de": ("/pay", "20 Euro"), "es": ("/pay", "20 euros")}
SUM = {"en": "20.00 USD", "de": "20.00 EUR", "es": "20.00 EUR"}

NO_ANSWERS = {
    "en": [
        "30", "99 bottles", "we are 5 people today", "not sure yet, 2 friends are late", "2 of us are vegetarian",
        "my 3 kids want pizza", "I have 2 dogs", "room 12 was nice", "about 100 metres from the station",
        "100%", "I waited 3 hours last time", "number 5 on the menu was great", "there were 12 of them",
        "flat 3, second floor", "4711", "maybe, I have to ask 2 others first",
    ],
    "de": [
        "30", "99 Luftballons", "wir sind heute 5 Leute", "noch unsicher, 2 Freunde kommen später", "2 sind Vegetarier",
        "meine 3 Kinder wollen Pizza", "ich habe 2 Hunde", "Zimmer 12 war schön", "etwa 100 Meter vom Bahnhof",
        "100%", "ich habe 3 Stunden gewartet", "die Nummer 5 war gut", "damals waren 12 dabei", "4711",
        "2 Kollegen fehlen",
    ],
    "es": [
        "30", "99 botellas", "hoy somos 5 personas", "no sé, 2 amigos llegan tarde", "2 son vegetarianos",
        "mis 3 hijos quieren pizza", "tengo 2 perros", "la habitación 12 era bonita",
        "a unos 100 metros de la estación",
        "100%", "esperé 3 horas", "el número 5 estaba rico", "eran 12 botellas", "4711",
        "quizás, tengo que preguntar a 2 más",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("language", "said"), [(code, text) for code, texts in NO_ANSWERS.items() for text in texts])
def test_a_number_that_answers_no_question_changes_no_other_number(language: str, said: str) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say(*HOUR[language])
    assert talk.asked == "hour"
    replies = talk.say(said)
    form = next(form for form in talk.state.forms if form.intent_id == "table")
    assert form.value_by_name() == {"guests": 4, "day": "2026-11-29"}
    assert form.asking == "hour"
    if talk.now.route.kind == "form":
        assert len(replies) == 2, "the reason, then the question again"


MONEY_BESIDE = {
    "en": [
        "he has $50 on his account, bob@example.org", "bob@example.org, he owes me $5",
        "I paid $3 last time, bob@example.org",
        "send it to bob@example.org, not his $90 friend", "bob@example.org (the one with 50 dollars)",
        "he asked for $30 but bob@example.org is right", "the fee is $1, right? bob@example.org",
        "bob@example.org, I still have 100 dollars left", "it costs $2 elsewhere, bob@example.org",
        "bob@example.org and keep 5 dollars in mind",
    ],
    "de": [
        "er hat 50 Euro auf dem Konto, bob@example.org", "bob@example.org, er schuldet mir 5 Euro",
        "letztes Mal waren es 3 Euro, bob@example.org", "bob@example.org (der mit den 50 Euro)",
        "er wollte 30 Euro, bob@example.org", "die Gebühr ist 1 Euro, oder? bob@example.org",
        "bob@example.org, ich habe noch 100 Euro", "woanders kostet es 2 Euro, bob@example.org",
        "bob@example.org und 5 Euro bleiben übrig", "bob@example.org, gestern waren 7 Euro weg",
    ],
    "es": [
        "tiene 50 euros en la cuenta, bob@example.org", "bob@example.org, me debe 5 euros",
        "la otra vez fueron 3 euros, bob@example.org", "bob@example.org (el de los 50 euros)",
        "quería 30 euros, bob@example.org", "la comisión es 1 euro, ¿verdad? bob@example.org",
        "bob@example.org, todavía tengo 100 euros", "en otro sitio cuesta 2 euros, bob@example.org",
        "bob@example.org y quedan 5 euros", "bob@example.org, ayer faltaban 7 euros",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("language", "said"), [(code, text) for code, texts in MONEY_BESIDE.items() for text in texts])
def test_an_amount_beside_the_answer_changes_no_payment(language: str, said: str) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say(*MAIL[language], said)
    assert talk.slots == {"sum": SUM[language], "mail": "bob@example.org"}


CHANGES: list[tuple[str, str, dict[str, Any]]] = [
    ("en", "no, 5", {"guests": 5}),
    ("en", "make it 5", {"guests": 5}),
    ("en", "sorry, 5", {"guests": 5}),
    ("en", "5 guests", {"guests": 5}),
    ("en", "change guests to 5", {"guests": 5}),
    ("en", "guests: 5", {"guests": 5}),
    ("en", "change 4 to 5", {"guests": 5}),
    ("en", "not 4, 5", {"guests": 5}),
    ("en", "5 instead of 4", {"guests": 5}),
    ("en", "for 5 at 7pm", {"guests": 5, "hour": "19:00"}),
    ("en", "5 at 7pm please", {"guests": 5, "hour": "19:00"}),
    ("en", "at 7pm for 5", {"guests": 5, "hour": "19:00"}),
    ("en", "7pm, and we are 5", {"guests": 5, "hour": "19:00"}),
    ("en", "7pm for 5 people", {"guests": 5, "hour": "19:00"}),
    ("de", "um 19 Uhr für 5 Personen", {"guests": 5, "hour": "19:00"}),
    ("es", "a las 19:00 para 5 personas", {"guests": 5, "hour": "19:00"}),
    ("de", "nein, 5", {"guests": 5}),
    ("de", "nicht 4, sondern 5", {"guests": 5}),
    ("de", "Entschuldigung, 5", {"guests": 5}),
    ("de", "5 statt 4", {"guests": 5}),
    ("de", "guests 5", {"guests": 5}),
    ("de", "für 5 um 19:00", {"guests": 5, "hour": "19:00"}),
    ("de", "um 19:00 Uhr für 5 bitte", {"guests": 5, "hour": "19:00"}),
    ("de", "wir sind 5, um 19 Uhr", {"guests": 5, "hour": "19:00"}),
    ("de", "ich meine 5", {"guests": 5}),
    ("de", "ändere guests auf 5", {"guests": 5}),
    ("es", "no, 5", {"guests": 5}),
    ("es", "perdón, 5", {"guests": 5}),
    ("es", "quise decir 5", {"guests": 5}),
    ("es", "5 en vez de 4", {"guests": 5}),
    ("es", "guests 5", {"guests": 5}),
    ("es", "para 5 a las 19:00", {"guests": 5, "hour": "19:00"}),
    ("es", "a las 19:00 para 5 por favor", {"guests": 5, "hour": "19:00"}),
    ("es", "somos 5, a las 19:00", {"guests": 5, "hour": "19:00"}),
    ("es", "cambia guests a 5", {"guests": 5}),
    ("es", "no 4, sino 5", {"guests": 5}),
]


@pytest.mark.parametrize(("language", "said", "changed"), CHANGES)
def test_a_known_value_changes_if_the_customer_says_so(language: str, said: str, changed: dict[str, Any]) -> None:
    talk = TrainedTalk(said_release(language))
    talk.say(*HOUR[language], said)
    assert talk.slots == {"guests": 4, "day": "2026-11-29"} | changed

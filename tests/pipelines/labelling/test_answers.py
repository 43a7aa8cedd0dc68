"""Which messages only answer the bot, and which hold a wish, wherever they are said."""

from functools import lru_cache

import pytest

from pipelines.botfile.read import read_content
from pipelines.labelling.answers import AnswerFilter, Moment, shares_of_words
from pipelines.schemas.bot import BotFile, Entity, EntityValue, Intent, QuickReplyOption
from pipelines.schemas.examples import LabelledSpan
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.thresholds import Thresholds
from pipelines.steps.data.extract import read_examples
from tests.support.planted import SAMPLE
from tests.support.releases import examples_of

MOMENTS: tuple[Moment, ...] = ("open", "asked", "accepted", "ended")
EXAMPLES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "track": ("where is my order", "track my order", "has the parcel shipped", "order status"),
        "cancel_order": ("cancel my order", "I want to cancel the order", "please cancel it"),
        "book": ("book a table", "a table for two please", "reserve a table"),
    },
    "de": {
        "track": ("wo ist meine bestellung", "bestellung verfolgen", "status meiner bestellung"),
        "cancel_order": ("bestellung stornieren", "ich will stornieren", "storniere die bestellung"),
        "book": ("einen tisch reservieren", "tisch buchen", "ein tisch bitte"),
    },
    "es": {
        "track": ("donde esta mi pedido", "seguir mi pedido", "estado del pedido"),
        "cancel_order": ("cancelar mi pedido", "quiero cancelar el pedido", "cancela el pedido"),
        "book": ("reservar una mesa", "quiero una mesa", "una mesa por favor"),
    },
}


@lru_cache
def answers(language: str) -> AnswerFilter:
    colour = Entity(name="colour", entity_values=(EntityValue(value="red", synonyms=("rot", "rojo", "crimson red")),))
    size = Parameter(name="size", type="text", choices=("small", "klein", "grande"))
    help_button = QuickReplyOption(title="Opening hours", payload="When are you open?")
    intents = (
        Intent(name="Track", intentId="track", parameters=(size,)),
        Intent(name="Hello", intentId="hello", quick_replies=(help_button,)),
    )
    definition = BotDefinition(
        name="shop", language=language, intents=intents, entities=(colour,), thresholds=Thresholds(confidence=0.3)
    )
    rows = [
        (text, intent, list[LabelledSpan]()) for intent, texts in EXAMPLES.get(language, {}).items() for text in texts
    ]
    return AnswerFilter(definition, shares_of_words(rows))


ANSWERED_ANYWHERE = {
    "en": (
        "yes", "nope", "ok, sure", "no thanks", "yes please", "not sure", "maybe", "jane.doe@example.org",
        "my email is jane.doe@example.org", "+44 20 7946 0958", "it's 5", "12", "for 3 people", "tomorrow at 8",
        "next friday", "ORD-1042", "it is ORD-1042", "AB12 CD34", "12 Baker Street", "12 Baker St, London",
        "221b Baker Street, London NW1", "red", "the crimson red one", "small", "20 euros", "/track",
        "when are you open?",
    ),
    "de": (
        "ja", "nein danke", "genau", "vielleicht", "f\u00fcr 4 Personen", "morgen um 8 Uhr", "am Freitag", "BE-77812",
        "Hauptstra\u00dfe 12, 10115 Berlin", "Goetheweg 3", "10115 Berlin", "erika@example.org", "0711 123456", "rot",
        "klein", "meine Nummer ist 12345", "zwei",
    ),
    "es": (
        "s\u00ed", "no, gracias", "claro", "vale", "quiz\u00e1s", "para 4 personas", "ma\u00f1ana a las 8",
        "el viernes", "PED-1042", "Calle Mayor 5, 28013 Madrid", "Avenida de Am\u00e9rica 12", "ana@example.org",
        "612 345 678", "rojo", "grande", "mi n\u00famero es 12345",
    ),
}  # fmt: skip
WISHES_ANYWHERE = {
    "en": (
        "wait, I want to cancel the order", "cancel ORD-1042", "can I talk to a human", "help", "I need a refund",
        "where do I find my order number?", "how do I change the address", "no, I want to book a table instead",
        "actually what are your opening hours", "my parcel arrived broken and nobody answers my mails",
        "do you ship to Rome?", "change my phone number", "I can't find it", "please cancel everything",
    ),
    "de": (
        "warte, ich will die Bestellung stornieren", "stornieren", "ich m\u00f6chte mit einem Mitarbeiter sprechen",
        "Hilfe", "wo finde ich die Nummer?", "wie \u00e4ndere ich die Lieferadresse", "ich brauche eine Rechnung",
        "mein Paket ist kaputt angekommen und niemand antwortet auf meine Mails", "liefert ihr nach \u00d6sterreich?",
    ),
    "es": (
        "espera, quiero cancelar el pedido", "cancelar PED-1042", "quiero hablar con un agente", "ayuda",
        "\u00bfd\u00f3nde encuentro el n\u00famero?", "c\u00f3mo cambio la direcci\u00f3n de entrega",
        "necesito una factura",
        "el paquete lleg\u00f3 roto y nadie contesta mis correos", "\u00bfenv\u00edan a Canarias?",
    ),
}  # fmt: skip
FAILED_ANSWERS = {
    "en": ("banana", "John Smith", "the blue one", "dunno mate", "near the station", "I don't know", "what?", "thanks",
           "hello", "great, bye", "how about friday"),
    "de": ("Banane", "Erika Mustermann", "das blaue", "keine Ahnung", "beim Bahnhof", "was?", "danke", "hallo",
           "super, tsch\u00fcss"),
    "es": ("pl\u00e1tano", "Ana Garc\u00eda", "el azul", "cerca de Atocha", "gracias", "hola", "perfecto, adi\u00f3s"),
}  # fmt: skip
COURTESIES = {
    "en": ("thanks a lot", "ok great, bye", "perfect", "good morning"),
    "de": ("vielen Dank", "super, danke", "tsch\u00fcss"),
    "es": ("muchas gracias", "perfecto, adi\u00f3s", "buenas tardes"),
}
NEW_TOPICS = {
    "en": ("wifi password", "gift wrapping", "lost luggage", "parking for trucks"),
    "de": ("WLAN Passwort vergessen", "Geschenkverpackung", "verlorenes Gep\u00e4ck"),
    "es": ("clave del wifi", "envoltorio de regalo", "equipaje perdido"),
}


def members(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(language, text) for language, texts in table.items() for text in texts]


@pytest.mark.parametrize(("language", "text"), members(ANSWERED_ANYWHERE))
def test_values_and_a_mere_yes_or_no_are_answers_wherever_they_are_said(language: str, text: str) -> None:
    assert [moment for moment in MOMENTS if not answers(language).is_answer(text, moment, form="track")] == []


@pytest.mark.parametrize(("language", "text"), members(WISHES_ANYWHERE))
def test_a_wish_stays_a_wish_inside_a_form(language: str, text: str) -> None:
    assert [
        moment for moment in MOMENTS if moment != "accepted" and answers(language).is_answer(text, moment, form="track")
    ] == []


@pytest.mark.parametrize(("language", "text"), members(FAILED_ANSWERS))
def test_a_failed_answer_is_no_wish(language: str, text: str) -> None:
    assert answers(language).is_answer(text, "asked", form="track")


@pytest.mark.parametrize(("language", "text"), members(COURTESIES))
def test_thanks_and_greetings_are_answers_only_after_a_question(language: str, text: str) -> None:
    assert answers(language).is_answer(text, "ended", form="track")
    assert answers(language).is_answer(text, "asked", form="track")


@pytest.mark.parametrize("text", ["thanks a lot", "good morning", "see you later"])
def test_a_courtesy_of_its_own_may_be_labelled(text: str) -> None:
    assert not answers("en").is_answer(text, "open")


@pytest.mark.parametrize(("language", "text"), members(NEW_TOPICS))
def test_unknown_words_are_a_wish_where_nothing_is_asked(language: str, text: str) -> None:
    assert not answers(language).is_answer(text, "open")
    assert not answers(language).is_answer(text, "ended", form="track")


@pytest.mark.parametrize("text", ["do you have it in crimson red", "is there one for tomorrow"])
def test_a_question_without_its_mark_is_a_wish_though_it_names_only_values(text: str) -> None:
    assert not answers("en").is_answer(text, "open")
    assert not answers("en").is_answer(text, "ended", form="track")


def test_what_the_form_took_for_its_answer_is_a_wish_only_with_words_of_another_intent() -> None:
    read = answers("en").is_answer
    assert read("the reason is that I moved", "accepted", form="track")
    assert read("I want the red one", "accepted", form="track")
    assert not read("wait, I want to cancel the order", "accepted", form="track")
    assert read("cancel ORD-1042", "accepted", form="cancel_order"), "its own words answer it"
    assert not read("can I book a table", "accepted", form="track")
    assert read("a table for 2", "accepted", form="book")


@pytest.mark.parametrize(
    ("language", "text", "is_answer"),
    [
        ("ja", "\u306f\u3044", True),
        ("ko", "\ub124", True),
        ("ja", "2026-11-30", True),
        ("zh", "\u6211\u8981\u9000\u6b3e", False),
    ],
)
def test_without_tables_the_values_and_the_turn_decide(language: str, text: str, is_answer: bool) -> None:
    assert answers(language).is_answer(text, "asked", form="track") is is_answer
    assert answers(language).is_answer(text, "accepted", form="track")


def test_the_wishes_of_the_sample_stay_wishes() -> None:
    bot = BotFile.model_validate(read_content(SAMPLE))
    definition = BotDefinition(
        name="shop", intents=bot.intents, entities=bot.entities, thresholds=Thresholds(confidence=0.3)
    )
    shares = shares_of_words((row.text, row.intent, row.entities) for row in examples_of(bot))
    reader, rows = AnswerFilter(definition, shares), read_examples(SAMPLE.with_name("test.jsonl"))
    lost = {
        moment: [row.text for row in rows if reader.is_answer(row.text, moment, form="track_order")]
        for moment in MOMENTS[:2]
    }
    assert len(lost["open"]) <= 0.01 * len(rows), lost["open"]
    assert len(lost["asked"]) <= 0.08 * len(rows), "greetings, thanks and goodbyes are more than half of these"


def test_shares_of_words_count_what_is_said_often_outside_of_values() -> None:
    rome = LabelledSpan(start=10, end=14, type="city", value="Rome")
    rows: list[tuple[str, str, tuple[LabelledSpan, ...]]] = [
        ("a taxi to Rome", "taxi", (rome,)),
        ("a taxi in Rome", "taxi", (rome,)),
        ("once", "taxi", ()),
        ("wake me up", "alarm", ()),
    ]
    found = shares_of_words(rows)
    assert found["taxi"] == {"taxi": 2 / 3}
    assert found["wake"] == {"alarm": 1.0}
    assert "rome" not in found
    assert "once" not in found

"""The pipeline knows no language: German and Spanish bots learn like English ones, with and without the encoder."""

from datetime import UTC, datetime

import pytest

from pipelines.nlu.encoder.encoder import SentenceEncoder
from pipelines.nlu.model import NluModel
from pipelines.schemas.bot import BotFile
from tests.support.languages import GERMAN, SPANISH
from tests.support.releases import examples_of

pytestmark = pytest.mark.model

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
BOTS = {"de": GERMAN, "es": SPANISH}
UNSEEN = {
    "de": [
        ("wann macht das museum auf", "oeffnungszeiten"),
        ("Habt ihr montags offen?", "oeffnungszeiten"),
        ("ich möchte fünf karten für Berlin kaufen", "karten_kaufen"),
        ("Kann ich zwei Eintrittskarten bestellen?", "karten_kaufen"),
        ("ICH WILL MEINE KARTEN STORNIEREN", "stornieren"),
        ("bitte die buchung stornieren", "stornieren"),
        ("wo ist die nächste haltestelle", "anfahrt"),
        ("wie komme ich mit dem bus zum museum", "anfahrt"),
        ("guten tag zusammen", "begruessung"),
        ("vielen herzlichen dank!", "dank"),
    ],
    "es": [
        ("a qué hora abre el museo los domingos", "horario"),
        ("cual es el horario?", "horario"),
        ("quiero comprar cinco entradas para Madrid", "comprar_entradas"),
        ("¿Puedo pedir dos boletos?", "comprar_entradas"),
        ("QUIERO CANCELAR MIS ENTRADAS", "cancelar"),
        ("por favor anula mi reserva", "cancelar"),
        ("dónde está la parada más cerca", "como_llegar"),
        ("cómo llego en autobús al museo", "como_llegar"),
        ("hola, buenas tardes", "saludo"),
        ("muchas gracias por la ayuda", "gracias"),
    ],
}


@pytest.fixture(scope="module", params=["none", "auto"])
def encoder(request: pytest.FixtureRequest, real_encoder: SentenceEncoder) -> SentenceEncoder | None:
    return None if request.param == "none" else real_encoder


@pytest.fixture(scope="module", params=sorted(BOTS))
def bot(request: pytest.FixtureRequest) -> BotFile:
    return BOTS[request.param]


@pytest.fixture(scope="module")
def model(bot: BotFile, encoder: SentenceEncoder | None) -> NluModel:
    trained = NluModel(encoder=encoder, language=bot.language)
    return trained.fit(examples_of(bot), bot.entities, intents=bot.intents)


def test_unseen_utterances_are_understood(bot: BotFile, model: NluModel) -> None:
    wrong = [text for text, intent in UNSEEN[bot.language] if model.parse(text).ranking[0].intent_id != intent]
    assert len(wrong) <= 1, wrong


def test_entities_are_found(bot: BotFile, model: NluModel) -> None:
    city, count = (entity.name for entity in bot.entities)
    text, expected = {
        "de": ("drei karten für münchen bitte", {city: "München", count: "drei"}),
        "es": ("tres entradas para valencia por favor", {city: "Valencia", count: "tres"}),
    }[bot.language]
    assert {span.type: span.value for span in model.parse(text).entities} == expected


def test_dates_are_read_in_the_bots_language(bot: BotFile, model: NluModel) -> None:
    text = {"de": "ich möchte übermorgen zwei karten kaufen", "es": "dos entradas para pasado mañana"}[bot.language]
    assert "2026-11-20" in [span.value for span in model.parse(text, now=NOW).entities if span.type == "sys.date"]


def test_umlauts_and_accents_may_be_left_out(bot: BotFile, model: NluModel) -> None:
    text, intent = {"de": ("ich mochte karten kaufen", "karten_kaufen"), "es": ("donde esta el museo", "como_llegar")}[
        bot.language
    ]
    assert model.parse(text).ranking[0].intent_id == intent

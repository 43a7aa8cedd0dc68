"""Bots of a small museum shop in German and in Spanish, written for these tests: six intents, two entities each."""

from typing import Any

from pipelines.schemas.bot import BotFile
from tests.support.bots import intent, parameter

_GERMAN = {
    "oeffnungszeiten": [
        "wann habt ihr geöffnet", "wie lange ist das museum offen", "habt ihr sonntags auf", "ab wann macht ihr auf",
        "wann schließt ihr heute", "öffnungszeiten bitte", "seid ihr montags geschlossen", "bis wann kann man rein",
        "ist am feiertag geöffnet", "um wie viel uhr öffnet ihr",
    ],
    "karten_kaufen": [
        "ich möchte [zwei](anzahl) karten kaufen", "[drei](anzahl) karten für [berlin](stadt) bitte",
        "ich hätte gern [eine](anzahl) karte", "kann ich karten für [hamburg](stadt) bestellen",
        "ich brauche [vier](anzahl) eintrittskarten", "tickets kaufen", "[zwei](anzahl) tickets für [münchen](stadt)",
        "ich will eintrittskarten bestellen", "kann man karten online kaufen", "einmal eintritt für [köln](stadt)",
    ],
    "stornieren": [
        "ich möchte meine bestellung stornieren", "bitte meine karten stornieren", "kann ich die buchung absagen",
        "storniert meine tickets", "ich will meine bestellung zurückziehen", "buchung bitte löschen",
        "ich muss leider absagen", "wie storniere ich meine karten", "stornierung",
        "meine reservierung rückgängig machen",
    ],
    "anfahrt": [
        "wie komme ich zu euch", "wo finde ich das museum", "wo seid ihr in [berlin](stadt)", "gibt es parkplätze",
        "welche haltestelle ist am nächsten", "wie ist eure adresse", "wo liegt das haus in [hamburg](stadt)",
        "kann ich mit dem bus kommen", "wegbeschreibung bitte", "wo kann ich parken",
    ],
    "begruessung": [
        "hallo", "guten tag", "moin", "grüß gott", "servus", "guten morgen", "hi", "hallo zusammen", "guten abend",
        "schönen guten tag",
    ],
    "dank": [
        "danke", "vielen dank", "danke schön", "besten dank", "super danke", "herzlichen dank", "dankeschön",
        "danke für die hilfe", "tausend dank", "prima, danke",
    ],
}  # fmt: skip
_SPANISH = {
    "horario": [
        "a qué hora abren", "cuál es el horario", "están abiertos los domingos", "hasta qué hora abre el museo",
        "a qué hora cierran hoy", "abren los lunes", "horario por favor", "desde qué hora se puede entrar",
        "está abierto en festivos", "cuándo abre el museo",
    ],
    "comprar_entradas": [
        "quiero comprar [dos](cantidad) entradas", "[tres](cantidad) entradas para [madrid](ciudad) por favor",
        "quisiera [una](cantidad) entrada", "puedo pedir entradas para [sevilla](ciudad)",
        "necesito [cuatro](cantidad) entradas", "comprar boletos", "[dos](cantidad) boletos para [valencia](ciudad)",
        "quiero pedir entradas", "se pueden comprar entradas en línea", "una visita en [bilbao](ciudad)",
    ],
    "cancelar": [
        "quiero cancelar mi pedido", "cancela mis entradas por favor", "puedo anular la reserva", "anular mi compra",
        "quiero anular mi pedido", "borra mi reserva", "tengo que cancelar", "cómo cancelo mis entradas",
        "cancelación", "deshacer mi reserva",
    ],
    "como_llegar": [
        "cómo llego al museo", "dónde está el museo", "dónde están en [madrid](ciudad)", "hay aparcamiento",
        "qué parada queda más cerca", "cuál es su dirección", "dónde queda la casa en [sevilla](ciudad)",
        "puedo ir en autobús", "indicaciones para llegar", "dónde puedo aparcar",
    ],
    "saludo": [
        "hola", "buenos días", "buenas tardes", "buenas", "hola a todos", "buenas noches", "qué tal", "muy buenas",
        "hola buenas", "saludos",
    ],
    "gracias": [
        "gracias", "muchas gracias", "mil gracias", "te lo agradezco", "gracias por la ayuda", "genial, gracias",
        "muchísimas gracias", "gracias por todo", "perfecto, gracias", "ok gracias",
    ],
}  # fmt: skip


def _bot(language: str, utterances: dict[str, list[str]], city: str, cities: list[str], count: str) -> BotFile:
    def intent_of(name: str, rows: list[str]) -> dict[str, Any]:
        parameters = (
            [parameter("visit", "?") | {"type": "sys.date"}] if any(f"]({count})" in row for row in rows) else []
        )
        return intent(name, "ok", rows, parameters=parameters)

    return BotFile.model_validate(
        {
            "language": language,
            "intents": [intent_of(name, rows) for name, rows in utterances.items()],
            "entities": [
                {"name": city, "entity_values": [{"value": name, "synonyms": []} for name in cities]},
                {"name": count, "entity_values": []},
            ],
        }
    )


GERMAN = _bot("de", _GERMAN, "stadt", ["Berlin", "Hamburg", "München", "Köln"], "anzahl")
SPANISH = _bot("es", _SPANISH, "ciudad", ["Madrid", "Sevilla", "Valencia", "Bilbao"], "cantidad")

"""The same bot in English, German and Spanish, trained for real: forms of every kind, to try what customers write."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.registry.release import Release, load_release
from pipelines.schemas.bot import BotFile
from tests.support.bots import intent
from tests.support.releases import make_release

_CITIES = [{"value": name} for name in ("Paris", "Rome", "Oslo", "Bath", "York", "Leeds", "Berlin", "Madrid")]
_EXTRAS = [{"value": name} for name in ("ham", "olives", "basil", "Speck", "queso")]


@dataclass(frozen=True)
class _Words:
    """The examples and cues of one language."""

    table: list[str]
    trip: list[str]
    pay: list[str]
    paint: list[str]
    pizza: list[str]
    feedback: list[str]
    rent: list[str]
    hello: list[str]
    cancel: list[str]
    origin: list[str]
    goal: list[str]
    first: list[str]
    last: list[str]


_WORDS = {
    "en": _Words(
        table=["book a table", "i want to reserve a table", "table for dinner please", "a table please",
               "can i get a table tonight", "make a table reservation", "reservation for lunch"],
        trip=["book a train from [Bath](city) to [York](city)", "a train to [York](city)", "a ticket to [Leeds](city)",
              "i want to travel from [York](city)", "train tickets please", "get me to [Paris](city)"],
        pay=["send money", "i want to make a payment", "transfer money", "pay someone", "wire money to a friend"],
        paint=["order some paint", "i want to buy paint", "paint please", "get me some paint", "paint order"],
        pizza=["i would like a pizza", "order a pizza", "a pizza with [ham](extra)", "bring me a pizza"],
        feedback=["i have feedback", "i want to complain", "leave a review", "i'd like to leave a comment"],
        rent=["rent a car", "i want to hire a car", "car rental please", "get me a rental car", "hire car"],
        hello=["hello", "hi", "hey there", "good morning", "howdy", "good evening"],
        cancel=["cancel", "cancel that", "forget it", "stop this", "never mind", "leave it", "abort"],
        origin=["from", "leaving"], goal=["to", "towards"], first=["from", "starting"], last=["to", "until", "till"],
    ),
    "de": _Words(
        table=["ich m\u00f6chte einen Tisch reservieren", "Tisch bestellen", "haben Sie einen freien Tisch",
               "einen Tisch bitte", "Tisch f\u00fcr heute Abend", "ich will einen Tisch buchen"],
        trip=["ein Zug von [Bath](city) nach [York](city)", "eine Fahrt nach [Leeds](city)", "Fahrkarte bitte",
              "ich will nach [Paris](city) fahren", "Zugfahrt von [York](city)", "ich brauche eine Fahrkarte"],
        pay=["Geld \u00fcberweisen", "ich will Geld senden", "eine \u00dcberweisung bitte", "jemandem Geld schicken"],
        paint=["Farbe bestellen", "ich m\u00f6chte Farbe kaufen", "Farbe bitte", "ich brauche Wandfarbe"],
        pizza=["eine Pizza bitte", "ich h\u00e4tte gern eine Pizza", "Pizza bestellen", "Pizza mit [Speck](extra)"],
        feedback=["ich habe eine R\u00fcckmeldung", "ich m\u00f6chte mich beschweren", "eine Beschwerde"],
        rent=["ein Auto mieten", "ich m\u00f6chte ein Auto leihen", "Mietwagen bitte", "Leihwagen buchen"],
        hello=["hallo", "guten Tag", "hi", "servus", "moin", "guten Abend"],
        cancel=["abbrechen", "vergiss es", "stopp", "storniere das", "ich will nicht mehr", "lass es"],
        origin=["von", "ab"], goal=["nach", "bis"], first=["vom", "ab", "von"], last=["bis", "bis zum"],
    ),
    "es": _Words(
        table=["quiero reservar una mesa", "una mesa por favor", "reservar mesa", "mesa para cenar",
               "tienen una mesa libre", "necesito una mesa"],
        trip=["un tren de [Bath](city) a [York](city)", "un billete a [Leeds](city)", "quiero viajar a [Paris](city)",
              "billetes de tren", "un viaje desde [York](city)", "quiero un billete de tren"],
        pay=["enviar dinero", "quiero hacer un pago", "transferir dinero", "pagar a alguien"],
        paint=["pedir pintura", "quiero comprar pintura", "pintura por favor", "necesito pintura"],
        pizza=["quiero una pizza", "una pizza por favor", "pedir una pizza", "una pizza con [queso](extra)"],
        feedback=["tengo un comentario", "quiero quejarme", "una queja", "dejar una opini\u00f3n"],
        rent=["alquilar un coche", "quiero alquilar un auto", "coche de alquiler", "un coche por unos d\u00edas"],
        hello=["hola", "buenos d\u00edas", "buenas", "qu\u00e9 tal", "buenas tardes", "buenas noches"],
        cancel=["cancelar", "olv\u00eddalo", "para", "ya no quiero", "d\u00e9jalo", "anular"],
        origin=["de", "desde"], goal=["a", "hacia"], first=["del", "desde"], last=["al", "hasta"],
    ),
}  # fmt: skip


def _needs(name: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "required": True, "prompt": f"{name}?", **fields}


@cache
def said_release(language: str) -> Release:
    """Train the bot of a language, once a process."""
    words = _WORDS[language]
    trip = [_needs("origin", "city", cues=words.origin), _needs("goal", "city", cues=words.goal), _needs("day", "date")]
    bot = BotFile.model_validate(
        {
            "language": language,
            "timezone": "Europe/Berlin",
            "intents": [
                intent("fallback", "FALLBACK", []),
                intent("table", "TABLE", words.table, parameters=[
                    _needs("guests", "integer"), _needs("day", "date"), _needs("hour", "time")]),
                intent("trip", "TRIP", words.trip, parameters=trip),
                intent("pay", "PAY", words.pay, parameters=[_needs("sum", "money"), _needs("mail", "email")]),
                intent("paint", "PAINT", words.paint, parameters=[
                    _needs("litres", "number"), _needs("glossy", "boolean"),
                    _needs("size", "text", choices=["S", "M", "L", "XL"])]),
                intent("pizza", "PIZZA {{ parameters.extras | join('+') }}", words.pizza, parameters=[
                    _needs("extras", "extra", many=True), _needs("pieces", "integer")]),
                intent("feedback", "FEEDBACK", words.feedback, parameters=[
                    _needs("words", "free_text"), _needs("mail", "email")]),
                intent("rent", "RENT", words.rent, parameters=[
                    _needs("first", "date", cues=words.first), _needs("last", "date", cues=words.last)]),
                intent("hello", "HELLO", words.hello),
                intent("cancel", "CANCELLED", words.cancel),
            ],
            "entities": [
                {"name": "city", "lookup": True, "entity_values": _CITIES},
                {"name": "extra", "lookup": True, "entity_values": _EXTRAS},
            ],
        }
    )  # fmt: skip
    with TemporaryDirectory() as folder:
        return load_release(make_release(Path(folder) / "release", bot), version="1")

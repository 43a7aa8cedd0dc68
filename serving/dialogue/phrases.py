"""What the bot says where its author wrote nothing, by language.

To add a language, add an entry to `PHRASES`; a language without one gets English.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic.alias_generators import to_snake

from pipelines.schemas.phrases import PLACEHOLDERS_BY_PHRASE
from serving.dialogue.answers.reader import base_language
from serving.dialogue.slots.constraints import ProblemKind

SERVICE_UNAVAILABLE = "Service is not available. Please try again later."
NOT_UNDERSTOOD = "Sorry, I did not understand that. Could you put it in other words?"
NO_LONGER_OFFERED = "Sorry, I can no longer help with that. What else can I do for you?"


@dataclass(frozen=True)
class Phrases:
    """Sentences of one language, with placeholders in braces.

    Attributes
    ----------
    done_but
        Said after a tool has acted, if the author's reply cannot be rendered.
    none_of_these
        Also the text its button sends, so it must be among the `none` answers of the language's words.
    nothing_found
        Said if a tool that only asks has nothing to tell.
    outcome_unknown
        Said if a tool may have acted or not.
    do_again
        Asked before a tool is called that may have done the same already, unless it recognises a repeated call.
    problems
        Why a value is rejected, by kind of problem; `label` is the parameter's name, `limit` the violated constraint.
    """

    service_unavailable: str
    not_understood: str
    too_long: str
    no_longer_offered: str
    cancelled: str
    cancelled_intent: str
    handed_over: str
    done: str
    done_but: str
    nothing_found: str
    outcome_unknown: str
    do_again: str
    ask: str
    resume: str
    confirm: str
    confirm_values: str
    clarify: str
    either: str
    none_of_these: str
    yes: str
    no: str
    problems: Mapping[ProblemKind, str]


PHRASES: Mapping[str, Phrases] = {
    "en": Phrases(
        service_unavailable=SERVICE_UNAVAILABLE,
        not_understood=NOT_UNDERSTOOD,
        too_long="Your message is too long for me: I have read its first {limit} characters. Please send the rest of "
        "it again.",
        no_longer_offered=NO_LONGER_OFFERED,
        cancelled="All right, I have cancelled that.",
        cancelled_intent="All right, I have cancelled that ({name}).",
        handed_over="One moment, please. A colleague will take over from here.",
        done="Done.",
        done_but="It is done, but I cannot show you the details.",
        nothing_found="I found nothing about that.",
        outcome_unknown="I could not find out whether that went through; it may have been done. Please ask me again in "
        "a moment: I will not do it a second time without asking you.",
        do_again="{name}: I do not know whether this was done before. If I do it now, it may be done twice. Shall I go "
        "ahead?",
        ask="Please tell me the {label}.",
        resume="Back to \u201c{name}\u201d: {prompt}",
        confirm="{name}. Shall I go ahead?",
        confirm_values="{name} \u2013 {values}. Shall I go ahead?",
        clarify="Did you mean {options}?",
        either="or",
        none_of_these="None of these",
        yes="Yes",
        no="No",
        problems={
            "number": "I need a number there, such as 12.5.",
            "integer": "I need a whole number there, such as 3.",
            "date": "I need a date there, such as 24 December or tomorrow.",
            "time": "I need a time there, such as 17:30.",
            "datetime": "I need a date and a time there, such as tomorrow at 17:30.",
            "email": "I need an e-mail address there, such as ann@example.com.",
            "phone": "That is not a phone number I can use. Please give it with its country code, such as +44.",
            "url": "I need a web address there, such as https://example.com.",
            "money": "I need an amount with its currency there, such as 20 EUR.",
            "boolean": "Please answer yes or no.",
            "choice": "Please choose one of these: {limit}.",
            "pattern": "That does not look like a valid {label}.",
            "minimum": "The {label} must be at least {limit}.",
            "maximum": "The {label} can be at most {limit}.",
            "earliest": "The {label} cannot be before {limit}.",
            "latest": "The {label} cannot be after {limit}.",
            "several": "Which one do you mean: {limit}?",
        },
    ),
    "de": Phrases(
        service_unavailable="Der Dienst ist gerade nicht erreichbar. Bitte versuchen Sie es sp\u00e4ter noch einmal.",
        not_understood="Das habe ich leider nicht verstanden. K\u00f6nnen Sie es anders sagen?",
        too_long="Ihre Nachricht ist zu lang f\u00fcr mich: Ich habe die ersten {limit} Zeichen gelesen. Bitte senden "
        "Sie den Rest noch einmal.",
        no_longer_offered="Dabei kann ich leider nicht mehr helfen. Was kann ich sonst f\u00fcr Sie tun?",
        cancelled="In Ordnung, ich habe das abgebrochen.",
        cancelled_intent="In Ordnung, ich habe das abgebrochen ({name}).",
        handed_over="Einen Moment bitte, ein Mensch \u00fcbernimmt das Gespr\u00e4ch.",
        done="Erledigt.",
        done_but="Es ist erledigt, aber ich kann Ihnen die Einzelheiten nicht anzeigen.",
        nothing_found="Dazu habe ich nichts gefunden.",
        outcome_unknown="Ich konnte nicht feststellen, ob das geklappt hat; vielleicht ist es schon erledigt. Bitte "
        "fragen Sie mich gleich noch einmal: Ohne R\u00fcckfrage mache ich es kein zweites Mal.",
        do_again="{name}: Ich wei\u00df nicht, ob das schon erledigt ist. Wenn ich es jetzt mache, passiert es "
        "vielleicht zweimal. Soll ich das so machen?",
        ask="Bitte nennen Sie mir: {label}.",
        resume="Zur\u00fcck zu \u201e{name}\u201c: {prompt}",
        confirm="{name}. Soll ich das so machen?",
        confirm_values="{name} \u2013 {values}. Soll ich das so machen?",
        clarify="Meinten Sie {options}?",
        either="oder",
        none_of_these="Keins davon",
        yes="Ja",
        no="Nein",
        problems={
            "number": "Da brauche ich eine Zahl, zum Beispiel 12,5.",
            "integer": "Da brauche ich eine ganze Zahl, zum Beispiel 3.",
            "date": "Da brauche ich ein Datum, zum Beispiel 24. Dezember oder morgen.",
            "time": "Da brauche ich eine Uhrzeit, zum Beispiel 17:30.",
            "datetime": "Da brauche ich ein Datum und eine Uhrzeit, zum Beispiel morgen um 17:30.",
            "email": "Da brauche ich eine E-Mail-Adresse, zum Beispiel anna@example.com.",
            "phone": "Diese Telefonnummer kann ich nicht verwenden. Bitte mit Landesvorwahl, zum Beispiel +49.",
            "url": "Da brauche ich eine Internetadresse, zum Beispiel https://example.com.",
            "money": "Da brauche ich einen Betrag mit W\u00e4hrung, zum Beispiel 20 EUR.",
            "boolean": "Bitte antworten Sie mit Ja oder Nein.",
            "choice": "Bitte w\u00e4hlen Sie eins davon: {limit}.",
            "pattern": "Das passt nicht zu dem, was ich brauche ({label}).",
            "minimum": "Das ist zu wenig; mindestens {limit} ({label}).",
            "maximum": "Das ist zu viel; h\u00f6chstens {limit} ({label}).",
            "earliest": "Das ist zu fr\u00fch; fr\u00fchestens {limit} ({label}).",
            "several": "Was davon meinen Sie: {limit}?",
            "latest": "Das ist zu sp\u00e4t; sp\u00e4testens {limit} ({label}).",
        },
    ),
    "es": Phrases(
        service_unavailable="El servicio no est\u00e1 disponible. Int\u00e9ntelo de nuevo m\u00e1s tarde.",
        not_understood="Lo siento, no lo he entendido. \u00bfPuede decirlo de otra manera?",
        too_long="Su mensaje es demasiado largo para m\u00ed: he le\u00eddo los primeros {limit} caracteres. Por "
        "favor, env\u00ede el resto de nuevo.",
        no_longer_offered="Lo siento, ya no puedo ayudar con eso. \u00bfQu\u00e9 m\u00e1s puedo hacer por usted?",
        cancelled="De acuerdo, lo he cancelado.",
        cancelled_intent="De acuerdo, lo he cancelado ({name}).",
        handed_over="Un momento, por favor. Una persona contin\u00faa con usted.",
        done="Hecho.",
        done_but="Ya est\u00e1 hecho, pero no puedo mostrarle los detalles.",
        nothing_found="No he encontrado nada sobre eso.",
        outcome_unknown="No he podido averiguar si se ha completado; puede que ya est\u00e9 hecho. Vuelva a "
        "preguntarme dentro de un momento: no lo har\u00e9 por segunda vez sin consultarle.",
        do_again="{name}: no s\u00e9 si esto ya se hizo. Si lo hago ahora, puede que se haga dos veces. \u00bfLo "
        "hago as\u00ed?",
        ask="Por favor, d\u00edgame: {label}.",
        resume="Volvamos a \u00ab{name}\u00bb: {prompt}",
        confirm="{name}. \u00bfLo hago as\u00ed?",
        confirm_values="{name} \u2013 {values}. \u00bfLo hago as\u00ed?",
        clarify="\u00bfSe refiere a {options}?",
        either="o",
        none_of_these="Ninguna de ellas",
        yes="S\u00ed",
        no="No",
        problems={
            "number": "Ah\u00ed necesito un n\u00famero, por ejemplo 12,5.",
            "integer": "Ah\u00ed necesito un n\u00famero entero, por ejemplo 3.",
            "date": "Ah\u00ed necesito una fecha, por ejemplo 24 de diciembre o ma\u00f1ana.",
            "time": "Ah\u00ed necesito una hora, por ejemplo 17:30.",
            "datetime": "Ah\u00ed necesito una fecha y una hora, por ejemplo ma\u00f1ana a las 17:30.",
            "email": "Ah\u00ed necesito un correo electr\u00f3nico, por ejemplo ana@example.com.",
            "phone": "No puedo usar ese tel\u00e9fono. Escr\u00edbalo con el prefijo del pa\u00eds, por ejemplo +34.",
            "url": "Ah\u00ed necesito una direcci\u00f3n web, por ejemplo https://example.com.",
            "money": "Ah\u00ed necesito un importe con su moneda, por ejemplo 20 EUR.",
            "boolean": "Responda s\u00ed o no, por favor.",
            "choice": "Elija una de estas opciones: {limit}.",
            "pattern": "Eso no corresponde a lo que necesito ({label}).",
            "minimum": "Es muy poco; como m\u00ednimo {limit} ({label}).",
            "maximum": "Es demasiado; como m\u00e1ximo {limit} ({label}).",
            "earliest": "Es demasiado pronto; no antes de {limit} ({label}).",
            "several": "\u00bfA cu\u00e1l se refiere: {limit}?",
            "latest": "Es demasiado tarde; no despu\u00e9s de {limit} ({label}).",
        },
    ),
}


def built_in_phrases(language: str) -> dict[str, str]:
    """Return the sentences of a language that a bot may replace, by their names in a bot file."""
    phrases = phrases_of(language)
    return {name: str(getattr(phrases, to_snake(name))) for name in PLACEHOLDERS_BY_PHRASE}


def phrases_of(language: str, own: Mapping[str, str] | None = None) -> Phrases:
    """Return the sentences for a language tag, with a bot's own in place of some of them."""
    phrases = PHRASES.get(base_language(language), PHRASES["en"])
    if not own:
        return phrases
    mine: dict[str, Any] = {to_snake(name): text for name, text in own.items() if name in PLACEHOLDERS_BY_PHRASE}
    return replace(phrases, **mine)

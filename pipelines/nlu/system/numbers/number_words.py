"""Words of fractions, multiples and signs, for the languages people wrote to us in.

Plain number words (`twenty-five`) are text2num's; a language without an entry here still gets those, digits and `½`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product

_HALF, _THIRD, _QUARTER = Decimal("0.5"), Decimal(1) / 3, Decimal("0.25")


@dataclass(frozen=True)
class NumberWords:
    """Words around numbers of one language, in lower case."""

    minus: tuple[str, ...] = ()  # directly before a number
    not_minus_after: frozenset[str] = frozenset()  # `más o menos 3` is about 3
    numbers: Mapping[str, Decimal] = field(default_factory=dict)  # what text2num lacks: `anderthalb`, `a dozen`
    joined_half: str | None = None  # regular expression of `zweieinhalb`; group 1 is the whole number
    halves: Mapping[str, Decimal] = field(default_factory=dict)  # fractions of what follows: `half a`
    bare_halves: Mapping[str, Decimal] = field(default_factory=dict)
    """Fractions only of a measure or a multiple, or as the whole message: `medio litro`, but not `media pensión`."""
    measures: frozenset[str] = frozenset()
    shares: Mapping[str, Decimal] = field(default_factory=dict)  # fractions on their own: `una cuarta parte`
    alone: Mapping[str, Decimal] = field(default_factory=dict)
    """Fractions only as the whole message or before an `of`: `a third`, but not `a third person`."""
    of: tuple[str, ...] = ()  # between a fraction and what it is of
    added: Mapping[str, Decimal] = field(default_factory=dict)  # after a number: `and a half`
    joints: tuple[str, ...] = ()  # between a number and a fraction that is added: `two and three quarters`
    parts: Mapping[str, int] = field(default_factory=dict)  # denominators after a count: three `quarters`
    rooms: Mapping[str, int] = field(default_factory=dict)  # denominators that may be things: `tres cuartos`
    multiples: Mapping[str, int] = field(default_factory=dict)  # after a number: 2 `dozen`
    articles: tuple[str, ...] = ()  # `an hour and a half`
    persons: frozenset[str] = frozenset()  # `ein Kind und zwei Erwachsene` counts the child too
    vague: frozenset[str] = frozenset()  # `hundreds` and `millions` without a count
    vague_before: frozenset[str] = frozenset()  # `a few` hundred
    things: frozenset[str] = frozenset()  # what comes in whole numbers: `5/6 people` are five or six
    hour_cues: tuple[str, ...] = ()  # the number after it is an hour if no noun follows: `a las 3`
    ordinal_cues: frozenset[str] = frozenset()  # before `3.` they make it an ordinal: `im 3. Stock`
    clock_before: tuple[str, ...] = ()  # the number after it is an hour: `half past`
    clock_prefixes: tuple[str, ...] = ()  # the number and a half after it is a time: `las 3 y media`
    clock_after: tuple[str, ...] = ()  # the number before it is an hour: `o'clock`
    to: tuple[str, ...] = ()  # between the ends of a range: `3 to 5`
    between: tuple[str, ...] = ()  # before a range that is joined by an `and`
    alternative: tuple[str, ...] = ()  # `3 or 4`
    together: tuple[str, ...] = ()  # between an amount and its cents: five euros `and` 50 cents
    closers: frozenset[str] = frozenset()
    """Words that may follow an amount without naming a thing counted: `12 Euro 50 bitte`."""
    labels: frozenset[str] = frozenset()  # `room 3-5` and `page 1/2` are no range and no fraction
    label_endings: tuple[str, ...] = ()  # of words like the labels: `Hauptstraße`
    idioms: tuple[str, ...] = ()  # contain a number word and mean none: `thanks a million`


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(value: Decimal, *alternatives: str) -> dict[str, Decimal]:
    """Return every combination of one word of each alternative: `a|one` and `half` give `a half` and `one half`."""
    return dict.fromkeys(map(" ".join, product(*(words.split("|") for words in alternatives))), value)


_EN_ORDINALS = {"third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_DE_ONE = "ein|eine|einen|einem|einer|eines"
_DE_PARTS = {"drittel": 3, "viertel": 4, "fünftel": 5, "sechstel": 6, "siebtel": 7, "achtel": 8, "zehntel": 10}
_ES_PARTS = {"tercera": 3, "cuarta": 4, "quinta": 5, "sexta": 6, "octava": 8, "décima": 10}
_ES_MEASURES = (
    "litro kilo kilogramo gramo hora minuto segundo metro kilómetro centímetro milla año mes semana día jornada taza "
    "vaso cucharada cucharadita botella barra libra tonelada docena centenar millar millón billón euro dólar peso"
)

NUMBER_WORDS: Mapping[str, NumberWords] = {
    "en": NumberWords(
        minus=("minus", "negative"),
        not_minus_after=_words("or and"),
        numbers={
            **_phrases(Decimal(12), "a|one", "dozen"),
            **_phrases(Decimal(10**5), "a|one", "lakh|lac"),
            **_phrases(Decimal(10**7), "a|one", "crore"),
        },
        vague=_words("hundreds thousands millions billions trillions"),
        vague_before=_words("few several couple many some of"),
        things=_words("people persons person guests adults children kids tickets nights days seats men women friends"),
        halves=_phrases(_HALF, "half", "a|an"),
        bare_halves=_phrases(_HALF, "half|a half|one half"),
        measures=_words(
            "hour litre liter pint gallon kilo kilogram kilometre kilometer metre meter mile inch foot pound ounce cup "
            "day glass bottle teaspoon tablespoon"
        ),
        alone={
            phrase: Decimal(1) / part
            for ordinal, part in _EN_ORDINALS.items()
            for phrase in (f"a {ordinal}", f"one {ordinal}")
        },
        of=("of", "of a", "of an", "of the"),
        added={
            **_phrases(_HALF, "and a|and one|and", "half"),
            **_phrases(_QUARTER, "and a|and one", "quarter"),
            **_phrases(_THIRD, "and a|and one", "third"),
        },
        joints=("and", "&"),
        parts={"halves": 2, **{f"{ordinal}s": part for ordinal, part in _EN_ORDINALS.items()}},
        multiples={
            "dozen": 12, "dozens": 12, "lakh": 10**5, "lakhs": 10**5, "lac": 10**5, "lacs": 10**5,
            "crore": 10**7, "crores": 10**7, "mio": 10**6, "mln": 10**6, "bn": 10**9,
        },
        articles=("a", "an", "one"),
        persons=_words("adult child kid baby infant toddler senior"),
        clock_before=(
            "half past", "quarter past", "quarter to", "quarter till", "quarter before", "quarter after", "half",

        ),
        clock_after=("o'clock", "oclock", "am", "pm", "a.m", "p.m"),
        to=("to", "till", "until", "through", "up to"),
        between=("between",),
        alternative=("or",),
        together=("and", "&"),
        closers=_words("please thanks each per a an for or and to is total in tops max at on only if but ok okay usd"),
        labels=_words(
            "room rooms flat apartment apt suite unit page pages part no nr number street st avenue order ticket gate "
            "platform section chapter version model code id phone tel seat seats line building block"
        ),
        idioms=(
            "thanks a million", "a million thanks", "a thousand thanks", "thousand thanks", "one moment", "one sec",
            "one way", "one more thing", "one thing", "one question", "one another", "number one fan", "one by one",
            "fifty fifty", "one day", "one sided", "twenty four seven",
        ),
    ),
    "de": NumberWords(
        minus=("minus",),
        not_minus_after=_words("oder und"),
        numbers={
            **_phrases(Decimal("1.5"), "anderthalb|anderthalbe"),
            **_phrases(Decimal(12), "ein|einem", "dutzend"),
        },
        vague=_words("hunderte hunderten tausende tausenden millionen milliarden"),
        vague_before=_words("paar einige einigen mehrere mehreren viele vielen etliche"),
        things=_words("personen leute leuten gäste gästen erwachsene kinder karten tickets nächte tage plätze freunde"),
        ordinal_cues=_words("der die das den dem des am im zum zur beim vom"),
        joined_half=r"([^\W\d_]{3,20}?|\d{1,3})(?:und)?einhalb",
        halves=_phrases(_HALF, _DE_ONE, "halbe|halber|halbes|halben|halbem"),
        bare_halves=_phrases(_HALF, "halbe|halber|halbes|halben"),
        measures=_words("stunde liter kilo pfund meter kilometer tasse glas flasche euro"),
        shares={
            "dreiviertel": Decimal("0.75"),
            **{
                phrase: Decimal(1) / part
                for name, part in _DE_PARTS.items()
                for phrase in (f"ein {name}", f"einem {name}", f"einen {name}")
            },
        },
        of=("von", "von einer", "von einem", "der", "des"),
        added=_phrases(_HALF, "ein halb|einhalb|und ein halb|und einhalb|und eine halbe|und ein halbes|und ein halber"),
        joints=("und",),
        parts=_DE_PARTS,
        multiples={"dutzend": 12, "mio": 10**6, "mill": 10**6, "mrd": 10**9, "tsd": 1000, "lakh": 10**5},
        articles=("ein", "eine", "einen"),
        persons=_words("erwachsener erwachsene erwachsenen kind baby kleinkind person senior"),
        clock_before=("halb", "viertel", "dreiviertel", "viertel vor", "viertel nach", "kurz vor", "kurz nach"),
        clock_after=("uhr",),
        to=("bis", "bis zu"),
        between=("zwischen",),
        alternative=("oder", "bzw", "beziehungsweise"),
        together=("und",),
        closers=_words(
            "bitte danke je pro für oder und bis ist sind insgesamt in im maximal höchstens wäre wären kostet kosten "
            "ok das aber wenn reicht reichen nur"
        ),
        labels=_words(
            "zimmer wohnung top seite seiten teil nr nummer straße str weg gasse platz bestellung gleis kapitel "
            "version modell code id telefon tel haus block hausnummer"
        ),
        label_endings=("straße", "strasse", "str", "weg", "gasse", "platz", "allee", "nummer"),
        idioms=("tausend dank", "hundert pro", "fifty fifty", "eins a", "null problem", "null problemo"),
    ),
    "es": NumberWords(
        minus=("menos",),
        not_minus_after=_words("o u al lo ni mucho poco nada cuando más mas de por"),
        numbers={"una docena": Decimal(12), "uno y medio": Decimal("1.5")},
        vague=_words("cientos centenares miles millares millones"),
        vague_before=_words("varios varias unos unas algunos algunas muchos muchas cuantos cuantas"),
        things=_words("personas gente adultos niños invitados entradas noches días plazas billetes amigos"),
        hour_cues=("a las", "a la", "sobre las", "hacia las", "desde las", "hasta las"),
        bare_halves={**_phrases(_HALF, "medio|media"), "un cuarto": _QUARTER},
        measures=_words(_ES_MEASURES),
        shares={
            "un tercio": _THIRD, "un quinto": Decimal("0.2"), "un décimo": Decimal("0.1"),
            **{f"una {ordinal} parte": Decimal(1) / part for ordinal, part in _ES_PARTS.items()},
            **{f"la {ordinal} parte": Decimal(1) / part for ordinal, part in _ES_PARTS.items()},
        },
        of=("de", "de un", "de una", "del"),
        added={**_phrases(_HALF, "y", "medio|media"), "y cuarto": _QUARTER, "y un cuarto": _QUARTER},
        joints=("y", "con"),
        parts={
            "tercios": 3, "quintos": 5, "sextos": 6, "octavos": 8, "décimos": 10,
            **{f"{ordinal}s partes": part for ordinal, part in _ES_PARTS.items()},
        },
        rooms={"cuartos": 4},
        multiples={"docena": 12, "docenas": 12, "mill": 10**6, "mm": 10**6, "lakh": 10**5},
        articles=("un", "una"),
        persons=_words("adulto adulta niño niña bebé persona"),
        clock_prefixes=("las", "la"),
        to=("a", "hasta"),
        between=("entre",),
        alternative=("o", "u"),
        together=("y", "con"),
        closers=_words("por gracias cada para o y a es son en total máximo como solo pero si vale de"),
        labels=_words(
            "habitación piso puerta página páginas parte número núm nº calle avenida pedido andén capítulo versión "
            "modelo código id teléfono tel bloque portal"
        ),
        idioms=(
            "por ciento", "por cien", "mil gracias", "mil disculpas", "mil perdones", "un millón de gracias",
            "millón de gracias",
        ),
    ),
    "fr": NumberWords(
        minus=("moins",),
        not_minus_after=_words("au ou du le la les de des plus en pas à"),
        numbers={"une douzaine": Decimal(12), "un et demi": Decimal("1.5")},
        vague_before=_words("quelques plusieurs"),
        halves=_phrases(_HALF, "un demi|une demi"),
        bare_halves=_phrases(_HALF, "demi"),
        measures=_words("litre heure kilo mètre livre tasse verre bouteille douzaine"),
        alone={"un quart": _QUARTER, "un tiers": _THIRD, "la moitié": _HALF},
        of=("de", "d'un", "d'une", "des", "du"),
        added={**_phrases(_HALF, "et", "demi|demie"), "et quart": _QUARTER, "et un quart": _QUARTER},
        joints=("et",),
        parts={"tiers": 3, "quarts": 4, "cinquièmes": 5, "dixièmes": 10},
        multiples={"douzaine": 12, "douzaines": 12, "milliers": 1000, "mio": 10**6, "mds": 10**9},
        articles=("un", "une"),
        persons=_words("adulte enfant bébé personne"),
        to=("à", "jusqu'à"),
        between=("entre",),
        alternative=("ou",),
        together=("et",),
        closers=_words("s'il svp merci par chacun pour ou et à est en total maximum mais"),
        idioms=("pour cent", "mille mercis", "mille excuses"),
    ),
    "it": NumberWords(
        minus=("meno",),
        not_minus_after=_words("o lo per più di"),
        numbers={"una dozzina": Decimal(12), "uno e mezzo": Decimal("1.5")},
        hour_cues=("alle", "all'"),
        bare_halves=_phrases(_HALF, "mezzo|mezza"),
        measures=_words("litro chilo etto metro anno mese giorno ora tazza bicchiere bottiglia dozzina milione euro"),
        shares={"un terzo": _THIRD, "un quinto": Decimal("0.2")},
        alone={"un quarto": _QUARTER},
        of=("di",),
        added={**_phrases(_HALF, "e", "mezzo|mezza"), "e un quarto": _QUARTER},
        joints=("e",),
        parts={"terzi": 3, "quarti": 4, "quinti": 5, "decimi": 10},
        multiples={"dozzina": 12, "dozzine": 12, "mln": 10**6, "mld": 10**9},
        articles=("un", "una", "un'"),
        persons=_words("adulto adulta bambino bambina persona"),
        clock_prefixes=("le", "alle", "la", "all'"),
        to=("a", "fino a"),
        between=("tra", "fra"),
        alternative=("o", "oppure"),
        together=("e",),
        closers=_words("per grazie ciascuno o e a è in totale massimo ma"),
        idioms=("per cento", "mille grazie", "grazie mille"),
    ),
    "pt": NumberWords(
        minus=("menos",),
        not_minus_after=_words("ou ao pelo o mais de nem"),
        numbers={"uma dúzia": Decimal(12), "um e meio": Decimal("1.5")},
        hour_cues=("às",),
        bare_halves={**_phrases(_HALF, "meio|meia"), "um quarto": _QUARTER},
        measures=_words("litro quilo metro ano mês dia hora xícara copo garrafa dúzia milhão bilhão euro"),
        shares={"um terço": _THIRD, "um quinto": Decimal("0.2"), "um décimo": Decimal("0.1")},
        of=("de",),
        added=_phrases(_HALF, "e", "meio|meia"),
        joints=("e",),
        parts={"terços": 3, "quintos": 5, "décimos": 10},
        rooms={"quartos": 4},
        multiples={"dúzia": 12, "dúzias": 12, "mi": 10**6, "bi": 10**9},
        articles=("um", "uma"),
        persons=_words("adulto adulta criança bebê pessoa"),
        clock_prefixes=("às", "as"),
        to=("a", "até"),
        between=("entre",),
        alternative=("ou",),
        together=("e", "com"),
        closers=_words("por obrigado obrigada cada para ou e a é em total máximo mas"),
        idioms=("por cento", "mil desculpas", "mil perdões", "um milhão de obrigados"),
    ),
    "nl": NumberWords(
        minus=("min", "minus"),
        not_minus_after=_words("of en"),
        numbers={**_phrases(Decimal("1.5"), "anderhalf|anderhalve"), "een dozijn": Decimal(12)},
        joined_half=r"([^\W\d_]{3,20}?)(?:en|ën)(?:een)?hal(?:f|ve)",
        halves=_phrases(_HALF, "een|één", "half|halve"),
        bare_halves=_phrases(_HALF, "half|halve"),
        measures=_words("liter kilo meter kilometer kopje glas fles euro"),
        shares={"driekwart": Decimal("0.75"), "drie kwart": Decimal("0.75"), "een kwart": _QUARTER},
        of=("van",),
        added=_phrases(_HALF, "en een|en", "half|halve"),
        joints=("en",),
        multiples={"dozijn": 12, "mln": 10**6, "mrd": 10**9},
        articles=("een", "één"),
        persons=_words("volwassene kind baby persoon"),
        clock_before=("half", "kwart voor", "kwart over", "kwart"),
        clock_after=("uur",),
        to=("tot", "tot en met", "à"),
        between=("tussen",),
        alternative=("of",),
        together=("en",),
        closers=_words("alstublieft aub graag per elk voor of en tot is in totaal maximaal maar"),
        idioms=("duizend maal dank",),
    ),
}  # fmt: skip

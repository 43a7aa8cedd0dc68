"""Words around dates, times and money that the CLDR lacks, for the languages people wrote to us in.

Everything else about a language (names of months and days, `in 3 days`, currencies, number formats, order of day and
month) comes from the CLDR, so a language without an entry here still gets absolute dates and amounts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SpokenWords:
    """Colloquial words of one language, in lower case."""

    days: Mapping[str, int] = field(default_factory=dict)  # phrase → days from today
    not_after: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Word → preceding words that make it no date (`guten` before `morgen`)."""
    ones: frozenset[str] = frozenset()  # articles that count as one: `in a week`
    coming: tuple[str, ...] = ()  # markers beside a weekday: the next one
    gone: tuple[str, ...] = ()  # markers beside a weekday: the last one
    date_cues: tuple[str, ...] = ()  # after these, `12/5` is a date and not a fraction
    between_day_and_month: tuple[str, ...] = ()  # `5th of May`
    offset_prefixes: Mapping[str, str] = field(default_factory=dict)  # colloquial → as in the CLDR's `in 3 days`
    noon: tuple[str, ...] = ()
    midnight: tuple[str, ...] = ()
    hour_words: tuple[str, ...] = ()  # after the hour: `17 Uhr`
    hour_prefixes: tuple[str, ...] = ()  # before the hour: `a las 5`
    morning: tuple[str, ...] = ()  # the half of the day that an hour is in
    evening: tuple[str, ...] = ()
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # currency → its colloquial names
    noun_comes_first: bool | None = None
    """Whether `dólares estadounidenses` is shortened to its first word or, like `US dollars`, to its last; None if
    unknown."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SPOKEN: Mapping[str, SpokenWords] = {
    "en": SpokenWords(
        days={
            "today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1,
            "the day after tomorrow": 2, "day after tomorrow": 2,
            "the day before yesterday": -2, "day before yesterday": -2,
        },
        ones=_words("a an"),
        coming=("next", "this", "coming"),
        gone=("last",),
        date_cues=("on", "by", "before", "after", "until", "till", "from", "since", "for"),
        between_day_and_month=("of",),
        noon=("noon", "midday"),
        midnight=("midnight",),
        hour_words=("o'clock", "oclock"),
        morning=("in the morning",),
        evening=("in the afternoon", "in the evening", "at night"),
        units={"USD": ("bucks", "buck"), "GBP": ("quid",)},
        noun_comes_first=False,
    ),
    "de": SpokenWords(
        days={"heute": 0, "morgen": 1, "übermorgen": 2, "gestern": -1, "vorgestern": -2},
        not_after={"morgen": _words("guten gutn schönen am jeden heute gestern")},
        ones=_words("ein eine einem einer einen"),
        coming=tuple(f"{stem}e{end}" for stem in ("nächst", "kommend", "dies") for end in ("n", "r", "m", "")),
        gone=tuple(f"{stem}e{end}" for stem in ("letzt", "vergangen", "vorig") for end in ("n", "r", "m", "")),
        date_cues=("am", "vom", "zum", "bis", "ab", "seit", "den", "dem"),
        noon=("mittags",),
        midnight=("mitternacht",),
        hour_words=("uhr",),
        morning=("morgens", "vormittags", "früh"),
        evening=("nachmittags", "abends"),
        noun_comes_first=False,
    ),
    "es": SpokenWords(
        days={"hoy": 0, "mañana": 1, "pasado mañana": 2, "ayer": -1, "anteayer": -2, "antes de ayer": -2},
        not_after={"mañana": _words("la esta cada una misma")},
        ones=_words("un una"),
        coming=("próximo", "este", "que viene"),
        gone=("pasado",),
        date_cues=("el", "del", "al", "desde", "hasta", "para"),
        between_day_and_month=("de", "del"),
        offset_prefixes={"en": "dentro de"},
        noon=("mediodía",),
        midnight=("medianoche",),
        hour_prefixes=("a las", "a la", "las"),
        morning=("de la mañana",),
        evening=("de la tarde", "de la noche"),
        noun_comes_first=True,
    ),
    "fr": SpokenWords(
        days={"aujourd'hui": 0, "demain": 1, "après-demain": 2, "hier": -1, "avant-hier": -2},
        ones=_words("un une"),
        coming=("prochain", "ce"),
        gone=("dernier",),
        date_cues=("le", "du", "au", "dès", "depuis"),
        noon=("midi",),
        midnight=("minuit",),
        hour_words=("h",),
        morning=("du matin",),
        evening=("du soir", "de l'après-midi"),
        noun_comes_first=True,
    ),
    "it": SpokenWords(
        days={"oggi": 0, "domani": 1, "dopodomani": 2, "ieri": -1},
        ones=_words("un una uno"),
        coming=("prossimo", "prossima", "questo", "questa"),
        gone=("scorso", "scorsa"),
        date_cues=("il", "dal", "al", "entro"),
        offset_prefixes={"fra": "tra"},
        noon=("mezzogiorno",),
        midnight=("mezzanotte",),
        hour_prefixes=("alle", "alla", "ore"),
        morning=("di mattina", "del mattino"),
        evening=("di sera", "del pomeriggio"),
        noun_comes_first=True,
    ),
    "pt": SpokenWords(
        days={"hoje": 0, "amanhã": 1, "depois de amanhã": 2, "ontem": -1, "anteontem": -2},
        ones=_words("um uma"),
        coming=("próximo", "próxima", "esta", "este", "que vem"),
        gone=("passado", "passada"),
        date_cues=("em", "no", "dia", "até", "desde"),
        between_day_and_month=("de",),
        offset_prefixes={"daqui a": "em"},
        noon=("meio-dia",),
        midnight=("meia-noite",),
        hour_words=("h",),
        hour_prefixes=("às", "as"),
        morning=("da manhã",),
        evening=("da tarde", "da noite"),
        noun_comes_first=True,
    ),
    "nl": SpokenWords(
        days={"vandaag": 0, "vanavond": 0, "morgen": 1, "overmorgen": 2, "gisteren": -1, "eergisteren": -2},
        not_after={"morgen": _words("goede goeie vroege")},
        ones=_words("een één"),
        coming=("volgende", "aankomende", "komende", "deze"),
        gone=("vorige", "afgelopen"),
        date_cues=("op", "van", "tot", "vanaf", "sinds"),
        midnight=("middernacht",),
        hour_words=("uur",),
        morning=("'s ochtends", "'s morgens"),
        evening=("'s middags", "'s avonds"),
        noun_comes_first=False,
    ),
}  # fmt: skip

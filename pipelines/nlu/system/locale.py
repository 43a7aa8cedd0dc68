"""How a language and region write dates, numbers and money, from the CLDR."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_currency_precision, get_territory_currencies

from pipelines.nlu.system.words import dutch, english, french, german, italian, portuguese, spanish
from pipelines.nlu.system.words.money import MONEY, MoneyWords
from pipelines.nlu.system.words.vocabulary import ClockWords, DayWords, OffsetUnit

_DAYS = {
    "en": english.DAYS,
    "de": german.DAYS,
    "es": spanish.DAYS,
    "fr": french.DAYS,
    "it": italian.DAYS,
    "pt": portuguese.DAYS,
    "nl": dutch.DAYS,
}
_CLOCKS = {
    "en": english.CLOCK,
    "de": german.CLOCK,
    "es": spanish.CLOCK,
    "fr": french.CLOCK,
    "it": italian.CLOCK,
    "pt": portuguese.CLOCK,
    "nl": dutch.CLOCK,
}

# accents of Latin letters only: in other scripts, a word without its marks is a different word
_ACCENTS = re.compile("(?<=[a-zA-Z])[\u0300-\u036f]+")
# an apostrophe, and the signs that case-insensitive matching takes for an i or an s
_OTHER_SIGNS = str.maketrans({"\u2019": "'", "\u0130": "i", "\u0131": "i", "\u017f": "s"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_FAMILIAR_CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CNY", "INR", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN")
"""Precedence of currencies that share a sign or a name (`$`, `dollars`), after the region's own."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class OffsetForm:
    """A way to express a distance in time: `in {0} days` has direction 1, `{0} days ago` has -1."""

    template: str
    unit: OffsetUnit
    direction: int


@dataclass(frozen=True)
class SystemLocale:
    """How people of one language and region write typed values. All words are in lower case."""

    language: str
    region: str  # ISO 3166
    months: Mapping[str, int]  # name → 1 to 12
    weekdays: Mapping[str, int]  # name → 0 (Monday) to 6
    short_weekdays: Mapping[str, int]
    offsets: tuple[OffsetForm, ...]
    day_first: bool  # whether `5/12` is the fifth of December
    writes_dots: bool  # as in `5.12.`
    decimal: str
    group: str
    currency_by_sign: Mapping[str, str]  # to ISO 4217
    currency_by_name: Mapping[str, str]  # to ISO 4217
    has_two_halves: bool  # whether `at 7` is either 07:00 or 19:00
    noun_comes_first: bool | None  # as in `viernes próximo`, unlike `next Friday`
    days: DayWords
    clock: ClockWords


@lru_cache(maxsize=32)
def system_locale(language: str, region: str | None) -> SystemLocale:
    """Return a language as the CLDR describes it; the same object on every call.

    A language tag (`en`, `pt-BR`, `de_AT`) unknown to the CLDR counts as English. `region` overrides the tag's; None
    means the tag's own, or else the language's most likely one.
    """
    parsed = _parse(language)
    territory = (region or parsed.territory or _likely_region(parsed.language)).upper()
    cldr = _parse(f"{parsed.language}_{territory}", parsed)
    symbols: Mapping[str, Any] = cldr.number_symbols
    signs = symbols.get("latn", symbols)
    money = MONEY.get(parsed.language, MoneyWords())
    days = _DAYS.get(parsed.language, DayWords())
    short_date = cldr.date_formats["short"].pattern
    preferred = _preferred_currencies(territory)
    return SystemLocale(
        language=parsed.language,
        region=territory,
        months=_names(cldr.months, ("wide", "abbreviated"), days.more_months),
        weekdays=_names(cldr.days, ("wide",), days.more_weekdays),
        short_weekdays=_names(cldr.days, ("abbreviated",), days.more_short_weekdays),
        offsets=tuple(dict.fromkeys(_offset_forms(cldr, days))),
        day_first=short_date.lower().find("d") < short_date.upper().find("M"),
        writes_dots="." in short_date,
        decimal=signs.get("decimal", "."),
        group=signs.get("group", ","),
        currency_by_sign=_currency_signs(cldr, preferred),
        currency_by_name=_currency_names(cldr, preferred, money),
        # the British write 17:30, and still say `at 7` in the evening
        has_two_halves=parsed.language == "en" or "a" in cldr.time_formats["short"].pattern,
        noun_comes_first=money.noun_comes_first,
        days=days,
        clock=_CLOCKS.get(parsed.language, ClockWords()),
    )


def without_accents(word: str) -> str:
    """Return the word as typed on a foreign keyboard: `mañana` → `manana`."""
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", word)))


def plain_spellings(word: str) -> set[str]:
    """Return a word as it is and as typed on foreign keyboards: `übermorgen`, `ubermorgen`, `uebermorgen`."""
    return {word, without_accents(word), word.translate(_UMLAUTS)}


def with_plain_spellings(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the same values under the plain spellings of their names too."""
    return {spelling: value for word, value in values.items() for spelling in plain_spellings(word)} | dict(values)


def alternation(words: Iterable[str]) -> str:
    """Return a regular expression for any of the words, with or without accents, longer ones first."""
    spellings = {spelling for word in words for spelling in plain_spellings(word)}
    ordered = sorted(spellings, key=lambda word: (-len(word), word))
    patterns = [re.escape(word).replace(r"\ ", r"\s{1,3}").replace("'", "['\u2019]") for word in ordered]
    return "|".join(patterns) or "(?!)"


def dictionary_form(written: str) -> str:
    """Return a phrase that an `alternation` matched in the spelling of the tables."""
    return " ".join(written.translate(_OTHER_SIGNS).lower().split())


def large_number_words(language: str) -> dict[str, int]:
    """Return the words that multiply a number in digits, thousand and more: `लाख`, `тысяч`, `万`."""
    formats: Mapping[str, Any] = _parse(language).compact_decimal_formats
    multiples: dict[str, int] = {"百": 100, "千": 1000} if language in ("zh", "ja") else {}
    # the short forms are words only where a word is a sign
    for by_size in (formats.get("long") or formats.get("short") or {}).values():
        for size, written in by_size.items():
            form = re.fullmatch(r"(0+)\s*(\D+)", str(written.pattern))
            if form and (formats.get("long") or not form[2].isascii()):
                multiples.setdefault(form[2], int(size) // 10 ** (len(form[1]) - 1))
    return multiples


def currency_digits(code: str) -> int:
    """Return the number of decimals of amounts in this currency."""
    return get_currency_precision(code)


def own_currency(region: str) -> str:
    """Return the currency that people of a region pay with; empty if the region is unknown."""
    return next(iter(get_territory_currencies(region)[:1]), "")


@lru_cache(maxsize=1)
def _current_currencies() -> frozenset[str]:
    # not `PLZ`, which was Polish money until 1994 and is a German postal code
    territories: Mapping[str, Iterable[tuple[str, Any, Any, bool]]] = get_global("territory_currencies")
    return frozenset(
        code for used in territories.values() for code, _, until, is_tender in used if is_tender and not until
    )


def is_currency(code: str) -> bool:
    """Whether three letters are a currency of ISO 4217 that people pay with today."""
    return code in _current_currencies() and not code.startswith("X")


def _parse(tag: str, default: Locale | None = None) -> Locale:
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return default or Locale.parse(_parent(tag))


def _parent(tag: str) -> str:
    base = re.split("[-_]", tag)[0].lower()
    try:
        Locale.parse(base)
    except (UnknownLocaleError, ValueError):
        return "en"
    return base


def _likely_region(language: str) -> str:
    likely: str = get_global("likely_subtags").get(language, "en_Latn_US")
    return likely.split("_")[-1]


def _names(
    names: Mapping[str, Mapping[str, Mapping[int, str]]], widths: Iterable[str], more: Mapping[str, int]
) -> dict[str, int]:
    numbers = with_plain_spellings(more)
    for context in ("format", "stand-alone"):
        for width in widths:
            for number, name in names[context].get(width, {}).items():
                bare = name.lower().rstrip(".")
                # `1月` is a number with a sign, not a name
                if bare and not bare[0].isdigit():
                    for spelling in (bare, *plain_spellings(bare)):
                        numbers.setdefault(spelling, number)
    return numbers


def _offset_forms(cldr: Locale, days: DayWords) -> Iterable[OffsetForm]:
    fields: Mapping[str, Any] = cldr._data["date_fields"]  # the only place where Babel keeps `in {0} days`
    units: tuple[OffsetUnit, ...] = ("minute", "hour", "day", "week", "month", "year")
    for unit in units:
        for direction, key in ((1, "future"), (-1, "past")):
            for template in dict(fields.get(unit, {}).get(key, {})).values():
                if "{0}" not in template:
                    continue
                yield OffsetForm(template.lower(), unit, direction)
                for said, listed in days.offset_prefixes.items():
                    if template.lower().startswith(f"{listed} "):
                        yield OffsetForm(said + template.lower()[len(listed) :], unit, direction)
    for template, unit, direction in days.more_offsets:
        yield OffsetForm(template, unit, direction)


def _preferred_currencies(region: str) -> tuple[str, ...]:
    # a fixed list after the region's own: the meaning of a sign must not depend on the order of a dictionary
    own = get_territory_currencies(region)[:1]
    return (*own, *(code for code in _FAMILIAR_CURRENCIES if code not in own))


def _currency_signs(cldr: Locale, preferred: tuple[str, ...]) -> dict[str, str]:
    signs: dict[str, str] = {}
    tables = [Locale.parse("en").currency_symbols, cldr.currency_symbols]
    own_code = preferred[0]
    own_symbol = cldr.currency_symbols.get(own_code, own_code).lower()
    for symbol in (own_symbol, own_symbol.rstrip(".")):
        if len(symbol) > 1 and symbol != own_code.lower():
            signs[symbol] = own_code  # `kr`, `zł`
    symbols = [(code, table[code].lower()) for code in preferred for table in tables if code in table]
    # the bare sign of `US$` goes to the first currency that has it
    symbols += [(code, sign) for code, symbol in symbols for sign in symbol if unicodedata.category(sign) == "Sc"]
    symbols += [(code, symbol.lower()) for table in tables for code, symbol in table.items() if code != "XXX"]
    for code, symbol in symbols:
        if any(unicodedata.category(sign) == "Sc" for sign in symbol):
            signs.setdefault(symbol, code)
    return signs


def _currency_names(cldr: Locale, preferred: tuple[str, ...], money: MoneyWords) -> dict[str, str]:
    names: dict[str, str] = {}
    plurals: Mapping[str, Any] = cldr._data["currency_names_plural"]
    for code in preferred:
        full = [cldr.currencies.get(code, code), *dict(plurals.get(code, {})).values()]
        for name in (full_name.lower() for full_name in full):
            words = re.split(r"[\s-]+", name)
            # in an unknown language the last word may be an adjective, and then every Pole would be money
            noun = name if money.noun_comes_first is None else words[0 if money.noun_comes_first else -1]
            for spelling in (name, noun, without_accents(name), without_accents(noun)):
                if len(spelling) > 2:
                    names.setdefault(spelling, code)
    for code, words_of_unit in money.units.items():
        for word in words_of_unit:
            names.setdefault(word, code)
    return names

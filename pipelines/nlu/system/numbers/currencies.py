"""How a language writes the currency beside an amount: `$5`, `CHF 20`, `five dollars`, `50 Cent`, `Rs. 500`."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipelines.nlu.system.locale import SystemLocale, is_currency, own_currency, without_accents
from pipelines.nlu.system.values import Numeral, words_of

_CODE_BEFORE = re.compile(r"(?:^|[\W\d_])([^\W\d_]{3})\s?$")
_WORDS_AFTER = re.compile(r"\s{0,2}([^\W\d_]+(?:[\s-][^\W\d_]+){0,3})")
_OF_AFTER = re.compile(r"\.?\s(?:de|di|of|d(?=['\u2019]))['\u2019\s]", re.IGNORECASE)
_DOT_AFTER = re.compile(r"\.")
_NO_CENTS_AFTER = re.compile(r"[.,][-\u2013\u2014]{1,2}(?!\d)")  # `20,- Euro`
_LARGE_AFTER = re.compile(r"(?:\s(?=m[\u20ac$\u00a3]))?(mn|mm|m|bn|b)(?![^\W_])", re.IGNORECASE)
_LARGE_BY_SUFFIX = {"m": 10**6, "mn": 10**6, "mm": 10**6, "b": 10**9, "bn": 10**9}
_CAPITALS = re.compile("[A-Z]{3}")
_LONGEST_SIGN = 5

_RUPEES = ("INR", "PKR", "LKR", "NPR", "MUR", "SCR")
_RUPEE_BEFORE = re.compile(r"(?<![^\W_])(rs\.?)\s?$", re.IGNORECASE)
_RUPEE_AFTER = re.compile(r"\s?(rs)\.?(?![^\W_])", re.IGNORECASE)
_DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD")
_PESOS = ("MXN", "ARS", "COP", "CLP", "PHP", "DOP", "UYU", "CUP", "BOB", "BRL", "NIO", "HNL", "GTQ", "MZN")
_CENTS = (*_DOLLARS, "EUR", "ZAR", "KES", "JMD", "TTD", "BBD", "MYR")

_MINOR_UNITS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "en": {
        "cents": _CENTS, "cent": _CENTS, "¢": _CENTS, "eurocents": ("EUR",), "pence": ("GBP",),
        "paise": ("INR", "PKR", "NPR"),
    },
    "de": {
        "cent": ("EUR", *_DOLLARS), "cents": ("EUR", *_DOLLARS), "eurocent": ("EUR",), "ct": ("EUR",), "cts": ("EUR",),
        "rappen": ("CHF",), "pence": ("GBP",), "groschen": ("EUR",),
    },
    "es": {
        "céntimos": ("EUR", "PEN", "CRC", "VES", "PYG"), "céntimo": ("EUR", "PEN", "CRC", "VES", "PYG"),
        "centavos": ("", "USD", *_PESOS), "centavo": ("", "USD", *_PESOS), "peniques": ("GBP",), "cts": ("EUR",),
    },
    "fr": {"centimes": ("EUR", "CHF"), "centime": ("EUR", "CHF")},
    "it": {"centesimi": ("EUR", "CHF"), "centesimo": ("EUR", "CHF")},
    "pt": {"centavos": ("", *_PESOS), "cêntimos": ("EUR",)},
    "nl": {"cent": ("EUR",), "centen": ("EUR",), "eurocent": ("EUR",)},
}  # fmt: skip
"""Hundredths by language → currencies that have them; the first is meant where the region's own has none, if any."""


class Currency(NamedTuple):
    """A currency beside a number: characters `[start, end)`. Without a code, only the amount before it can tell."""

    code: str
    start: int
    end: int
    hundredths_of: tuple[str, ...] = ()
    """Currencies whose hundredth a word means; empty for whole units."""
    is_sign: bool = False


class CurrencyGrammar:
    """Reads the currency before and after a number.

    A sign or name that several currencies share (`$`, `pounds`, `cents`) means the region's own, else the best known
    one.
    """

    def __init__(self, locale: SystemLocale) -> None:
        self._signs = dict(locale.currency_by_sign)
        self._own = own_currency(locale.region)
        self._names = dict(locale.currency_by_name)
        if self._own in _DOLLARS and locale.language == "en":
            self._names |= dict.fromkeys(("buck", "bucks"), self._own)
        self._minor = {
            spelling: codes
            for name, codes in _MINOR_UNITS.get(locale.language, {}).items()
            for spelling in (name, without_accents(name))
        }
        self._codes = {code.lower() for code in {*self._names.values(), *self._signs.values()}}
        signs = sorted(
            {*self._signs, *(name for name in self._minor if not name.isalpha())}, key=lambda s: (-len(s), s)
        )
        # every sign is a word or has a character that is no letter: a class is 20 times faster than all the signs
        characters = "".join(sorted({c for sign in signs for c in sign if not c.isalnum() and c != "."}))
        self._sign = re.compile(f"[{re.escape(characters)}]")
        self._is_beside = re.compile(rf"[^\W\d_]|[.{re.escape(characters)}]")
        self._needs_plural = locale.language == "en"
        self._has_pence = self._own == "GBP"
        self._triggers = self._codes | _triggers([*self._names, *self._minor, *filter(str.isalpha, signs)])
        self._triggers |= {"rs", "p"} if self._has_pence else {"rs"}
        either = "|".join(map(re.escape, signs))
        self._sign_after = re.compile(rf"\s?({either})", re.IGNORECASE)
        self._sign_before = re.compile(rf"({either})\s?$", re.IGNORECASE)

    def is_likely(self, text: str) -> bool:
        """Whether a text may contain a currency."""
        return self._sign.search(text) is not None or not self._triggers.isdisjoint(words_of(text))

    def before(self, text: str, position: int) -> Currency | None:
        """Return the currency that ends before a position."""
        nearby = text[max(0, position - _LONGEST_SIGN - 2) : position]
        if not self._is_beside.match(nearby.rstrip()[-1:]):
            return None
        offset = position - len(nearby)
        sign = self._sign_before.search(nearby)
        if sign and (code := self._signs.get(sign[1].lower())):
            return Currency(code, offset + sign.start(), position, is_sign=True)
        rupees = _RUPEE_BEFORE.search(nearby)
        # `RS 6` is a car
        if rupees and (self._own in _RUPEES or not rupees[1].startswith("RS")):
            return Currency(self._rupee, offset + rupees.start(1), position)
        word = _CODE_BEFORE.search(nearby)
        if word and (code := self._code(word[1], text)):
            return Currency(code, offset + word.start(1), position)
        return None

    def after(self, text: str, numeral: Numeral, *, position: int) -> Currency | None:
        """Return the currency that follows a number; `position` is the number's end with what belongs to it."""
        if numeral.scale > 1 and (dot := _DOT_AFTER.match(text, position)):
            position = dot.end()
        if no_cents := _NO_CENTS_AFTER.match(text, position):
            position = no_cents.end()
        if numeral.value >= 1000 and (joint := _OF_AFTER.match(text, position)):
            position = joint.end()
        sign = self._sign_after.match(text, position)
        if sign and sign[1] in self._minor:
            return self._hundredths(sign[1], position, sign.end())
        if sign and (code := self._signs.get(sign[1].lower())):
            return Currency(code, sign.start(1), sign.end(), is_sign=True)
        rupees = _RUPEE_AFTER.match(text, position)
        if rupees and (self._own in _RUPEES or rupees[1] == "Rs"):
            return Currency(self._rupee, rupees.start(1), rupees.end())
        words = _WORDS_AFTER.match(text, position)
        if words is None:
            return None
        if self._has_pence and words[1] == "p" and words.start(1) == position and numeral.value < 100:
            return Currency("GBP", position, words.end(), ("GBP",))
        named = self.named(words[1], words.start(1), text)
        # `50 Cent` is a rapper, but `5 euro 50 cent` is an amount
        is_lone = named is not None and text[named.start : named.end].lower() == "cent" and numeral.value != 1
        return named._replace(code="") if named and is_lone and self._needs_plural else named

    def named(self, written: str, start: int, text: str) -> Currency | None:
        """Return the longest beginning of some words that is a currency; the words begin at `start`."""
        if self._triggers.isdisjoint(words_of(written)) and not _CAPITALS.search(written):
            return None
        ends = [match.end() for match in re.finditer(r"[^\W\d_]+", written)]
        for end in reversed(ends):
            name = " ".join(written[:end].lower().split())
            code = self._names.get(name) or self._code(written[:end], text)
            if code:
                return Currency(code, start, start + end)
            if name in self._minor:
                return self._hundredths(name, start, start + end)
        return None

    @property
    def _rupee(self) -> str:
        return self._own if self._own in _RUPEES else "INR"

    def _hundredths(self, name: str, start: int, end: int) -> Currency:
        codes = self._minor[name]
        return Currency(self._own if self._own in codes else codes[0], start, end, codes)

    def _code(self, written: str, text: str) -> str | None:
        # `all`, `top` and `try` are currency codes too: rare ones must be written in capitals, among small letters
        if len(written) != 3:
            return None
        if written.lower() in self._codes:
            return written.upper()
        is_shouted = text.isupper() and sum(map(str.isalpha, text)) > len(written)
        return written if written.isupper() and not is_shouted and is_currency(written) else None


def _triggers(names: Iterable[str]) -> set[str]:
    """Return words such that every name has one: `dollar` for `canadian dollar`, `kr` for `kr.`."""
    names = list(names)
    single = {name for name in names if name.isalpha()}
    return single.union(*(words for words in map(words_of, names) if single.isdisjoint(words)))


def large_suffix(text: str, position: int) -> tuple[int, int] | None:
    """Return the multiple that a suffix means in an amount, and its end: the million of `$2m`."""
    suffix = _LARGE_AFTER.match(text, position)
    return (_LARGE_BY_SUFFIX[suffix[1].lower()], suffix.end()) if suffix else None

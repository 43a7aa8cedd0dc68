"""Amounts of money in a text: `£12.50`, `1.250 €`, `CHF 20`, `five dollars`."""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from pipelines.nlu.system.boundaries import stands_alone
from pipelines.nlu.system.locale import SystemLocale, currency_digits, is_currency
from pipelines.nlu.system.numbers import numerals
from pipelines.nlu.system.values import ValueMatch, words_of

_ISO_CODE = re.compile(r"(?<![^\W_])[A-Z]{3}(?![^\W_])|(?<=\d)[A-Z]{3}(?![^\W_])|(?<![^\W_])[A-Z]{3}(?=\d)")
_CODE_BEFORE = re.compile(r"(?:^|[\W\d_])([^\W\d_]{3})\s?$")
_WORDS_AFTER = re.compile(r"\s{0,2}([^\W\d_]+(?:[\s-][^\W\d_]+){0,3})")
_LONGEST_SIGN = 5


class _Currency(NamedTuple):
    code: str
    start: int
    end: int


class MoneyFinder:
    """Finds amounts; the canonical form is `12.50 GBP`, with the currency's number of decimals.

    A sign or name that several currencies share (`$`, `pounds`) means the region's own, else the best known one.
    """

    def __init__(self, locale: SystemLocale) -> None:
        self._locale = locale
        self._names = locale.currency_by_name
        self._codes = {code.lower() for code in {*self._names.values(), *locale.currency_by_sign.values()}}
        signs = sorted(locale.currency_by_sign, key=lambda sign: (-len(sign), sign))
        self._triggers = self._codes.union(*map(words_of, (*self._names, *signs)))
        # every sign is a word or has a character that is no letter: a class is 20 times faster than all the signs
        self._sign = re.compile(
            "[" + "".join({c for sign in signs for c in sign if not c.isalnum() and c != "."}) + "]"
        )
        either = "|".join(map(re.escape, signs))
        self._sign_after = re.compile(rf"\s?({either})", re.IGNORECASE)
        self._sign_before = re.compile(rf"({either})\s?$", re.IGNORECASE)

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the amounts of a text; `now` is unused."""
        is_likely = self._sign.search(text) or _ISO_CODE.search(text) or not self._triggers.isdisjoint(words_of(text))
        if not is_likely:
            return []
        return list(self._amounts(text))

    def _amounts(self, text: str) -> Iterator[ValueMatch]:
        for numeral in numerals(text, self._locale):
            before, after = self._before(text, numeral.start), self._after(text, numeral.end)
            # `$5 CAD`: the one after the amount is exact
            currency = after or before
            if currency is None:
                continue
            start = before.start if before else numeral.start
            end = after.end if after else numeral.end
            if stands_alone(text, start, end):
                amount = _amount(numeral.value, text[numeral.start : numeral.end], currency.code)
                yield ValueMatch(start, end, amount)

    def _before(self, text: str, position: int) -> _Currency | None:
        nearby = text[max(0, position - _LONGEST_SIGN - 2) : position]
        offset = position - len(nearby)
        sign = self._sign_before.search(nearby)
        if sign and (code := self._locale.currency_by_sign.get(sign[1].lower())):
            return _Currency(code, offset + sign.start(), position)
        word = _CODE_BEFORE.search(nearby)
        if word and (code := self._code(word[1])):
            return _Currency(code, offset + word.start(1), position)
        return None

    def _after(self, text: str, position: int) -> _Currency | None:
        sign = self._sign_after.match(text, position)
        if sign and (code := self._locale.currency_by_sign.get(sign[1].lower())):
            return _Currency(code, position, sign.end())
        words = _WORDS_AFTER.match(text, position)
        if words is None:
            return None
        return self._named(words[1], position, words.start(1))

    def _named(self, written: str, position: int, start: int) -> _Currency | None:
        """Return the longest beginning of `written` that is a currency."""
        ends = [match.end() for match in re.finditer(r"[^\W\d_]+", written)]
        for end in reversed(ends):
            name = " ".join(written[:end].lower().split())
            code = self._names.get(name) or self._code(written[:end])
            if code:
                return _Currency(code, position, start + end)
        return None

    def _code(self, written: str) -> str | None:
        # `all`, `top` and `try` are currency codes too: rare ones must be written in capitals
        if len(written) == 3 and (written.lower() in self._codes or (written.isupper() and is_currency(written))):
            return written.upper()
        return None


def _amount(value: Decimal, written: str, code: str) -> str:
    exponent = value.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    digits = currency_digits(code)
    # nobody writes tenths of a cent: in such a currency, the separator of `1.000` groups in every language
    if decimals == 3 and digits < 3 and not written.startswith("0") and len(re.findall(r"\D", written)) == 1:
        value, decimals = value.scaleb(3), 0
    return f"{value:.{max(digits, decimals)}f} {code}"

"""Amounts of money in a text: `£12.50`, `1.250 €`, `five dollars and fifty cents`, `$15-20`, `5 lakh rupees`."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from pipelines.nlu.system.boundaries import stands_alone
from pipelines.nlu.system.locale import SystemLocale, alternation, currency_digits
from pipelines.nlu.system.numbers.currencies import Currency, CurrencyGrammar, large_suffix
from pipelines.nlu.system.numbers.finder import goes_on_before, sign_start
from pipelines.nlu.system.numbers.number_words import NUMBER_WORDS, NumberWords
from pipelines.nlu.system.numbers.numerals import numerals
from pipelines.nlu.system.numbers.ranges import Joint, range_grammar, with_shared_scale
from pipelines.nlu.system.values import Numeral, ValueMatch

_ISO_CODE = re.compile(r"(?<![^\W_])[A-Z]{3}(?![^\W_])|(?<=\d)[A-Z]{3}(?![^\W_])|(?<![^\W_])[A-Z]{3}(?=\d)")
_CAPITALS = re.compile("[A-Z]{3}")
_GOES_ON_AFTER = re.compile(r"[:.,\u2010-\u2015\u2212-]\d")
_NOTHING_AFTER = re.compile(r"\s*(?:[^\w\s-]|-\s|$)")
_WORD_AFTER = re.compile(r"\s{1,3}([^\W\d_]+)")
_ENDLESS_DECIMALS = 18


class _Amount(NamedTuple):
    """A number with its currency, if it has one: characters `[start, end)`."""

    start: int
    end: int
    numeral: Numeral
    value: Decimal
    currency: Currency | None

    @property
    def is_minor(self) -> bool:
        return self.currency is not None and bool(self.currency.hundredths_of)


class MoneyFinder:
    """Finds amounts; the canonical form is `12.50 GBP`, with the currency's number of decimals.

    Both ends of a range are amounts. A negative amount is none: nobody knows what `-5 €` is to mean.
    """

    def __init__(self, locale: SystemLocale, read: Callable[[str], list[Numeral]] | None = None) -> None:
        self._read = read or partial(numerals, locale=locale)
        self._currencies = CurrencyGrammar(locale)
        self._ranges = range_grammar(locale.language)
        self._words = words = NUMBER_WORDS.get(locale.language, NumberWords())
        together = alternation(words.together)
        self._minor_gap = re.compile(rf",?\s{{0,2}}(?:(?:{together})\s{{1,2}})?", re.IGNORECASE)
        self._bare_minor_gap = re.compile(rf"\s?|\s{{1,2}}(?:{together})\s{{1,2}}", re.IGNORECASE)
        self._single = re.compile(
            rf"(?<!\w)(?:{alternation(words.articles)})\s((?:dollar|d[oó]lar|euro|buck|quid)(?!\w))", re.IGNORECASE
        )

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the amounts of a text; `now` is unused."""
        if not self._currencies.is_likely(text) and not (_CAPITALS.search(text) and _ISO_CODE.search(text)):
            return []
        written = self._read(text)
        if not written and not self._single.search(text):
            return []
        mentions = sorted([*self._mentions(text, written), *self._singles(text, written)])
        mentions = [one for one in self._with_minor(text, mentions) if not self._is_loose_single(text, one)]
        joints = self._joints(text, mentions)
        found = []
        for place, one in enumerate(self._with_shared_currency(text, mentions, joints)):
            around = (joints[place - 1] if place else None), (joints[place] if place < len(joints) else None)
            if one.currency is not None and one.currency.code and self._is_own(text, one, *around):
                found.append(ValueMatch(one.start, one.end, _canonical(one, one.currency, text)))
        return found

    def _mentions(self, text: str, written: Sequence[Numeral]) -> list[_Amount]:
        mentions: list[_Amount] = []
        taken = 0  # where the currency of the number before ends: a sign between two numbers belongs to one
        for numeral in written:
            before = self._currencies.before(text, numeral.start)
            before = before if before is None or before.start >= taken else None
            one = self._mention(text, numeral, before)
            after = one.currency
            if after is not None and after.is_sign and before is not None and _is_of_next(text, one, after):
                one = _Amount(before.start, numeral.end, numeral, numeral.value, before)
            mentions.append(one)
            taken = one.end
        return mentions

    def _mention(self, text: str, numeral: Numeral, before: Currency | None) -> _Amount:
        start = before.start if before else numeral.start
        value, end = numeral.value, numeral.end
        if numeral.noun is not None:
            inside = self._currencies.named(text[slice(*numeral.noun)], numeral.noun[0], text)
            return _Amount(start, end, numeral, value, inside)
        suffix = large_suffix(text, end)
        after = self._currencies.after(text, numeral, position=suffix[1] if suffix else end)
        if suffix and (before or after):
            value, end = value * suffix[0], suffix[1]
        # `$5 CAD`: the one after the amount is exact
        if after is not None:
            return _Amount(start, after.end, numeral, value, after)
        return _Amount(start, end, numeral, value, before)

    def _singles(self, text: str, written: Sequence[Numeral]) -> Iterator[_Amount]:
        """Find `a dollar`."""
        for match in self._single.finditer(text):
            if not any(one.start < match.end() and match.start() < one.end for one in written):
                one = Numeral(match.start(), match.start(1) - 1, Decimal(1))
                currency = self._currencies.named(match[1], match.start(1), text)
                yield _Amount(*match.span(), one, one.value, currency)

    def _is_loose_single(self, text: str, one: _Amount) -> bool:
        """Whether the amount is the `a dollar` of `a dollar store`."""
        is_single = one.value == 1 and self._single.fullmatch(text, one.start, one.end) is not None
        return is_single and not self._ends_after(text, one.end)

    def _with_minor(self, text: str, mentions: Sequence[_Amount]) -> list[_Amount]:
        """Join `five dollars and fifty cents`, `12 Euro 50` and `12€50`; drop `2 Euro 5`, which may be 2.05 or 2.50."""
        joined: list[_Amount] = []
        for one in mentions:
            major = joined[-1] if joined else None
            cents = self._cents(text, major, one) if major else None
            if major is None or cents is None:
                joined.append(one)
            elif cents < 0:
                joined[-1] = major._replace(end=one.end, currency=None)
            else:
                joined[-1] = major._replace(end=one.end, value=major.value + cents)
        return joined

    def _cents(self, text: str, major: _Amount, minor: _Amount) -> Decimal | None:
        """Return the part of a unit that the second number adds to the first amount; -1 if it is doubtful."""
        is_whole = major.currency is not None and not major.is_minor and major.value == major.value.to_integral_value()
        if not is_whole or major.currency is None or not 1 <= minor.value < 100 or minor.numeral.scale > 1:
            return None
        gap = text[major.end : minor.start]
        if minor.is_minor and minor.currency is not None:
            is_same = major.currency.code in minor.currency.hundredths_of
            return minor.value / 100 if is_same and self._minor_gap.fullmatch(gap) else None
        is_unit = major.end > major.numeral.end or gap == " "
        is_bare = minor.currency is None and is_unit and minor.value == int(minor.value)
        if not is_bare or not self._bare_minor_gap.fullmatch(gap) or not self._ends_after(text, minor.end):
            return None
        is_digits = text[minor.start].isdecimal()
        if is_digits and minor.end - minor.start != 2:
            return Decimal(-1)
        return minor.value / 100

    def _joints(self, text: str, mentions: Sequence[_Amount]) -> list[Joint | None]:
        return self._ranges.joints(text, [one.numeral._replace(start=one.start, end=one.end) for one in mentions])

    def _with_shared_currency(
        self, text: str, mentions: Sequence[_Amount], joints: Sequence[Joint | None]
    ) -> list[_Amount]:
        """Return the amounts of `15-20 usd`, `$15 to 20` and `2-3 million euros`, each with its currency."""
        scaled = with_shared_scale([one.numeral for one in mentions], joints)
        shared = [
            one if one.numeral.scale == scale.scale else one._replace(numeral=scale, value=scale.value)
            for one, scale in zip(mentions, scaled, strict=True)
        ]
        for kinds in (("dash",), ("to", "or", "and")):  # a dash binds closer: `$15-20 or 30 to 40 euros`
            self._share(text, shared, [joint if joint in kinds else None for joint in joints])
        return shared

    def _share(self, text: str, shared: list[_Amount], joints: Sequence[Joint | None]) -> None:
        """Set the currency of amounts without one to a neighbour's; changes `shared`."""
        for place in range(len(joints) - 1, -1, -1):
            first, second = shared[place], shared[place + 1]
            is_behind = second.currency is not None and second.currency.start >= second.numeral.end
            is_shared = joints[place] if is_behind else joints[place] in ("dash", "to")
            if is_shared and first.currency is None and second.currency:
                shared[place] = first._replace(currency=second.currency)
        for place, joint in enumerate(joints):
            first, second = shared[place], shared[place + 1]
            is_end = joint == "dash" or self._ends_after(text, second.end)
            if joint and is_end and first.currency and second.currency is None:
                shared[place + 1] = second._replace(currency=first.currency)

    def _is_own(self, text: str, one: _Amount, before: Joint | None, after: Joint | None) -> bool:
        """Whether an amount is positive and not cut out of a longer token."""
        is_signed = before != "dash" and sign_start(text, one.start, self._words) < one.start
        if is_signed or (before != "dash" and goes_on_before(text, one.start)):
            return False
        if after != "dash" and _GOES_ON_AFTER.match(text, one.end):
            return False
        return stands_alone(text, one.start, one.end)

    def _ends_after(self, text: str, position: int) -> bool:
        """Whether no noun follows that a number before it could count."""
        if _NOTHING_AFTER.match(text, position):
            return True
        word = _WORD_AFTER.match(text, position)
        return word is not None and word[1].lower() in self._words.closers


def _is_of_next(text: str, one: _Amount, sign: Currency) -> bool:
    """Whether the second sign of `$5 $10` begins the next amount."""
    return text[one.numeral.end : sign.start].isspace() and text[sign.end : sign.end + 1].isdecimal()


def _canonical(one: _Amount, currency: Currency, text: str) -> str:
    code, value = currency.code, one.value / 100 if one.is_minor else one.value
    exponent = value.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    digits = currency_digits(code)
    written = text[one.numeral.start : one.numeral.end]
    # nobody writes tenths of a cent: in such a currency, the separator of `1.000` groups in every language
    if decimals == 3 and digits < 3 and not written.startswith("0") and len(re.findall(r"\D", written)) == 1:
        value, decimals = value.scaleb(3), 0
    is_plain = decimals > _ENDLESS_DECIMALS or one.numeral.scale > 1
    decimals = digits if is_plain else max(digits, decimals)
    return f"{value:.{decimals}f} {code}"

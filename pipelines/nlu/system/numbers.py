"""Numbers in a text: `12`, `1.250,50`, `twenty-five`, `2 million`."""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from text_to_num import alpha2digit, find_numbers

from pipelines.nlu.system.boundaries import begins_word, ends_word, stands_alone
from pipelines.nlu.system.locale import SystemLocale
from pipelines.nlu.system.values import ValueMatch

_SPACES_AND_QUOTES = "\u00a0\u202f\u2009'\u2019"  # separate thousands in every language that uses them
_MINUS = "-\u2212"
_RUN = re.compile(rf"\d+(?:[.,{_SPACES_AND_QUOTES}]\d+)*")
_SPACED_RUN = re.compile(rf"\d+(?:[.,{_SPACES_AND_QUOTES}]\d+|\x20\d{{3}}(?!\d))*")
_GOES_ON_BEFORE = re.compile(r"[.,:/@+\-\u2212]$")
_GOES_ON_AFTER = re.compile(r"[:/@.,\-\u2212]\d|[/@]\w")
_TIMES_AFTER = re.compile(r"[xX\u00d7](?![^\W_])")
_TIMES_BEFORE = re.compile(r"(?:^|[\W_])[xX\u00d7]$")
_PIECE = re.compile(r"[^\W\d_]+|\d+|\s+|[^\w\s]|_")
_PREVIOUS_WORD = re.compile(r"([^\W\d_]+)\s{1,3}$")
_LONGEST_WORD = 20

_ARTICLES = {
    "de": frozenset(("ein", "eine", "einen", "einem", "einer", "eines")),
    "es": frozenset(("un", "una", "uno")),
    "fr": frozenset(("un", "une")),
    "it": frozenset(("un", "uno", "una")),
    "pt": frozenset(("um", "uma")),
    "nl": frozenset(("een",)),
    "da": frozenset(("en", "et")),
}
"""Words for one that are mostly articles; in other languages (English), the preceding word decides."""
_BEFORE_PRONOUN = frozenset(
    word
    for words in (
        "the this that which no any another each every some",
        "last next first new old other wrong right same",
    )
    for word in words.split()
)
NUMBER_WORD_LANGUAGES = ("en", *_ARTICLES)
"""Languages whose number words text2num reads."""


class Numeral(NamedTuple):
    """A number in a text: characters `[start, end)`, without a sign before it."""

    start: int
    end: int
    value: Decimal


class _Piece:
    """A piece of text with its offsets, in the interface that text2num expects."""

    __slots__ = ("_text", "end", "start")

    def __init__(self, match: re.Match[str]) -> None:
        self._text, self.start, self.end = match[0].lower(), match.start(), match.end()

    def text(self) -> str:
        return self._text

    def nt_separated(self, previous: "_Piece") -> bool:
        return False

    def not_a_number_part(self) -> bool:
        return False


class NumberFinder:
    """Finds numbers; the canonical form is plain decimal text: `-1250.5`.

    Digits inside a word, a date, a time or a version are no number. `one` is none where it is an article or a pronoun
    (`the last one`).
    """

    def __init__(self, locale: SystemLocale, *, integers_only: bool) -> None:
        self._locale = locale
        self._integers_only = integers_only

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the numbers of a text; `now` is unused."""
        found = []
        for numeral in numerals(text, self._locale):
            if not _is_free(text, numeral.start, numeral.end):
                continue
            start, value = _with_sign(text, numeral)
            if not self._integers_only or value == value.to_integral_value():
                found.append(ValueMatch(start, numeral.end, plain_decimal(value)))
        return found


def numerals(text: str, locale: SystemLocale) -> list[Numeral]:
    """Find everything that reads as a number, in any context; digits and a multiplier are one number."""
    runs = _SPACED_RUN if locale.group.isspace() else _RUN
    found = []
    for match in runs.finditer(text):
        value = parse_number(match[0], decimal=locale.decimal, group=locale.group)
        if value is not None:
            found.append(Numeral(match.start(), match.end(), value))
    if locale.language in NUMBER_WORD_LANGUAGES and alpha2digit(text, locale.language, threshold=0.0) != text:
        found = _joined(text, found, list(_in_words(text, locale.language)))
    return found


def parse_number(written: str, *, decimal: str, group: str) -> Decimal | None:
    """Parse digits with separators as written in a language; None if no reading makes sense, such as `1.2.3`.

    `written` begins and ends with a digit, with single separators between digits. A `group` sign that cannot separate
    thousands is read as a decimal sign, as foreigners write it: `3.5` in German.
    """
    grouped = re.sub(rf"[ {_SPACES_AND_QUOTES}]", " ", written)
    separators = [sign for sign in grouped if not sign.isdecimal()]
    if not separators:
        return Decimal(written)
    last = separators[-1]
    others = set(separators[:-1])
    is_fraction = (
        last in ".,"
        and last not in others
        and len(others) < 2
        and (bool(others) or last == decimal or last != group or not _is_grouped(grouped, last))
    )
    whole, fraction = grouped.rsplit(last, 1) if is_fraction else (grouped, "")
    signs = {sign for sign in whole if not sign.isdecimal()}
    if len(signs) > 1 or (signs and not _is_grouped(whole, signs.pop())):
        return None
    return Decimal("".join(re.findall(r"\d", whole)) + (f".{fraction}" if fraction else ""))


def plain_decimal(value: Decimal) -> str:
    """Write a number in digits, without needless zeros or an exponent: `1250.5`."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _is_grouped(written: str, sign: str) -> bool:
    first, *others = written.split(sign)
    return 1 <= len(first) <= 3 and first != "0" and all(len(other) == 3 for other in others)


def _in_words(text: str, language: str) -> Iterator[Numeral]:
    pieces = [_Piece(match) for match in _PIECE.finditer(text)]
    for occurrence in find_numbers(pieces, language, threshold=0.0):
        first, last = pieces[occurrence.start], pieces[occurrence.end - 1]
        if occurrence.is_ordinal or first.text().isdecimal():
            continue
        numeral = Numeral(first.start, last.end, Decimal(occurrence.text.replace(",", ".")))
        if numeral.value != 1 or occurrence.end - occurrence.start > 1 or _counts(text, numeral, language):
            yield numeral


def _counts(text: str, one: Numeral, language: str) -> bool:
    if text.strip(" \t\n.,!?") == text[one.start : one.end]:
        return True
    articles = _ARTICLES.get(language)
    if articles is not None:
        return text[one.start : one.end].lower() not in articles
    before = _PREVIOUS_WORD.search(text[max(0, one.start - _LONGEST_WORD) : one.start])
    return before is None or before[1].lower() not in _BEFORE_PRONOUN


def _joined(text: str, digits: list[Numeral], words: list[Numeral]) -> list[Numeral]:
    """Join `2 million` into one number."""
    joined: list[Numeral] = []
    for numeral in sorted([*digits, *words]):
        before = joined[-1] if joined else None
        is_multiplier = numeral.value >= 1000 and numeral.value == Decimal(10) ** numeral.value.adjusted()
        if before and is_multiplier and not text[numeral.start].isdecimal() and text[before.end : numeral.start] == " ":
            joined[-1] = Numeral(before.start, numeral.end, before.value * numeral.value)
        else:
            joined.append(numeral)
    return joined


def _is_free(text: str, start: int, end: int) -> bool:
    """Whether digits are a number of their own; in `2x` and `x2` they are."""
    if _GOES_ON_BEFORE.search(text[max(0, start - 3) : _sign_start(text, start)]) or _GOES_ON_AFTER.match(text, end):
        return False
    if stands_alone(text, start, end):
        return True
    times_before = _TIMES_BEFORE.search(text[max(0, start - 2) : start]) and ends_word(text, end)
    times_after = _TIMES_AFTER.match(text, end) and begins_word(text, start)
    return bool(times_before or times_after)


def _sign_start(text: str, start: int) -> int:
    has_sign = start > 0 and text[start - 1] in _MINUS and (start == 1 or text[start - 2].isspace())
    return start - 1 if has_sign else start


def _with_sign(text: str, numeral: Numeral) -> tuple[int, Decimal]:
    start = _sign_start(text, numeral.start)
    return start, -numeral.value if start < numeral.start else numeral.value

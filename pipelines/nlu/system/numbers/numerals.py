"""Everything in a text that reads as a number, in any context: in digits, in words, with fractions and multiples."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from text_to_num import alpha2digit, find_numbers, text2num

from pipelines.nlu.system.locale import SystemLocale, alternation
from pipelines.nlu.system.numbers.digits import in_digits
from pipelines.nlu.system.numbers.number_words import NUMBER_WORDS
from pipelines.nlu.system.numbers.quantities import quantity_grammar
from pipelines.nlu.system.values import Numeral, words_of

_PIECE = re.compile(r"[^\W\d_]+|\d+|\s+|[^\w\s]|_")
_PREVIOUS_WORD = re.compile(r"([^\W\d_]+)\s{1,3}$")
_LONGEST_WORD = 20
_SMALLEST_POWER = 100

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


def numerals(text: str, locale: SystemLocale) -> list[Numeral]:
    """Find everything that reads as a number, in text order."""
    found = list(in_digits(text, locale))
    if locale.language in NUMBER_WORD_LANGUAGES and alpha2digit(text, locale.language, threshold=0.0) != text:
        found = sorted([*found, *_in_words(text, locale.language)])
    return quantity_grammar(locale.language).joined(text, _with_ones(text, found, locale.language))


def _with_ones(text: str, found: list[Numeral], language: str) -> list[Numeral]:
    """Add the articles that count beside a number: `uno o dos`, `ein Kind und zwei Erwachsene`."""
    beside = _beside_number(language)
    if not found or beside is None or beside.words.isdisjoint(words_of(text)):
        return found
    ones = []
    for before, after in pairwise([None, *found, None]):
        start, end = before.end if before else 0, after.start if after else len(text)
        nearby = max(start, end - 2 * _LONGEST_WORD)
        for offset, match in (
            (nearby, after and beside.before.search(text[nearby:end])),
            (start, before and beside.after.match(text[start:end])),
        ):
            if match:
                ones.append(Numeral(offset + match.start(1), offset + match.end(1), Decimal(1)))
    both = sorted({*found, *ones})
    return _with_ones(text, both, language) if len(both) > len(found) else found


class _Beside(NamedTuple):
    """Where an article counts: before a number, and after one. Both need one of the words in lower case."""

    words: frozenset[str]
    before: re.Pattern[str]
    after: re.Pattern[str]


@lru_cache(maxsize=32)
def _beside_number(language: str) -> _Beside | None:
    words = NUMBER_WORDS.get(language)
    if words is None:
        return None
    one = rf"(?<!\w)({alternation({*words.articles, *_ARTICLES.get(language, ())})})"
    person = rf"\s(?:{alternation(words.persons)})(?!\w)"
    joint = rf"(?:,|\s(?:{alternation(words.joints)}))\s"
    either = rf"\s(?:{alternation([*words.to, *words.alternative])})\s"
    return _Beside(
        words.persons.union(words.to, words.alternative),
        re.compile(rf"{one}(?:{person}{joint}|{either})$", re.IGNORECASE),
        re.compile(rf"(?:\s[^\W\d_]+)?{joint}{one}{person}", re.IGNORECASE),
    )


def _in_words(text: str, language: str) -> Iterator[Numeral]:
    pieces = [_Piece(match) for match in _PIECE.finditer(text)]
    for occurrence in find_numbers(pieces, language, threshold=0.0):
        first, last = pieces[occurrence.start], pieces[occurrence.end - 1]
        # to text2num, a `centavo` is the number 1/100
        if occurrence.is_ordinal or first.text().isdecimal() or "/" in occurrence.text:
            continue
        value = Decimal(occurrence.text.replace(",", "."))
        scale = _power(last.text(), language) if first is not last and value >= _SMALLEST_POWER else Decimal(1)
        numeral = Numeral(first.start, last.end, value, scale)
        if numeral.value != 1 or occurrence.end - occurrence.start > 1 or _counts(text, numeral, language):
            yield numeral


def _power(word: str, language: str) -> Decimal:
    """Return the value of `hundred`, `million` and the like; 1 for other words."""
    try:
        value = Decimal(str(text2num(word, language)))
    except ValueError:
        return Decimal(1)
    return value if value >= _SMALLEST_POWER and value == Decimal(10) ** value.adjusted() else Decimal(1)


def _counts(text: str, one: Numeral, language: str) -> bool:
    if text.strip(" \t\n.,!?") == text[one.start : one.end]:
        return True
    articles = _ARTICLES.get(language)
    if articles is not None:
        return text[one.start : one.end].lower() not in articles
    before = _PREVIOUS_WORD.search(text[max(0, one.start - _LONGEST_WORD) : one.start])
    return before is None or before[1].lower() not in _BEFORE_PRONOUN

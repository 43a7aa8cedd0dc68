"""Which numbers of a text belong together: `3-5`, `between 3 and 5`, `3 or 4`."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from pipelines.nlu.system.locale import alternation
from pipelines.nlu.system.numbers.number_words import NUMBER_WORDS, NumberWords
from pipelines.nlu.system.values import Numeral

Joint = Literal["dash", "to", "or", "and"]
"""What is between two numbers: a dash, a word as in `3 to 5`, `3 or 4` or `3 and 4`."""

DASHES = r"\-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"
_UNIT = r"[%\u20ac$\u00a3\u00a5\u00b0]?"
_DASH = re.compile(rf"\s?{_UNIT}\s{{0,2}}(?:[{DASHES}~\u301c\uff5e]|\.{{2,3}}|\u2026)\s{{0,2}}{_UNIT}")
_COMMA = re.compile(r",\s{0,2}")
_LONGEST_JOINT = 20
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


class RangeGrammar:
    """Finds the joints between the numbers of a text in one language."""

    def __init__(self, language: str) -> None:
        words = NUMBER_WORDS.get(language, NumberWords())
        self._to = re.compile(rf"\s{{1,3}}(?:{alternation(words.to)})\s{{1,3}}", re.IGNORECASE)
        self._or = re.compile(rf"\s{{1,3}}(?:{alternation(words.alternative)})\s{{1,3}}", re.IGNORECASE)
        self._and = re.compile(rf"\s{{1,3}}(?:{alternation(words.joints)})\s{{1,3}}", re.IGNORECASE)
        self._between = re.compile(rf"(?<!\w)(?:{alternation(words.between)})\s{{1,3}}\S{{0,3}}$", re.IGNORECASE)

    def joints(self, text: str, numerals: Sequence[Numeral]) -> list[Joint | None]:
        """Return what is between each number and the next one; None if they do not belong together."""
        joints = [self._joint(text, first, second) for first, second in pairwise(numerals)]
        for place in range(len(joints) - 1):
            if joints[place] == joints[place + 1] == "dash":
                joints[place] = joints[place + 1] = None  # `12-15-20` is a date or an id
        for place in range(len(joints) - 2, -1, -1):
            is_list = joints[place] is None and joints[place + 1] in ("or", "and")
            if is_list and _COMMA.fullmatch(text, numerals[place].end, numerals[place + 1].start):
                joints[place] = joints[place + 1]  # `10, 15 or 20`
        return joints

    def _joint(self, text: str, first: Numeral, second: Numeral) -> Joint | None:
        gap = text[first.end : second.start]
        if gap in ("", " ") or len(gap) > _LONGEST_JOINT:
            return None
        if _DASH.fullmatch(gap):
            return "dash" if _is_range(text, first, second) else None
        if self._to.fullmatch(gap):
            return "to"
        if self._or.fullmatch(gap):
            return "or"
        if not self._and.fullmatch(gap):
            return None
        is_between = self._between.search(text[max(0, first.start - _LONGEST_JOINT) : first.start])
        return "to" if is_between else "and"


@lru_cache(maxsize=32)
def range_grammar(language: str) -> RangeGrammar:
    """Return the grammar of a language; the same object on every call."""
    return RangeGrammar(language)


def with_shared_scale(numerals: Sequence[Numeral], joints: Sequence[Joint | None]) -> list[Numeral]:
    """Return the numbers with the multiple that they share: `2-3 million`, `3 or 4 dozen`."""
    scaled = list(numerals)
    for place in range(len(joints) - 1, -1, -1):
        first, second = scaled[place], scaled[place + 1]
        is_shared = joints[place] and first.scale == 1 and second.scale > 1
        if is_shared and first.value < second.value / second.scale:
            scaled[place] = first._replace(value=first.value * second.scale, scale=second.scale)
    return scaled


def _is_range(text: str, first: Numeral, second: Numeral) -> bool:
    """Whether a dash can mean `to`; it joins the parts of phone numbers, dates and ids too."""
    written = text[first.start : first.end], text[second.start : second.end]
    if any(one[0] == "0" and one[1:2].isdecimal() for one in written):
        return False
    last = second.value / second.scale
    if first.value >= (second.value if first.scale == second.scale == 1 else last * second.scale):
        return False
    if not written[1].isdecimal() or last < 1000:
        return True
    is_years = all(_FIRST_YEAR <= one.value <= _LAST_YEAR for one in (first, second))
    return is_years or all(one.value % 50 == 0 for one in (first, second))

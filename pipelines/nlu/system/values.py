"""Types and helpers shared by all finders of system entities."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol

_WORD = re.compile(r"[^\W\d_]+")


class ValueMatch(NamedTuple):
    """A typed value: characters `[start, end)`, the canonical form, and the other readings with equal right."""

    start: int
    end: int
    value: str
    alternatives: tuple[str, ...] = ()


class Finder(Protocol):
    """Finds the values of one type. Pure and safe to call from several threads at once."""

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the values in a cleaned text; of overlapping ones the longest wins."""
        ...


def words_of(text: str) -> set[str]:
    """Return the words of a text in lower case: a set lookup cheaply rules out that a grammar matches."""
    return set(_WORD.findall(text.lower()))


def last_words(phrases: Iterable[str]) -> set[str]:
    """Return the last word of each phrase: a text without it does not contain the phrase."""
    return {words[-1] for words in (_WORD.findall(phrase.lower()) for phrase in phrases) if words}

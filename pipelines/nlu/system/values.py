"""Types and helpers shared by all finders of system entities."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Generic, NamedTuple, Protocol, TypeVar

T = TypeVar("T")
_WORD = re.compile(r"[^\W\d_]+")


class ValueMatch(NamedTuple):
    """A typed value: characters `[start, end)`, the canonical form, and the other readings with equal right."""

    start: int
    end: int
    value: str
    alternatives: tuple[str, ...] = ()


class Numeral(NamedTuple):
    """A number in a text: characters `[start, end)`, without a sign before it."""

    start: int
    end: int
    value: Decimal
    scale: Decimal = Decimal(1)
    """What the written number was multiplied by: a million in `2 million`."""
    other: Decimal | None = None
    """Another reading with equal right."""
    noun: tuple[int, int] | None = None
    """Characters of the noun inside it: `litros` of `2 litros y medio`."""


class Finder(Protocol):
    """Finds the values of one type. Pure and safe to call from several threads at once."""

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the values in a cleaned text; of overlapping ones the longest wins."""
        ...


class Remembered(Generic[T]):
    """A function of a text that several finders call with the same text; safe to call from several threads at once."""

    def __init__(self, compute: Callable[[str], T]) -> None:
        self._compute = compute
        self._last: tuple[str, T] | None = None

    def __call__(self, text: str) -> T:
        """Return the function's value."""
        last = self._last
        if last is None or last[0] != text:
            last = self._last = (text, self._compute(text))
        return last[1]

    def forget(self) -> None:
        """Drop the last text: what customers write must not stay in memory."""
        self._last = None


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text in lower case: a set lookup cheaply rules out that a grammar matches."""
    return frozenset(_WORD.findall(text.lower()))


def longest_words(phrases: Iterable[str]) -> set[str]:
    """Return the longest word of each phrase: rarer than the last one of `New Year's`."""
    return {max(words, key=len) for words in (_WORD.findall(phrase.lower()) for phrase in phrases) if words}


def last_words(phrases: Iterable[str]) -> set[str]:
    """Return the last word of each phrase: a text without it does not contain the phrase."""
    return {words[-1] for words in (_WORD.findall(phrase.lower()) for phrase in phrases) if words}

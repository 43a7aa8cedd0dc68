"""What all finders of system entities share."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol

_WORD = re.compile(r"[^\W\d_]+")


class Found(NamedTuple):
    """A typed value: characters `[start, end)` and the canonical form."""

    start: int
    end: int
    value: str


class Finder(Protocol):
    """Finds the values of one type. Pure and safe to call from several threads at once."""

    def find(self, text: str, *, now: datetime | None) -> list[Found]:
        """Find the values in a text that `clean` has seen; they may overlap, the longest is meant."""
        ...


def words_of(text: str) -> set[str]:
    """Give the words of a text in lower case: a set look-up tells cheaply that a grammar need not run."""
    return set(_WORD.findall(text.lower()))


def last_words(phrases: Iterable[str]) -> set[str]:
    """Give the last word of each phrase: without it in a text, the phrase is not there."""
    return {words[-1] for words in (_WORD.findall(phrase.lower()) for phrase in phrases) if words}

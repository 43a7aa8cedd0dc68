"""Characters and tokens: the only place that defines what a word is."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from pipelines.nlu.characters import FOLLOWING, INVISIBLE, LEADING_VOWELS, MARKS, STACKERS, UNSPACED

MAX_CHARACTERS = 10_000
"""Longest text that is read for values, which bounds the cost of a message. The chat API takes no longer one."""
JUDGED_CHARACTERS = 2000
"""Characters that the intent is judged by: what somebody wants is said by then, and more words would only blur it."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_PLAIN_TOKEN = re.compile(r"\d+|[^\W\d_]+|[^\w\s]|_")
_TOKEN = re.compile(
    rf"\d+[{MARKS}]*"
    rf"|[{LEADING_VOWELS}]?(?=[^\W\d_])[{UNSPACED}](?:[{STACKERS}](?=[^\W\d_])[{UNSPACED}]|[{MARKS}{FOLLOWING}])*"
    rf"|[^\W\d_{UNSPACED}](?:[{INVISIBLE}]*(?:[^\W\d_{UNSPACED}]+|[{MARKS}]+))*"
    rf"|[^\w\s{MARKS}{INVISIBLE}][{MARKS}]*|[{MARKS}]+|_"
)


class Token(NamedTuple):
    """A word, a run of digits, or one other character: `[start, end)` of the text.

    In a script without blanks between words, and in Korean, each character is a token. Marks (accents, vowel signs)
    belong to the character before them.
    """

    text: str
    start: int
    end: int


def clean(text: str) -> str:
    """Make any Python string safe for every library below, without moving a character.

    Lone surrogates (half an emoji, as broken clients send them) become U+FFFD; the text is cut at `MAX_CHARACTERS`.
    """
    return _SURROGATES.sub("\ufffd", text[:MAX_CHARACTERS])


def has_content(text: str) -> bool:
    """Whether the text contains a letter or digit."""
    return any(character.isalnum() for character in text)


def tokenize(text: str) -> list[Token]:
    """Split into tokens with their offsets; white space and invisible characters between words are dropped."""
    return list(_tokens(text))


def tokenize_without_marks(text: str) -> list[Token]:
    """Split as releases of before did, which knew no marks and no scripts without blanks; for their taggers."""
    return [Token(match.group(), match.start(), match.end()) for match in _PLAIN_TOKEN.finditer(text)]


def split(text: str) -> list[str]:
    """Return only the texts of the tokens, in half the time."""
    return _PLAIN_TOKEN.findall(text) if text.isascii() else _TOKEN.findall(text)


def fold_text(text: str) -> str:
    """Return a form that ignores case, spacing and character composition."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def forget_texts() -> None:
    """Drop the cached tokens of recent texts."""
    _tokens.cache_clear()


@lru_cache(maxsize=64)  # model and dialogue tokenize the same message several times
def _tokens(text: str) -> tuple[Token, ...]:
    found = _PLAIN_TOKEN.finditer(text) if text.isascii() else _TOKEN.finditer(text)
    return tuple([Token(match.group(), match.start(), match.end()) for match in found])

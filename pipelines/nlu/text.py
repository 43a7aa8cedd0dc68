"""Characters and tokens: the only place that defines what a word is."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

MAX_CHARACTERS = 2000
"""The rest of a longer text is ignored, which bounds the cost of a message (a 1 MB text would take a second)."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(r"\d+|[^\W\d_]+|[^\w\s]|_")


class Token(NamedTuple):
    """A run of letters, a run of digits, or one other character: `[start, end)` of the text."""

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
    """Split into tokens with their offsets; white space is dropped."""
    return list(_tokens(text))


def split(text: str) -> list[str]:
    """Return only the texts of the tokens, in half the time."""
    return _TOKEN.findall(text)


def fold_text(text: str) -> str:
    """Return a form that ignores case, spacing and character composition."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def forget_texts() -> None:
    """Drop the cached tokens of recent texts."""
    _tokens.cache_clear()


@lru_cache(maxsize=64)  # model and dialogue tokenize the same message several times
def _tokens(text: str) -> tuple[Token, ...]:
    return tuple([Token(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(text)])

"""Characters and tokens: the only place that decides what a word is."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

MAX_CHARACTERS = 2000
"""What lies beyond is not read: a longer message costs no more than this one (a 1 MB text would cost a second)."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(r"\d+|[^\W\d_]+|[^\w\s]|_")


class Token(NamedTuple):
    """A run of letters, a run of digits, or one other sign: characters `[start, end)` of the text."""

    text: str
    start: int
    end: int


def clean(text: str) -> str:
    """Make any Python string safe for every library below, keeping each character's position.

    Lone surrogates (half an emoji, as broken clients send them) become U+FFFD; the text is cut at `MAX_CHARACTERS`.
    """
    return _SURROGATES.sub("\ufffd", text[:MAX_CHARACTERS])


def has_content(text: str) -> bool:
    """Tell whether there is any letter or digit to understand."""
    return any(character.isalnum() for character in text)


def tokenize(text: str) -> list[Token]:
    """Split into tokens, in order, with their positions; white space is dropped."""
    return list(_tokens(text))


def split(text: str) -> list[str]:
    """Give the tokens' texts alone, for half the price."""
    return _TOKEN.findall(text)


def plain(text: str) -> str:
    """Give what two texts have in common that differ in capitals, in spaces or in how characters are composed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def forget_texts() -> None:
    """Let go of the texts that were read last."""
    _tokens.cache_clear()


@lru_cache(maxsize=64)  # a message is asked about several times, by the model and by the dialogue
def _tokens(text: str) -> tuple[Token, ...]:
    return tuple([Token(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(text)])

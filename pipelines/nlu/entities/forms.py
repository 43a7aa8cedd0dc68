"""Forms of a word: what is the same value though other signs were typed.

Three steps, each coarser than the one before. `typed`: case, composition, width, the shape of apostrophes and hyphens,
and invisible characters do not count. `bare`: accents and points do not count either. A phrase, finally, may have a
hyphen for a blank. Offsets are the tokens', so they always point into what was written.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from pipelines.nlu.characters import INVISIBLE, MARKS
from pipelines.nlu.text import Token

_LETTER = re.compile(rf"(?s).[{MARKS}\uff9e\uff9f]*")
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
_APOSTROPHES = "\u2018\u2019\u201a\u201b\u2032\u02b9\u02bb\u02bc\u02bd\u02c8\u0060\u00b4\u055a\ua78c"
_QUOTES = "\u201c\u201d\u201e\u201f\u2033"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u058a\u05be\ufe58\ufe63"
_SIGNS = str.maketrans(
    dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_QUOTES, '"') | dict.fromkeys(_HYPHENS, "-") | {"\u2044": "/"}
)
_LETTERS = str.maketrans(
    {
        "\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u0131": "i", "\u00e6": "ae", "\u0153": "oe", "\u00fe": "th",
        "\u00f0": "d", "\u0127": "h", "\u0491": "\u0433", "\u0640": "", "\u0671": "\u0627", "\u0629": "\u0647",
        "\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u06c1": "\u0647",
    }
)  # fmt: skip
"""Letters that do not decompose, and Arabic letters that keyboards of neighbouring languages write differently."""
_ACCENTS = re.compile(
    "[\u0300-\u0305\u0307-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u093c\u09bc]"
)
_BREVE = re.compile("(?<![\u0438])\u0306")
_SHORT = 3
_OTHER_WORDS = frozenset(
    [
        *("schon", "konnte", "wurde", "mochte", "hatte", "ware", "drucken"),
        *("para", "esta", "estas", "este", "como", "donde", "cuando", "quien", "cual", "solo", "porque", "sera"),
        *("mais", "meme", "notre", "votre", "leve", "nosso", "pode", "sabia", "cosi"),
        *("\u0639\u0644\u064a", "\u0627\u0644\u064a", "\u0627\u0646", "\u0641\u064a"),
    ]
)
"""Words that other words become without their accents."""
_UMLAUTS = {"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00f8": "oe", "\u00e5": "aa"}


def typed(word: str) -> str:
    """Return a word without its case, composition, width, and the shape of its signs."""
    return word.lower() if word.isascii() else _typed(word)


@lru_cache(maxsize=4096)
def _typed(word: str) -> str:
    # casing may decompose, and leaves a dot over the `i` of a Turkish capital
    return unicodedata.normalize("NFKC", composed(word).casefold()).replace("i\u0307", "i")


def composed(text: str) -> str:
    """Return a text in composed letters of usual width, with plain apostrophes and hyphens, in its own case."""
    return text if text.isascii() else _composed(text)


@lru_cache(maxsize=4096)
def _composed(text: str) -> str:
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).translate(_SIGNS))


def bare(word: str) -> str:
    """Return the `typed` form without accents and points. A vowel sign or a kana's sound is no accent, and stays."""
    return word.lower() if word.isascii() else _bare(word)


@lru_cache(maxsize=4096)
def _bare(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", _typed(word))
    return unicodedata.normalize("NFC", _BREVE.sub("", _ACCENTS.sub("", decomposed)).translate(_LETTERS))


def transcribed(word: str) -> str | None:
    """Return the `bare` form with `ue` for `\u00fc` and the like; None if there is no such letter."""
    lower = _typed(word)
    if word.isascii() or not any(letter in lower for letter in _UMLAUTS):
        return None
    return bare("".join(_UMLAUTS.get(letter, letter) for letter in lower))


def forget_words() -> None:
    """Drop the cached forms of the words of recent texts."""
    for cached in (_typed, _bare, _composed):
        cached.cache_clear()


@dataclass(frozen=True)
class PlainText:
    """A `composed` text, with the place of each of its characters in the text as written."""

    text: str
    starts: list[int]
    ends: list[int]

    @classmethod
    def of(cls, written: str) -> Self:
        """Compose each letter with its marks for itself, so that the places stay known."""
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for match in _LETTER.finditer(written):
            plain = " " if match.group().isspace() else composed(match.group())
            parts.append(plain)
            starts += [match.start()] * len(plain)
            ends += [match.end()] * len(plain)
        return cls("".join(parts), starts, ends)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part that is not empty stands in the text as written."""
        return self.starts[start], self.ends[end - 1]


def composed_tokens(tokens: list[Token]) -> list[Token]:
    """Return tokens at their places in the text, each `composed`."""
    return [
        token if token.text.isascii() else Token(composed(token.text) or token.text, token.start, token.end)
        for token in tokens
    ]


def nfc_visible(text: str) -> str:
    """Return a text with composed letters and without invisible characters; every other sign stays as written."""
    return text if text.isascii() else unicodedata.normalize("NFC", _INVISIBLE.sub("", text).replace("\u00a0", " "))


def is_other_word(words: Sequence[str]) -> bool:
    """Whether words without accents more likely mean something else than a value with accents: `te` for `t\u00e9`."""
    word = words[0]
    return len(words) == 1 and (word in _OTHER_WORDS or (word.isascii() and len(word) <= _SHORT))


def is_clitic(tokens: Sequence[Token], position: int) -> bool:
    """Whether an apostrophe joins the token to another word, as in `it's`, `I'm` and `l'eau`."""
    token = tokens[position]
    for step in (1, -1):
        sign, word = position + step, position + 2 * step
        if 0 <= word < len(tokens) and typed(tokens[sign].text) == "'" and tokens[word].text[0].isalpha():
            left, right = sorted((token, tokens[word]), key=lambda one: one.start)
            if right.start - left.end == len(tokens[sign].text):
                return True
    return False


def has_soft_hyphen(tokens: Sequence[Token], position: int) -> bool:
    """Whether the token is a hyphen for which a blank may stand: inside `New-York`, not in `3-5`, not in `grade A-`."""
    if not 0 < position < len(tokens) - 1 or typed(tokens[position].text) != "-":
        return False
    before, hyphen, after = tokens[position - 1 : position + 2]
    if before.end != hyphen.start or hyphen.end != after.start:
        return False
    return before.text[0].isalnum() and after.text[0].isalnum() and not (before.text.isdigit() and after.text.isdigit())

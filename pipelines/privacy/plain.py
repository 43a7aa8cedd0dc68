"""A text as the finders read it: plain digits, hyphens and blanks, without invisible characters."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Self

from pipelines.nlu.characters import INVISIBLE
from pipelines.nlu.text import clean

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_HYPHENS = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u30fc\u2043")
_SIGNS = {"\uff20": "@", "\ufe6b": "@", "\uff0e": ".", "\u3002": ".", "\uff61": ".", "\uff0b": "+", "\ufe62": "+"}


@dataclass(frozen=True, slots=True)
class Plain:
    """A text made plain; `places[n]` is where its character `n` stands in the original, and the last one its end."""

    text: str
    places: tuple[int, ...] | None

    @classmethod
    def of(cls, text: str) -> Self:
        """Make a text plain; one in ASCII is so already."""
        text = clean(text)
        if text.isascii():
            return cls(text, None)
        signs, places = [], []
        for place, sign in enumerate(text):
            plain = sign if sign.isascii() else _plain_sign(sign)
            signs.append(plain)
            places += [place] * len(plain)
        return cls("".join(signs), (*places, len(text)))

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where a piece of the plain text stands in the original."""
        return (start, end) if self.places is None else (self.places[start], self.places[end - 1] + 1)


def _plain_sign(sign: str) -> str:
    if sign in _SIGNS:
        return _SIGNS[sign]
    if sign in _HYPHENS:
        return "-"
    if _INVISIBLE.match(sign) or unicodedata.category(sign) == "Cf":
        return ""
    if sign.isspace():
        return " " if sign not in "\u2028\u2029\u0085" else "\n"
    digit = unicodedata.digit(sign, None)
    if digit is not None and sign.isdecimal():
        return str(digit)
    folded = unicodedata.normalize("NFKC", sign)  # full-width letters
    return folded if len(folded) == 1 else sign

"""Texts as folded words with their places, and the known phrases among them."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from pipelines.nlu.system.boundaries import is_word_character
from serving.dialogue.answers.words.tables import SIGNS

_MARKS = frozenset(
    ".,;:!?\u2026()[]{}|/&+-\u2013\u2014\u3002\u3001\uff0c\uff1b\uff1a\uff01\uff1f\u060c\u061b\u061f\u0964\n"
)
"""Signs between clauses. Apostrophes, quotation marks and hyphens within a word separate nothing."""
_VOWEL_SIGNS = (
    "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u3099\u309a"
)
"""Accents and vowel signs that belong to the letter before them."""
_DROPPED = frozenset(map(chr, (*range(0x300, 0x370), *range(0x64B, 0x660), 0x640)))
"""Accents, the Arabic short vowels and the stroke that lengthens a word: written or left out as one likes."""
_TOKEN = re.compile(
    rf"\d+|[^\W\d_]+(?:[{_VOWEL_SIGNS}]+[^\W\d_]*)*"
    rf"|[{re.escape(''.join(_MARKS - {'-'}))}]|(?<!\S)-|-(?!\S)|[{''.join(SIGNS)}]"
)
_ASCII_TOKEN = re.compile(r"[a-z]+|\d+|[.,;:!?()\[\]{}|/&+\n]|(?<!\S)-|-(?!\S)")
"""The same for ASCII text in lower case."""

Kind = TypeVar("Kind")


class Word(NamedTuple):
    """A word, in lower case and without accents, or a mark between clauses: `[start, end)` of the text."""

    text: str
    start: int
    end: int
    is_mark: bool = False


def fold(text: str) -> str:
    """Return a text in lower case, without accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("\u00df", "ss"))
    return unicodedata.normalize("NFC", "".join([sign for sign in decomposed if sign not in _DROPPED]))


def read_words(text: str) -> list[Word]:
    """Split a text into words and marks. Scripts without blanks yield a word per character."""
    words: list[Word] = []
    is_ascii = text.isascii()
    for match in (_ASCII_TOKEN if is_ascii else _TOKEN).finditer(text.lower() if is_ascii else text):
        token, (start, end) = match.group(), match.span()
        if token in _MARKS:
            words.append(Word(token, start, end, True))
        elif is_ascii or token.isascii():
            words.append(Word(token.lower(), start, end))
        else:
            words.extend(_parts(token, start))
    return words


def _parts(token: str, start: int) -> Iterator[Word]:
    """Split a token beside each letter of a script without blanks."""
    last, is_apart = 0, False
    for place, sign in enumerate(token):
        was_apart, is_apart = is_apart, sign.isalnum() and not is_word_character(sign)
        if place and sign.isalnum() and (is_apart or was_apart):
            yield Word(fold(token[last:place]), start + last, start + place)
            last = place
    yield Word(fold(token[last:]), start + last, start + len(token))


class Spellings:
    """Replaces short spellings by the full ones: `don't` by `do not`."""

    def __init__(self, spellings: Mapping[str, str]) -> None:
        self._full: dict[tuple[str, ...], tuple[str, ...]] = {
            tuple(word.text for word in read_words(short)): tuple(word.text for word in read_words(full))
            for short, full in spellings.items()
        }
        self._longest = max(map(len, self._full), default=0)
        self._first = frozenset(short[0] for short in self._full)
        self.read = lru_cache(maxsize=32)(self._read)
        """Return the words and marks of a text in their full spelling."""

    def _read(self, text: str) -> tuple[Word, ...]:
        words = read_words(text)
        if self._first.isdisjoint(word.text for word in words):
            return tuple(words)
        full: list[Word] = []
        place = 0
        while place < len(words):
            length = self._length(words, place)
            if not length:
                full.append(words[place])
                place += 1
                continue
            start, end = words[place].start, words[place + length - 1].end
            short = tuple(word.text for word in words[place : place + length])
            full.extend(Word(one, start, end) for one in self._full[short])
            place += length
        return tuple(full)

    def _length(self, words: Sequence[Word], place: int) -> int:
        if words[place].text not in self._first:
            return 0
        lengths = range(min(self._longest, len(words) - place), 0, -1)
        return next((n for n in lengths if tuple(word.text for word in words[place : place + n]) in self._full), 0)


class Unit(NamedTuple, Generic[Kind]):
    """A known phrase, an unknown word or a mark: `[start, end)` of the text, `n_words` words long."""

    kind: Kind
    text: str
    start: int
    end: int
    n_words: int


class PhraseTable(Generic[Kind]):
    """Finds known phrases, the longest first.

    Parameters
    ----------
    phrases
        Phrases by kind; a phrase of several kinds is of the last one.
    unknown, mark
        The kinds of other words, and of marks.
    """

    def __init__(
        self, phrases: Mapping[Kind, Iterable[str]], spellings: Spellings, *, unknown: Kind, mark: Kind
    ) -> None:
        self._spellings, self._unknown, self._mark = spellings, unknown, mark
        self._kinds: dict[tuple[str, ...], Kind] = {
            tuple(word.text for word in spellings.read(phrase) if not word.is_mark): kind
            for kind, listed in phrases.items()
            for phrase in listed
        }
        longest: dict[str, int] = {}
        for phrase in self._kinds:
            longest[phrase[0]] = max(longest.get(phrase[0], 0), len(phrase))
        self._longest = longest

    def longest_words(self, kinds: Collection[Kind]) -> frozenset[str]:
        """Return the longest word of each phrase of some kinds: a text without any of them has no such phrase."""
        return frozenset(max(phrase, key=len) for phrase, kind in self._kinds.items() if kind in kinds)

    def units(self, text: str) -> list[Unit[Kind]]:
        """Return a text as units."""
        words = self._spellings.read(text)
        texts = tuple([word.text for word in words])
        units: list[Unit[Kind]] = []
        place = 0
        for first, word in enumerate(words):
            if first < place:
                continue
            longest = self._longest.get(word.text)
            place = first + 1
            if longest is None:
                kind = self._mark if word.is_mark else self._unknown
                units.append(Unit(kind, word.text, word.start, word.end, 0 if word.is_mark else 1))
                continue
            kind, length = self._match(texts[first : first + longest])
            place = first + length
            units.append(Unit(kind, " ".join(texts[first:place]), word.start, words[place - 1].end, length))
        return units

    def _match(self, texts: tuple[str, ...]) -> tuple[Kind, int]:
        for length in range(len(texts), 0, -1):
            kind = self._kinds.get(texts[:length])
            if kind is not None:
                return kind, length
        return self._unknown, 1

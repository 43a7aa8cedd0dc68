"""Known values: find them in a text, and map each to its canonical form."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipelines.nlu.entities.apart import stands_apart
from pipelines.nlu.entities.forms import (
    bare,
    composed,
    has_soft_hyphen,
    is_clitic,
    is_other_word,
    nfc_visible,
    transcribed,
    typed,
)
from pipelines.nlu.text import Token, tokenize
from pipelines.schemas.bot import Entity

Words = tuple[str, ...]

_DOT = re.compile(r"(?<=[^\W\d_])\.")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
_LETTER_APOSTROPHE = "\u02bc"
"""The apostrophe that is a letter, and parts no tokens."""
_LONGEST_CLITIC = 2
_BARE = 3
"""How close a phrase is that lacks an accent, a dot or an apostrophe; 0 is as listed, apart from case."""


@dataclass(frozen=True)
class KnownPhrase:
    """A known value in a text: tokens `[first, last)`, its type and its canonical form.

    `alternatives` are other values that the words may stand for with equal right, because they differ in accents only
    and the words have none.
    """

    first: int
    last: int
    type: str
    value: str
    alternatives: tuple[str, ...] = ()


class _Listed(NamedTuple):
    value: str
    lowered: Words
    typed: Words
    is_variant: bool

    def distance(self, tokens: Sequence[Token]) -> int:
        """Return how close the written tokens are: 0 as listed, 1 other signs, 2 another hyphen, 3 accents missing."""
        if tuple([token.text.lower() for token in tokens]) == self.lowered:
            return 0
        if self.is_variant:
            return _BARE
        words = tuple([typed(token.text) for token in tokens])
        if words == self.typed:
            return 1
        return 2 if _without("-", words) == _without("-", self.typed) else _BARE


class KnownValues:
    """The values and synonyms of the bot's entities, per entity type.

    Compared without case, composition, width and accents, and a hyphen may be a blank: `Sao Paulo` is `São Paulo`, and
    `new-york` is `New York`. The closest listed form wins; of equal ones the first, unless only missing accents make
    them equal. A short word, or one that means something else without its accents, stands for its value only alone.
    """

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._listed: dict[Words, dict[str, list[_Listed]]] = {}
        for entity in entities:
            for entity_value in entity.entity_values:
                for phrase in (entity_value.value, *entity_value.synonyms):
                    self._add(entity.name, phrase, entity_value.value)
        self._first_words = frozenset(phrase[0] for phrase in self._listed)
        self._longest = max((len(phrase) for phrase in self._listed), default=0)

    def _add(self, entity_type: str, phrase: str, value: str) -> None:
        tokens = tokenize(phrase)
        lowered = tuple(token.text.lower() for token in tokens)
        as_typed = tuple(typed(token.text) for token in tokens)
        key = _key(tokens)
        for variant in dict.fromkeys((key, *_variants(phrase))):
            if variant:
                rows = self._listed.setdefault(variant, {}).setdefault(entity_type, [])
                if all(row.lowered != lowered for row in rows):
                    rows.append(_Listed(value, lowered, as_typed, variant != key))

    def canonical(self, entity_type: str, written: str) -> str:
        """Return the canonical form of `written`, or `written` in composed letters if the type does not list it."""
        tokens = tokenize(written)
        rows = self._listed.get(_key(tokens), {}).get(entity_type)
        return _closest(rows, tokens)[1][0] if rows else nfc_visible(written)

    def lists(self, entity_type: str, written: str) -> bool:
        """Whether `written` is a form of a value that the type lists."""
        return entity_type in self._listed.get(_key(tokenize(written)), {})

    def find(self, tokens: list[Token]) -> list[KnownPhrase]:
        """Find known phrases, longest first at each position; phrases of one type never overlap."""
        words, places = _words(tokens)
        found: list[KnownPhrase] = []
        end_by_type: dict[str, int] = {}
        for first, word in enumerate(words):
            if word not in self._first_words:
                continue
            for last in range(min(len(words), first + self._longest), first, -1):
                by_type = self._listed.get(tuple(words[first:last]))
                if by_type is None:
                    continue
                begin, end = places[first], places[last - 1] + 1
                for entity_type, rows in by_type.items():
                    if end_by_type.get(entity_type, 0) <= begin:
                        values = _values(rows, tokens, begin, end)
                        if values:
                            found.append(KnownPhrase(begin, end, entity_type, values[0], tuple(values[1:])))
                            end_by_type[entity_type] = end
        return found


def _values(rows: Sequence[_Listed], tokens: list[Token], first: int, last: int) -> list[str]:
    """Return the values that tokens `[first, last)` stand for, closest first; none if they mean another word."""
    if last - first == 1 and len(tokens[first].text) <= _LONGEST_CLITIC and is_clitic(tokens, first):
        return []
    distance, values = _closest(rows, tokens[first:last])
    if distance < _BARE and all(token.text.isascii() for token in tokens[first:last]):
        return values
    if not any(token.text[0].isalnum() for token in (*tokens[:first], *tokens[last:])):
        return values  # the whole text
    if distance == _BARE and is_other_word([bare(token.text) for token in tokens[first:last]]):
        return []
    return values if stands_apart(tokens, first, last) else []


def _closest(rows: Sequence[_Listed], tokens: Sequence[Token]) -> tuple[int, list[str]]:
    distances = [row.distance(tokens) for row in rows]
    least = min(distances)
    values = dict.fromkeys(row.value for row, distance in zip(rows, distances, strict=True) if distance == least)
    return least, list(values)[: None if least == _BARE else 1]


def _words(tokens: Sequence[Token]) -> tuple[list[str], Sequence[int]]:
    """Return the bare words of tokens and their positions, without hyphens that may be blanks."""
    words = [bare(token.text) for token in tokens]
    if "-" not in words:
        return words, range(len(words))
    places = [place for place, word in enumerate(words) if word != "-" or not has_soft_hyphen(tokens, place)]
    return [words[place] for place in places], places


def _key(tokens: Sequence[Token]) -> Words:
    return tuple(_words(tokens)[0])


def _variants(phrase: str) -> Iterator[Words]:
    """Yield other keys of a listed phrase: `Muenchen` for `München`, `St Johns` for `St. John's`."""
    tokens = tokenize(phrase)
    spelled = [Token(transcribed(token.text) or token.text, token.start, token.end) for token in tokens]
    yield _key(spelled)
    plain = composed(phrase)
    for undotted in (plain, _DOT.sub(" ", plain), _DOT.sub("", plain)):
        for apostrophe in ("'", "", _LETTER_APOSTROPHE):
            yield _key(tokenize(_APOSTROPHE.sub(apostrophe, undotted)))


def _without(sign: str, words: Words) -> Words:
    return tuple([word for word in words if word != sign])

"""Known values: find them in a text, and map each to its canonical form."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.nlu.text import Token, tokenize
from pipelines.schemas.bot import Entity


@dataclass(frozen=True)
class KnownPhrase:
    """A known value in a text: tokens `[first, last)`, its type and its canonical form."""

    first: int
    last: int
    type: str
    value: str


class KnownValues:
    """The values and synonyms of the bot's entities, per entity type, compared without case.

    If two values of one type claim the same phrase, the first keeps it.
    """

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._canonical: dict[tuple[str, tuple[str, ...]], str] = {}
        self._types_by_phrase: dict[tuple[str, ...], list[str]] = {}
        for entity in entities:
            for entity_value in entity.entity_values:
                for phrase in (entity_value.value, *entity_value.synonyms):
                    self._add(entity.name, phrase, entity_value.value)
        self._first_words = frozenset(phrase[0] for phrase in self._types_by_phrase)
        self._longest = max((len(phrase) for phrase in self._types_by_phrase), default=0)

    def _add(self, entity_type: str, phrase: str, value: str) -> None:
        key = _key(phrase)
        if key and (entity_type, key) not in self._canonical:
            self._canonical[entity_type, key] = value
            self._types_by_phrase.setdefault(key, []).append(entity_type)

    def canonical(self, entity_type: str, written: str) -> str:
        """Return the canonical form of `written`, or `written` itself if the type does not list it."""
        return self._canonical.get((entity_type, _key(written)), written)

    def find(self, tokens: list[Token]) -> list[KnownPhrase]:
        """Find known phrases, longest first at each position; phrases of one type never overlap."""
        words = [token.text.lower() for token in tokens]
        found: list[KnownPhrase] = []
        end_by_type: dict[str, int] = {}
        for first, word in enumerate(words):
            if word not in self._first_words:
                continue
            for last in range(min(len(words), first + self._longest), first, -1):
                phrase = tuple(words[first:last])
                for entity_type in self._types_by_phrase.get(phrase, ()):
                    if end_by_type.get(entity_type, 0) <= first:
                        found.append(KnownPhrase(first, last, entity_type, self._canonical[entity_type, phrase]))
                        end_by_type[entity_type] = last
        return found


def _key(phrase: str) -> tuple[str, ...]:
    return tuple(token.text.lower() for token in tokenize(phrase))

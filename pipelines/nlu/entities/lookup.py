"""Lookup entities: closed lists whose values are always recognised, with or without training."""

from collections.abc import Collection, Iterable, Sequence

from pipelines.nlu.entities.synonyms import KnownPhrase
from pipelines.nlu.text import Token
from pipelines.schemas.bot import Entity
from pipelines.schemas.understanding import EntitySpan


def lookup_types(entities: Iterable[Entity]) -> frozenset[str]:
    """Return the names of the entities marked `"lookup": true`."""
    return frozenset(entity.name for entity in entities if entity.lookup)


def lookup_spans(
    tokens: Sequence[Token], phrases: Sequence[KnownPhrase], *, types: Collection[str]
) -> list[EntitySpan]:
    """Return the phrases whose type is in `types` as spans over `tokens`, in order."""
    return [
        EntitySpan(
            start=tokens[phrase.first].start,
            end=tokens[phrase.last - 1].end,
            type=phrase.type,
            value=phrase.value,
            alternatives=phrase.alternatives,
            source="lookup",
        )
        for phrase in phrases
        if phrase.type in types
    ]

"""Entities that are closed lists: whatever is on the list is a value, with or without training."""

from collections.abc import Collection, Iterable, Sequence

from pipelines.nlu.synonyms import KnownPhrase
from pipelines.nlu.text import Token
from pipelines.schemas.bot import Entity
from pipelines.schemas.understanding import EntitySpan


def lookup_types(entities: Iterable[Entity]) -> frozenset[str]:
    """Name the entities that their author marked `"lookup": true`."""
    return frozenset(entity.name for entity in entities if entity.lookup)


def lookup_spans(
    tokens: Sequence[Token], phrases: Sequence[KnownPhrase], *, types: Collection[str]
) -> list[EntitySpan]:
    """Turn known phrases of lookup entities into spans.

    Parameters
    ----------
    tokens
        The utterance.
    phrases
        What `KnownValues.find` found in these tokens.
    types
        The lookup entities, as `lookup_types` names them.

    Returns
    -------
    list[EntitySpan]
        In the order of `phrases`; phrases of other types are passed over.
    """
    return [
        EntitySpan(
            start=tokens[phrase.first].start,
            end=tokens[phrase.last - 1].end,
            type=phrase.type,
            value=phrase.value,
            source="lookup",
        )
        for phrase in phrases
        if phrase.type in types
    ]

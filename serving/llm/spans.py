"""Find the language model's quotes in the message itself. Pure."""

import re
from collections.abc import Iterable

from pipelines.nlu.entities.merge import merge_spans
from pipelines.nlu.entities.synonyms import KnownValues
from pipelines.schemas.understanding import EntitySpan
from serving.llm.answer import Quote

MAX_QUOTE_CHARS = 500


def locate(text: str, quotes: Iterable[Quote], *, known: KnownValues) -> tuple[EntitySpan, ...]:
    """Turn quotes into spans, ordered and not overlapping; those that the message does not contain are dropped.

    Case and the width of white space may differ. If the same words are quoted again, their next occurrence is meant.
    """
    taken: set[tuple[int, int]] = set()
    spans = []
    for quote in quotes:
        place = next((place for place in _places(text, quote.text) if place not in taken), None)
        if place is not None:
            taken.add(place)
            value = known.canonical(quote.type, text[slice(*place)])
            spans.append(EntitySpan(start=place[0], end=place[1], type=quote.type, value=value, source="llm"))
    return merge_spans(spans)


def _places(text: str, quote: str) -> list[tuple[int, int]]:
    """Return the occurrences of a quote, whole words before parts of words."""
    words = quote.split()
    if not words or len(quote) > MAX_QUOTE_CHARS:
        return []
    pattern = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE)
    places = [match.span() for match in pattern.finditer(text)]
    exact = [(start, end) for start, end in places if text[start:end] == quote.strip()]
    return sorted(exact or places, key=lambda place: not _is_whole(text, *place))


def _is_whole(text: str, start: int, end: int) -> bool:
    def goes_on(left: int) -> bool:
        return 0 <= left < len(text) - 1 and text[left].isalnum() and text[left + 1].isalnum()

    return not goes_on(start - 1) and not goes_on(end - 1)

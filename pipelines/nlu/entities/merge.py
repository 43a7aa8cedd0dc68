"""Merge entity spans from several sources."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from pipelines.schemas.understanding import EntitySpan

_RANK = {"pattern": 0, "lookup": 1, "llm": 2, "tagger": 3, "system": 4}
"""Precedence of overlapping spans: the author's rules first, then learnt entities, then system entities."""

_EXACT = frozenset({"sys.date", "sys.time", "sys.money", "sys.email", "sys.url", "sys.phone"})
"""System types whose finders take nothing else for a value; a number may be anything."""


def without_misread(
    tagged: Iterable[EntitySpan],
    system: Sequence[EntitySpan],
    *,
    alike: Mapping[str, Collection[str]],
    is_own: Callable[[EntitySpan], bool],
) -> list[EntitySpan]:
    """Drop what the tagger took for a value of its own inside a date, a time, an amount or an address.

    A tagger that has seen few examples takes `tomorrow` for a city because of its place. It keeps its own values
    (listed or annotated ones, `is_own`), and values of a type that is like the system's: `alike` are the system types
    whose values the examples annotate as a type of the bot.
    """
    return [
        span
        for span in tagged
        if not any(
            other.type in _EXACT
            and other.start <= span.start
            and span.end <= other.end
            and other.type not in alike.get(span.type, ())
            for other in system
        )
        or is_own(span)
    ]


def merge_spans(candidates: Sequence[EntitySpan]) -> tuple[EntitySpan, ...]:
    """Choose among overlapping spans, so that no character belongs to two values; return them ordered by start.

    A pattern beats a lookup, a lookup the tagger, the tagger a system entity. One exception: if the tagger and a system
    entity found the same type, the system entity wins, because it knows the exact bounds and the canonical value.
    Within one source the longest span wins, then the one with the higher confidence, then the earlier one.
    """
    system = [span for span in candidates if span.source == "system"]
    tagged_again = {
        index
        for index, span in enumerate(candidates)
        if span.source == "tagger" and any(other.type == span.type and _overlap(other, span) for other in system)
    }
    contenders = [span for index, span in enumerate(candidates) if index not in tagged_again]
    kept: list[EntitySpan] = []
    for span in sorted(contenders, key=_preference):
        if span.start < span.end and not any(_overlap(span, other) for other in kept):
            kept.append(span)
    return tuple(sorted(kept, key=lambda span: span.start))


def _preference(span: EntitySpan) -> tuple[int, int, float, int, str, str]:
    return (
        _RANK[span.source],
        span.start - span.end,
        -(span.confidence or 0.0),
        span.start,
        span.type,
        span.value,
    )


def _overlap(one: EntitySpan, other: EntitySpan) -> bool:
    return one.start < other.end and other.start < one.end

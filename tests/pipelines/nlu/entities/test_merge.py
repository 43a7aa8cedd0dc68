from itertools import pairwise, permutations
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from pipelines.nlu.entities.merge import merge_spans, without_misread
from pipelines.schemas.understanding import EntitySpan

Source = Literal["tagger", "lookup", "pattern", "system", "llm"]


def span(source: Source, start: int, end: int, type_: str = "a", confidence: float | None = None) -> EntitySpan:
    return EntitySpan(start=start, end=end, type=type_, value="v", source=source, confidence=confidence)


spans = st.builds(
    lambda source, start, length, type_, confidence: span(source, start, start + length, type_, confidence),
    st.sampled_from(["tagger", "lookup", "pattern", "system", "llm"]),
    st.integers(0, 20),
    st.integers(0, 8),
    st.sampled_from(["a", "b"]),
    st.none() | st.floats(0, 1),
)


def test_merge_spans_prefers_pattern_then_lookup_then_tagger_then_system() -> None:
    pattern, lookup = span("pattern", 0, 3, "p"), span("lookup", 2, 9, "l")
    tagger, system = span("tagger", 1, 9, "t"), span("system", 0, 9, "s")
    assert merge_spans([system, tagger, lookup, pattern]) == (pattern,)
    assert merge_spans([system, tagger, lookup]) == (lookup,)
    assert merge_spans([system, tagger]) == (tagger,)


def test_merge_spans_same_type_of_tagger_and_system_prefers_system() -> None:
    system = span("system", 3, 8, "sys.date")
    assert merge_spans([span("tagger", 0, 8, "sys.date", 0.9), system]) == (system,)


def test_merge_spans_one_source_prefers_the_longest_then_the_surest() -> None:
    longest = span("lookup", 0, 8, "b")
    assert merge_spans([span("lookup", 0, 3), span("lookup", 4, 8), longest]) == (longest,)
    surest = span("tagger", 0, 3, "b", 0.9)
    assert merge_spans([span("tagger", 0, 3, "a", 0.2), surest]) == (surest,)


def test_merge_spans_loser_makes_room_for_nobody_else() -> None:
    pattern, system = span("pattern", 0, 3), span("system", 6, 9, "s")
    # the tagger's span loses to the pattern, so the system entity beside it stays
    assert merge_spans([pattern, span("tagger", 2, 9, "t"), system]) == (pattern, system)


@given(st.lists(spans, max_size=8))
def test_merge_spans_never_overlap_and_are_ordered(candidates: list[EntitySpan]) -> None:
    merged = merge_spans(candidates)
    assert all(before.end <= after.start for before, after in pairwise(merged))
    assert all(one in candidates for one in merged)


@given(st.lists(spans, max_size=4))
def test_merge_spans_does_not_depend_on_the_order_of_candidates(candidates: list[EntitySpan]) -> None:
    assert len({merge_spans(order) for order in permutations(candidates)}) == 1


def misread(tagged: EntitySpan, system: EntitySpan, *, own: bool = False, alike: tuple[str, ...] = ()) -> bool:
    kept = without_misread([tagged], [system], alike={tagged.type: alike}, is_own=lambda span: own)
    assert kept in ([tagged], [])
    return not kept


def test_without_misread_drops_what_lies_in_a_date_or_address_of_another_type() -> None:
    day = span("system", 4, 12, "sys.date")
    assert misread(span("tagger", 4, 12, "city"), day)
    assert misread(span("tagger", 6, 9, "city"), day)
    assert not misread(span("tagger", 0, 12, "city"), day)
    assert not misread(span("tagger", 14, 20, "city"), day)
    assert not misread(span("tagger", 4, 12, "city"), span("system", 4, 12, "sys.number"))


def test_without_misread_keeps_the_bots_own_values_and_types_that_are_like_the_systems() -> None:
    day = span("system", 4, 12, "sys.date")
    assert not misread(span("tagger", 4, 12, "city"), day, own=True)
    assert not misread(span("tagger", 4, 12, "deadline"), day, alike=("sys.date",))
    assert misread(span("tagger", 4, 12, "deadline"), day, alike=("sys.time",))

import gc
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.nlu.entities.patterns import PatternEntities, check_pattern
from pipelines.nlu.entities.synonyms import KnownValues
from pipelines.schemas.bot import Entity, EntityValue


def written(pattern: str, text: str) -> list[str]:
    spans = PatternEntities([Entity(name="id", pattern=pattern)]).find(text)
    assert all(span.source == "pattern" and text[span.start : span.end] == span.value for span in spans)
    return [span.value for span in spans]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"ORD-?\d{4}", "where is ord-1234?", ["ord-1234"]),
        (r"ORD-?\d{4}", "ORD1234,ORD5678 ORD9999", ["ORD1234", "ORD5678", "ORD9999"]),
        (r"ORD-?\d{4}", "ORD12345 XORD1234 ORD1234x ORD1234é éORD1234", []),
        (r"\d{2}|\d{4}", "1234", ["1234"]),
        (r"#\d+", "order#12 and #7", ["#12", "#7"]),
        (r"\d{4}", "注文1234です 주문 5678을", ["1234", "5678"]),
        (r"\p{Han}+", "注文です", ["注文"]),
        (r"(?-i)AB\d", "ab1 AB2", ["AB2"]),
        (r"order (?P<value>\d+)", "cancel order 77 and 78", ["77"]),
        (r"é\d", "😀é1😀", ["é1"]),
    ],
)
def test_find_whole_words_in_any_case(pattern: str, text: str, expected: list[str]) -> None:
    assert written(pattern, text) == expected


def test_find_listed_value_gives_its_canonical_form() -> None:
    entity = Entity(
        name="plan", pattern="plan [a-z]+", entity_values=(EntityValue(value="gold", synonyms=("plan g",)),)
    )
    spans = PatternEntities([entity], known=KnownValues([entity])).find("I have PLAN G or plan x")
    assert [span.value for span in spans] == ["gold", "plan x"]


def test_find_entities_without_a_pattern_are_passed_over() -> None:
    assert PatternEntities([Entity(name="city")]).find("Berlin") == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "missing )"),
        (r"(a)\1", "invalid escape"),
        ("(?<=a)b", "invalid perl operator"),
        ("a{2000}", "repetition"),
        ("a)(b", "unexpected )"),
        (r"(?:\pL{99}){10}", "too large"),
        ("x" * 1001, "at most 1000"),
        ("a*", "also matches the empty text"),
        ("", "also matches the empty text"),
        ("\ud800", "broken character"),
    ],
)
def test_check_pattern_says_what_to_repair(pattern: str, reason: str) -> None:
    problem = check_pattern(pattern)
    assert problem is not None
    assert reason in problem
    with pytest.raises(ValueError, match="entity 'id'"):
        PatternEntities([Entity.model_construct(name="id", pattern=pattern, entity_values=())])


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(.*a){20}", "(x+x+)+y", "(?:a?){50}a{50}"])
def test_find_exponential_pattern_is_linear(pattern: str) -> None:
    assert check_pattern(pattern) is None
    gc.collect()  # not in the middle of it, with all that the suite has left
    started = time.process_time()
    written(pattern, "a" * 1999 + "!")
    assert time.process_time() - started < 0.5


@settings(max_examples=200, deadline=None)
@given(pattern=st.text(max_size=30), text=st.text(max_size=60))
def test_check_pattern_accepts_only_what_can_be_used(pattern: str, text: str) -> None:
    if check_pattern(pattern) is None:
        PatternEntities([Entity(name="id", pattern=pattern)]).find(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("where is ORD\u20101042?", 9, 17),
        ("where is ORD\u20131042?", 9, 17),
        ("ORD\u22121042", 0, 8),
        ("\u200eORD-10\u200b42\u200e", 1, 10),
        ("OR\u00adD-1042", 0, 9),
        ("订单ＯＲＤ\uff0d\uff11\uff10\uff14\uff12在哪里", 2, 10),
        ("注文はＯＲＤ\u20111042です", 3, 11),
    ],
)
def test_find_reads_plain_signs_where_the_text_as_written_does_not_match(text: str, start: int, end: int) -> None:
    spans = PatternEntities([Entity(name="id", pattern=r"ORD-\d{4}")]).find(text)
    assert [(span.start, span.end, span.value) for span in spans] == [(start, end, "ORD-1042")]


def test_find_a_pattern_that_matches_as_written_gives_it_as_written() -> None:
    spans = PatternEntities([Entity(name="id", pattern=r"№\d+")]).find("bill №12")
    assert [span.value for span in spans] == ["№12"]

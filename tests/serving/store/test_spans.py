from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.store.spans import repair_spans


def intents(text: str, *spans: tuple[str, Any, Any]) -> list[Any]:
    rows = [{"value": value, "begin": begin, "end": end, "name": "city"} for value, begin, end in spans]
    return [{"intentId": "travel", "name": "travel", "trainingData": [{"text": text, "entities": rows}]}]


def places(repaired: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(row["begin"], row["end"]) for row in repaired[0]["trainingData"][0]["entities"]]


def test_repair_spans_right_offsets_are_left_alone() -> None:
    given_intents = intents("from Rome to Oslo", ("Rome", 5, 9), ("Oslo", 13, 17))
    repaired, report = repair_spans(given_intents)
    assert (repaired, report) == (given_intents, ())
    assert repaired[0] is given_intents[0]


def test_repair_spans_finds_the_value_again_and_says_so() -> None:
    repaired, report = repair_spans(intents("from Rome to Oslo", ("Rome", 5, 9), ("Oslo", 4, 8)))
    assert places(repaired) == [(5, 9), (13, 17)]
    assert report == ('intent "travel", example 1: "Oslo" (city) is not at 4 to 8; repaired to 13 to 17',)


def test_repair_spans_understands_utf16_offsets() -> None:
    text = "😀😀 Rome or Rome"
    repaired, _ = repair_spans(intents(text, ("Rome", 5, 9), ("Rome", 13, 17)))
    assert places(repaired) == [(3, 7), (11, 15)]


def test_repair_spans_takes_the_nearest_free_place() -> None:
    repaired, _ = repair_spans(intents("Rome Rome Rome", ("Rome", 0, 4), ("Rome", 9, 13), ("Rome", 3, 7)))
    assert sorted(places(repaired)) == [(0, 4), (5, 9), (10, 14)]


def test_repair_spans_prefers_whole_words() -> None:
    repaired, _ = repair_spans(intents("Romeo flies to Rome", ("Rome", 1, 5)))
    assert places(repaired) == [(15, 19)]


def test_repair_spans_ignores_case_last_and_takes_the_text_as_written() -> None:
    repaired, report = repair_spans(intents("to ROME", ("Rome", 0, 4)))
    row = repaired[0]["trainingData"][0]["entities"][0]
    assert (row["value"], row["begin"], row["end"]) == ("ROME", 3, 7)
    assert len(report) == 1


@pytest.mark.parametrize("span", [("Paris", 0, 5), ("", 0, 0), ("Rome", -4, -1)])
def test_repair_spans_drops_what_is_nowhere_and_says_so(span: tuple[str, int, int]) -> None:
    repaired, report = repair_spans(intents("to Oslo", span))
    assert places(repaired) == []
    assert "dropped" in report[0]


def test_repair_spans_reads_offsets_written_as_text() -> None:
    repaired, report = repair_spans(intents("to Oslo", ("Oslo", "3", "7")))
    assert places(repaired) == [("3", "7")]
    assert report == ()


def test_repair_spans_accepts_missing_rows() -> None:
    given_intents: list[Any] = [{"intentId": "a"}, {"intentId": "b", "trainingData": None}]
    assert repair_spans(given_intents) == (given_intents, ())


@given(
    text=st.text(max_size=30),
    spans=st.lists(st.tuples(st.text(max_size=4), st.integers(-5, 40), st.integers(-5, 40)), max_size=4),
)
def test_repair_spans_leaves_only_spans_that_hold_their_value(text: str, spans: list[tuple[str, int, int]]) -> None:
    repaired, _ = repair_spans(intents(text, *spans))
    for row in repaired[0]["trainingData"][0]["entities"]:
        assert text[row["begin"] : row["end"]] == row["value"] != ""

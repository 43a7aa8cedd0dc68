from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.botfile.spans import repair_spans


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


TOWNS: list[dict[str, Any]] = [
    {
        "name": "city",
        "entity_values": [
            {"value": "New York", "synonyms": ["NYC", "the Big Apple"]},
            {"value": "M\u00fcnchen", "synonyms": ["Munich"]},
            {"value": "L'Aquila", "synonyms": None},
            {"value": "Mumbai"},
        ],
    },
    {"name": "open", "entity_values": []},
]


def kept(text: str, value: str, begin: int, end: int, *more: str) -> tuple[str, int, int] | None:
    """Return the words and the place that one annotation has after the import; None if it was dropped."""
    given_intents = intents(text, (value, begin, end))
    given_intents[0]["trainingData"] += [{"text": one} for one in more]
    repaired, report = repair_spans(given_intents, entities=TOWNS)
    rows = repaired[0]["trainingData"][0]["entities"]
    assert len(report) == (rows != given_intents[0]["trainingData"][0]["entities"])
    if not rows:
        assert "dropped" in report[0]
        return None
    (row,) = rows
    assert text[row["begin"] : row["end"]] == row["value"]
    return row["value"], row["begin"], row["end"]


@pytest.mark.parametrize(
    ("text", "value", "begin", "end", "wanted"),
    [
        # a synonym of the value, or the value of a synonym
        ("fly to NYC", "New York", 7, 10, ("NYC", 7, 10)),
        ("fly to nyc now", "New York", 7, 10, ("nyc", 7, 10)),
        ("fly to the Big Apple", "NYC", 7, 20, ("the Big Apple", 7, 20)),
        ("flug nach Munich", "M\u00fcnchen", 10, 16, ("Munich", 10, 16)),
        # another case, apostrophe, blank, composition or width
        ("vuelo a new york", "New York", 8, 16, ("new york", 8, 16)),
        ("volo per L\u2019Aquila", "L'Aquila", 9, 17, ("L\u2019Aquila", 9, 17)),
        ("volo per L'Aquila", "L\u2019Aquila", 9, 17, ("L'Aquila", 9, 17)),
        ("fly to New\u00a0York", "New York", 7, 15, ("New\u00a0York", 7, 15)),
        ("fly to New York", "New\u202fYork", 7, 15, ("New York", 7, 15)),
        ("nach Mu\u0308nchen", "M\u00fcnchen", 5, 13, ("Mu\u0308nchen", 5, 13)),
        ("nach M\u00fcnchen", "Mu\u0308nchen", 5, 12, ("M\u00fcnchen", 5, 12)),
        ("fly to \uff2e\uff39\uff23", "NYC", 7, 10, ("\uff2e\uff39\uff23", 7, 10)),
        ("to Saint\u2010Denis", "Saint-Denis", 3, 14, ("Saint\u2010Denis", 3, 14)),
        ("voo para Sao Paulo", "S\u00e3o Paulo", 9, 18, ("Sao Paulo", 9, 18)),
        ("voo para sao paulo", "S\u00e3o Paulo", 0, 3, ("sao paulo", 9, 18)),
        ("fly to new-york", "New York", 7, 15, ("new-york", 7, 15)),
        ("fly to New  York", "New York", 7, 16, ("New  York", 7, 16)),
        ("fly to New\u200bYork", "New York", 7, 15, ("New\u200bYork", 7, 15)),
        # scripts without blanks, and others than Latin
        ("\u660e\u65e5\u6771\u4eac\u306b\u884c\u304f", "\u6771\u4eac", 3, 5, ("\u6771\u4eac", 2, 4)),
        ("\U0001f600\u6771\u4eac\u306b", "\u6771\u4eac", 2, 4, ("\u6771\u4eac", 1, 3)),
        ("\u0e44\u0e1b\u0e01\u0e23\u0e38\u0e07", "\u0e01\u0e23\u0e38\u0e07", 0, 4, ("\u0e01\u0e23\u0e38\u0e07", 2, 6)),
        (
            "\u0938\u0947 \u0926\u093f\u0932\u094d\u0932\u0940",
            "\u0926\u093f\u0932\u094d\u0932\u0940",
            0,
            6,
            ("\u0926\u093f\u0932\u094d\u0932\u0940", 3, 9),
        ),
        (
            "\u0625\u0644\u0649 \u0627\u0644\u0642\u0627\u0647\u0631\u0629",
            "\u0627\u0644\u0642\u0627\u0647\u0631\u0629",
            3,
            10,
            ("\u0627\u0644\u0642\u0627\u0647\u0631\u0629", 4, 11),
        ),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", "\ud55c\uad6d", 0, 2, ("\u1112\u1161\u11ab\u1100\u116e\u11a8", 0, 6)),
        # the same with offsets of another form of the text
        ("Mu\u0308ller nach Mu\u0308nchen", "M\u00fcnchen", 12, 19, ("Mu\u0308nchen", 13, 21)),
        ("fly  to L\u2019Aquila", "L'Aquila", 2, 10, ("L\u2019Aquila", 8, 16)),
        # as browsers count
        ("\U0001f600 to Oslo", "Oslo", 6, 10, ("Oslo", 5, 9)),
        ("\U0001f600 to NYC", "New York", 6, 9, ("NYC", 5, 8)),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 to Oslo", "Oslo", 12, 16, ("Oslo", 9, 13)),
        # a listed value, marked on other whole words
        ("fly to Bombay", "Mumbai", 7, 13, ("Bombay", 7, 13)),
        ("fly to gotham", "New York", 7, 13, ("gotham", 7, 13)),
        # cut words and other places
        ("fly to Oslo now", "Oslo", 8, 12, ("Oslo", 7, 11)),
        ("from Oslo to Rome", "Rome", 5, 9, ("Rome", 13, 17)),
        ("fly to nyc", "New York", 8, 10, None),
        ("fly to Paris", "Rome", 7, 12, None),
        ("fly to Paris", "New York", 40, 48, None),
        ("fly to , now", "New York", 7, 8, None),
    ],
)
def test_repair_spans_keeps_what_is_only_written_differently(
    text: str, value: str, begin: int, end: int, wanted: tuple[str, int, int] | None
) -> None:
    assert kept(text, value, begin, end) == wanted


def test_repair_spans_does_not_take_a_common_word_for_the_value_of_an_edited_text() -> None:
    assert kept("book a flight now", "Mumbai", 7, 13, "which flight is it") is None
    assert kept("fly to Paris", "New York", 4, 6, "a ticket to Rome") is None
    assert kept("book a flight now", "Mumbai", 7, 13) == ("flight", 7, 13)


def test_repair_spans_says_how_the_value_is_written() -> None:
    _, report = repair_spans(intents("fly to NYC", ("New York", 7, 10)), entities=TOWNS)
    assert report == ('intent "travel", example 1: "New York" (city) is written "NYC" at 7 to 10; kept',)
    _, report = repair_spans(intents("fly to Bombay", ("Mumbai", 7, 13)), entities=TOWNS)
    assert report[0].endswith('; kept; list "Bombay" as a synonym of "Mumbai" if it means that')


def test_repair_spans_leaves_no_two_annotations_in_one_place() -> None:
    rows = intents("to NYC", ("New York", 3, 6), ("NYC", 3, 6))
    repaired, _ = repair_spans(rows, entities=TOWNS)
    assert places(repaired) == [(3, 6)]


@pytest.mark.parametrize("begin", ["3.0", 3.0, "3", 3])
def test_repair_spans_reads_offsets_however_they_are_written(begin: Any) -> None:
    assert repair_spans(intents("to Oslo", ("Oslo", begin, 7)))[1] == ()

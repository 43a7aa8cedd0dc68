import pytest

from pipelines.nlu.entities.synonyms import KnownValues
from pipelines.schemas.bot import Entity
from serving.llm.answer import Quote
from serving.llm.spans import locate

KNOWN = KnownValues(
    [Entity.model_validate({"name": "city", "entity_values": [{"value": "New York", "synonyms": ["NYC"]}]})]
)


def found(text: str, *quotes: str, type_: str = "city") -> list[tuple[int, int, str]]:
    spans = locate(text, [Quote(type_, quote) for quote in quotes], known=KNOWN)
    assert all(span.source == "llm" and span.confidence is None and span.type == type_ for span in spans)
    return [(span.start, span.end, span.value) for span in spans]


@pytest.mark.parametrize(
    ("text", "quotes", "expected"),
    [
        ("to Rome please", ["Rome"], [(3, 7, "Rome")]),
        ("to ROME please", ["rome"], [(3, 7, "ROME")]),
        ("to New  York", ["new york"], [(3, 12, "New York")]),
        ("nyc or Rome", ["Rome", "NYC"], [(0, 3, "New York"), (7, 11, "Rome")]),
        ("from Paris to Paris", ["Paris", "Paris"], [(5, 10, "Paris"), (14, 19, "Paris")]),
        ("from Paris to Paris", ["Paris", "Paris", "Paris"], [(5, 10, "Paris"), (14, 19, "Paris")]),
        ("ORD-2042, 2 tents", ["2"], [(10, 11, "2")]),
        ("rome and Rome", ["Rome"], [(9, 13, "Rome")]),
        ("東京へ行きたい", ["東京"], [(0, 2, "東京")]),
        ("2042", ["0"], [(1, 2, "0")]),
    ],
)
def test_locate_gives_the_offsets_in_the_message(
    text: str, quotes: list[str], expected: list[tuple[int, int, str]]
) -> None:
    assert found(text, *quotes) == expected


@pytest.mark.parametrize("quote", ["Berlin", "", " ", "Rome please now", ".*", "R.me", "x" * 600])
def test_locate_drops_what_the_message_does_not_hold(quote: str) -> None:
    assert found("to Rome please", quote) == []


def test_locate_gives_no_character_to_two_values() -> None:
    assert found("to New York City", "York City", "New York City") == [(3, 16, "New York City")]


def test_locate_of_an_unknown_type_keeps_the_customers_words() -> None:
    assert found("nyc", "nyc", type_="club") == [(0, 3, "nyc")]

"""Known values: finding them, and their canonical form."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipelines.nlu.entities.synonyms import KnownPhrase, KnownValues
from pipelines.nlu.text import tokenize
from pipelines.schemas.bot import Entity

CITY = {
    "name": "city",
    "entity_values": [
        {"value": "New York", "synonyms": ["NYC", "big apple"]},
        {"value": "York", "synonyms": ["big apple"]},
        {"value": "", "synonyms": ["  ", "!"]},
    ],
}
SIZE = {"name": "size", "entity_values": [{"value": "large", "synonyms": ["big", "L"]}]}
KNOWN = KnownValues([Entity.model_validate(CITY), Entity.model_validate(SIZE), Entity(name="order_id")])


def test_canonical_ignores_case_and_spacing() -> None:
    assert KNOWN.canonical("city", "nyc") == "New York"
    assert KNOWN.canonical("city", " BIG   Apple ") == "New York"


def test_canonical_first_value_keeps_a_phrase_that_two_claim() -> None:
    assert KNOWN.canonical("city", "big apple") == "New York"


def test_canonical_gives_back_what_it_does_not_know() -> None:
    assert KNOWN.canonical("city", "Oslo") == "Oslo"
    assert KNOWN.canonical("order_id", "ORD-1") == "ORD-1"
    assert KNOWN.canonical("no_such_type", "nyc") == "nyc"


def test_find_takes_the_longest_phrase_of_a_type() -> None:
    tokens = tokenize("new york or york")
    assert KNOWN.find(tokens) == [KnownPhrase(0, 2, "city", "New York"), KnownPhrase(3, 4, "city", "York")]


def test_find_types_may_overlap_each_other() -> None:
    assert KNOWN.find(tokenize("the Big Apple")) == [
        KnownPhrase(1, 3, "city", "New York"),
        KnownPhrase(1, 2, "size", "large"),
    ]


def test_find_an_empty_phrase_is_no_phrase() -> None:
    assert KNOWN.find(tokenize("")) == []
    assert KnownValues([]).find(tokenize("new york")) == []


WORDS = st.lists(st.sampled_from(["a", "b", "c", "\u0130", "1", "-"]), min_size=1, max_size=3).map(" ".join)


@given(st.lists(WORDS, min_size=1, max_size=8), st.lists(WORDS, max_size=12).map(" ".join))
def test_find_phrases_of_one_type_never_overlap_and_are_canonical(values: list[str], text: str) -> None:
    known = KnownValues([Entity.model_validate({"name": "x", "entity_values": [{"value": value} for value in values]})])
    tokens = tokenize(text)
    found = known.find(tokens)
    assert all(before.last <= after.first for before, after in itertools.pairwise(found))
    for phrase in found:
        written = text[tokens[phrase.first].start : tokens[phrase.last - 1].end]
        assert known.canonical("x", written) == phrase.value
        assert phrase.value in values

"""Holding rows out so that near-duplicates never cross."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.steps.data.frame import to_frame
from pipelines.steps.data.split import MIN_GROUPS, split_examples, wording_key

WORDINGS = [
    "track {}",
    "where is {}",
    "buy {} tents",
    "hello",
    "stop",
    "price of {} please",
    "?!",
    "{}",
    "a b",
    "caf\u00e9",
]
VARIANTS = ["{}", "  {} ", "{}!", "{}?!", "\u00a1{}"]
ROW = st.tuples(
    st.sampled_from(["a", "b", "c", OUT_OF_SCOPE]),
    st.sampled_from(WORDINGS),
    st.sampled_from(["1", "22", "\u0663"]),
    st.sampled_from(VARIANTS),
    st.booleans(),
)


def frame_of(rows: list[tuple[str, str]]) -> pd.DataFrame:
    return to_frame([Example(id=str(n), text=text, intent=intent) for n, (intent, text) in enumerate(rows)])


def varied(row: tuple[str, str, str, str, bool]) -> tuple[str, str]:
    intent, wording, value, variant, is_loud = row
    text = variant.format(wording.format(value))
    return intent, text.upper() if is_loud else text


def keys(frame: pd.DataFrame) -> set[str]:
    return {wording_key(*row) for row in zip(frame["text"], frame["entities"], strict=True)}


@given(st.lists(ROW.map(varied), max_size=60), st.sampled_from([0.0, 0.15, 0.5]), st.integers(0, 5))
def test_split_near_duplicates_never_cross(rows: list[tuple[str, str]], share: float, seed: int) -> None:
    frame = frame_of(rows)
    parts = split_examples(frame, holdout_share=share, seed=seed)
    assert keys(parts.train).isdisjoint(keys(parts.holdout))
    assert sorted([*parts.train["example_id"], *parts.holdout["example_id"]]) == sorted(frame["example_id"])
    assert set(parts.train["intent"]) | {OUT_OF_SCOPE} == set(frame["intent"]) | {OUT_OF_SCOPE}
    assert share > 0 or parts.holdout.empty


@given(st.lists(ROW.map(varied), max_size=40))
def test_split_does_not_depend_on_the_order_of_rows(rows: list[tuple[str, str]]) -> None:
    held = split_examples(frame_of(rows), holdout_share=0.3, seed=1).holdout
    again = split_examples(frame_of(rows[::-1]), holdout_share=0.3, seed=1).holdout
    assert sorted(zip(held["intent"], held["text"], strict=True)) == sorted(
        zip(again["intent"], again["text"], strict=True)
    )


@pytest.mark.parametrize("seed", range(10))
def test_split_wordings_of_two_intents_stay_together_though_one_needs_them(seed: int) -> None:
    """Intent b has only wordings of a's: holding those out would leave it nothing to learn from."""
    words = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")
    frame = frame_of([*(("a", f"{word} one") for word in words), *(("b", f"{word} one") for word in words[:2])])
    parts = split_examples(frame, holdout_share=0.5, seed=seed)
    assert set(parts.train["text"]).isdisjoint(parts.holdout["text"])
    assert set(parts.train["intent"]) == {"a", "b"}


def test_split_holds_out_about_the_share_of_each_intent_though_all_wordings_are_shared() -> None:
    letters = "abcdefghijklmnopqrst"
    frame = frame_of([(intent, f"{one}{two} words") for intent in "xy" for one in letters for two in letters[:5]])
    held = split_examples(frame, holdout_share=0.2, seed=0).holdout
    assert all(15 <= count <= 25 for count in held["intent"].value_counts())


def test_split_small_intents_are_not_split() -> None:
    rows = [("small", f"wording {'abc'[n % (MIN_GROUPS - 1)]} {n}") for n in range(12)]
    assert split_examples(frame_of(rows), holdout_share=0.5, seed=0).holdout.empty


def test_split_of_no_rows() -> None:
    parts = split_examples(frame_of([]), holdout_share=0.2, seed=0)
    assert len(parts.train) == len(parts.holdout) == 0


def test_wording_key_drops_values_digits_case_and_signs() -> None:
    assert wording_key("Track ORD-1!", ()) == wording_key("track ord-22", ())
    spans, others = (
        [LabelledSpan(start=start, end=end, type=name, value="") for start, end, name in places]
        for places in (((6, 11, "order"), (15, 19, "city")), ((6, 7, "order"), (11, 19, "city")))
    )
    assert wording_key("track ORD-1 to Oslo", spans) == wording_key("Track 7 to New York", others)


def test_wording_key_different_wordings_differ() -> None:
    assert wording_key("track my order", ()) != wording_key("track the order", ())

"""Texts that are nearly the same: pairs of two intents, repetition, and one wording over and over."""

import random
import time
from itertools import product

import pytest

from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.steps.data.frame import to_frame
from pipelines.steps.validation.similar import check_similar, count_wordings, near_duplicate_pairs, words_only


def found(*rows: tuple[str, str]) -> list[tuple[str, str, str]]:
    examples = [
        Example(id=f"{intent}/{number}", text=text, intent=intent)
        for number, (intent, text) in enumerate(rows, start=1)
    ]
    return [(finding.severity, finding.check, finding.row) for finding in check_similar(to_frame(examples))]


def grams(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[start : start + 4] for start in range(max(1, len(padded) - 3))}


@pytest.mark.parametrize("at_least", [0.5, 0.8, 1.0])
def test_alike_pairs_finds_what_a_comparison_of_all_pairs_finds(at_least: float) -> None:
    generator = random.Random(7)
    words = ["where", "is", "my", "order", "parcel", "please", "can", "you", "tell", "me", "now", "a", "the"]
    rows = list(dict.fromkeys(
        (" ".join(generator.choices(words, k=generator.randint(1, 9))), generator.choice("abc")) for _ in range(300)
    ))  # fmt: skip
    texts, groups = [text for text, _ in rows], [group for _, group in rows]
    wanted = {}
    for later, other in product(range(len(rows)), repeat=2):
        if other < later and groups[other] != groups[later]:
            similarity = len(grams(texts[other]) & grams(texts[later])) / len(grams(texts[other]) | grams(texts[later]))
            if similarity >= at_least:
                wanted[other, later] = similarity
    found = near_duplicate_pairs(texts, groups, at_least=at_least)
    assert [(other, later) for other, later, _ in found] == list(wanted)
    assert [similarity for *_, similarity in found] == pytest.approx(list(wanted.values()))


def test_alike_pairs_of_texts_without_words_are_none() -> None:
    assert near_duplicate_pairs(["", "", "a"], ["x", "y", "z"]) == []


def test_alike_texts_of_one_intent_cost_little() -> None:
    texts = [f"please book a table for {word} people tonight" for word in map(str, range(10_000))]
    started = time.process_time()
    assert near_duplicate_pairs(texts, ["book"] * len(texts)) == []
    assert count_wordings(texts) < 1000
    assert near_duplicate_pairs([texts[0]] * 20_000, ["a", "b"] * 10_000) == [(0, 1, 1.0)]
    assert time.process_time() - started < 30  # comparing all of them would take hours


def test_check_similar_near_duplicate_in_two_intents_is_a_warning_of_the_later() -> None:
    rows = (("track", "Where is my order 1042, please?"), ("cancel", "where is my order 7718 please"))
    assert found(*rows) == [("warning", "one_intent_a_wording", "cancel/2")]


@pytest.mark.parametrize("second", ["please cancel my order", "where is my parcel", "?!"])
def test_check_similar_other_words_are_fine(second: str) -> None:
    assert found(("track", "where is my order"), ("cancel", second)) == []


def test_check_similar_leaves_the_same_text_to_the_check_of_texts() -> None:
    assert found(("track", "where is it"), ("cancel", "Where  is it")) == []


def test_check_similar_repetition_in_one_intent_is_a_note() -> None:
    assert found(("track", "where is it"), ("track", "where is it")) == [("note", "text_is_not_repeated", "track/2")]


def test_check_similar_one_wording_with_other_numbers_is_too_uniform() -> None:
    rows = [("track", f"where is order {number}") for number in range(10, 18)]
    assert found(*rows) == [("warning", "examples_differ", "track")]
    assert found(*rows[:4]) == []  # few examples are another finding


def test_check_similar_out_of_scope_rows_are_not_compared() -> None:
    assert found(("track", "where is my order"), (OUT_OF_SCOPE, "where is my orders")) == []


def test_count_wordings_puts_near_duplicates_together() -> None:
    texts = ["where is my order", "where is my orderr", "please send it back today", "", "please send it back todayy"]
    assert count_wordings(texts) == 2


def test_plain_keeps_words_only() -> None:
    assert words_only(" Where's ORD-1042?!") == "where s ord 0000"

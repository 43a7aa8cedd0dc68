"""Texts that are nearly the same: pairs of two intents, repetition, and one wording over and over."""

import random

import pytest

from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.steps.check_similar import alike_pairs, check_similar, count_wordings, plain
from pipelines.steps.extract import to_frame


def found(*rows: tuple[str, str]) -> list[tuple[str, str, str]]:
    examples = [
        Example(id=f"{intent}/{number}", text=text, intent=intent)
        for number, (intent, text) in enumerate(rows, start=1)
    ]
    return [(finding.severity, finding.check, finding.row) for finding in check_similar(to_frame(examples))]


def test_alike_pairs_finds_what_a_comparison_of_all_pairs_finds() -> None:
    generator = random.Random(7)
    words = ["where", "is", "my", "order", "parcel", "please", "can", "you", "tell", "me", "now", "a", "the"]
    texts = [" ".join(generator.choices(words, k=generator.randint(1, 9))) for _ in range(300)]

    def grams(text: str) -> set[str]:
        padded = f" {text} "
        return {padded[start : start + 4] for start in range(max(1, len(padded) - 3))}

    def similarity(one: str, other: str) -> float:
        return len(grams(one) & grams(other)) / len(grams(one) | grams(other))

    for at_least in (0.5, 0.8, 1.0):
        wanted = [
            (row, other)
            for row in range(len(texts))
            for other in range(row + 1, len(texts))
            if similarity(texts[row], texts[other]) >= at_least
        ]
        pairs = alike_pairs(texts, at_least=at_least)
        assert [(row, other) for row, other, _ in pairs] == wanted
        assert all(abs(value - similarity(texts[row], texts[other])) < 1e-12 for row, other, value in pairs)


def test_alike_pairs_of_texts_without_words_are_none() -> None:
    assert alike_pairs(["", "", "a"]) == []


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
    assert plain(" Where's ORD-1042?!") == "where s ord 0000"

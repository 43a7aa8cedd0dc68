"""Two releases on the same rows, counted by hand."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.nlu.model import NluModel
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import EntitySpan, IntentScore, NluResult
from pipelines.steps.evaluation.compare import (
    compare_evaluations,
    confusion_differences,
    exact_mcnemar,
    intent_differences,
    paired_interval,
)
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model


class Told(NluModel):
    """Says of the n-th text the n-th thing it was told: an intent, `!` behind it for an entity; or `a|b`, torn."""

    thresholds_ = Thresholds(confidence=0.5)

    def __init__(self, said: Sequence[str]) -> None:
        self.said = said

    def parse(self, text: str) -> NluResult:
        intent = self.said[int(text)]
        spans = (EntitySpan(start=0, end=1, type="city", value="x"),) if intent.endswith("!") else ()
        names = intent.rstrip("!?").split("|")
        confidence = (0.4 if "?" in intent else 0.9) / len(names)
        ranking = tuple(IntentScore(intent_id=name, confidence=confidence) for name in names)
        return NluResult(text=text, ranking=ranking, entities=spans)


def evaluated(gold: Sequence[str], said: Sequence[str]) -> Evaluation:
    span = LabelledSpan(start=0, end=1, type="city", value="x")
    rows = [
        Example(id=str(n), text=str(n), intent=intent.rstrip("!"), entities=(span,) if "!" in intent else ())
        for n, intent in enumerate(gold)
    ]
    return evaluate_model(Told(said), rows)


@pytest.mark.parametrize(
    ("first", "second", "chance"),
    [(0, 0, 1.0), (1, 0, 1.0), (3, 3, 1.0), (0, 5, 0.0625), (0, 6, 0.03125), (2, 8, 0.109375), (8, 2, 0.109375)],
)
def test_exact_mcnemar_by_hand(first: int, second: int, chance: float) -> None:
    assert exact_mcnemar(first, second) == pytest.approx(chance)


@given(st.integers(0, 40), st.integers(0, 40))
def test_exact_mcnemar_is_twice_the_smaller_tail(first: int, second: int) -> None:
    n = first + second
    tail = sum(math.comb(n, k) for k in range(min(first, second) + 1)) / 2**n
    assert exact_mcnemar(first, second) == pytest.approx(min(1.0, 2 * tail))


def test_exact_mcnemar_of_thousands_of_rows() -> None:
    assert exact_mcnemar(5000, 5000) == 1.0
    assert 0.0 < exact_mcnemar(2000, 3000) < 1e-40


def test_compare_counts_what_only_one_gets_right() -> None:
    gold = ["a", "a", "a", "b", "b", OUT_OF_SCOPE]
    new = evaluated(gold, ["a", "a", "b", "b?", "b", "a?"])
    old = evaluated(gold, ["a", "b", "a", "b", "b", "a"])
    (intents,) = compare_evaluations(new, old, version="7").tests
    assert (intents.n_rows, intents.only_candidate, intents.only_production) == (6, 2, 2)
    (intents,) = compare_evaluations(new, old, version="7", seen=[False, False, True, True, False, False]).tests
    assert (intents.n_rows, intents.only_candidate, intents.only_production) == (4, 2, 0)


def test_compare_counts_a_question_as_no_answer_yet() -> None:
    gold = ["a", "a", OUT_OF_SCOPE]
    asking = evaluated(gold, ["a|b", "a|b", "a|b"])
    (intents,) = compare_evaluations(asking, evaluated(gold, ["a", "b", "a?"]), version="7").tests
    assert (intents.only_candidate, intents.only_production) == (0, 2)


def test_compare_counts_entities_by_type_where_there_are_any() -> None:
    gold = ["a!", "a!", "a"]
    test = compare_evaluations(
        evaluated(gold, ["a", "a!", "a!"]), evaluated(gold, ["a!", "a!", "a"]), version="7"
    ).tests[1]
    assert (test.subject, test.n_rows, test.only_candidate, test.only_production) == ("city", 2, 0, 1)


def test_compare_needs_the_same_rows() -> None:
    with pytest.raises(ValueError, match="same utterances"):
        compare_evaluations(
            evaluated(["a"], ["a"]),
            evaluate_model(Told(["a", "a"]), [Example(id="1", text="1", intent="a")]),
            version="",
        )


@pytest.mark.parametrize(
    ("gold", "production", "swapped"),
    [
        ("aaabbb", "bbbaaa", (("a", "b"),)),
        ("aaabbbccc", "bbbcccaaa", (("a", "b", "c"),)),
        ("aaabbb", "bbbbbb", ()),  # a is new and was a part of b
        ("aaabbbccc", "bbbcccbbb", (("b", "c"),)),
        ("aabb", "bbaa", ()),  # too few
        ("aaabbb", "aababb", ()),
    ],
)
def test_compare_finds_labels_that_took_one_anothers_place(
    gold: str, production: str, swapped: tuple[tuple[str, ...], ...]
) -> None:
    assert compare_evaluations(evaluated(gold, gold), evaluated(gold, production), version="7").swapped == swapped


def test_compare_is_not_fooled_by_two_intents_that_both_confuse() -> None:
    assert compare_evaluations(evaluated("aaabbb", "bbbaaa"), evaluated("aaabbb", "bbbaaa"), version="7").swapped == ()


def test_compare_finds_entities_that_are_never_found_any_more() -> None:
    gold = ["a"] * 10
    assert compare_evaluations(evaluated(gold, gold), evaluated(gold, ["a!"] * 10), version="7").vanished == (
        ("city", 10),
    )
    assert compare_evaluations(evaluated(gold, gold), evaluated(gold, ["a!"] * 9 + ["a"]), version="7").vanished == ()


def test_intent_differences_by_hand() -> None:
    gold = "aaaabb"
    table = intent_differences(evaluated(gold, "aaabbb"), evaluated(gold, "aabbbb"))
    assert table["intent"].tolist() == ["a", "b"]
    assert table.loc[0, ["utterances", "first", "second", "difference", "won", "lost"]].tolist() == [
        4, 0.75, 0.5, -0.25, 0, 1,
    ]  # fmt: skip
    assert (table["low"] < table["difference"]).all()
    assert (table["high"] > table["difference"]).all()


def test_paired_interval_narrows_and_stays_in_bounds() -> None:
    wide, narrow = paired_interval(0, 1, n=4), paired_interval(0, 100, n=400)
    assert wide[0] < narrow[0] < -0.25 < narrow[1] < wide[1]
    assert paired_interval(0, 3, n=3)[0] >= -1.0
    low, high = paired_interval(0, 0, n=0)
    assert low <= 0.0 <= high


def test_confusion_differences_lists_what_changed() -> None:
    gold = "aaabbb"
    table = confusion_differences(evaluated(gold, "abbbba"), evaluated(gold, "aabbaa"))
    assert table.to_numpy().tolist() == [["b", "a", 1, 2, 1], ["a", "b", 2, 1, -1]]
    assert confusion_differences(evaluated(gold, gold), evaluated(gold, gold)).empty

"""Figures against values worked out by hand, and libraries' figures against their definition."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.steps.evaluation.metrics import (
    PrecisionRecallF1,
    area_under_roc,
    expected_calibration_error,
    macro_f1,
    precision_recall_f1,
    scores_per_label,
    scores_per_type,
    span_scores,
)

LABELS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcde")), min_size=1, max_size=40)
SCORES = st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9, 1.0]), min_size=1, max_size=30)


def test_precision_recall_f1_by_hand() -> None:
    scores = precision_recall_f1(hits=2, predicted=4, gold=8)
    assert (scores.precision, scores.recall, scores.support) == (0.5, 0.25, 8)
    assert scores.f1 == pytest.approx(1 / 3)


def test_precision_recall_f1_of_nothing_is_zero() -> None:
    assert precision_recall_f1(hits=0, predicted=0, gold=0) == PrecisionRecallF1(0.0, 0.0, 0.0, 0)


def test_scores_per_label_by_hand() -> None:
    scores = scores_per_label(["a", "a", "a", "b"], ["a", "a", "b", "c"])
    assert list(scores) == ["a", "b"]
    assert (scores["a"].precision, scores["a"].support) == (1.0, 3)
    assert (scores["a"].recall, scores["a"].f1) == pytest.approx((2 / 3, 0.8))
    assert scores["b"] == PrecisionRecallF1(0.0, 0.0, 0.0, 1)


@given(LABELS)
def test_scores_per_label_are_the_counts_of_each(rows: list[tuple[str, str]]) -> None:
    gold, predicted = [row[0] for row in rows], [row[1] for row in rows]
    scores = scores_per_label(gold, predicted)
    assert list(scores) == sorted(set(gold))
    for label, score in scores.items():
        expected = precision_recall_f1(
            hits=rows.count((label, label)), predicted=predicted.count(label), gold=gold.count(label)
        )
        assert vars(score) == pytest.approx(vars(expected))
    assert macro_f1(gold, predicted) == pytest.approx(np.mean([score.f1 for score in scores.values()]))


def test_scores_of_no_rows_are_none() -> None:
    assert macro_f1([], []) == 0.0
    assert scores_per_label([], []) == {}


def test_expected_calibration_error_by_hand() -> None:
    """Two bins of two rows: 0.9 sure and right half of the time, 0.6 sure and always right."""
    confidence = np.array([0.9, 0.9, 0.6, 0.6])
    correct = np.array([True, False, True, True])
    assert expected_calibration_error(confidence, correct, n_bins=10) == pytest.approx((0.4 * 2 + 0.4 * 2) / 4)


def test_expected_calibration_error_gaps_within_a_bin_cancel() -> None:
    assert expected_calibration_error(np.array([0.5, 0.5]), np.array([True, False])) == pytest.approx(0.0)


def test_expected_calibration_error_certain_and_right_is_zero() -> None:
    assert expected_calibration_error(np.ones(3), np.ones(3, dtype=bool)) == 0.0


def test_expected_calibration_error_refuses_unequal_or_empty_arrays() -> None:
    with pytest.raises(ValueError, match="got 0 and 0"):
        expected_calibration_error(np.zeros(0), np.zeros(0, dtype=bool))
    with pytest.raises(ValueError, match="got 2 and 1"):
        expected_calibration_error(np.zeros(2), np.zeros(1, dtype=bool))


def test_area_under_roc_by_hand() -> None:
    assert area_under_roc(np.array([0.9, 0.4]), np.array([0.5, 0.4])) == pytest.approx((1 + 1 + 0 + 0.5) / 4)


@given(SCORES, SCORES)
def test_area_under_roc_is_the_share_of_pairs_won(positive: list[float], negative: list[float]) -> None:
    expected = np.mean([(a > b) + (a == b) / 2 for a in positive for b in negative])
    assert area_under_roc(np.array(positive), np.array(negative)) == pytest.approx(expected)


def test_area_under_roc_needs_both_sides() -> None:
    with pytest.raises(ValueError, match="at least one"):
        area_under_roc(np.zeros(0), np.ones(1))


GOLD = [[(0, 4, "city"), (5, 9, "date")], [(0, 3, "city")], []]
FOUND = [[(0, 4, "city"), (5, 8, "date")], [(0, 3, "date")], [(1, 2, "city")]]


def test_span_scores_exact_by_hand() -> None:
    assert span_scores(GOLD, FOUND) == precision_recall_f1(hits=1, predicted=4, gold=3)


def test_span_scores_overlap_by_hand() -> None:
    assert span_scores(GOLD, FOUND, overlap=True) == precision_recall_f1(hits=2, predicted=4, gold=3)


def test_span_scores_overlap_matches_each_span_once() -> None:
    assert span_scores([[(0, 9, "x")]], [[(0, 2, "x"), (3, 5, "x")]], overlap=True).precision == 0.5


def test_span_scores_touching_spans_do_not_overlap() -> None:
    assert span_scores([[(0, 4, "x")]], [[(4, 6, "x")]], overlap=True).f1 == 0.0


def test_span_scores_refuses_rows_that_do_not_pair() -> None:
    with pytest.raises(ValueError, match="shorter"):
        span_scores([[]], [])


def test_scores_per_type_by_hand() -> None:
    scores = scores_per_type(GOLD, FOUND)
    assert scores == {
        "city": precision_recall_f1(hits=1, predicted=2, gold=2),
        "date": precision_recall_f1(hits=0, predicted=2, gold=1),
    }


def test_metrics_are_not_imported_by_what_answers() -> None:
    """The serving image has neither scikit-learn nor scipy."""
    code = "import sys, serving.api.app; print([name for name in ('sklearn', 'scipy') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout == "[]\n"

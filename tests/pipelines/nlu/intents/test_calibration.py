"""Probabilities that mean what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax as scipy_softmax

from pipelines.nlu.intents.calibration import (
    DEFAULT_SCALE,
    MIN_ROWS,
    fit_scale,
    fit_top_confidence,
    log_odds,
    softmax,
    with_top_probability,
)
from pipelines.steps.evaluation.metrics import expected_calibration_error


def test_softmax_equals_scipy() -> None:
    decisions = np.random.default_rng(0).normal(size=(20, 7))
    assert np.allclose(softmax(decisions, scale=3.0), scipy_softmax(3.0 * decisions, axis=-1))


def test_softmax_two_values_by_hand() -> None:
    assert softmax(np.array([1.0, 0.0]), scale=np.log(3.0)) == pytest.approx([0.75, 0.25])


def test_softmax_survives_huge_and_infinite_values() -> None:
    assert softmax(np.array([1e6, 0.0, -np.inf]), scale=50.0).tolist() == [1.0, 0.0, 0.0]


def test_softmax_leaves_its_input_alone() -> None:
    decisions = np.array([1.0, 2.0])
    softmax(decisions, scale=2.0)
    assert decisions.tolist() == [1.0, 2.0]


def test_fit_scale_few_rows_gives_the_default() -> None:
    assert fit_scale(np.zeros((MIN_ROWS - 1, 2)), np.zeros(MIN_ROWS - 1, dtype=np.intp)) == DEFAULT_SCALE


@pytest.mark.parametrize("true_scale", [2.0, 5.0, 10.0])
def test_fit_scale_recovers_the_scale_that_made_the_labels(true_scale: float) -> None:
    generator = np.random.default_rng(1)
    decisions = generator.normal(size=(4000, 4)) * 0.5
    chances = softmax(decisions, scale=true_scale)
    labels = np.array([generator.choice(4, p=row) for row in chances], dtype=np.intp)
    assert fit_scale(decisions, labels) == pytest.approx(true_scale, rel=0.12)


def test_fit_scale_easy_rows_do_not_push_it_to_infinity() -> None:
    decisions = np.tile([1.0, -1.0], (MIN_ROWS, 1))
    assert fit_scale(decisions, np.zeros(MIN_ROWS, dtype=np.intp)) < 3 * DEFAULT_SCALE


def test_fit_scale_one_intent_keeps_the_default() -> None:
    assert fit_scale(np.zeros((50, 1)), np.zeros(50, dtype=np.intp)) == pytest.approx(DEFAULT_SCALE, rel=0.05)


def drawn(n_rows: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows that are right by a known curve of lead and score."""
    random = np.random.default_rng(seed)
    leads, scores = random.normal(3.0, 2.0, n_rows), random.normal(0.0, 2.5, n_rows)
    sureness = 1.0 + 0.7 * leads - 0.7 * 2.0 * scores  # a lead counts in its own standard deviations
    return leads, scores, random.random(n_rows) < 1.0 / (1.0 + np.exp(-sureness))


def test_fit_top_confidence_means_what_it_says() -> None:
    confidence = fit_top_confidence(*drawn(20_000))
    leads, scores, correct = drawn(20_000, seed=1)
    assert expected_calibration_error(confidence.probability(leads, scores), correct) < 0.01
    assert confidence.lead_weight == pytest.approx(0.7, rel=0.1)
    assert confidence.score_weight == pytest.approx(1.4, rel=0.1)


def test_fit_top_confidence_few_rows_keeps_the_softmax() -> None:
    leads, scores, correct = drawn(MIN_ROWS - 1)
    confidence = fit_top_confidence(leads, scores, correct)
    assert confidence.probability(log_odds(np.array([0.3, 0.9])), np.array([0.0, 8.0])) == pytest.approx([0.3, 0.9])


@pytest.mark.parametrize("is_correct", [True, False])
def test_fit_top_confidence_rows_that_all_agree_stay_finite(is_correct: bool) -> None:
    leads, scores, _ = drawn(MIN_ROWS)
    curve = fit_top_confidence(leads, scores, np.full(MIN_ROWS, is_correct))
    assert np.isfinite(curve).all()
    assert (curve.probability(3.0, 0.0) > 0.5) == is_correct


def test_fit_top_confidence_rows_that_contradict_it_do_not_turn_it_around() -> None:
    leads, scores, correct = drawn(5000)
    curve = fit_top_confidence(leads, scores, ~correct)
    assert curve.lead_weight > 0.0
    assert curve.score_weight > 0.0


def test_fit_top_confidence_equal_rows_give_a_finite_curve() -> None:
    curve = fit_top_confidence(np.full(50, 10.0), np.zeros(50), np.ones(50, dtype=bool))
    assert 0.9 < curve.probability(10.0, 0.0) < 1.0
    assert np.isfinite(curve.probability(-10.0, 100.0))


def test_log_odds_of_certainty_are_limited() -> None:
    assert log_odds(np.array([0.0, 0.5, 1.0])).tolist() == pytest.approx([-10.0, 0.0, 10.0])


@given(
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12).filter(lambda row: sum(row) > 0.0),
    st.floats(1e-5, 1.0 - 1e-5),
)
def test_share_out_keeps_the_order_and_sums_to_one_at_most(row: list[float], top: float) -> None:
    probabilities = np.array(row) / sum(row)
    shared = with_top_probability(probabilities, top)
    likeliest = int(probabilities.argmax())
    assert shared[likeliest] == top
    assert (shared >= 0.0).all()
    assert shared.sum() <= 1.0 + 1e-9
    order = np.argsort(-probabilities, kind="stable")
    assert (np.diff(shared[order]) <= 1e-12).all()


def test_share_out_less_sure_leaves_room_for_none_of_them() -> None:
    assert with_top_probability(np.array([0.6, 0.3, 0.1]), 0.3) == pytest.approx([0.3, 0.15, 0.05])


def test_share_out_surer_takes_from_the_others() -> None:
    assert with_top_probability(np.array([0.6, 0.3, 0.1]), 0.8) == pytest.approx([0.8, 0.15, 0.05])

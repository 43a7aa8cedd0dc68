"""Probabilities that mean what they say."""

import numpy as np
import pytest
from scipy.special import softmax as scipy_softmax

from pipelines.nlu.calibration import DEFAULT_SCALE, MIN_ROWS, fit_scale, softmax


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

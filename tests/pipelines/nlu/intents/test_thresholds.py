"""Where to stop trusting the classifier."""

import numpy as np
import pytest

from pipelines.nlu.intents.calibration import MIN_ROWS
from pipelines.nlu.intents.thresholds import DEFAULT_CONFIDENCE, Costs, ScoredRows, fit_thresholds

NONE = np.zeros(0)


def judged(confidence: np.ndarray, correct: np.ndarray | None = None) -> ScoredRows:
    """Rows whose score says nothing."""
    known = np.zeros(len(confidence), dtype=bool) if correct is None else correct
    return ScoredRows(confidence, np.zeros(len(confidence)), known)


def fit(right: list[float], wrong: list[float], outside: list[float], **costs: float) -> float:
    confidence = np.array(right + wrong)
    correct = np.array([True] * len(right) + [False] * len(wrong))
    return fit_thresholds(judged(confidence, correct), judged(np.array(outside)), costs=Costs(**costs)).confidence


def test_fit_thresholds_few_rows_gives_the_default() -> None:
    assert fit([0.9] * (MIN_ROWS - 1), [], []) == DEFAULT_CONFIDENCE


def test_fit_thresholds_lies_between_right_and_out_of_scope() -> None:
    assert 0.3 < fit([0.9] * 50, [], [0.3] * 20) <= 0.9


def test_fit_thresholds_refuses_wrong_answers_that_cost_more_than_a_refusal() -> None:
    assert fit([0.9] * 50, [0.4] * 20, []) > 0.4


def test_fit_thresholds_answers_where_a_refusal_costs_as_much_as_a_mistake() -> None:
    assert fit([0.9] * 50, [0.4] * 20, [], refusal=1.0) <= 0.4


def test_fit_thresholds_keeps_the_rightly_understood() -> None:
    """A hundred out-of-scope rows at 0.6 would be worth refusing ten right ones at 0.5, but the limit forbids it."""
    assert fit([0.9] * 90 + [0.5] * 10, [], [0.6] * 100, needless_limit=0.01) <= 0.5
    assert fit([0.9] * 90 + [0.5] * 10, [], [0.6] * 100, needless_limit=0.2) > 0.6


def test_fit_thresholds_where_nothing_may_be_refused_answers_nearly_all() -> None:
    assert fit([0.01] * 50, [], [], needless_limit=0.0) == 0.02


def test_fit_thresholds_boundary_row_is_answered() -> None:
    """Routing refuses below the threshold, so a threshold equal to a confidence answers it."""
    threshold = fit([0.5] * 50, [0.49] * 50, [])
    assert threshold == 0.5


@pytest.mark.parametrize(("n_rows", "has_limit"), [(50, False), (99, False), (200, True)])
def test_fit_thresholds_limits_the_score_only_where_rows_can_tell(n_rows: int, has_limit: bool) -> None:
    """A bot of fifty examples refused its own training utterances: the furthest of so few is not far."""
    known = ScoredRows(np.full(n_rows, 0.9), np.linspace(-1, 1, n_rows), np.ones(n_rows, dtype=bool))
    nobody = ScoredRows(NONE, NONE, np.zeros(0, dtype=bool))
    assert (fit_thresholds(known, nobody, costs=Costs()).out_of_scope is not None) == has_limit

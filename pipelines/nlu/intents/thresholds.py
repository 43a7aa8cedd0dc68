"""Thresholds below which the classifier is not trusted, fitted on held-out rows by expected cost."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.nlu.intents.calibration import MIN_ROWS
from pipelines.nlu.intents.refusal import refused_mask
from pipelines.schemas.thresholds import Thresholds

DEFAULT_CONFIDENCE = 0.2
"""Used when there are too few rows to fit."""
_CONFIDENCES = np.round(np.arange(0.02, 0.91, 0.02), 2)
_TIE = 1e-6

FloatArray = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Costs:
    """Costs of mistakes, in units of one wrong answer."""

    refusal: float = 0.7
    """Cost of asking the customer again, whether or not the message could have been answered, in [0, 1]; or of asking a
    language model, if the bot has one."""
    needless_limit: float = 0.01
    """Maximum share of correctly understood messages that may be refused, in [0, 1]."""


@dataclass(frozen=True)
class ScoredRows:
    """Held-out utterances with the model's scores."""

    confidence: FloatArray  # (n,), calibrated probability of the top intent
    out_of_scope: FloatArray  # (n,), out-of-scope score; higher is further out
    correct: npt.NDArray[np.bool_]  # (n,), whether the top intent is right; never if out of scope


def fit_thresholds(known: ScoredRows, outside: ScoredRows, *, costs: Costs) -> Thresholds:
    """Choose the confidence below which, and the score above which, the bot says that it did not understand.

    A wrong answer costs 1, a refusal `costs.refusal`, an answer to something out of scope 1 (its refusal is right and
    costs nothing). The cheapest pair of thresholds wins, among those that refuse no more of the correctly understood
    rows than `costs.needless_limit`. Without any out-of-scope row, half of that limit is spent on the score:
    out-of-scope messages will come, even if nobody has collected any.

    With too few rows, the confidence is `DEFAULT_CONFIDENCE`. The score has no limit if there are too few correctly
    understood rows for `costs.needless_limit` to amount to one.
    """
    if len(known.confidence) < MIN_ROWS or not known.correct.any():
        return Thresholds(confidence=DEFAULT_CONFIDENCE)
    right = known.out_of_scope[known.correct]
    shares = np.linspace(0.0, costs.needless_limit, 11)
    if not len(outside.confidence):
        shares = np.array([costs.needless_limit / 2])
    limits = np.quantile(right, 1.0 - shares, method="higher")
    if len(right) * costs.needless_limit < 1.0:
        limits = np.array([np.inf])  # too few rows to tell how far out a correctly understood one may be
    best = (np.inf, Thresholds(confidence=float(_CONFIDENCES[0])))
    for limit in limits:
        for confidence in _CONFIDENCES:
            score = float(limit) if np.isfinite(limit) else None
            thresholds = Thresholds(confidence=float(confidence), out_of_scope=score)
            cost = _cost(known, outside, thresholds, costs)
            if cost < best[0]:
                best = cost, thresholds
    return best[1]


def _cost(known: ScoredRows, outside: ScoredRows, thresholds: Thresholds, costs: Costs) -> float:
    """Return the cost of a pair of thresholds in wrong answers; infinite beyond `costs.needless_limit`.

    Ties go to the threshold closest to the confidence below which asking again is cheaper than answering.
    """
    refused = refused_mask(known.confidence, known.out_of_scope, thresholds)
    if (refused & known.correct).sum() > costs.needless_limit * known.correct.sum():
        return float("inf")
    wrong = (~refused & ~known.correct).sum()
    answered = (~refused_mask(outside.confidence, outside.out_of_scope, thresholds)).sum()
    tie = _TIE * abs(thresholds.confidence - (1.0 - costs.refusal))
    return float(wrong + costs.refusal * refused.sum() + answered + tie)

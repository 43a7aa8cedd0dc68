"""Turn decision values into calibrated probabilities."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

DEFAULT_SCALE = 5.0
"""Used when too few rows are held out to fit a scale; fits on public data sets lie between 3.7 and 6.5."""
PRIOR_SPREAD = 0.35
"""Standard deviation of the logarithm of those fits; without this prior, a few easy rows would push the scale to
infinity."""
MIN_ROWS = 30
CURVE_PRIOR_MEANS, CURVE_PRIOR_SPREADS = (4.0, 1.8), (1.5, 0.5)
"""Prior of the logistic curve in `fit_top_confidence`: mean and standard deviation of (intercept, slope). Fits on parts
of BANKING77 and HWU64 lie between 3.7 and 4.4, and between 1.5 and 2.1."""
MAX_LOG_ODDS = 10.0
"""Largest log odds: beyond 0.99995, a probability says more about the arithmetic than about the utterance."""
_SCALES = np.geomspace(0.2, 50.0, 120)
_MIN_SLOPE, _MIN_SPREAD = 0.2, 0.02
_TINY = 1e-12

FloatArray = npt.NDArray[np.floating]


def softmax(decisions: FloatArray, *, scale: float) -> FloatArray:
    """Return probabilities over the last axis, in the shape of `decisions`.

    `scale` is the inverse temperature, > 0; a higher one gives more extreme probabilities.
    """
    scaled = np.asarray(decisions, dtype=np.float64) * scale
    scaled -= scaled.max(axis=-1, keepdims=True)
    np.exp(scaled, out=scaled)
    probabilities: FloatArray = scaled / scaled.sum(axis=-1, keepdims=True)
    return probabilities


def fit_scale(decisions: FloatArray, labels: npt.NDArray[np.intp]) -> float:
    """Return the most probable inverse temperature, given held-out rows and the range of fits on public data.

    `decisions` ``(n_utterances, n_intents)`` come from a model that did not see the rows; `labels` are the columns of
    the right intents. Below `MIN_ROWS` rows the result is `DEFAULT_SCALE`.

    References
    ----------
    Guo et al., 2017, "On Calibration of Modern Neural Networks", section 4.2 (temperature scaling).
    """
    if len(labels) < MIN_ROWS:
        return DEFAULT_SCALE
    rows = np.arange(len(labels))
    losses = [
        -np.log(softmax(decisions, scale=scale)[rows, labels] + 1e-12).sum()
        + 0.5 * (np.log(scale / DEFAULT_SCALE) / PRIOR_SPREAD) ** 2
        for scale in _SCALES
    ]
    return float(_SCALES[int(np.argmin(losses))])


class TopConfidence(NamedTuple):
    """Logistic curve from log odds and out-of-scope score to the probability that the top intent is right."""

    constant: float = 0.0
    lead_weight: float = 1.0
    score_weight: float = 0.0

    def probability(self, leads: FloatArray | float, scores: FloatArray | float) -> FloatArray:
        """Return the probability for log odds of the top intent and out-of-scope scores, any equal shapes."""
        sureness = self.constant + self.lead_weight * np.asarray(leads) - self.score_weight * np.asarray(scores)
        probability: FloatArray = 1.0 / (1.0 + np.exp(-_bounded(sureness)))
        return probability


def log_odds(probabilities: FloatArray) -> FloatArray:
    """Return ``ln(p / (1 - p))``, clipped to ±`MAX_LOG_ODDS`. Same shape."""
    odds = np.maximum(probabilities, _TINY) / np.maximum(1.0 - probabilities, _TINY)
    return _bounded(np.log(odds))


def _bounded(odds: FloatArray) -> FloatArray:
    bounded: FloatArray = np.minimum(np.maximum(odds, -MAX_LOG_ODDS), MAX_LOG_ODDS)  # np.clip takes twice as long
    return bounded


def fit_top_confidence(leads: FloatArray, scores: FloatArray, correct: npt.NDArray[np.bool_]) -> TopConfidence:
    """Fit the probability that the top intent is right, given its log odds and the out-of-scope score of held-out rows.

    The log odds count as one more standardised signal beside those of the score. Held-out rows are all in scope, so a
    fit that is free to weigh both drops the score, which says little about rows in scope and most about the others.
    AUROC of the confidence, with a third of the intents left out of the training part, mean of 6 draws, BANKING77 /
    HWU64: .902 / .897 weighed freely, .937 / .910 this way, .910 / .892 for the softmax alone. Only the height and the
    steepness of the curve are fitted, so that the confidence of utterances in scope matches their accuracy. Below
    `MIN_ROWS` rows, the curve returns the softmax's own probability.

    References
    ----------
    Platt, 1999, "Probabilistic Outputs for Support Vector Machines", with a prior on both parameters.
    """
    if len(correct) < MIN_ROWS:
        return TopConfidence()
    from scipy.optimize import minimize

    lead_spread = max(float(leads.std()), _MIN_SPREAD)
    sureness = leads / lead_spread - scores
    mean, spread = float(sureness.mean()), max(float(sureness.std()), _MIN_SPREAD)
    standard = (sureness - mean) / spread
    signs = np.where(correct, -1.0, 1.0)
    expected, trust = np.array(CURVE_PRIOR_MEANS), np.array(CURVE_PRIOR_SPREADS)

    def loss(curve: FloatArray) -> tuple[float, FloatArray]:
        margins = signs * (curve[0] + curve[1] * standard)
        slopes = signs / (1.0 + np.exp(-margins))
        distance = (curve - expected) / trust
        gradient = np.array([slopes.sum(), slopes @ standard]) + distance / trust
        return float(np.logaddexp(0.0, margins).sum() + 0.5 * distance @ distance), gradient

    bounds = [(None, None), (_MIN_SLOPE, None)]  # a bot that guesses at random must not get a falling curve
    intercept, slope = minimize(loss, expected, jac=True, bounds=bounds, method="L-BFGS-B").x.tolist()
    return TopConfidence(
        constant=intercept - slope * mean / spread,
        lead_weight=slope / spread / lead_spread,
        score_weight=slope / spread,
    )


def with_top_probability(probabilities: FloatArray, top: float) -> FloatArray:
    """Set the top intent's probability to `top`, in (0, 1), and rescale the others; the order of rank stays.

    If the top intent becomes less likely, all shrink by the same factor and the sum falls below 1, the rest being the
    chance that no intent is right. If it becomes more likely, the others shrink to make room.
    """
    likeliest = int(probabilities.argmax())
    others = 1.0 - float(probabilities[likeliest])
    factor = top / float(probabilities[likeliest])
    if factor > 1.0:
        factor = (1.0 - top) / others if others > 0.0 else 0.0
    shared: FloatArray = probabilities * factor
    shared[likeliest] = top
    return shared

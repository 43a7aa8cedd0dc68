"""From decision values to probabilities that mean what they say."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

DEFAULT_SCALE = 5.0
"""Used when there are too few held-out rows to fit one; fits on public data sets lie between 3.7 and 6.5."""
PRIOR_SPREAD = 0.35
"""Standard deviation of the logarithm of those fits: a few easy rows alone would push the scale to infinity."""
MIN_ROWS = 30
SURENESS, SURENESS_SPREAD = (4.0, 1.8), (1.5, 0.5)
"""Intercept and slope of the logistic curve of `fit_top_confidence`, expected before a row is seen: means and standard
deviations. Fits on parts of BANKING77 and HWU64 lie between 3.7 and 4.4, and between 1.5 and 2.1."""
MOST_CERTAIN = 10.0
"""Largest log odds: beyond 0.99995, a probability says more about the arithmetic than about the utterance."""
_SCALES = np.geomspace(0.2, 50.0, 120)
_LEAST_SLOPE, _LEAST_SPREAD = 0.2, 0.02
_TINY = 1e-12

FloatArray = npt.NDArray[np.floating]


def softmax(decisions: FloatArray, *, scale: float) -> FloatArray:
    """Turn decision values into probabilities over the last axis.

    Parameters
    ----------
    decisions
        One value per intent. Shape ``(..., n_intents)``.
    scale
        Inverse temperature, > 0: the higher, the surer.

    Returns
    -------
    FloatArray
        Probabilities that sum to 1 over the last axis. Same shape.
    """
    scaled = np.asarray(decisions, dtype=np.float64) * scale
    scaled -= scaled.max(axis=-1, keepdims=True)
    np.exp(scaled, out=scaled)
    probabilities: FloatArray = scaled / scaled.sum(axis=-1, keepdims=True)
    return probabilities


def fit_scale(decisions: FloatArray, labels: npt.NDArray[np.intp]) -> float:
    """Find the most probable inverse temperature, given held-out rows and the range seen on public data.

    Parameters
    ----------
    decisions
        Decision values of a model that did not see these rows. Shape ``(n_utterances, n_intents)``.
    labels
        Column of the right intent. Shape ``(n_utterances,)``.

    Returns
    -------
    float
        The scale for `softmax`; `DEFAULT_SCALE` below `MIN_ROWS` rows.

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
    """The logistic curve that tells how likely the first choice is right: three numbers of `fit_top_confidence`."""

    constant: float = 0.0
    lead_weight: float = 1.0
    score_weight: float = 0.0

    def probability(self, leads: FloatArray | float, scores: FloatArray | float) -> FloatArray:
        """Give the probability for log odds of the likeliest intent and out-of-scope scores, any equal shapes."""
        sureness = self.constant + self.lead_weight * np.asarray(leads) - self.score_weight * np.asarray(scores)
        probability: FloatArray = 1.0 / (1.0 + np.exp(-_bounded(sureness)))
        return probability


def log_odds(probabilities: FloatArray) -> FloatArray:
    """Give ``ln(p / (1 - p))``, at most `MOST_CERTAIN` either way. Same shape."""
    odds = np.maximum(probabilities, _TINY) / np.maximum(1.0 - probabilities, _TINY)
    return _bounded(np.log(odds))


def _bounded(odds: FloatArray) -> FloatArray:
    bounded: FloatArray = np.minimum(np.maximum(odds, -MOST_CERTAIN), MOST_CERTAIN)  # np.clip takes twice as long
    return bounded


def fit_top_confidence(leads: FloatArray, scores: FloatArray, correct: npt.NDArray[np.bool_]) -> TopConfidence:
    """Learn how likely the first choice is right, given its lead over the other intents and the out-of-scope score.

    The lead counts as one more standardised view beside those of the score. Held-out rows are all in scope: a fit that
    is free to weigh both drops the score, which tells little about rows in scope, and most about the others (AUROC of
    the confidence, a third of the intents left out of the training part, mean of 6 draws, BANKING77 / HWU64: .902 /
    .897 weighed freely, .937 / .910 like this, .910 / .892 for the softmax alone). What is fitted is the height and
    the steepness of the curve, so that utterances in scope are right as often as it says.

    Parameters
    ----------
    leads
        Held-out log odds of the likeliest intent. Shape ``(n,)``.
    scores
        Held-out out-of-scope scores. Shape ``(n,)``.
    correct
        Whether the likeliest intent is the right one. Shape ``(n,)``.

    Returns
    -------
    TopConfidence
        Below `MIN_ROWS` rows the one that gives the softmax's own probability.

    References
    ----------
    Platt, 1999, "Probabilistic Outputs for Support Vector Machines", with a prior on both parameters.
    """
    if len(correct) < MIN_ROWS:
        return TopConfidence()
    from scipy.optimize import minimize

    lead_spread = max(float(leads.std()), _LEAST_SPREAD)
    sureness = leads / lead_spread - scores
    mean, spread = float(sureness.mean()), max(float(sureness.std()), _LEAST_SPREAD)
    standard = (sureness - mean) / spread
    signs = np.where(correct, -1.0, 1.0)
    expected, trust = np.array(SURENESS), np.array(SURENESS_SPREAD)

    def loss(curve: FloatArray) -> tuple[float, FloatArray]:
        margins = signs * (curve[0] + curve[1] * standard)
        slopes = signs / (1.0 + np.exp(-margins))
        distance = (curve - expected) / trust
        gradient = np.array([slopes.sum(), slopes @ standard]) + distance / trust
        return float(np.logaddexp(0.0, margins).sum() + 0.5 * distance @ distance), gradient

    bounds = [(None, None), (_LEAST_SLOPE, None)]  # a bot whose first choices are random must not be turned around
    intercept, slope = minimize(loss, expected, jac=True, bounds=bounds, method="L-BFGS-B").x.tolist()
    return TopConfidence(
        constant=intercept - slope * mean / spread,
        lead_weight=slope / spread / lead_spread,
        score_weight=slope / spread,
    )


def share_out(probabilities: FloatArray, top: float) -> FloatArray:
    """Put the first choice's probability right, and the others' in proportion.

    Parameters
    ----------
    probabilities
        Of each intent, if one of them is meant. Shape ``(n_intents,)``; they sum to 1.
    top
        Probability that the likeliest one is right, in (0, 1).

    Returns
    -------
    FloatArray
        In the same order of rank. Shape ``(n_intents,)``. Where the first choice is less likely than it seemed, all
        shrink alike, and the sum leaves room for none of them; where it is likelier, the others make room.
    """
    likeliest = int(probabilities.argmax())
    others = 1.0 - float(probabilities[likeliest])
    factor = top / float(probabilities[likeliest])
    if factor > 1.0:
        factor = (1.0 - top) / others if others > 0.0 else 0.0
    shared: FloatArray = probabilities * factor
    shared[likeliest] = top
    return shared

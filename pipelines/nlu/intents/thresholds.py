"""Where to stop trusting the classifier: thresholds fitted on held-out rows by expected cost."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.nlu.intents.calibration import MIN_ROWS
from pipelines.nlu.intents.refusal import which_are_refused
from pipelines.schemas.release import Thresholds

DEFAULT_CONFIDENCE = 0.2
"""Without enough rows to fit by."""
_CONFIDENCES = np.round(np.arange(0.02, 0.91, 0.02), 2)
_TIE = 1e-6

FloatArray = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Costs:
    """What mistakes cost, in units of one wrong answer.

    Attributes
    ----------
    refusal
        Cost of asking again although the message could have been answered or not, in [0, 1]; of asking a language
        model, where the bot has one.
    needless_limit
        Largest share of rightly understood messages that may be refused, in [0, 1].
    """

    refusal: float = 0.7
    needless_limit: float = 0.01


@dataclass(frozen=True)
class Judged:
    """Held-out utterances as the model sees them.

    Attributes
    ----------
    confidence
        Calibrated probability of the top intent. Shape ``(n,)``.
    out_of_scope
        Out-of-scope score; higher is further out. Shape ``(n,)``.
    correct
        Whether the top intent is right; never, for what is out of scope. Shape ``(n,)``.
    """

    confidence: FloatArray
    out_of_scope: FloatArray
    correct: npt.NDArray[np.bool_]


def fit_thresholds(known: Judged, outside: Judged, *, costs: Costs) -> Thresholds:
    """Choose the confidence below which, and the score above which, the bot says that it did not understand.

    A wrong answer costs 1, a refusal `costs.refusal`, an answer to something out of scope 1 (its refusal is right and
    costs nothing). The cheapest pair of thresholds wins, among those that refuse no more of the rightly understood
    than `costs.needless_limit`. Without any out-of-scope row, half of that limit is spent on the score: what is out of
    scope will come, though nobody wrote it down.

    Parameters
    ----------
    known
        Held-out rows of the bot's intents.
    outside
        Rows that no intent should take; may be empty.
    costs
        What mistakes cost.

    Returns
    -------
    Thresholds
        With `DEFAULT_CONFIDENCE` if there are too few rows to choose by; without a limit on the score if there are too
        few rightly understood ones for `costs.needless_limit` to mean any of them.
    """
    if len(known.confidence) < MIN_ROWS or not known.correct.any():
        return Thresholds(confidence=DEFAULT_CONFIDENCE)
    right = known.out_of_scope[known.correct]
    shares = np.linspace(0.0, costs.needless_limit, 11)
    if not len(outside.confidence):
        shares = np.array([costs.needless_limit / 2])
    limits = np.quantile(right, 1.0 - shares, method="higher")
    if len(right) * costs.needless_limit < 1.0:
        limits = np.array([np.inf])  # so few rows do not tell how far out the rightly understood may lie
    best = (np.inf, Thresholds(confidence=float(_CONFIDENCES[0])))
    for limit in limits:
        for confidence in _CONFIDENCES:
            score = float(limit) if np.isfinite(limit) else None
            thresholds = Thresholds(confidence=float(confidence), out_of_scope=score)
            cost = _cost(known, outside, thresholds, costs)
            if cost < best[0]:
                best = cost, thresholds
    return best[1]


def _cost(known: Judged, outside: Judged, thresholds: Thresholds, costs: Costs) -> float:
    """Mistakes of a pair of thresholds in wrong answers; infinite beyond `costs.needless_limit`.

    Ties go to the confidence below which asking again is cheaper than answering, if it means what it says.
    """
    refused = which_are_refused(known.confidence, known.out_of_scope, thresholds)
    if (refused & known.correct).sum() > costs.needless_limit * known.correct.sum():
        return float("inf")
    wrong = (~refused & ~known.correct).sum()
    answered = (~which_are_refused(outside.confidence, outside.out_of_scope, thresholds)).sum()
    tie = _TIE * abs(thresholds.confidence - (1.0 - costs.refusal))
    return float(wrong + costs.refusal * refused.sum() + answered + tie)

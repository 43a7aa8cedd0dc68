"""Where to stop trusting the classifier: thresholds fitted on held-out confidences by expected cost."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.nlu.calibration import MIN_ROWS
from pipelines.schemas.release import Thresholds

DEFAULT_CONFIDENCE = 0.2
_GRID = np.round(np.arange(0.02, 0.91, 0.01), 2)

FloatArray = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Costs:
    """What mistakes cost, in units of one wrong answer.

    Attributes
    ----------
    refusal
        Cost of asking again although the message could have been answered or not, in [0, 1].
    needless_limit
        Largest share of rightly understood messages that may be refused, in [0, 1].
    """

    refusal: float = 0.7
    needless_limit: float = 0.01


def fit_thresholds(
    confidence: FloatArray, correct: npt.NDArray[np.bool_], out_of_scope: FloatArray, *, costs: Costs
) -> Thresholds:
    """Choose the confidence below which the bot says that it did not understand.

    A wrong answer costs 1, a refusal `costs.refusal`, an answer to something out of scope 1 (its refusal is right and
    costs nothing). The cheapest threshold on the held-out rows wins, among those that refuse no more of the rightly
    understood than `costs.needless_limit`.

    Parameters
    ----------
    confidence
        Calibrated probability of the top intent on held-out rows. Shape ``(n,)``.
    correct
        Whether that intent was right. Shape ``(n,)``.
    out_of_scope
        The same probability on rows that no intent should take. Shape ``(m,)``, may be empty.
    costs
        What mistakes cost.

    Returns
    -------
    Thresholds
        With `DEFAULT_CONFIDENCE` if there are too few rows to choose by.
    """
    if len(confidence) < MIN_ROWS:
        return Thresholds(confidence=DEFAULT_CONFIDENCE)
    refused = confidence[None, :] < _GRID[:, None]
    wrong = (~refused & ~correct[None, :]).sum(axis=1)
    answered_out_of_scope = (out_of_scope[None, :] >= _GRID[:, None]).sum(axis=1)
    cost = wrong + costs.refusal * refused.sum(axis=1) + answered_out_of_scope
    needless = (refused & correct[None, :]).sum(axis=1) / max(1, int(correct.sum()))
    allowed = needless <= costs.needless_limit
    if not allowed.any():
        return Thresholds(confidence=float(_GRID[0]))
    cheapest = int(np.argmin(np.where(allowed, cost, np.inf)))
    return Thresholds(confidence=float(_GRID[cheapest]))

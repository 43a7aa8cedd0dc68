"""What other thresholds would have cost: the whole curve, on held-out utterances."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipelines.nlu.intents.refusal import columns_of, options_to_offer, refused_mask
from pipelines.nlu.intents.thresholds import Costs
from pipelines.schemas.bot import Intent
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.thresholds import Thresholds
from pipelines.steps.evaluation.evaluate import Evaluation

_CONFIDENCES = np.round(np.arange(0.0, 0.99, 0.02), 2)


def measure_trade_off(
    evaluation: Evaluation,
    thresholds: Thresholds,
    *,
    intent_by_id: Mapping[str, Intent] | None = None,
    costs: Costs | None = None,
) -> pd.DataFrame:
    """Return the cost of each confidence threshold, on utterances that the model has not learnt from.

    The out-of-scope limit of the fitted `thresholds` stays as it is; the confidence varies. `intent_by_id` as for
    `evaluate_model`.

    Returns
    -------
    pandas.DataFrame
        One row per threshold: `confidence`; `cost` per message in units of one wrong answer, and `cost_without_limit`
        of the out-of-scope score; the in-scope shares `wrong` (answered wrongly), `needless` (refused though understood
        rightly) and `asked` (which intent is meant, the same at every threshold); the out-of-scope shares `outside`
        (answered) and `outside_asked`; `allowed` while it refuses no more of the rightly understood than
        `costs.needless_limit`; `chosen`. Shares of nothing are NaN.
    """
    costs = costs or Costs()
    without_limit = thresholds.model_copy(update={"out_of_scope": None})
    curve, free = _Curve(evaluation, thresholds, intent_by_id), _Curve(evaluation, without_limit, intent_by_id)
    is_inside, is_right, asked = curve.is_inside, curve.is_right, curve.asked
    rows = []
    for threshold in np.unique([*_CONFIDENCES, thresholds.confidence]).tolist():
        refused = curve.refused(threshold)
        answered, needless = ~asked & ~refused, refused & is_right
        rows.append(
            {
                "confidence": threshold,
                "cost": curve.cost(refused, costs),
                "cost_without_limit": free.cost(free.refused(threshold), costs),
                "wrong": _mean((answered & ~is_right)[is_inside]),
                "needless": _mean(needless[is_inside]),
                "asked": _mean(asked[is_inside]),
                "outside": _mean(answered[~is_inside]),
                "outside_asked": _mean(asked[~is_inside]),
                "allowed": needless.sum() <= costs.needless_limit * is_right.sum(),
                "chosen": threshold == thresholds.confidence,
            }
        )
    return pd.DataFrame(rows)


class _Curve:
    """The constants of the curve, and what varies with the confidence threshold."""

    def __init__(
        self, evaluation: Evaluation, thresholds: Thresholds, intent_by_id: Mapping[str, Intent] | None
    ) -> None:
        results = [each.result for each in evaluation.predictions]
        self.thresholds = thresholds
        self.columns = columns_of(results, intent_by_id)
        self.asked = np.array([bool(options_to_offer(each, thresholds, intent_by_id)) for each in results], dtype=bool)
        self.is_right = np.array([each.is_right for each in evaluation.predictions], dtype=bool)
        self.is_inside = np.array([each.example.intent != OUT_OF_SCOPE for each in evaluation.predictions], dtype=bool)

    def refused(self, confidence: float) -> np.ndarray:
        """Return which messages are refused at this threshold."""
        at = self.thresholds.model_copy(update={"confidence": confidence})
        return ~self.asked & refused_mask(*self.columns, at)

    def cost(self, refused: np.ndarray, costs: Costs) -> float:
        """Return the mean cost per message, as `message_costs` counts it."""
        answered = np.where(self.is_right, 0.0, 1.0)
        of_refusal = np.where(self.is_inside, costs.refusal, 0.0)
        return _mean(np.where(self.asked, costs.refusal, np.where(refused, of_refusal, answered)))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")

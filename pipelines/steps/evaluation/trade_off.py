"""What other thresholds would have cost: the whole curve, on utterances that the model has not learnt from."""

import numpy as np
import pandas as pd

from pipelines.nlu.intents.thresholds import Costs
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.release import Thresholds
from pipelines.steps.evaluation.evaluate import Evaluation

_CONFIDENCES = np.round(np.arange(0.0, 0.99, 0.02), 2)


def trade_off(evaluation: Evaluation, thresholds: Thresholds, *, costs: Costs | None = None) -> pd.DataFrame:
    """Work out what each threshold of the confidence would have cost.

    Parameters
    ----------
    evaluation
        A model on utterances that it has not learnt from; at whatever thresholds.
    thresholds
        The ones that were chosen: the limit of the out-of-scope score stays as it is, the confidence varies.
    costs
        What mistakes cost; without them, the defaults.

    Returns
    -------
    pandas.DataFrame
        A row a threshold: `confidence`; `cost` of a message in units of one wrong answer, and `cost_without_limit` if
        the out-of-scope score had none; the shares `wrong` and `needless` (refused though understood rightly) of the
        utterances in scope, and `outside` (answered) of the others; `allowed` as long as it refuses no more of the
        rightly understood than `costs.needless_limit`; `chosen`. Shares of nothing are not numbers.
    """
    costs = costs or Costs()
    confidence = np.array([each.confidence for each in evaluation.predictions])
    score = np.array([each.out_of_scope_score for each in evaluation.predictions])
    is_inside = np.array([each.example.intent != OUT_OF_SCOPE for each in evaluation.predictions], dtype=bool)
    is_right = np.array([each.intent == each.example.intent for each in evaluation.predictions], dtype=bool)
    limit = np.inf if thresholds.out_of_scope is None else thresholds.out_of_scope

    def cost(refused: np.ndarray) -> float:
        each = np.where(is_inside, np.where(refused, costs.refusal, ~is_right), ~refused)
        return _mean(each)

    rows = []
    for threshold in np.unique([*_CONFIDENCES, thresholds.confidence]).tolist():
        refused = (confidence < threshold) | (score > limit)
        rows.append(
            {
                "confidence": threshold,
                "cost": cost(refused),
                "cost_without_limit": cost(confidence < threshold),
                "wrong": _mean((~refused & ~is_right)[is_inside]),
                "needless": _mean((refused & is_right)[is_inside]),
                "outside": _mean(~refused[~is_inside]),
                "allowed": (refused & is_right).sum() <= costs.needless_limit * is_right.sum(),
                "chosen": threshold == thresholds.confidence,
            }
        )
    return pd.DataFrame(rows)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")

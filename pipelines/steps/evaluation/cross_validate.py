"""Cross-validation: each fold is evaluated by a model trained on the others."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.progress import Progress, part
from pipelines.schemas.bot import BotFile
from pipelines.schemas.training import TrainParams
from pipelines.steps.data.frame import to_examples
from pipelines.steps.data.split import folds
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model, measure
from pipelines.steps.evaluation.predictions import Prediction
from pipelines.steps.training.train import train_model

FIGURES = (
    "accuracy",
    "effective_accuracy",
    "asked_right",
    "asked_wrong",
    "macro_f1",
    "entity_f1",
    "out_of_scope_recall",
    "expected_cost",
)


@dataclass(frozen=True)
class CrossValidation:
    """The outcome of a cross-validation.

    Attributes
    ----------
    folds
        One row per fold: `fold`, `learnt`, `held_out` (rows), and those of `FIGURES` that any fold has.
    evaluation
        All held-out rows together, each at the thresholds of its own fold's model.
    """

    folds: pd.DataFrame
    evaluation: Evaluation

    def figures(self) -> dict[str, float]:
        """Return the mean of each figure over the folds, and its standard deviation."""
        names = [name for name in FIGURES if name in self.folds]
        mean, deviation = self.folds[names].mean(), self.folds[names].std(ddof=1)
        return {name: float(mean[name]) for name in names} | {f"{name}_sd": float(deviation[name]) for name in names}


def cross_validate_model(
    frame: pd.DataFrame, bot_file: BotFile, params: TrainParams, *, progress: Progress | None = None
) -> CrossValidation:
    """Train a model for each of `params.cross_validate` folds (2 or more) on the others, and evaluate it.

    `frame` has the columns of `frame.COLUMNS`. The same examples and seed give the same result.
    """
    report = progress or (lambda share, what: None)
    # with more folds than wordings, some are empty
    filled = [fold for fold in folds(frame, n_folds=params.cross_validate, seed=params.seed) if len(fold.holdout)]
    n_folds = len(filled)
    rows: list[dict[str, float]] = []
    predictions: list[Prediction] = []
    for number, fold in enumerate(filled):
        own = part(report, number / n_folds, (number + 1) / n_folds)
        model = train_model(fold.train, bot_file, params, progress=_named(own, f"fold {number + 1} of {n_folds}: "))
        measured = evaluate_model(model, to_examples(fold.holdout), intent_by_id=bot_file.intent_by_id())
        predictions += measured.predictions
        figures = {name: measured.metrics.get(name, np.nan) for name in FIGURES}
        rows.append({"fold": number + 1, "learnt": len(fold.train), "held_out": len(fold.holdout), **figures})
    report(1.0, "cross-validated")
    return CrossValidation(pd.DataFrame(rows).dropna(axis="columns", how="all"), measure(predictions))


def _named(report: Progress, name: str) -> Progress:
    return lambda share, what: report(share, f"{name}{what}")

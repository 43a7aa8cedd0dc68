"""Runs nested below a training in MLflow: one per candidate of a search, one per fold of a cross-validation."""

import math
import time
from collections.abc import Mapping

import mlflow
from mlflow.entities import Metric, Param

from pipelines.registry.run_record import KIND_TAG
from pipelines.registry.runs import Runs
from pipelines.steps.evaluation.cross_validate import CrossValidation
from pipelines.steps.training.search import SearchResult

_MEASURED = ("accuracy", "gain", "gain_error")
_SIZES = ("fold", "learnt", "held_out")


def log_candidates(run_id: str, result: SearchResult) -> None:
    """Log each candidate of a search as a nested run, and its accuracy as a step of the training's run."""
    names = [name for name in result.table if name not in (*_MEASURED, "is_best")]
    for number, row in enumerate(result.table.to_dict("records")):
        told = " · the defaults" if number == 0 else ""
        told += " · best" if row["is_best"] else ""
        figures = {name: row[name] for name in _MEASURED}
        tried = {str(name): row[name] for name in names}
        _log_child(run_id, "candidate", number, f"candidate {number}{told}", tried, figures)
        _log_steps(run_id, {"search/accuracy": row["accuracy"]}, step=number)


def log_folds(run_id: str, validated: CrossValidation) -> None:
    """Log each fold of a cross-validation as a nested run, and its figures as a step of the training's run."""
    n_folds = len(validated.folds)
    for row in validated.folds.to_dict("records"):
        number = int(row["fold"])
        figures = {str(name): value for name, value in row.items() if name not in _SIZES}
        sizes = {name: int(row[name]) for name in _SIZES}
        _log_child(run_id, "fold", number, f"fold {number} of {n_folds}", sizes, figures)
        _log_steps(run_id, {f"cross_validation/{name}": value for name, value in figures.items()}, step=number)


def _log_child(
    run_id: str, kind: str, number: int, name: str, params: Mapping[str, object], figures: Mapping[str, float]
) -> None:
    client = mlflow.MlflowClient()
    child = Runs(mlflow.get_tracking_uri()).begin_child(run_id, name=name, tags={KIND_TAG: kind, kind: str(number)})
    client.log_batch(child, _metrics(figures, step=0), [Param(key, str(value)) for key, value in params.items()])
    client.set_terminated(child)


def _log_steps(run_id: str, figures: Mapping[str, float], *, step: int) -> None:
    mlflow.MlflowClient().log_batch(run_id, _metrics(figures, step=step))


def _metrics(figures: Mapping[str, float], *, step: int) -> list[Metric]:
    now = int(time.time() * 1000)
    return [Metric(name, float(value), now, step) for name, value in figures.items() if math.isfinite(value)]

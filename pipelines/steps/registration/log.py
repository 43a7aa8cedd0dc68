"""What each training step logs to its MLflow run; `pipelines.registry.runs` begins, ends and finds runs."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.entities import RunStatus
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from pipelines.nlu.model import NluModel
from pipelines.registry.connection import translated
from pipelines.registry.runs import LEARNT_FILE, PROFILE_FILE, RECIPE_TAG, Runs
from pipelines.schemas.bot import Intent
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check
from pipelines.steps.data.snapshot import Snapshot
from pipelines.steps.data.split import fingerprints
from pipelines.steps.evaluation.cross_validate import CrossValidation
from pipelines.steps.evaluation.doubtful_labels import DoubtfulLabel, to_table, with_doubtful_labels
from pipelines.steps.evaluation.evaluate import Evaluation
from pipelines.steps.evaluation.gate_page import describe_gate, render_gate
from pipelines.steps.evaluation.plots import (
    Figure,
    plot_calibration,
    plot_confidence,
    plot_confusion,
    plot_outcomes,
    plot_trade_off,
)
from pipelines.steps.evaluation.profile import Profile
from pipelines.steps.evaluation.slices import slice_by_kind
from pipelines.steps.evaluation.trade_off import measure_trade_off
from pipelines.steps.registration.notebook_page import render_notebook
from pipelines.steps.training.search import SearchResult
from pipelines.steps.training.search_plots import plot_search
from pipelines.steps.validation.report import render_report
from pipelines.steps.validation.validate import ValidationReport


def open_run(params: TrainParams, tracking_uri: str) -> str:
    """Resume the run that `params` names, or begin one; from then on this process logs to that server."""
    mlflow.set_tracking_uri(tracking_uri)
    return Runs(tracking_uri).open(params)


def log_recipe(run_id: str, recipe: str) -> None:
    """Log the digest of everything the run depends on, so that a retraining recognises it."""
    mlflow.MlflowClient().set_tag(run_id, RECIPE_TAG, recipe)


def log_snapshot(run_id: str, snapshot: Snapshot) -> None:
    """Log the examples and their hash."""
    with _continue(run_id):
        mlflow.log_param("data_hash", snapshot.data_hash)
        mlflow.log_metric("n_examples", snapshot.n_examples)
        mlflow.log_artifact(str(snapshot.path), "data")


def log_learnt(run_id: str, learnt: pd.DataFrame) -> None:
    """Log the fingerprints of the training wordings, so that later versions can be compared on others."""
    with _continue(run_id):
        mlflow.log_text("".join(f"{key}\n" for key in sorted(set(fingerprints(learnt)))), LEARNT_FILE)


def log_profile(run_id: str, profile: Profile) -> None:
    """Log the profile of the held-out rows, the reference of `intentloop drift`."""
    with _continue(run_id):
        mlflow.log_text(profile.model_dump_json(indent=1) + "\n", PROFILE_FILE)


def log_search(run_id: str, result: SearchResult) -> Figure:
    """Log the table, plot, best parameters and notes of a search; return the plot."""
    figure, best = plot_search(result), result.table.loc[result.table["is_best"]].iloc[0]
    with _continue(run_id):
        mlflow.log_text(result.table.to_csv(index=False), "search/candidates.csv")
        mlflow.log_figure(figure, "search/candidates.png")
        mlflow.log_params({f"best_{name}": value for name, value in result.best.items()})
        mlflow.log_metrics({f"search_{name}": float(best[name]) for name in ("accuracy", "gain")})
        mlflow.set_tag("search", "; ".join((result.where, *result.notes)))
    return figure


def log_gate(run_id: str, gate: Check, tables: Mapping[str, pd.DataFrame]) -> None:
    """Log the gate's report page, figures and reasons, and the tables of changes by name."""
    with _continue(run_id):
        mlflow.log_metrics({f"gate_{name}": value for name, value in gate.figures.items()})
        mlflow.set_tag(MLFLOW_RUN_NOTE, describe_gate(gate))
        mlflow.log_text(render_gate(gate, tables), "gate/report.html")
        mlflow.log_text(gate.model_dump_json(indent=1) + "\n", "gate/gate.json")
        for name, table in tables.items():
            _log_table(table, f"gate/{name}.csv")


def log_figures(run_id: str, figures: Mapping[str, float]) -> None:
    """Log figures under their own names."""
    with _continue(run_id):
        mlflow.log_metrics(dict(figures))


def log_validation(run_id: str, report: ValidationReport) -> None:
    """Log the validation report as a page and as a table."""
    with _continue(run_id):
        mlflow.log_metrics({"validation_errors": len(report.errors), "validation_findings": len(report.findings)})
        mlflow.log_text(render_report(report), "validation/report.html")
        mlflow.log_text(report.to_frame().to_csv(index=False), "validation/findings.csv")


def log_doubtful_labels(run_id: str, doubtful: Sequence[DoubtfulLabel], report: ValidationReport) -> ValidationReport:
    """Log the labels that are probably wrong as a table, and again the validation report, which then has them too.

    Returns the report with them.
    """
    complete = with_doubtful_labels(report, doubtful)
    log_validation(run_id, complete)
    with _continue(run_id):
        mlflow.log_metric("doubtful_labels", len(doubtful))
        _log_table(to_table(doubtful), "validation/doubtful_labels.csv")
    return complete


def log_evaluation(
    run_id: str,
    evaluation: Evaluation,
    *,
    prefix: str,
    model: NluModel,
    intent_by_id: Mapping[str, Intent] | None = None,
) -> dict[str, Figure]:
    """Log the metrics, tables and plots of an evaluation; return the plots for the notebook.

    `prefix`, `holdout` or `test`, begins each metric's name and is the artifacts' folder. `intent_by_id` as for the
    evaluation itself.
    """
    curve = measure_trade_off(evaluation, model.thresholds_, intent_by_id=intent_by_id, costs=model.costs)
    figures = {
        "outcomes": plot_outcomes(evaluation),
        "confusion": plot_confusion(evaluation),
        "confidence": plot_confidence(evaluation, threshold=model.thresholds_.confidence),
        "calibration": plot_calibration(evaluation),
        "thresholds": plot_trade_off(curve),
    }
    tables = {"intents": evaluation.per_intent, "entities": evaluation.per_entity, "confusions": evaluation.confusions}
    tables |= {"outcomes": evaluation.outcomes, "slices": slice_by_kind(evaluation, model), "thresholds": curve}
    with _continue(run_id):
        mlflow.log_metrics({f"{prefix}_{name}": value for name, value in evaluation.metrics.items()})
        for name, table in tables.items():
            _log_table(table, f"{prefix}/{name}.csv")
        for name, figure in figures.items():
            mlflow.log_figure(figure, f"{prefix}/{name}.png")
    return figures


def log_cross_validation(run_id: str, validated: CrossValidation) -> None:
    """Log the figures of every fold, their mean, and the tables over all folds together."""
    tables = {"folds": validated.folds, "intents": validated.evaluation.per_intent}
    tables |= {"entities": validated.evaluation.per_entity, "confusions": validated.evaluation.confusions}
    tables |= {"outcomes": validated.evaluation.outcomes}
    with _continue(run_id):
        mlflow.log_metrics({f"cross_validation_{name}": value for name, value in validated.figures().items()})
        for name, table in tables.items():
            _log_table(table, f"cross_validation/{name}.csv")


def log_choices(run_id: str, choices: dict[str, object]) -> None:
    """Log what training chose on its own."""
    with _continue(run_id):
        mlflow.log_text(json.dumps(choices, indent=1, sort_keys=True, default=str), "choices.json")
        mlflow.log_params({f"chosen_{name}": value for name, value in choices.items()})


def log_notebook(run_id: str, tracking_uri: str, notebook: Path) -> None:
    """Log the executed notebook, also as an HTML page, since the UI shows only its JSON."""
    client = mlflow.MlflowClient(tracking_uri)
    with translated(tracking_uri):
        client.log_artifact(run_id, str(notebook), "notebook")
        client.log_text(run_id, render_notebook(notebook), "notebook/notebook.html")


def _log_table(table: pd.DataFrame, path: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / Path(path).name
        table.to_csv(file, index=False, float_format="%.5g")
        mlflow.log_artifact(str(file), str(Path(path).parent))


@contextmanager
def _continue(run_id: str) -> Iterator[None]:
    """Log to a run without ending it: a notebook logs from many cells, and whoever began the run ends it."""
    with mlflow.start_run(run_id=run_id):
        yield
    mlflow.MlflowClient().update_run(run_id, status=RunStatus.to_string(RunStatus.RUNNING))

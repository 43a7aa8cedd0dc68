"""The MLflow run of a training: where it is logged, what it holds, how it ends."""

import json
import os
import re
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import mlflow
import pandas as pd
from matplotlib.figure import Figure
from mlflow.entities import RunStatus
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from pipelines.errors import RegistryUnavailable, without_password
from pipelines.nlu.model import NluModel
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check
from pipelines.settings import Settings
from pipelines.steps.cross_validate import CrossValidation
from pipelines.steps.evaluate import Evaluation
from pipelines.steps.gate_page import describe_gate, render_gate
from pipelines.steps.notebook_page import render_notebook
from pipelines.steps.plots import plot_calibration, plot_confidence, plot_confusion, plot_trade_off
from pipelines.steps.report import render_report
from pipelines.steps.slices import slice_by_kind
from pipelines.steps.snapshot import Snapshot
from pipelines.steps.split import fingerprints
from pipelines.steps.trade_off import trade_off
from pipelines.steps.validate import ValidationReport

_SYSTEM_ERROR = re.compile(r"\[Errno -?\d+\] ([^\"')]+)")
LINKED_PARAMS = ("home", "tracking_uri", "run_id")
"""Parameters that say where, not what: they are not logged, they would name a machine's folders."""
LEARNT_FILE = "data/learnt.txt"
"""Fingerprints of the wordings that a model has learnt from, a line each."""
RECIPE_TAG = "recipe"
"""Tag of a run: the digest of everything that its release depends on."""
GIVEN_UP_TAG = "given_up"
"""Tag of a run that another one has taken for dead; its text says why."""

_FIRST_CONTACT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}


def choose_tracking_uri(tracking_uri: str, settings: Settings, *, home: Path) -> str:
    """Find the MLflow server or store to log to.

    Parameters
    ----------
    tracking_uri
        A URI to use as it is, or `auto`: `MLFLOW_TRACKING_URI` if set, else the local server if it listens, else a
        SQLite file under `home`, so that a notebook works without anything started.
    settings
        The platform's settings.
    home
        Folder for the SQLite file.

    Returns
    -------
    str
        A tracking URI.
    """
    if tracking_uri != "auto":
        return tracking_uri
    if settings.mlflow_tracking_uri:
        return settings.mlflow_tracking_uri
    if _listens(settings.resolved_tracking_uri):
        return settings.resolved_tracking_uri
    folder = home.resolve() / "notebook-mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'mlflow.db'}"


def open_run(params: TrainParams, tracking_uri: str) -> str:
    """Go on with the run that `params` names, or begin one, and log the parameters.

    Parameters
    ----------
    params
        Parameters of the training run.
    tracking_uri
        Where to log.

    Returns
    -------
    str
        Id of the MLflow run.

    Raises
    ------
    RegistryUnavailable
        The server does not answer.
    """
    mlflow.set_tracking_uri(tracking_uri)
    try:
        run_id = params.run_id or begin_run(params.bot, tracking_uri)
        logged = params.model_dump(mode="json", exclude=set(LINKED_PARAMS))
        with _continue(run_id):
            mlflow.log_params({name: _file_name(value) for name, value in logged.items()})
    except (MlflowException, OSError) as error:
        raise RegistryUnavailable(tracking_uri, short_reason(error)) from error
    return run_id


def experiment_name(bot: str) -> str:
    """Give the name of the experiment that holds a bot's runs."""
    return f"intentloop-{bot}"


def begin_run(bot: str, tracking_uri: str, *, tags: Mapping[str, str] | None = None) -> str:
    """Begin a run in the bot's experiment, made if missing; give its id."""
    client = mlflow.MlflowClient(tracking_uri)
    experiment_id = find_experiment(bot, tracking_uri)
    if experiment_id is None and tracking_uri.startswith("sqlite:///"):
        artifacts = Path(tracking_uri.removeprefix("sqlite:///")).parent / "artifacts"
        experiment_id = client.create_experiment(experiment_name(bot), artifact_location=artifacts.as_uri())
    elif experiment_id is None:
        experiment_id = client.create_experiment(experiment_name(bot))
    return str(client.create_run(experiment_id, tags=dict(tags or {})).info.run_id)


def find_experiment(bot: str, tracking_uri: str) -> str | None:
    """Find the experiment of a bot's runs; None if it has none. A server that is not there is told in seconds."""
    with _impatience():
        experiment = mlflow.MlflowClient(tracking_uri).get_experiment_by_name(experiment_name(bot))
    return str(experiment.experiment_id) if experiment is not None else None


def end_run(run_id: str, tracking_uri: str, *, succeeded: bool) -> None:
    """Mark the run as finished or failed."""
    status = RunStatus.FINISHED if succeeded else RunStatus.FAILED
    mlflow.MlflowClient(tracking_uri).set_terminated(run_id, RunStatus.to_string(status))


def run_url(run_id: str, tracking_uri: str) -> str:
    """Give the page of a run; empty for a store without pages."""
    if not tracking_uri.startswith(("http://", "https://")):
        return ""
    experiment = mlflow.MlflowClient(tracking_uri).get_run(run_id).info.experiment_id
    return f"{without_password(tracking_uri).rstrip('/')}/#/experiments/{experiment}/runs/{run_id}"


def give_up_run(run_id: str, tracking_uri: str, reason: str) -> None:
    """Mark a run failed whose process is dead or taken for dead; what is left of it may register nothing any more."""
    client = mlflow.MlflowClient(tracking_uri)
    client.set_tag(run_id, GIVEN_UP_TAG, reason)
    client.set_terminated(run_id, RunStatus.to_string(RunStatus.FAILED))


def log_recipe(run_id: str, recipe: str) -> None:
    """Log what the run depends on, by which a retraining knows it again."""
    mlflow.MlflowClient().set_tag(run_id, RECIPE_TAG, recipe)


def log_snapshot(run_id: str, snapshot: Snapshot) -> None:
    """Log the examples and their hash."""
    with _continue(run_id):
        mlflow.log_param("data_hash", snapshot.data_hash)
        mlflow.log_metric("n_examples", snapshot.n_examples)
        mlflow.log_artifact(str(snapshot.path), "data")


def log_learnt(run_id: str, learnt: pd.DataFrame) -> None:
    """Log which wordings the model learns from, so that the versions after it can be compared with it on others."""
    with _continue(run_id):
        mlflow.log_text("".join(f"{key}\n" for key in sorted(set(fingerprints(learnt)))), LEARNT_FILE)


def log_gate(run_id: str, gate: Check, tables: Mapping[str, pd.DataFrame]) -> None:
    """Log what the gate found: a page to read, its figures, why it refuses, and what changes, as tables by name."""
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


def log_evaluation(run_id: str, evaluation: Evaluation, *, prefix: str, model: NluModel) -> dict[str, Figure]:
    """Log figures, tables and plots of an evaluation: what is understood, which kinds less well, what thresholds cost.

    Parameters
    ----------
    run_id
        The MLflow run.
    evaluation
        What was measured.
    prefix
        Put before each metric's name, and the folder of the artifacts: `holdout` or `test`.
    model
        The model that was measured, with its thresholds.

    Returns
    -------
    dict[str, Figure]
        The plots, for the notebook.
    """
    curve = trade_off(evaluation, model.thresholds_, costs=model.costs)
    figures = {
        "confusion": plot_confusion(evaluation),
        "confidence": plot_confidence(evaluation, threshold=model.thresholds_.confidence),
        "calibration": plot_calibration(evaluation),
        "thresholds": plot_trade_off(curve),
    }
    tables = {"intents": evaluation.per_intent, "entities": evaluation.per_entity, "confusions": evaluation.confusions}
    tables |= {"slices": slice_by_kind(evaluation, model), "thresholds": curve}
    with _continue(run_id):
        mlflow.log_metrics({f"{prefix}_{name}": value for name, value in evaluation.metrics.items()})
        for name, table in tables.items():
            _log_table(table, f"{prefix}/{name}.csv")
        for name, figure in figures.items():
            mlflow.log_figure(figure, f"{prefix}/{name}.png")
    return figures


def log_cross_validation(run_id: str, validated: CrossValidation) -> None:
    """Log the figures of every fold, their mean, and what all folds together say of each intent and entity."""
    tables = {"folds": validated.folds, "intents": validated.evaluation.per_intent}
    tables |= {"entities": validated.evaluation.per_entity, "confusions": validated.evaluation.confusions}
    with _continue(run_id):
        mlflow.log_metrics({f"cross_validation_{name}": value for name, value in validated.figures().items()})
        for name, table in tables.items():
            _log_table(table, f"cross_validation/{name}.csv")


def log_choices(run_id: str, choices: dict[str, object]) -> None:
    """Log what training chose by itself."""
    with _continue(run_id):
        mlflow.log_text(json.dumps(choices, indent=1, sort_keys=True, default=str), "choices.json")
        mlflow.log_params({f"chosen_{name}": value for name, value in choices.items()})


def log_notebook(run_id: str, tracking_uri: str, notebook: Path) -> None:
    """Log the executed notebook, the record of what happened, and as a page, since the UI shows only its JSON."""
    client = mlflow.MlflowClient(tracking_uri)
    client.log_artifact(run_id, str(notebook), "notebook")
    client.log_text(run_id, render_notebook(notebook), "notebook/notebook.html")


def _log_table(table: pd.DataFrame, path: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / Path(path).name
        table.to_csv(file, index=False, float_format="%.5g")
        mlflow.log_artifact(str(file), str(Path(path).parent))


@contextmanager
def _impatience() -> Iterator[None]:
    """Ask a server only twice: by itself the library tries for minutes before it says that nobody listens."""
    own = {name: value for name, value in _FIRST_CONTACT.items() if name not in os.environ}
    os.environ.update(own)
    try:
        yield
    finally:
        for name in own:
            del os.environ[name]


@contextmanager
def _continue(run_id: str) -> Iterator[None]:
    """Work inside a run without ending it: a notebook logs from many cells, and whoever began the run ends it."""
    with mlflow.start_run(run_id=run_id):
        yield
    mlflow.MlflowClient().update_run(run_id, status=RunStatus.to_string(RunStatus.RUNNING))


def _file_name(value: object) -> object:
    return Path(value).name if isinstance(value, str) and "/" in value else value


def _listens(uri: str) -> bool:
    parts = urlsplit(uri)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=0.5):
            return True
    except OSError:
        return False


def short_reason(error: Exception) -> str:
    """Give what the operating system said, out of the many layers that a failed request is wrapped in."""
    found = _SYSTEM_ERROR.search(str(error))
    if found:
        return found[1].lower()
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__

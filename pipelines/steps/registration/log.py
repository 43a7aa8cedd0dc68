"""What each training step logs to its MLflow run; `pipelines.registry.runs` begins, ends and finds runs."""

import json
import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.environment_variables import MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING
from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor
from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_ARTIFACTS, MLFLOW_RUN_NOTE

from pipelines.nlu.model import NluModel
from pipelines.registry.connection import translated
from pipelines.registry.links import artifact_link
from pipelines.registry.run_record import (
    BOT_TAG,
    FAILED_REASON_TAG,
    FIGURES_FILE,
    GATE_FILE,
    GATE_PAGE,
    GATE_TAG,
    MAX_REASON_CHARS,
)
from pipelines.registry.runs import LEARNT_FILE, PROFILE_FILE, RECIPE_TAG, Runs
from pipelines.schemas.bot import Intent
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check
from pipelines.steps.data.frame import to_frame
from pipelines.steps.data.snapshot import Snapshot
from pipelines.steps.data.split import fingerprints
from pipelines.steps.evaluation.cross_validate import CrossValidation
from pipelines.steps.evaluation.evaluate import Evaluation
from pipelines.steps.evaluation.evaluation_page import render_evaluation
from pipelines.steps.evaluation.gate_page import UNKNOWN_VERSION, CustomerChange, describe_gate, render_gate
from pipelines.steps.evaluation.labels.doubtful import DoubtfulLabel, to_table, with_doubtful_labels
from pipelines.steps.evaluation.plots import (
    Figure,
    plot_calibration,
    plot_confidence,
    plot_confusion,
    plot_outcomes,
    plot_trade_off,
)
from pipelines.steps.evaluation.prediction_table import prediction_table
from pipelines.steps.evaluation.profile import Profile
from pipelines.steps.evaluation.slices import slice_by_kind
from pipelines.steps.evaluation.trade_off import measure_trade_off
from pipelines.steps.registration.failure import NotebookWatch
from pipelines.steps.registration.inputs import log_input
from pipelines.steps.registration.nested import log_candidates, log_folds
from pipelines.steps.registration.notebook_page import render_notebook
from pipelines.steps.training.search import SearchResult
from pipelines.steps.training.search_plots import plot_search
from pipelines.steps.validation.report import render_report
from pipelines.steps.validation.validate import ValidationReport

HEADLINES = (
    "accuracy",
    "macro_f1",
    "entity_f1",
    "effective_accuracy",
    "answered_wrong",
    "needless_fallback",
    "out_of_scope_recall",
    "expected_cost",
    "cpu_ms_p95",
)
"""Figures of an evaluation that become metrics; `figures.json` beside its tables has all of them."""
MEASURED = {
    "holdout": "On held-out utterances",
    "test_set": "On the bot's test set",
    "test": "On the test file",
    "production": "On labels from production that are held out",
}
"""Titles of the pages, by the prefix of the metrics."""
CURVE = {"cost": "expected_cost", "wrong": "answered_wrong", "needless": "needless_fallback", "outside": "out_of_scope"}
"""Columns of `measure_trade_off` that become metrics with a history: the step is the threshold in percent."""


def open_run(params: TrainParams, tracking_uri: str) -> str:
    """Resume the run that `params` names, or begin one; from then on this process logs to that server.

    A run that begins here is ended by a cell that raises, and gives up the bot's runs of processes that have died.
    """
    mlflow.set_tracking_uri(tracking_uri)
    runs = Runs(tracking_uri)
    if not params.run_id:
        runs.give_up_dead(params.bot, home=params.home)
    run_id = runs.open(params)
    if not params.run_id:
        NotebookWatch(runs, run_id).begin()
    if MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING.get():  # type: ignore[no-untyped-call]
        monitor = SystemMetricsMonitor(run_id, tracking_uri=tracking_uri)  # type: ignore[no-untyped-call]
        monitor.start()  # type: ignore[no-untyped-call]  # until the run ends
    return run_id


def log_recipe(run_id: str, recipe: str) -> None:
    """Log the digest of everything the run depends on, so that a retraining recognises it."""
    MlflowClient().set_tag(run_id, RECIPE_TAG, recipe)


def log_snapshot(run_id: str, snapshot: Snapshot) -> None:
    """Log the examples, their hash and their number, which the run's name then has."""
    client = MlflowClient()
    client.log_param(run_id, "data_hash", snapshot.data_hash)
    client.log_metric(run_id, "n_examples", snapshot.n_examples)
    client.log_artifact(run_id, str(snapshot.path), "data")
    Runs(mlflow.get_tracking_uri()).rename(run_id)


def log_learnt(run_id: str, learnt: pd.DataFrame) -> None:
    """Log the rows to train on as an input, and fingerprints of their wordings for later comparisons."""
    client = MlflowClient()
    client.log_text(run_id, "".join(f"{key}\n" for key in sorted(set(fingerprints(learnt)))), LEARNT_FILE)
    data = client.list_artifacts(run_id, "data")
    file = next((each.path for each in data if each.path.endswith(".parquet")), LEARNT_FILE)
    log_input(client, run_id, learnt, name="train", context="train", file=file)


def log_profile(run_id: str, profile: Profile) -> None:
    """Log the profile of the held-out rows, the reference of `intentloop drift`."""
    MlflowClient().log_text(run_id, profile.model_dump_json(indent=1) + "\n", PROFILE_FILE)


def log_search(run_id: str, result: SearchResult) -> Figure:
    """Log the table, plot, best parameters and notes of a search, and a nested run per candidate; return the plot."""
    client = MlflowClient()
    figure, best = plot_search(result), result.table.loc[result.table["is_best"]].iloc[0]
    client.log_text(run_id, result.table.to_csv(index=False), "search/candidates.csv")
    client.log_figure(run_id, figure, "search/candidates.png")
    _log_params(client, run_id, {f"best_{name}": value for name, value in result.best.items()})
    _log_metrics(client, run_id, {f"search_{name}": float(best[name]) for name in ("accuracy", "gain")})
    client.set_tag(run_id, "search", "; ".join((result.where, *result.notes)))
    log_candidates(run_id, result)
    return figure


def log_gate(
    run_id: str,
    gate: Check,
    tables: Mapping[str, pd.DataFrame],
    *,
    changes: Sequence[CustomerChange] = (),
    version: str = UNKNOWN_VERSION,
) -> None:
    """Log the verdict as tags, the gate's page, its reasons and figures, and the tables of changes by name.

    Once the `version` is registered, log it again: the page's commands then name it.
    """
    client = MlflowClient()
    run = client.get_run(run_id)
    link = partial(artifact_link, str(run.info.experiment_id), run_id)
    client.set_tag(run_id, MLFLOW_RUN_NOTE, describe_gate(gate, link=link))
    client.set_tag(run_id, GATE_TAG, "passed" if gate.passed else "failed")
    client.set_tag(run_id, FAILED_REASON_TAG, "; ".join(gate.reasons)[:MAX_REASON_CHARS])
    bot = run.data.tags.get(BOT_TAG)
    client.log_text(run_id, render_gate(gate, tables, changes=changes, bot=bot, version=version), GATE_PAGE)
    client.log_text(run_id, gate.model_dump_json(indent=1) + "\n", GATE_FILE)
    for name, table in tables.items():
        _log_table(client, run_id, table, f"gate/{name}.csv")


def log_figures(run_id: str, figures: Mapping[str, float]) -> None:
    """Log figures under their own names."""
    _log_metrics(MlflowClient(), run_id, figures)


def log_validation(run_id: str, report: ValidationReport) -> None:
    """Log the validation report as a page and as a table."""
    client = MlflowClient()
    counts = {"validation_errors": len(report.errors), "validation_findings": len(report.findings)}
    _log_metrics(client, run_id, counts)
    client.log_text(run_id, render_report(report), "validation/report.html")
    client.log_text(run_id, report.to_frame().to_csv(index=False), "validation/findings.csv")


def log_doubtful_labels(run_id: str, doubtful: Sequence[DoubtfulLabel], report: ValidationReport) -> ValidationReport:
    """Log the labels that are probably wrong as a table, and again the validation report, which then has them too.

    Returns the report with them.
    """
    complete = with_doubtful_labels(report, doubtful)
    log_validation(run_id, complete)
    client = MlflowClient()
    client.log_metric(run_id, "doubtful_labels", len(doubtful))
    _log_table(client, run_id, to_table(doubtful), "validation/doubtful_labels.csv")
    return complete


def log_evaluation(
    run_id: str,
    evaluation: Evaluation,
    *,
    prefix: str,
    model: NluModel,
    intent_by_id: Mapping[str, Intent] | None = None,
) -> dict[str, Figure]:
    """Log the rows, headlines, tables and plots of an evaluation; return the plots for the notebook.

    `prefix`, `holdout`, `test` or `production`, begins each metric's name and is the artifacts' folder. `intent_by_id`
    as for the evaluation itself.
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
    client = MlflowClient()
    headlines = {name: evaluation.metrics[name] for name in HEADLINES if name in evaluation.metrics}
    _log_metrics(client, run_id, {f"{prefix}_{name}": value for name, value in headlines.items()})
    _log_curve(client, run_id, curve, prefix=prefix)
    for name, table in tables.items():
        _log_table(client, run_id, table, f"{prefix}/{name}.csv")
    for name, figure in figures.items():
        client.log_figure(run_id, figure, f"{prefix}/{name}.png")
    _log_compared(client, run_id, prediction_table(evaluation.predictions), f"{prefix}/predictions.json")
    _log_compared(client, run_id, _figures_table(evaluation.metrics), f"{prefix}/{FIGURES_FILE}")
    page = render_evaluation(evaluation, curve, title=MEASURED[prefix], threshold=model.thresholds_.confidence)
    client.log_text(run_id, page, f"{prefix}/report.html")
    rows = to_frame(each.example for each in evaluation.predictions)
    log_input(client, run_id, rows, name=prefix, context=prefix, file=f"{prefix}/predictions.json")
    return figures


def log_cross_validation(run_id: str, validated: CrossValidation) -> None:
    """Log the mean of every figure, the tables over all folds together, and a nested run per fold."""
    tables = {"folds": validated.folds, "intents": validated.evaluation.per_intent}
    tables |= {"entities": validated.evaluation.per_entity, "confusions": validated.evaluation.confusions}
    tables |= {"outcomes": validated.evaluation.outcomes}
    client = MlflowClient()
    _log_metrics(client, run_id, {f"cross_validation_{name}": value for name, value in validated.figures().items()})
    for name, table in tables.items():
        _log_table(client, run_id, table, f"cross_validation/{name}.csv")
    log_folds(run_id, validated)


def log_choices(run_id: str, choices: dict[str, object]) -> None:
    """Log what training chose on its own."""
    client = MlflowClient()
    client.log_text(run_id, json.dumps(choices, indent=1, sort_keys=True, default=str), "choices.json")
    _log_params(client, run_id, {f"chosen_{name}": value for name, value in choices.items()})


def log_notebook(run_id: str, tracking_uri: str, notebook: Path) -> None:
    """Log the executed notebook, also as an HTML page, since the UI shows only its JSON."""
    client = mlflow.MlflowClient(tracking_uri)
    with translated(tracking_uri):
        client.log_artifact(run_id, str(notebook), "notebook")
        client.log_text(run_id, render_notebook(notebook), "notebook/notebook.html")


def _log_curve(client: MlflowClient, run_id: str, curve: pd.DataFrame, *, prefix: str) -> None:
    """Log the trade-off at every threshold: MLflow draws the curves, and those of several runs over each other."""
    now = int(time.time() * 1000)
    steps = (100 * curve["confidence"]).round().astype(int)
    rows = [
        Metric(f"{prefix}_by_threshold/{told}", float(value), now, int(step))
        for name, told in CURVE.items()
        for step, value in zip(steps, curve[name], strict=True)
        if math.isfinite(value)
    ]
    client.log_batch(run_id, metrics=rows)


def _figures_table(metrics: Mapping[str, float]) -> pd.DataFrame:
    return pd.DataFrame({"figure": list(metrics), "value": list(metrics.values())})


def _log_metrics(client: MlflowClient, run_id: str, metrics: Mapping[str, float]) -> None:
    now = int(time.time() * 1000)
    client.log_batch(run_id, metrics=[Metric(name, float(value), now, 0) for name, value in metrics.items()])


def _log_params(client: MlflowClient, run_id: str, params: Mapping[str, object]) -> None:
    client.log_batch(run_id, params=[Param(name, str(value)) for name, value in params.items()])


def _log_compared(client: MlflowClient, run_id: str, table: pd.DataFrame, path: str) -> None:
    """Log a table as `mlflow.log_table` does, so that MLflow compares it between runs; but twice is as good as once."""
    client.log_text(run_id, table.to_json(orient="split", index=False, force_ascii=False), path)
    listed = json.loads(client.get_run(run_id).data.tags.get(MLFLOW_LOGGED_ARTIFACTS, "[]"))
    entry = {"path": path, "type": "table"}
    if entry not in listed:
        client.set_tag(run_id, MLFLOW_LOGGED_ARTIFACTS, json.dumps([*listed, entry]))


def _log_table(client: MlflowClient, run_id: str, table: pd.DataFrame, path: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / Path(path).name
        table.to_csv(file, index=False, float_format="%.5g")
        client.log_artifact(run_id, str(file), str(Path(path).parent))

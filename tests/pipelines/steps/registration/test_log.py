"""What a training logs to its MLflow run: on a SQLite store, on a real server where asked for."""

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest

from pipelines.nlu.model import NluModel
from pipelines.registry.runs import Runs
from pipelines.schemas.examples import Example
from pipelines.schemas.training import TrainParams
from pipelines.steps.data.frame import to_frame
from pipelines.steps.data.snapshot import write_snapshot
from pipelines.steps.evaluation.doubtful_labels import DoubtfulLabel
from pipelines.steps.evaluation.evaluate import evaluate_model
from pipelines.steps.registration import log
from pipelines.steps.validation.validate import ValidationReport

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)
ROWS = [Example(id="1", text="hello", intent="greet"), Example(id="2", text="stop", intent="greet")]


def artifacts(run_id: str, folder: str = "") -> set[str]:
    client = mlflow.MlflowClient()
    return {entry.path for entry in client.list_artifacts(run_id, folder)}


@pytest.mark.slow
def test_open_run_begins_a_run_that_goes_on(mlflow_store: str) -> None:
    params = TrainParams(bot="shop", source="/somewhere/else/bot.json", seed=3)
    run_id = log.open_run(params, mlflow_store)
    run = mlflow.get_run(run_id)
    assert run.info.status == "RUNNING"
    assert mlflow.get_experiment(run.info.experiment_id).name == "intentloop-shop"
    assert run.data.params["seed"] == "3"
    assert run.data.params["source"] == "bot.json"
    assert {"home", "tracking_uri", "run_id"}.isdisjoint(run.data.params)
    assert "/somewhere" not in str(run.data.params)


@pytest.mark.slow
def test_open_run_goes_on_with_the_run_that_is_named(mlflow_store: str) -> None:
    run_id = Runs(mlflow_store).begin("shop")
    assert log.open_run(TrainParams(bot="shop", run_id=run_id), mlflow_store) == run_id
    assert Runs(mlflow_store).begin("shop") != run_id


@pytest.mark.slow
def test_log_everything_of_a_run(mlflow_store: str, tmp_path: Path, tiny_model: NluModel) -> None:
    run_id = Runs(mlflow_store).begin("shop")
    snapshot = write_snapshot(to_frame(ROWS), tmp_path / "snapshots")
    log.log_snapshot(run_id, snapshot)
    report = ValidationReport("bot.json", 2, (), ())
    log.log_validation(run_id, report)
    doubtful = DoubtfulLabel(ROWS[1], 0.01, "cancel", 0.9)
    assert [each.row for each in log.log_doubtful_labels(run_id, [doubtful], report).findings] == ["2"]
    log.log_choices(run_id, {"C": 0.3, "n_intents": 4})
    figures = log.log_evaluation(run_id, evaluate_model(tiny_model, ROWS), prefix="holdout", model=tiny_model)
    notebook = tmp_path / "run.ipynb"
    notebook.write_text("{}", encoding="utf-8")
    log.log_notebook(run_id, mlflow_store, notebook)

    run = mlflow.get_run(run_id)
    assert run.info.status == "RUNNING"
    assert run.data.params["data_hash"] == snapshot.data_hash
    assert run.data.params["chosen_C"] == "0.3"
    assert run.data.metrics["n_examples"] == 2
    assert run.data.metrics["validation_errors"] == 0
    assert run.data.metrics["holdout_accuracy"] == 0.5
    grades = ("effective_accuracy", "answered_wrong", "asked_right", "asked_wrong", "needless_fallback")
    shares = [run.data.metrics[f"holdout_{name}"] for name in (*grades, "justified_fallback")]
    assert sum(shares) == pytest.approx(1.0)
    assert artifacts(run_id) == {"data", "validation", "choices.json", "holdout", "notebook"}
    assert artifacts(run_id, "data") == {f"data/{snapshot.path.name}"}
    assert artifacts(run_id, "notebook") == {"notebook/run.ipynb", "notebook/notebook.html"}
    files = {f"validation/{name}" for name in ("report.html", "findings.csv", "doubtful_labels.csv")}
    assert artifacts(run_id, "validation") == files
    assert run.data.metrics["doubtful_labels"] == 1
    tables = {
        f"holdout/{name}.csv" for name in ("intents", "entities", "confusions", "outcomes", "slices", "thresholds")
    }
    assert artifacts(run_id, "holdout") == tables | {f"holdout/{name}.png" for name in figures}


@pytest.mark.slow
def test_log_choices_of_numpy_numbers_can_be_read_again(mlflow_store: str, tmp_path: Path) -> None:
    run_id = Runs(mlflow_store).begin("shop")
    choices: dict[str, Any] = {"C": np.float64(0.5), "n": 4}
    log.log_choices(run_id, choices)
    file = mlflow.MlflowClient().download_artifacts(run_id, "choices.json", str(tmp_path))
    assert json.loads(Path(file).read_bytes()) == {"C": 0.5, "n": 4}


@pytest.mark.integration
def test_open_run_on_a_real_server(mlflow_in_use: str) -> None:
    run_id = log.open_run(TrainParams(bot="tracked"), mlflow_in_use)
    Runs(mlflow_in_use).end(run_id, succeeded=False)
    assert mlflow.MlflowClient(mlflow_in_use).get_run(run_id).info.status == "FAILED"

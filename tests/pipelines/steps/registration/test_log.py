"""What a training logs to its MLflow run: on a SQLite store, on a real server where asked for."""

import json
import time
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest

from pipelines.nlu.intents.regimes import Tuning
from pipelines.nlu.model import NluModel
from pipelines.registry.runs import Runs
from pipelines.schemas.examples import Example
from pipelines.schemas.training import TrainParams
from pipelines.steps.data.frame import to_frame
from pipelines.steps.data.snapshot import read_snapshot, write_snapshot
from pipelines.steps.evaluation.cross_validate import CrossValidation
from pipelines.steps.evaluation.evaluate import evaluate_model
from pipelines.steps.evaluation.labels.doubtful import DoubtfulLabel
from pipelines.steps.registration import log
from pipelines.steps.training.search import SearchResult
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
    plots = log.log_evaluation(run_id, evaluate_model(tiny_model, ROWS), prefix="holdout", model=tiny_model)
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
    figures = Runs(mlflow_store).figures(run_id)
    assert {"holdout_accuracy", "holdout_effective_accuracy"} <= set(run.data.metrics) <= set(figures)
    assert "holdout_asked_right" not in run.data.metrics, "a chart of one bar"
    shares = [figures[f"holdout_{name}"] for name in (*grades, "justified_fallback")]
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
    compared = {"holdout/figures.json", "holdout/predictions.json", "holdout/report.html"}
    assert artifacts(run_id, "holdout") == tables | compared | {f"holdout/{name}.png" for name in plots}


@pytest.mark.slow
def test_inputs_are_named_and_can_be_loaded(mlflow_store: str, tmp_path: Path, tiny_model: NluModel) -> None:
    ids = []
    for rows in (ROWS, ROWS[::-1], [*ROWS, Example(id="3", text="where is it", intent="track_order")]):
        ids.append(Runs(mlflow_store).begin("inputs"))
        log.log_snapshot(ids[-1], write_snapshot(to_frame(rows), tmp_path))
        log.log_learnt(ids[-1], to_frame(rows))
        log.log_evaluation(ids[-1], evaluate_model(tiny_model, rows), prefix="test", model=tiny_model)
    found = [{each.tags[0].value: each.dataset for each in mlflow.get_run(i).inputs.dataset_inputs} for i in ids]
    assert [set(each) for each in found] == [{"train", "test"}] * 3
    digests = [each["train"].digest for each in found]
    assert digests[0] == digests[1] != digests[2], "the digest is that of the rows, in any order"
    assert json.loads(found[2]["test"].profile)["num_rows"] == 3
    (source, tested) = (mlflow.data.get_source(each).load() for each in (found[0]["train"], found[0]["test"]))
    assert read_snapshot(Path(source))["text"].tolist() == ["hello", "stop"]
    assert Path(tested).name == "predictions.json"


@pytest.mark.slow
def test_predictions_and_curves_can_be_compared_between_runs(mlflow_store: str, tiny_model: NluModel) -> None:
    run_id = Runs(mlflow_store).begin("compared")
    for _ in range(2):  # a cell that is run again adds no rows
        log.log_evaluation(run_id, evaluate_model(tiny_model, ROWS), prefix="holdout", model=tiny_model)
    run = mlflow.get_run(run_id)
    table = mlflow.MlflowClient().load_table(run.info.experiment_id, "holdout/predictions.json", [run_id])
    assert table["text"].tolist() == ["hello", "stop"]
    assert table["outcome"].tolist()[0] == "answered right"
    listed = [entry["path"] for entry in json.loads(run.data.tags["mlflow.loggedArtifacts"])]
    assert listed == ["holdout/predictions.json", "holdout/figures.json"]
    curve = mlflow.MlflowClient().get_metric_history(run_id, "holdout_by_threshold/expected_cost")
    assert sorted({each.step for each in curve})[:3] == [0, 2, 4], "the threshold in percent"


@pytest.mark.slow
def test_candidates_and_folds_are_nested_runs(mlflow_store: str, tiny_model: NluModel) -> None:
    runs, client = Runs(mlflow_store), mlflow.MlflowClient()
    run_id = runs.begin("nested")
    rows = {"C": [0.1, 0.3], "accuracy": [0.5, 0.75], "gain": [0.0, 0.25], "gain_error": [0.0, 0.1]}
    table = pd.DataFrame(rows | {"is_best": [False, True]})
    log.log_search(run_id, SearchResult(Tuning(C=0.3), {"C": 0.3}, table, "here", ()))
    folds = pd.DataFrame({"fold": [1, 2], "learnt": [9, 9], "held_out": [1, 1], "accuracy": [1.0, 0.5]})
    log.log_cross_validation(run_id, CrossValidation(folds, evaluate_model(tiny_model, ROWS)))
    nested = client.search_runs([runs.find_experiment("nested")], f"tags.mlflow.parentRunId = '{run_id}'")
    assert sorted(run.info.run_name for run in nested) == [
        "candidate 0 · the defaults", "candidate 1 · best", "fold 1 of 2", "fold 2 of 2",
    ]  # fmt: skip
    assert {run.info.status for run in nested} == {"FINISHED"}
    assert {run.data.tags["bot"] for run in nested} == {"nested"}
    (best,) = (run for run in nested if run.info.run_name.endswith("best"))
    assert (best.data.params, best.data.metrics["accuracy"]) == ({"C": "0.3"}, 0.75)
    steps = [(each.step, each.value) for each in client.get_metric_history(run_id, "cross_validation/accuracy")]
    assert sorted(steps) == [(1, 1.0), (2, 0.5)]
    assert runs.figures(run_id)["search_gain"] == 0.25


@pytest.mark.slow
def test_system_metrics_are_logged_if_mlflow_is_told_to(mlflow_store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING", "true")
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.05")
    runs = Runs(mlflow_store)
    run_id = log.open_run(TrainParams(bot="watched", run_id=runs.begin("watched")), mlflow_store)
    while "system/cpu_utilization_percentage" not in runs.get(run_id).metrics:
        time.sleep(0.05)
    runs.end(run_id, succeeded=True)


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

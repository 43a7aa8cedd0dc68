"""The runs of a bot: on a SQLite store in the fast loop, on a real server where asked for."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mlflow
import pytest

from pipelines.errors import NotFound, RegistryUnavailable
from pipelines.registry.origin import PROCESS_TAG
from pipelines.registry.run_record import FAILED_REASON_TAG, GATE_TAG, GIVEN_UP_TAG, KINDS, VERSION_TAG
from pipelines.registry.runs import Runs
from pipelines.schemas.training import TrainParams
from tests.support.servers import free_port

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)
PATIENCE = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"


def test_open_nobody_listens_is_told_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PATIENCE, raising=False)
    started = time.monotonic()
    with pytest.raises(RegistryUnavailable, match="did not answer"):
        Runs(f"http://127.0.0.1:{free_port()}").open(TrainParams())
    assert time.monotonic() - started < 20
    assert PATIENCE not in os.environ


@pytest.mark.slow
@pytest.mark.parametrize(("succeeded", "status"), [(True, "FINISHED"), (False, "FAILED")])
def test_end_marks_how_it_ended(mlflow_store: str, succeeded: bool, status: str) -> None:
    runs = Runs(mlflow_store)
    run_id = runs.begin("shop")
    runs.end(run_id, succeeded=succeeded)
    assert mlflow.get_run(run_id).info.status == status


@pytest.mark.slow
def test_runs_of_a_bot_are_found_and_read(mlflow_store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.registry.runs._PAGE", 2)
    runs = Runs(mlflow_store)
    assert runs.find_experiment("found") is None
    assert (runs.running("found"), list(runs.pages("found"))) == ([], [])
    ids = [runs.begin("found", tags={"number": str(number)}) for number in range(3)]
    runs.end(ids[0], succeeded=True)
    runs.give_up(ids[1], "no sign of life")
    assert [run.run_id for run in runs.running("found")] == ids[2:]
    mlflow.MlflowClient().delete_run(ids[0])
    pages = list(runs.pages("found"))
    assert [len(page) for page in pages] == [2, 1]
    assert {run.run_id for page in pages for run in page} == set(ids), "those in the bin too"

    given_up = runs.get(ids[1])
    assert (given_up.status, given_up.tags[GIVEN_UP_TAG], given_up.tags["number"]) == ("FAILED", "no sign of life", "1")
    assert datetime.now(UTC) - given_up.began_at < timedelta(minutes=5)
    runs.log_metric(ids[2], "share", 0.5, step=3)
    assert runs.get(ids[2]).metrics == {"share": 0.5}
    runs.log_text(ids[2], "one\n", "data/learnt.txt")
    assert runs.read(ids[2], "data/learnt.txt") == b"one\n"
    assert runs.read(ids[2], "data/other.txt") is None
    assert runs.url(ids[2]) == "", "a store has no pages"
    for read in (runs.get, lambda run_id: runs.read(run_id, "data/learnt.txt")):
        with pytest.raises(NotFound, match="train again"):
            read("0" * 32)


@pytest.mark.slow
def test_name_of_a_training_says_how_it_stands(mlflow_store: str, tmp_path: Path) -> None:
    runs = Runs(mlflow_store)

    def name(run_id: str) -> str:
        return runs.get(run_id).tags["mlflow.runName"]

    run_id = runs.begin("named", home=tmp_path)
    assert name(run_id) == "named · training"
    runs.log_metric(run_id, "n_examples", 1204)
    runs.rename(run_id)
    assert name(run_id) == "named · 1,204 examples · training"
    runs.set_tags(run_id, {GATE_TAG: "failed", VERSION_TAG: "12", FAILED_REASON_TAG: "too bad"})
    runs.end(run_id, succeeded=True)
    assert name(run_id) == "named v12 · 1,204 examples · gate failed"
    assert runs.get(run_id).tags[FAILED_REASON_TAG] == "too bad"

    failed, dead, own = (runs.begin("named", home=tmp_path) for _ in range(3))
    runs.end(failed, succeeded=False, reason="KeyError: 'x'")
    runs.give_up(dead, "no sign of life")
    mlflow.MlflowClient().update_run(own, name="my best one")
    runs.end(own, succeeded=True)
    assert [name(each) for each in (failed, dead, own)] == ["named · failed", "named · given up", "my best one"]
    told = [runs.get(each).tags[FAILED_REASON_TAG] for each in (failed, dead)]
    assert told == ["KeyError: 'x'", "no sign of life"]
    refused = mlflow.search_runs(experiment_names=["intentloop-named"], filter_string="tags.gate = 'failed'")
    assert refused["run_id"].tolist() == [run_id]


@pytest.mark.slow
def test_give_up_dead_ends_runs_of_dead_processes_only(mlflow_store: str, tmp_path: Path) -> None:
    runs = Runs(mlflow_store)
    alive, unknown, dead = (
        runs.begin("mortal", home=tmp_path),
        runs.begin("mortal"),
        runs.begin("mortal", home=tmp_path),
    )
    parts = runs.get(dead).tags[PROCESS_TAG].split("/")
    runs.set_tag(dead, PROCESS_TAG, "/".join((*parts[:4], "1")))
    assert runs.give_up_dead("mortal", home=tmp_path / "other") == []
    assert runs.give_up_dead("mortal", home=tmp_path) == [dead]
    assert {run.run_id for run in runs.running("mortal")} == {alive, unknown}
    assert "killed, or its notebook restarted" in runs.get(dead).tags[FAILED_REASON_TAG]


@pytest.mark.slow
def test_runs_of_every_kind_are_found_and_are_one_bots(mlflow_store: str) -> None:
    runs = Runs(mlflow_store)
    ids = [runs.begin("both", kind=kind) for kind in KINDS]
    of_other = runs.begin("both-drift")  # its trainings share an experiment with the drift checks of `both`
    former = mlflow.MlflowClient().create_run(runs.find_experiment("both"), tags={"kind": "drift"}).info.run_id
    assert {run.run_id for page in runs.pages("both") for run in page} == {*ids, former}
    assert {run.run_id for page in runs.pages("both-drift") for run in page} == {of_other}
    assert [run.run_id for run in runs.running("both-drift")] == [of_other]


@pytest.mark.slow
def test_begin_in_an_experiment_that_was_deleted(mlflow_store: str) -> None:
    runs = Runs(mlflow_store)
    runs.begin("binned")
    mlflow.MlflowClient().delete_experiment(runs.find_experiment("binned"))
    assert runs.get(runs.begin("binned")).status == "RUNNING"


@pytest.mark.integration
def test_url_is_the_page_of_a_run_on_a_server(mlflow_uri: str) -> None:
    runs = Runs(mlflow_uri)
    run_id = runs.begin("paged")
    experiment = runs.find_experiment("paged")
    assert runs.url(run_id) == f"{mlflow_uri}/#/experiments/{experiment}/runs/{run_id}?workflowType=machine_learning"

"""The runs of a bot: on a SQLite store in the fast loop, on a real server where asked for."""

import os
import time
from datetime import UTC, datetime, timedelta

import mlflow
import pytest

from pipelines.errors import NotFound, RegistryUnavailable
from pipelines.registry.runs import GIVEN_UP_TAG, Runs
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


@pytest.mark.integration
def test_url_is_the_page_of_a_run_on_a_server(mlflow_uri: str) -> None:
    runs = Runs(mlflow_uri)
    run_id = runs.begin("paged")
    assert runs.url(run_id) == f"{mlflow_uri}/#/experiments/{runs.find_experiment('paged')}/runs/{run_id}"

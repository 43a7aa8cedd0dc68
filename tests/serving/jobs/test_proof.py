"""Real trainings through SQS and through the chat API, with workers that are killed; a minute or two."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mlflow import MlflowClient

from pipelines.registry.run_record import GIVEN_UP_TAG
from serving.jobs.queue import TrainingQueue
from serving.jobs.service import TrainingService
from serving.store.client import Database
from tests.support.records import now
from tests.support.serve_process import start_serve
from tests.support.servers import stop
from tests.support.sqs_server import AWS_VARIABLES, make_queue, sqs_server
from tests.support.training_worker import start_training_worker
from tests.support.trainings import RETRAIN, Platform, kill_tree, wait_for

pytestmark = pytest.mark.prove
TOKEN = "a-token-of-the-operator"


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with sqs_server(tmp_path / "sqs") as address:
        for name, value in {**AWS_VARIABLES, "AWS_ENDPOINT_URL": address}.items():
            monkeypatch.setenv(name, value)
        yield address


def test_worker_killed_while_training(trainings: Platform, endpoint: str, new_name: str, tmp_path: Path) -> None:
    queue = make_queue(endpoint, new_name, max_receives=5)
    trainings.add_bot(new_name)

    async def order(database: Database) -> None:
        await TrainingService(database, await TrainingQueue.open(queue.url), now=now).request(new_name, by="test")

    trainings.ask(order)
    environment = trainings.environment(training_queue_url=queue.url, training_lease_seconds="10")
    first = start_training_worker(tmp_path / "first.log", environment, command=RETRAIN)
    workers = [first]
    try:
        wait_for(lambda: trainings.job(new_name).share > 0.3, seconds=120)
        killed_at = now()
        kill_tree(first)
        assert (trainings.runs(new_name), trainings.versions(new_name)) == (["RUNNING"], {})
        workers += [start_training_worker(tmp_path / f"{n}.log", environment, command=RETRAIN) for n in range(2)]
        wait_for(lambda: trainings.job(new_name).is_over, seconds=240)
        job = trainings.job(new_name)
        wait_for(lambda: queue.count() == 0)
    finally:
        for worker in workers:
            stop(worker)
    assert (job.state, job.attempts, job.version, job.reason) == ("done", 2, "1", "")
    assert trainings.runs(new_name) == ["FAILED", "FINISHED"]
    assert trainings.versions(new_name) == {"1": ["candidate"]}
    assert queue.count(dead=True) == 0
    assert job.started_at is not None
    assert (job.started_at - killed_at).total_seconds() < 35
    client = MlflowClient(trainings.mlflow_uri)
    experiment = client.get_experiment_by_name(f"intentloop-{new_name}")
    assert experiment is not None
    [dead] = client.search_runs([experiment.experiment_id], "attributes.status = 'FAILED'")
    assert "no sign of life" in dead.data.tags[GIVEN_UP_TAG]
    code, output, _ = trainings.retrain(new_name)
    assert (code, output.startswith("nothing to train: version 1 of bot")) == (0, True)


def test_chat_api_trains_in_a_child_process(trainings: Platform, new_name: str, tmp_path: Path) -> None:
    trainings.add_bot(new_name)
    environment = trainings.environment(admin_token=TOKEN, default_bot=new_name, retrain_policy="promote")
    process, url = start_serve(tmp_path, environment)
    seen: list[tuple[str, float]] = []

    def shown(number: int) -> dict[str, Any]:
        found: dict[str, Any] = api.get(f"/api/v1/bots/{new_name}/trainings/{number}").json()
        seen.append((found["state"], found["share"]))
        return found

    try:
        with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10) as api:
            assert api.post("/admin/train/build_models").json()["training"]["state"] == "queued"
            wait_for(lambda: shown(1)["share"] > 0.3, seconds=120)
            pid_file = trainings.folder / "home" / "run" / f"training-{new_name}.pid"
            os.kill(int(pid_file.read_text(encoding="utf-8")), signal.SIGKILL)
            wait_for(lambda: shown(1)["state"] == "failed")
            assert "was ended by SIGKILL" in shown(1)["reason"]
            assert trainings.versions(new_name) == {}

            seen.clear()
            api.post("/admin/train/build_models")
            wait_for(lambda: shown(2)["state"] not in ("queued", "running"), seconds=240)
            job = shown(2)
            assert (job["state"], job["version"], job["answers"], job["reason"]) == ("done", "1", True, "")
            assert job["log"].startswith(f"{trainings.mlflow_uri}/#/experiments/")
            assert seen[0] == ("queued", 0.0)
            assert len({share for state, share in seen if state == "running"}) > 5
            assert trainings.runs(new_name) == ["FAILED", "FINISHED"]
            assert trainings.versions(new_name) == {"1": ["candidate", "production"]}

            api.post("/admin/train/build_models")
            wait_for(lambda: shown(3)["state"] == "nothing-to-do")
            assert "it answers already" in shown(3)["reason"]
    finally:
        stop(process)
    print(f"shares that were seen: {sorted({share for _, share in seen})}")  # noqa: T201


def test_chat_api_that_was_killed_does_what_it_was_asked_for_when_it_runs_again(
    trainings: Platform, new_name: str, tmp_path: Path
) -> None:
    bots = [f"{new_name}{letter}" for letter in "ab"]
    for bot in bots:
        trainings.add_bot(bot)
    environment = trainings.environment(admin_token=TOKEN)
    process, url = start_serve(tmp_path, environment)
    try:
        with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10) as api:
            for bot in bots:
                assert api.post(f"/api/v1/bots/{bot}/trainings").json()["state"] == "queued"
        wait_for(lambda: trainings.job(bots[0]).share > 0.1, seconds=120)
        process.kill()
        process.wait(20)
        assert trainings.job(bots[1]).state == "queued"
        process, url = start_serve(tmp_path, environment)
        wait_for(lambda: all(trainings.job(bot).is_over for bot in bots), seconds=240)
    finally:
        stop(process)
    first, second = (trainings.job(bot) for bot in bots)
    assert [(job.state, job.version, job.attempts) for job in (first, second)] == [("done", "1", 2), ("done", "1", 1)]
    begun, ended = zip(*sorted((job.started_at, job.ended_at) for job in (first, second)), strict=True)
    assert ended[0] <= begun[1]  # one after the other; the first one's lease may have to run out before
    assert (trainings.runs(bots[0]), trainings.runs(bots[1])) == (["FAILED", "FINISHED"], ["FINISHED"])


def test_retrain_with_faulty_data_fails_for_good(trainings: Platform, new_name: str) -> None:
    trainings.add_bot(new_name, greeting=" ")
    code, _, errors = trainings.retrain(new_name)
    assert code == 1
    assert "the text is empty. Repair: write an utterance or delete the row." in errors
    assert "Traceback" not in errors
    assert trainings.runs(new_name) == ["FAILED"]

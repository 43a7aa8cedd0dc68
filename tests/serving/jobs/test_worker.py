"""`intentloop worker --trainings` in processes of its own, over SQS (moto); the trainings are only played."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.errors import SetupProblem
from pipelines.settings import Settings
from serving.jobs.queue import TrainingQueue
from serving.jobs.service import TrainingService
from serving.jobs.worker import run_training_worker
from serving.store.client import Database
from serving.store.work.jobs import Job
from tests.support.records import now
from tests.support.servers import stop
from tests.support.sqs_server import AWS_VARIABLES, TestQueue, make_queue, sqs_server
from tests.support.training_worker import start_training_worker
from tests.support.trainings import Platform, kill_tree, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with sqs_server(tmp_path_factory.mktemp("sqs")) as address:
        yield address


@pytest.fixture
def queue(endpoint: str, new_name: str, monkeypatch: pytest.MonkeyPatch) -> TestQueue:
    for name, value in {**AWS_VARIABLES, "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    return make_queue(endpoint, new_name, max_receives=3)


class Workers:
    """Workers on a queue; all end with the test."""

    def __init__(self, planned: Platform, queue: TestQueue, folder: Path, *, lease_seconds: float) -> None:
        self._environment = planned.environment(training_queue_url=queue.url, training_lease_seconds=str(lease_seconds))
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> "subprocess.Popen[bytes]":
        process = start_training_worker(self._folder / f"worker{len(self._started)}.log", self._environment)
        self._started.append(process)
        return process

    def stop(self) -> None:
        for process in self._started:
            stop(process)


@pytest.fixture
def workers(planned: Platform, queue: TestQueue, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(planned, queue, tmp_path, lease_seconds=2.0)
    yield workers
    workers.stop()


def waiting(queue: TestQueue) -> int:
    """Count the messages that a worker would get now."""
    name = "ApproximateNumberOfMessages"
    return int(queue.client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=[name])["Attributes"][name])


def order(planned: Platform, bot: str, queue: TestQueue) -> Job:
    async def ask(database: Database) -> Job:
        desk = TrainingService(database, await TrainingQueue.open(queue.url), now=now)
        job, _ = await desk.request(bot, by="test")
        return job

    return planned.ask(ask)


def test_job_of_a_killed_worker_comes_back_later_and_that_of_an_ended_one_at_once(
    planned: Platform, queue: TestQueue, workers: Workers, new_name: str
) -> None:
    planned.add_bot(new_name)
    planned.plan(**{new_name: ["hang"] * 5 + ["done"]})
    order(planned, new_name, queue)
    first = workers.start()
    wait_for(lambda: planned.job(new_name).share == 0.3)
    hidden_since = now()
    wait_for(lambda: (now() - hidden_since).total_seconds() > 5)  # longer than the message is hidden at first
    assert planned.job(new_name).attempts == 1
    kill_tree(first)
    for _ in range(4):  # more often than a job may fail, and than a message may be received
        second = workers.start()
        wait_for(lambda: planned.job(new_name).attempts == 2)
        wait_for(lambda: planned.job(new_name).share == 0.3)
        second.terminate()  # as a new version of the service is rolled out
        assert second.wait(20) == 0
        assert (waiting(queue), queue.count(dead=True)) == (1, 0)
        assert (planned.job(new_name).state, planned.job(new_name).attempts) == ("queued", 1)
    workers.start()
    workers.start()
    wait_for(lambda: planned.job(new_name).is_over)
    job = planned.job(new_name)
    assert (job.state, job.attempts, job.version, job.share) == ("done", 2, "7", 1.0)
    assert job.run_url == "http://mlflow/#/run"
    wait_for(lambda: queue.count() == 0)
    assert queue.count(dead=True) == 0


async def test_a_worker_without_a_queue_says_what_to_set(settings: Settings) -> None:
    with pytest.raises(SetupProblem, match="set INTENTLOOP_TRAINING_QUEUE_URL"):
        await run_training_worker(settings)

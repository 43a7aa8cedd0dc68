"""A database and an MLflow server in which bots are retrained, and what can be seen of that from outside."""

import asyncio
import copy
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
from mlflow import MlflowClient

from pipelines.settings import Settings
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.work.jobs import Job, Jobs
from tests.support.bots import TINY_BOT_WIRE
from tests.support.mlflow_server import mlflow_server
from tests.support.serve_process import ROOT, environment_of
from tests.support.servers import mongo_server

LEASE_SECONDS = 4.0
RETRAIN = (sys.executable, "-m", "serving.cli", "retrain", "--encoder", "none")
TRAIN = (sys.executable, "-m", "serving.cli", "train", "--encoder", "none")
_DATABASE = "intentloop_serve"

T = TypeVar("T")


@dataclass(frozen=True)
class Platform:
    """Where bots are retrained."""

    mongo_uri: str
    folder: Path
    mlflow_uri: str = "http://127.0.0.1:9"

    def settings(self, *, lease_seconds: float = LEASE_SECONDS) -> Settings:
        """Give the settings of a process of this platform."""
        return Settings(
            _env_file=None,
            home=self.folder / "home",
            mongo_uri=self.mongo_uri,
            mongo_database=_DATABASE,
            mlflow_tracking_uri=self.mlflow_uri,
            training_lease_seconds=lease_seconds,
        )

    def environment(self, **settings: str) -> dict[str, str]:
        """Give the variables of a process of this platform."""
        # no chat API listens on that port, so that nothing gives way to one
        given = {"training_lease_seconds": str(LEASE_SECONDS), "api_port": "1", **settings}
        return environment_of(self.folder / "home", mongo_uri=self.mongo_uri, mlflow_uri=self.mlflow_uri, **given)

    def plan(self, **actions_by_bot: list[str]) -> None:
        """Write down what `tests/fakes/retrain_process.py` does at each attempt for a bot."""
        file = self.folder / "home" / "plan.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        known = json.loads(file.read_bytes()) if file.exists() else {}
        file.write_text(json.dumps(known | actions_by_bot), encoding="utf-8")

    def add_bot(self, name: str, *, greeting: str = "") -> None:
        """Import the tiny bot under a name, perhaps with one more example."""
        wire = copy.deepcopy(TINY_BOT_WIRE)
        if greeting:
            greet = next(intent for intent in wire["intents"] if intent["intentId"] == "greet")
            greet["trainingData"].append({"text": greeting, "entities": []})
        self.ask(lambda database: import_bot(database, wire, bot=name, source="test"))

    def ask(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """Do something with the database."""

        async def run() -> T:
            database = Database(self.mongo_uri, name=_DATABASE, timeout_seconds=5.0)
            try:
                return await work(database)
            finally:
                database.close()

        return asyncio.run(run())

    def job(self, bot: str, number: int = 1) -> Job:
        """Read a job."""
        found = self.ask(lambda database: Jobs(database).find(bot, number))
        assert found is not None
        return found

    def start_retrain(
        self, bot: str, *options: str, command: Sequence[str] = RETRAIN, **settings: str
    ) -> "subprocess.Popen[str]":
        """Start `intentloop retrain`, or `train`."""
        return subprocess.Popen(
            [*command, "--bot", bot, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
            env=self.environment(**settings),
        )  # fmt: skip

    def retrain(
        self, bot: str, *options: str, command: Sequence[str] = RETRAIN, **settings: str
    ) -> tuple[int, str, str]:
        """Run `intentloop retrain`, or `train`; gives exit code, output and error output."""
        process = self.start_retrain(bot, *options, command=command, **settings)
        output, errors = process.communicate(timeout=600)
        return process.returncode, output, errors

    def runs(self, bot: str) -> list[str]:
        """Give how each run of a bot stands, the first one first."""
        client = MlflowClient(self.mlflow_uri)
        experiment = client.get_experiment_by_name(f"intentloop-{bot}")
        found = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"]) if experiment else []
        return [run.info.status for run in found]

    def versions(self, bot: str) -> dict[str, list[str]]:
        """Map each version of a bot to its aliases."""
        client = MlflowClient(self.mlflow_uri)
        found = client.search_model_versions(f"name = 'intentloop-{bot}'")
        names = [(str(version.version), client.get_model_version(version.name, version.version)) for version in found]
        return {version: sorted(details.aliases) for version, details in sorted(names)}


@contextmanager
def platform(folder: Path) -> Iterator[Platform]:
    """Run the servers."""
    with mongo_server("nx-27017", folder / "mongo") as mongo_uri, mlflow_server(folder / "mlflow") as mlflow_uri:
        yield Platform(mongo_uri, folder, mlflow_uri)


def wait_for(condition: Callable[[], T], *, seconds: float = 60.0) -> T:
    """Wait until something is so, and give what was found."""
    give_up_at = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < give_up_at, "it does not come about"
        time.sleep(0.1)
    return found


def kill_tree(process: "subprocess.Popen[Any]") -> None:
    """Kill a process and all that it has started, as when a machine dies."""
    everything = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for member in everything:
        with suppress(psutil.NoSuchProcess):
            member.send_signal(signal.SIGSTOP)
    for member in everything:
        with suppress(ProcessLookupError):
            os.kill(member.pid, signal.SIGKILL)
    process.wait(20)

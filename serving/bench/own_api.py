"""The benchmark's own chat API: a process beside the running platform, with its own database on the same server."""

import asyncio
import json
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from pipelines.errors import SetupProblem
from pipelines.settings import ENV_PREFIX, Settings
from serving.bench.meter import REPORT_PATH
from serving.local import programs
from serving.processes.child import ONE_THREAD, Child, Program
from serving.store.client import Database

DATABASE_SUFFIX = "_bench"
_START_SECONDS = 60.0
_DATABASE_SECONDS = 30.0
T = TypeVar("T")


@dataclass(frozen=True)
class OwnApi:
    """A running API: its address, process and settings."""

    url: str
    pid: int
    settings: Settings

    def read_meter(self) -> dict[str, float]:
        """Return the CPU seconds spent so far."""
        answer = programs.get(f"{self.url}{REPORT_PATH}", timeout_seconds=30)
        if answer is None or answer[0] != 200:
            raise SetupProblem("the benchmark's chat API does not report its CPU time; see its log")
        report: dict[str, float] = json.loads(answer[1])
        return report

    def with_database(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """Run some work on its database."""
        return on_database(self.settings, work)


def on_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run some work on the settings' database, with a timeout that fits bulk work."""

    async def run() -> T:
        database = Database.from_settings(settings, timeout_seconds=_DATABASE_SECONDS)
        try:
            return await work(database)
        finally:
            database.close()

    return asyncio.run(run())


@contextmanager
def own_api(settings: Settings) -> Iterator[OwnApi]:
    """Run the API for as long as the context lasts. Its database is deleted before and after.

    Raise `SetupProblem` if it does not start or has no release.
    """
    with closing(socket.socket()) as probe:
        probe.bind((programs.LOOPBACK, 0))
        port = int(probe.getsockname()[1])
    own = settings.model_copy(
        update={
            "host": programs.LOOPBACK,
            "api_port": port,
            "mongo_database": f"{settings.mongo_database}{DATABASE_SUFFIX}",
        }
    )
    on_database(own, Database.drop)
    child = Child(_program(own), home=own.home)
    try:
        url = f"http://{programs.LOOPBACK}:{port}"
        _await_ready(child, url)
        yield OwnApi(url=url, pid=child.pid or 0, settings=own)
    finally:
        child.finish_stop()
        on_database(own, Database.drop)


def _program(settings: Settings) -> Program:
    variables = {
        **programs.environment(settings),
        f"{ENV_PREFIX}HOST": settings.host,
        f"{ENV_PREFIX}API_PORT": str(settings.api_port),
        **{f"{ENV_PREFIX}RATE_LIMIT_{of}": "0" for of in ("THREAD", "ADDRESS", "KEY")},  # one address sends everything
        f"{ENV_PREFIX}MONGO_DATABASE": settings.mongo_database,
        # Do not pay a provider for thousands of generated messages.
        f"{ENV_PREFIX}LLM_BASE_URL": "",
        f"{ENV_PREFIX}METRICS_PORT": "",  # the running platform has it
        **ONE_THREAD,
    }
    return Program(
        "bench-api", "the benchmark's chat API", [sys.executable, "-m", "serving.bench.api"], None, variables
    )


def _await_ready(child: Child, url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    answer = None
    while time.monotonic() < deadline:
        if child.exit_code is not None:
            raise child.failure()
        answer = programs.get(f"{url}/health/ready")
        if answer is not None and answer[0] == 200:
            return
        time.sleep(0.2)
    raise SetupProblem(f"the benchmark's chat API cannot answer: {answer[1][:500] if answer else 'it does not listen'}")

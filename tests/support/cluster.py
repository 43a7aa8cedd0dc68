"""Chat APIs and workers on one database, with the demo shop behind them: real processes, which a test may kill."""

import json
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

from pipelines.schemas.tool import ToolSpec
from tests.support.api_process import DATABASE, start_api
from tests.support.bots import TINY_BOT
from tests.support.releases import make_release
from tests.support.servers import START_SECONDS, free_port, mongo_command, start, stop
from tests.support.worker_process import start_worker

MOST_APIS = 4
# A client that nobody could answer sends a thread's messages again faster than any customer writes. If it were refused
# for that, it would wait while the cluster is in trouble, and the proof would see less of the trouble.
_NO_LIMIT = {"rate_limit_thread": 0}


def buying_release(folder: Path) -> Path:
    """Train the tiny bot with a tool that places an order in the demo shop."""
    spec = ToolSpec.model_validate(
        {
            "url": "{{ endpoints.shop }}/orders",
            "requestType": "POST",
            "isJson": True,
            "jsonData": "{{ parameters|tojson }}",
        }
    )
    intents = tuple(
        intent.model_copy(update={"api_trigger": True, "api_details": spec})
        if intent.intent_id == "order_product"
        else intent
        for intent in TINY_BOT.intents
    )
    return make_release(folder, TINY_BOT.model_copy(update={"intents": intents}))


@dataclass
class Cluster:
    """The processes of one run. Each may be killed, and started again at its old address.

    There is an API for each of the `clocks`, which are so many seconds ahead, and a worker for each of `worker_clocks`.
    What workers need besides comes from the environment.
    """

    folder: Path
    engine: str
    release: Path
    tool_timeout_seconds: float = 1.0
    clocks: tuple[float, ...] = (0.0, 0.0)
    worker_clocks: tuple[float, ...] = ()
    mongo_port: int = field(default_factory=free_port)
    shop_port: int = field(default_factory=free_port)
    api_ports: list[int] = field(default_factory=lambda: [free_port() for _ in range(MOST_APIS)])
    _running: dict[str, Popen[bytes]] = field(default_factory=dict)

    @property
    def mongo_uri(self) -> str:
        """Where the database is."""
        return f"mongodb://127.0.0.1:{self.mongo_port}"

    @property
    def database_name(self) -> str:
        """What the APIs call their database."""
        return DATABASE

    @property
    def shop_url(self) -> str:
        """Where the demo shop is."""
        return f"http://127.0.0.1:{self.shop_port}"

    @property
    def urls(self) -> list[str]:
        """Where the APIs are."""
        return [f"http://127.0.0.1:{port}" for port in self.api_ports[: len(self.clocks)]]

    def start(self) -> None:
        """Start everything."""
        self.start_database()
        self.start_shop()
        for number in range(len(self.clocks)):
            self.start_api(number)
        for number in range(len(self.worker_clocks)):
            self.start_worker(number)
        self._wait_until_workers_work()

    def _wait_until_workers_work(self) -> None:
        logs = [self.folder / f"worker{number}" / "output.log" for number in range(len(self.worker_clocks))]
        give_up_at = time.monotonic() + START_SECONDS
        while any("working on" not in log.read_text(encoding="utf-8") for log in logs):
            assert time.monotonic() < give_up_at, "the workers do not start"
            time.sleep(0.1)

    def start_database(self) -> None:
        """Start the database on what it has stored."""
        folder = self.folder / "database"
        command = mongo_command(self.engine, port=self.mongo_port, folder=folder)
        self._running["database"] = start(command, port=self.mongo_port, folder=folder)

    def start_shop(self) -> None:
        """Start the demo shop. It forgets its effects when it ends, so no test kills it."""
        command = [sys.executable, "-m", "uvicorn", "serving.demo.api:create_demo_app", "--factory"]
        command += ["--host", "127.0.0.1", "--port", str(self.shop_port), "--log-level", "warning"]
        root = Path(__file__).parents[2]
        self._running["shop"] = start(command, port=self.shop_port, folder=self.folder / "shop", cwd=root)

    def start_api(self, number: int) -> None:
        """Start one of the APIs."""
        self._running[f"api{number}"], _ = start_api(
            self.folder / f"api{number}",
            release=self.release,
            mongo_uri=self.mongo_uri,
            shop=self.shop_url,
            port=self.api_ports[number],
            tool_timeout_seconds=self.tool_timeout_seconds,
            clock_seconds=self.clocks[number],
            settings=_NO_LIMIT,
        )

    def start_worker(self, number: int) -> None:
        """Start one of the workers."""
        self._running[f"worker{number}"] = start_worker(
            self.folder / f"worker{number}",
            release=self.release,
            mongo_uri=self.mongo_uri,
            shop=self.shop_url,
            tool_timeout_seconds=self.tool_timeout_seconds,
            clock_seconds=self.worker_clocks[number],
        )

    def start_again(self, name: str) -> None:
        """Start a process that was killed: `database`, `api0`, `worker1`."""
        if name == "database":
            self.start_database()
        elif name.startswith("api"):
            self.start_api(int(name.removeprefix("api")))
        else:
            self.start_worker(int(name.removeprefix("worker")))

    def kill(self, name: str) -> None:
        """End a process as a power failure would: `database`, `api0`, `worker1`."""
        self._running[name].kill()
        self._running[name].wait()

    def effects(self) -> list[dict[str, Any]]:
        """Ask the shop what has really happened."""
        with urllib.request.urlopen(f"{self.shop_url}/effects", timeout=30) as response:
            effects: list[dict[str, Any]] = json.load(response)["effects"]
            return effects

    def stop(self) -> None:
        """End whatever runs, the database last."""
        for name in sorted(self._running, key="database".__eq__):
            stop(self._running[name])

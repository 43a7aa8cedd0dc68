"""Two chat APIs on one database, with the demo shop behind them: real processes, which a test may kill."""

import json
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

from pipelines.schemas.bot import ToolSpec
from tests.support.api_process import DATABASE, start_api
from tests.support.bots import TINY_BOT
from tests.support.releases import make_release
from tests.support.servers import free_port, mongo_command, start, stop

API_COUNT = 2


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
    """The processes of one run. Each may be killed, and started again at its old address."""

    folder: Path
    engine: str
    release: Path
    tool_timeout_seconds: float = 1.0
    mongo_port: int = field(default_factory=free_port)
    shop_port: int = field(default_factory=free_port)
    api_ports: list[int] = field(default_factory=lambda: [free_port() for _ in range(API_COUNT)])
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
        return [f"http://127.0.0.1:{port}" for port in self.api_ports]

    def start(self) -> None:
        """Start everything."""
        self.start_database()
        self.start_shop()
        for number in range(API_COUNT):
            self.start_api(number)

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
        )

    def kill(self, name: str) -> None:
        """End a process as a power failure would: `database`, `api0`, `api1`."""
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

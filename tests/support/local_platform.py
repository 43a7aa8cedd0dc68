"""`intentloop up` in a process of its own, as somebody runs it in a terminal."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from serving.processes.child import is_listening
from tests.support.servers import free_port, start, stop

ROOT = Path(__file__).parents[2]
NAMES = ("API", "MLFLOW", "MONGO", "DEMO")


class LocalPlatform:
    """`intentloop up` in a process of its own, with ports and a home folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = {name: free_port() for name in NAMES}
        self.output = home.parent / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("INTENTLOOP_", "MLFLOW_"))}
        ports = {f"INTENTLOOP_{name}_PORT": str(port) for name, port in self.port.items()}
        return {**kept, **ports, "INTENTLOOP_HOME": str(self.home)}

    @property
    def other_terminal(self) -> dict[str, str]:
        """The variables of a terminal that knows the home folder and nothing else of the platform."""
        return {name: value for name, value in self.environment.items() if not name.endswith("_PORT")}

    def command(
        self, *arguments: str, elsewhere: bool = False, seconds: float = 600.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command with the platform's variables or, `elsewhere`, as in another terminal."""
        return subprocess.run(
            [sys.executable, "-m", "serving.cli", *arguments],
            capture_output=True, text=True, check=False, timeout=seconds, cwd=ROOT,
            env=self.other_terminal if elsewhere else self.environment,
        )  # fmt: skip

    def seed(self, folder: Path, bot: dict[str, Any]) -> None:
        """Put a bot into the database before the first start, in place of the sample."""
        folder.mkdir()
        (folder / "bot.json").write_text(json.dumps(bot), encoding="utf-8")
        port, data = self.port["MONGO"], self.home / "mongo"
        command = [sys.executable, "-m", "nx_27017.nx_27017", "--data-dir", str(data), "--port", str(port)]
        database = start([*command, "--log-file", "log", "--pid-file", "pid"], port=port, folder=folder)
        try:
            assert self.command("import", str(folder / "bot.json")).returncode == 0
        finally:
            stop(database)

    def start(self, *, before_ready: Callable[[], None] = lambda: None) -> None:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "serving.cli", "up"],
                stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=ROOT, env=self.environment,
            )  # fmt: skip
        before_ready()
        self.until(lambda: "Ctrl-C ends everything" in self.text())

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def until(self, is_so: Callable[[], bool], *, seconds: float = 600.0) -> None:
        give_up_at = time.monotonic() + seconds
        while not is_so():
            assert self.process is not None
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < give_up_at, self.text()
            time.sleep(0.1)

    def wait_for_end(self) -> int:
        assert self.process is not None
        code = self.process.wait(120)
        give_up_at = time.monotonic() + 120
        while any(is_listening("127.0.0.1", port) for port in self.port.values()):
            assert time.monotonic() < give_up_at, "a server outlived the platform"
            time.sleep(0.1)
        return code

    def ask(self, text: str, *, thread: str) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port['API']}/api/v1/bots/default/messages",
            data=json.dumps({"thread_id": thread, "text": text}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.wait_for_end()

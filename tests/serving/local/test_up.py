import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.settings import Settings
from serving.local.programs import SAMPLE
from serving.local.up import _keep_out_of_scope
from serving.processes.child import is_listening
from tests.support.bots import TINY_BOT
from tests.support.servers import free_port, start, stop

pytestmark = [pytest.mark.integration, pytest.mark.slow]
ROOT = Path(__file__).parents[3]
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

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "serving.cli", *arguments],
            capture_output=True, text=True, check=False, timeout=120, cwd=ROOT, env=self.environment,
        )  # fmt: skip

    def seed(self, folder: Path) -> None:
        """Put the tiny bot into the database before the first start; the sample takes longer to train."""
        folder.mkdir()
        (folder / "tiny.json").write_text(json.dumps(TINY_BOT.to_wire()), encoding="utf-8")
        port, data = self.port["MONGO"], self.home / "mongo"
        command = [sys.executable, "-m", "nx_27017.nx_27017", "--data-dir", str(data), "--port", str(port)]
        database = start([*command, "--log-file", "log", "--pid-file", "pid"], port=port, folder=folder)
        try:
            assert self.command("import", str(folder / "tiny.json")).returncode == 0
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

    def until(self, is_so: Callable[[], bool], *, seconds: float = 180.0) -> None:
        give_up_at = time.monotonic() + seconds
        while not is_so():
            assert self.process is not None
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < give_up_at, self.text()
            time.sleep(0.1)

    def wait_for_end(self) -> int:
        assert self.process is not None
        code = self.process.wait(30)
        give_up_at = time.monotonic() + 30
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
        with urllib.request.urlopen(request, timeout=20) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.wait_for_end()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalPlatform]:
    running = LocalPlatform(tmp_path / "home")
    yield running
    running.kill()


def test_up_trains_once_answers_and_leaves_nothing_behind(local: LocalPlatform, tmp_path: Path) -> None:
    local.seed(tmp_path / "seed")
    local.start()
    assert "Training" in local.text()
    assert "a stand-in that only goes by keywords" in local.text()
    first = local.ask("where is my order", thread="t1")
    assert first["form"]["asking"] == "order_id"
    second = local.command("up")
    assert second.returncode == 1
    assert "running already" in second.stderr
    again = local.command("retrain")
    assert again.returncode == 0, again.stderr
    assert "nothing to train: version 1 " in again.stdout

    assert local.process is not None
    local.process.kill()  # no chance to clean up
    local.wait_for_end()

    local.start()
    assert "Training" not in local.text()
    answer = local.ask("ORD-1042", thread="t1")  # the form goes on where it was
    assert answer["turn"] == 2
    assert "ORD-1042" in answer["replies"][0]["text"]
    pasted = re.search(r"^curl .*$", local.text(), re.MULTILINE)
    assert pasted is not None
    done = subprocess.run(pasted[0], shell=True, capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(done.stdout)[0]["text"]

    llm = (local.home / "run" / "llm.pid").read_text()
    demo = int((local.home / "run" / "demo.pid").read_text())
    os.kill(demo, signal.SIGKILL)
    assert local.wait_for_end() == 1
    assert "the demo shop was ended by SIGKILL" in local.text()
    assert str(local.home / "logs" / "demo.log") in local.text()
    assert not Path(f"/proc/{llm}").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"home", "seed", "up.log"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_stopped_while_starting_ends_everything(local: LocalPlatform, number: signal.Signals) -> None:
    def stop_early() -> None:
        local.until(lambda: is_listening("127.0.0.1", local.port["MONGO"]))
        assert local.process is not None
        local.process.send_signal(number)

    with pytest.raises(AssertionError, match="Everything has ended"):
        local.start(before_ready=stop_early)
    assert local.wait_for_end() == 0


def test_sample_comes_with_what_every_training_of_it_refuses(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path, default_bot="shop")  # type: ignore[call-arg]
    assert settings.out_of_scope_of("shop") is None
    _keep_out_of_scope(settings)
    own = settings.out_of_scope_of("shop")
    assert own == tmp_path / "out-of-scope" / "shop.jsonl"
    assert own.read_bytes() == (SAMPLE / "oos.jsonl").read_bytes()
    assert settings.out_of_scope_of("another") is None
    own.write_text("{}\n", encoding="utf-8")
    _keep_out_of_scope(settings)
    assert own.read_text(encoding="utf-8") == "{}\n"


def test_up_with_a_port_in_use_says_which(local: LocalPlatform) -> None:
    local.port["MLFLOW"] = local.port["API"]
    done = local.command("up")
    assert done.returncode == 1
    assert "give each server its own port" in done.stderr
    assert "Traceback" not in done.stderr

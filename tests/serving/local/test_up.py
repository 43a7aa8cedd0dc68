import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.settings import Settings
from serving.local.programs import SAMPLE
from serving.local.up import _keep_out_of_scope
from serving.processes.child import is_listening
from tests.support.bots import TINY_BOT
from tests.support.local_platform import LocalPlatform

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalPlatform]:
    running = LocalPlatform(tmp_path / "home")
    yield running
    running.kill()


def test_up_trains_once_answers_and_leaves_nothing_behind(local: LocalPlatform, tmp_path: Path) -> None:
    local.seed(tmp_path / "seed", TINY_BOT.to_wire())
    local.start()
    assert "Training" in local.text()
    assert "a stand-in that only goes by keywords" in local.text()
    first = local.ask("where is my order", thread="t1")
    assert first["form"]["asking"] == "order_id"
    second = local.command("up")
    assert second.returncode == 1
    assert "running already" in second.stderr
    again = local.command("retrain", elsewhere=True)
    assert again.returncode == 0, again.stderr
    assert "nothing to train: version 1 " in again.stdout

    assert local.process is not None
    local.process.kill()  # no chance to clean up
    local.wait_for_end()
    (local.home / "mongo" / "server.pid").write_text(str(os.getpid()))  # the number was given to another process

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
    local.until(lambda: "the demo shop was ended by SIGKILL" in local.text())
    local.until(lambda: is_listening("127.0.0.1", local.port["DEMO"]))  # it is started again
    assert local.process.poll() is None
    local.process.terminate()
    assert local.wait_for_end() == 0
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

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pipelines.errors import SetupProblem
from serving.processes.child import Child, Program, check_port, is_listening
from tests.support.servers import free_port

# A program that starts one of its own and ignores polite requests, as the worst of servers do.
STUBBORN = """
import os, pathlib, signal, subprocess, sys, time
if len(sys.argv) > 2:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    subprocess.Popen([sys.executable, __file__, sys.argv[1], "grandchild"])
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()}\\n")
time.sleep(600)
"""
SUPERVISOR = """
import sys, time
from pathlib import Path
from serving.processes.child import Child, Program
Child(Program("stubborn", "the stubborn one", [sys.executable, *sys.argv[2:]]), home=Path(sys.argv[1]))
time.sleep(600)
"""


def until(is_so: Callable[[], bool], *, seconds: float = 120.0) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def stubborn(tmp_path: Path) -> Iterator[tuple[list[str], Callable[[], list[int]]]]:
    """Give the arguments that run the stubborn program, and a function that lists its processes."""
    script, pids = tmp_path / "stubborn.py", tmp_path / "pids"
    script.write_text(STUBBORN)

    def processes() -> list[int]:
        return [int(line) for line in pids.read_text().split()] if pids.exists() else []

    yield [str(script), str(pids)], processes
    for pid in processes():
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGKILL)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.integration
@pytest.mark.slow
def test_child_ends_with_all_it_started_when_the_supervisor_is_killed(
    stubborn: tuple[list[str], Callable[[], list[int]]], tmp_path: Path
) -> None:
    arguments, processes = stubborn
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(tmp_path), *arguments])
    until(lambda: len(processes()) == 2)
    supervisor.kill()
    supervisor.wait()
    until(lambda: all(is_gone(pid) for pid in processes()))


@pytest.mark.integration
def test_child_ends_with_all_it_started_when_its_wrapper_is_killed(
    stubborn: tuple[list[str], Callable[[], list[int]]], tmp_path: Path
) -> None:
    arguments, processes = stubborn
    child = Child(Program("stubborn", "the stubborn one", [sys.executable, *arguments]), home=tmp_path)
    until(lambda: len(processes()) == 2)
    wrapper = psutil.Process(processes()[0]).parent()
    assert wrapper is not None
    wrapper.kill()
    until(lambda: child.exit_code is not None)
    child.finish_stop()
    until(lambda: all(is_gone(pid) for pid in processes()))


def test_child_stops_at_once_when_asked(tmp_path: Path) -> None:
    child = Child(
        Program("sleeper", "a sleeper", [sys.executable, "-c", "import time; time.sleep(600)"]), home=tmp_path
    )
    until(lambda: child.pid is not None)
    assert child.exit_code is None
    started = time.monotonic()
    child.finish_stop()
    assert time.monotonic() - started < 5
    assert child.exit_code is not None
    assert child.pid is None


def test_failure_names_the_log_and_its_last_lines_of_this_run(tmp_path: Path) -> None:
    def run(words: str) -> Child:
        code = f"import sys; print('{words}'); sys.exit(3)"
        child = Child(Program("broken", "the broken one", [sys.executable, "-c", code]), home=tmp_path)
        until(lambda: child.exit_code is not None)
        child.finish_stop()
        return child

    run("from an earlier run")
    message = str(run("no such table").failure())
    assert "the broken one ended with exit code 3" in message
    assert str(tmp_path / "logs" / "broken.log") in message
    assert "    no such table" in message
    assert "earlier" not in message


def test_failure_names_the_signal(tmp_path: Path) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    child = Child(Program("killed", "the killed one", [sys.executable, "-c", code]), home=tmp_path)
    until(lambda: child.exit_code is not None)
    child.finish_stop()
    assert "was ended by SIGKILL" in str(child.failure())


def test_child_of_a_missing_program_fails_with_a_log(tmp_path: Path) -> None:
    child = Child(Program("missing", "the missing one", ["/no/such/program"]), home=tmp_path)
    until(lambda: child.exit_code is not None)
    child.finish_stop()
    assert "No such file" in str(child.failure())


def test_check_port_says_who_wants_it_and_what_to_do() -> None:
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        port = owner.getsockname()[1]
        assert is_listening("127.0.0.1", port)
        with pytest.raises(SetupProblem, match=rf"port {port} .* the chat API .* INTENTLOOP_API_PORT"):
            check_port("127.0.0.1", port, label="the chat API", variable="INTENTLOOP_API_PORT")
    check_port("127.0.0.1", port, label="the chat API", variable="INTENTLOOP_API_PORT")
    assert not is_listening("127.0.0.1", port)


def test_check_port_waits_for_a_previous_owner() -> None:
    port = free_port()
    hold = f"import socket, time; s = socket.socket(); s.bind(('127.0.0.1', {port})); s.listen(); time.sleep(1)"
    owner = subprocess.Popen([sys.executable, "-c", hold])
    until(lambda: is_listening("127.0.0.1", port))
    check_port("127.0.0.1", port, label="the chat API", variable="X", patience_seconds=15)
    owner.wait()

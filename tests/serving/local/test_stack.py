"""Programs that run as a step of the display."""

import io
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.errors import SetupProblem
from serving.console import Console
from serving.local.stack import Stack
from serving.processes.child import Program
from serving.processes.signals import StopRequested
from serving.progress import ProgressView

WORK = """
from serving.progress import share_reporter
with share_reporter("Training") as report:
    for number in range(1, 100):
        report(number / 100, f"reading {number}")
"""


def test_run_job_hears_every_line_of_its_program_and_says_a_few(tmp_path: Path) -> None:
    out = io.StringIO()
    stack = Stack(tmp_path, check_stop=lambda: None)
    with ProgressView(Console(file=out)) as view, view.step("Training", expected_seconds=60) as step:
        job = stack.run_job(Program("train", "the training", [sys.executable, "-c", WORK]), step, timeout_seconds=30)
        step.note = "version 1"
    stack.stop()
    assert job.exit_code == 0
    assert "  1% reading 1\n  2% reading 2\n" in job.log.read_text(encoding="utf-8")
    lines = out.getvalue().splitlines()
    assert (lines[0], lines[-1].partition(" (")[0]) == ("Training ...", "Training: version 1")
    assert 2 <= len(lines) <= 5


SLEEPS = "import time; print('awake', flush=True); time.sleep(60)"


class Watched:
    """A stack that is watched until something is seen, by a clock that runs as fast as a test wants."""

    def __init__(self, home: Path, *, speed: float = 1.0) -> None:
        self.said: list[str] = []
        self.speed = speed
        self.until: Callable[[], bool] = lambda: False
        self.pids = home / "run" / "server.pid"
        self.give_up_at = time.monotonic() + 30
        self.stack = Stack(
            home, check_stop=self._check, say=self.said.append, clock=lambda: time.monotonic() * self.speed
        )

    def _check(self) -> None:
        if self.until() or time.monotonic() > self.give_up_at:
            raise StopRequested

    def watch(self, until: Callable[[], bool]) -> None:
        self.until = until
        with pytest.raises(StopRequested):
            self.stack.watch()
        assert until(), f"not seen within 30 s; said: {self.said}"

    def pid(self) -> int:
        return int(self.pids.read_text()) if self.pids.exists() else 0


def program(code: str) -> Program:
    return Program("server", "the server", [sys.executable, "-c", code])


def test_killed_program_is_named_and_started_again(tmp_path: Path) -> None:
    watched, n_planned = Watched(tmp_path), [0]

    def plan() -> Program:
        n_planned[0] += 1
        return program(SLEEPS)

    watched.stack.start_server(plan)
    try:
        watched.watch(lambda: watched.pid() > 0)
        first = watched.pid()
        os.kill(first, signal.SIGKILL)
        watched.watch(lambda: watched.pid() not in (0, first))
    finally:
        watched.stack.stop()
    assert n_planned == [2]  # its files were prepared again
    log = tmp_path / "logs" / "server.log"
    assert watched.said == [f"the server was ended by SIGKILL; its log is {log}; it is started again in 1 s"]


def test_program_that_keeps_ending_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    watched = Watched(tmp_path, speed=20.0)
    watched.stack.start_server(lambda: program("print('no such table'); raise SystemExit(3)"))
    try:
        with pytest.raises(SetupProblem) as raised:
            watched.stack.watch()
    finally:
        watched.stack.stop()
    assert "the server ended with exit code 3" in str(raised.value)
    assert "no such table" in str(raised.value)
    assert "It ended 6 times in a row" in str(raised.value)
    pauses = [sentence.rpartition(" in ")[2] for sentence in watched.said]
    assert pauses == ["1 s", "2 s", "4 s", "8 s", "16 s"]


def test_stop_during_the_pause_ends_at_once(tmp_path: Path) -> None:
    watched = Watched(tmp_path, speed=0.001)  # a pause of a thousand seconds
    watched.stack.start_server(lambda: program("raise SystemExit(1)"))
    watched.watch(lambda: bool(watched.said))
    began = time.monotonic()
    watched.watch(lambda: True)
    watched.stack.stop()
    assert time.monotonic() - began < 2

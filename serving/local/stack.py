"""The running programs of one machine: started, watched and stopped together."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from pipelines.errors import SetupProblem
from serving.processes.child import POLL_SECONDS, Child, Program
from serving.progress import Step, read_share

_T = TypeVar("_T")


class Stack:
    """Programs that live and die together.

    `check_stop` raises `StopRequested` when it is time to stop.
    """

    def __init__(self, home: Path, *, check_stop: Callable[[], None]) -> None:
        self._home, self._check_stop = home, check_stop
        self._servers: list[Child] = []
        self._jobs: list[Child] = []

    def start_server(self, program: Program) -> Child:
        """Start a program; if it ends, everything ends."""
        server = Child(program, home=self._home)
        self._servers.append(server)
        return server

    def run_job(self, program: Program, step: Step, *, timeout_seconds: float) -> Child:
        """Run a program until it ends, moving the bar of `step` meanwhile, and return it."""
        job = Child(program, home=self._home)
        self._jobs.append(job)

        def has_ended() -> bool:
            share = read_share(job.tail())
            if share is not None:
                step.report(*share)
            return job.exit_code is not None

        self.wait(step, has_ended, timeout_seconds=timeout_seconds)
        return job

    def wait(self, step: Step, is_ready: Callable[[], bool], *, timeout_seconds: float) -> None:
        """Wait until `is_ready`, asked ten times a second, as long as every server lives.

        Raises
        ------
        SetupProblem
            A server ended, or the time is up.
        """
        deadline = time.monotonic() + timeout_seconds
        while not is_ready():
            step.tick()
            self.check()
            if time.monotonic() > deadline:
                logs = self._home / "logs"
                raise SetupProblem(f"{step.label}: not done after {timeout_seconds:.0f} s; the logs are in {logs}")
            time.sleep(POLL_SECONDS)

    def run(self, step: Step, work: Callable[[], _T], *, timeout_seconds: float) -> _T:
        """Do blocking work in a thread, so that the bar moves and Ctrl-C is heard meanwhile; return its result."""
        pool = ThreadPoolExecutor(1)
        try:
            future = pool.submit(work)
            self.wait(step, future.done, timeout_seconds=timeout_seconds)
            return future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def watch(self) -> None:
        """Stay until it is time to stop; raises what `check` raises."""
        while True:
            self.check()
            time.sleep(2 * POLL_SECONDS)

    def check(self) -> None:
        """Raise if it is time to stop.

        Raises
        ------
        StopRequested
            The user, or the parent process, asked for it.
        SetupProblem
            A server ended by itself.
        """
        self._check_stop()
        for server in self._servers:
            if server.exit_code is not None:
                raise server.failure()

    def stop(self) -> None:
        """Stop everything; no program loses one that it uses."""
        _end_together(self._jobs)
        for server in reversed(self._servers):
            _end_together([server])


def _end_together(children: Sequence[Child]) -> None:
    for child in children:
        child.begin_stop()
    for child in children:
        child.finish_stop()

"""The running programs of one machine: started, watched and stopped together."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pipelines.errors import SetupProblem
from serving.clock import MonotonicClock
from serving.processes.child import POLL_SECONDS, Child, Program
from serving.progress import EVERY_LINE, Step, read_share

_MOST_DEATHS = 6
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_STEADY_SECONDS = 60.0

_T = TypeVar("_T")


class _Server:
    """A program that is started again when it ends, later each time, until it has ended too often.

    `plan` prepares its files anew and returns it.
    """

    def __init__(self, plan: Callable[[], Program], *, home: Path, clock: MonotonicClock) -> None:
        self._plan, self._home, self._clock = plan, home, clock
        self._deaths = 0
        self._start_at: float | None = None
        self.child = self._start()

    def _start(self) -> Child:
        self._started_at, self._start_at = self._clock(), None
        return Child(self._plan(), home=self._home)

    def keep_running(self) -> str | None:
        """Start the program again if it has ended and its pause is over; return what there is to say.

        Raises
        ------
        SetupProblem
            It has ended too often.
        """
        if self._start_at is not None:
            if self._clock() >= self._start_at:
                self.child = self._start()
            return None
        if self.child.exit_code is None:
            return None
        self._deaths = 1 if self._clock() - self._started_at >= _STEADY_SECONDS else self._deaths + 1
        failure = str(self.child.failure())
        if self._deaths >= _MOST_DEATHS:
            raise SetupProblem(f"{failure}\nIt ended {self._deaths} times in a row, so everything is stopped")
        self.child.finish_stop()
        pause = min(_FIRST_PAUSE_SECONDS * 2 ** (self._deaths - 1), _LONGEST_PAUSE_SECONDS)
        self._start_at = self._clock() + pause
        return f"{failure.splitlines()[0]}; it is started again in {pause:.0f} s"


class Stack:
    """Programs that are started and stopped together.

    `check_stop` raises `StopRequested` when it is time to stop. `say` tells the user about a program that ended and is
    started again; `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        home: Path,
        *,
        check_stop: Callable[[], None],
        say: Callable[[str], None] = lambda sentence: None,
        clock: MonotonicClock = time.monotonic,
    ) -> None:
        self._home, self._check_stop, self._say, self._clock = home, check_stop, say, clock
        self._servers: list[_Server] = []
        self._jobs: list[Child] = []

    def start_server(self, plan: Callable[[], Program]) -> None:
        """Start the program that `plan` returns. If it ends during the start, all end; later it is restarted."""
        self._servers.append(_Server(plan, home=self._home, clock=self._clock))

    def run_job(self, program: Program, step: Step, *, timeout_seconds: float) -> Child:
        """Run a program until it ends, moving the bar of `step` meanwhile, and return it."""
        told = replace(program, environment={**(program.environment or {}), **EVERY_LINE})
        job = Child(told, home=self._home)
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
        """Stay until it is time to stop, and start again what ends by itself.

        Raises
        ------
        StopRequested
            The user, or the parent process, asked for it.
        SetupProblem
            A program keeps ending.
        """
        while True:
            self._check_stop()
            for server in self._servers:
                sentence = server.keep_running()
                if sentence is not None:
                    self._say(sentence)
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
            if server.child.exit_code is not None:
                raise server.child.failure()

    def stop(self) -> None:
        """Stop everything; no program loses one that it uses."""
        _end_together(self._jobs)
        for server in reversed(self._servers):
            _end_together([server.child])


def _end_together(children: Sequence[Child]) -> None:
    for child in children:
        child.begin_stop()
    for child in children:
        child.finish_stop()

"""The running programs of one machine: started together, watched together, ended together."""

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

    Parameters
    ----------
    home
        Absolute home folder.
    check_stop
        Raises `StopRequested` when it is time to end.
    """

    def __init__(self, home: Path, *, check_stop: Callable[[], None]) -> None:
        self._home, self._check_stop = home, check_stop
        self._servers: list[Child] = []
        self._jobs: list[Child] = []

    def start_server(self, program: Program) -> Child:
        """Start a program whose end is the end of everything."""
        server = Child(program, home=self._home)
        self._servers.append(server)
        return server

    def run_job(self, program: Program, step: Step, *, timeout_seconds: float) -> Child:
        """Run a program that is expected to end, and wait for it.

        Parameters
        ----------
        program
            What to run.
        step
            The step whose bar moves meanwhile.
        timeout_seconds
            Longest wait.

        Returns
        -------
        Child
            The program, which has ended; its exit code says how.
        """
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
        """Wait until something is so, as long as every server lives.

        Parameters
        ----------
        step
            The step whose bar moves meanwhile.
        is_ready
            Asked ten times a second.
        timeout_seconds
            Longest wait.

        Raises
        ------
        SetupProblem
            A server ended, or the time is over.
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
        """Do something that blocks in a thread, so that the bar moves and Ctrl-C is heard meanwhile.

        Parameters
        ----------
        step
            The step whose bar moves.
        work
            What to do.
        timeout_seconds
            Longest wait.

        Returns
        -------
        object
            What `work` returned.
        """
        pool = ThreadPoolExecutor(1)
        try:
            future = pool.submit(work)
            self.wait(step, future.done, timeout_seconds=timeout_seconds)
            return future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def watch(self) -> None:
        """Stay until it is time to end; raises what `check` raises."""
        while True:
            self.check()
            time.sleep(2 * POLL_SECONDS)

    def check(self) -> None:
        """Raise if it is time to end.

        Raises
        ------
        StopRequested
            Somebody wants it.
        SetupProblem
            A server ended by itself.
        """
        self._check_stop()
        for server in self._servers:
            if server.exit_code is not None:
                raise server.failure()

    def stop(self) -> None:
        """End everything; a program never loses one that it uses."""
        _end_together(self._jobs)
        for server in reversed(self._servers):
            _end_together([server])


def _end_together(children: Sequence[Child]) -> None:
    for child in children:
        child.begin_stop()
    for child in children:
        child.finish_stop()

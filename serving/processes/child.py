"""Child processes that cannot outlive their supervisor, ports, and waiting until a server answers."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import SetupProblem
from serving.processes import wrapper

POLL_SECONDS = 0.1
_LOG_LINES = 12
_TAIL_BYTES = 8000
_STOP_SECONDS = wrapper.GRACE_SECONDS + 4.0


ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Environment that keeps the numeric libraries to one thread; they read it when they are loaded.

A message's products are small: threads that wait for each other cost twice the CPU, and training gains nothing by them.
It also makes sums come out the same on machines with more processors."""


@dataclass(frozen=True)
class Program:
    """A program to run.

    Attributes
    ----------
    name
        Short name, for the log file.
    label
        What it is, in a user's words.
    folder
        Working folder; the supervisor's own if None.
    environment
        Variables added to the supervisor's own.
    """

    name: str
    label: str
    command: Sequence[str]
    folder: Path | None = None
    environment: Mapping[str, str] | None = None


class Child:
    """A running program, its log file, and the pipe whose end stops it.

    The log goes to `logs/NAME.log` in the home folder, the process id to `run/NAME.pid`.
    """

    def __init__(self, program: Program, *, home: Path) -> None:
        self.program = program
        self.log = home / "logs" / f"{program.name}.log"
        self._pid_file = home / "run" / f"{program.name}.pid"
        for file in (self.log, self._pid_file):
            file.parent.mkdir(parents=True, exist_ok=True)
        self._pid_file.unlink(missing_ok=True)
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(program.environment or {})}
        with self.log.open("ab") as log:
            log.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {program.label} starts\n".encode())
            log.flush()
            self._log_start = log.tell()
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-S", "-E", wrapper.__file__, str(self._pid_file.resolve()), *program.command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=program.folder,
                env=environment,
                # A Ctrl-C in the terminal is for the supervisor, which stops its children in order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int | None:
        """Process id of the program itself; None before it runs and after it has ended."""
        try:
            return int(self._pid_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    @property
    def exit_code(self) -> int | None:
        """Exit code, 128 + N if signal N ended the program; None while it runs."""
        return self._process.poll()

    def begin_stop(self) -> None:
        """Ask the program to end, without waiting."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def finish_stop(self) -> None:
        """Wait until the program and everything it started have ended; kill them if they do not."""
        self.begin_stop()
        try:
            self._process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        # The file is still there only if the wrapper itself was killed; the program may still be running.
        group = self.pid
        if group is not None:
            wrapper.end_group(group, grace_seconds=1.0)
            self._pid_file.unlink(missing_ok=True)

    def tail(self) -> str:
        """Return the end of what this run wrote to its log."""
        with self.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - _TAIL_BYTES))
            return log.read().decode("utf-8", errors="replace")

    def last_lines(self) -> str:
        """Return the last few lines of the log, indented."""
        return "\n".join(f"    {line[:300]}" for line in self.tail().splitlines()[-_LOG_LINES:])

    def failure(self) -> SetupProblem:
        """Return the error for a program that ended by itself."""
        code = self.exit_code or 0
        how = f"was ended by {signal.Signals(code - 128).name}" if _is_signal(code) else f"ended with exit code {code}"
        return SetupProblem(f"{self.program.label} {how}; its log is {self.log}\n{self.last_lines()}".rstrip())


def is_listening(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def free_port(host: str) -> int:
    """Find a free port of an IPv4 address."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def check_port(host: str, port: int, *, label: str, variable: str, patience_seconds: float = 0.0) -> None:
    """Check that a server can listen on a port.

    Parameters
    ----------
    label
        What will listen there, in a user's words.
    variable
        Environment variable that chooses the port.
    patience_seconds
        How long to wait for a previous owner to leave.

    Raises
    ------
    SetupProblem
        It is taken, not permitted, or the address is not this machine's.
    """
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                # As servers do, so that connections of a server that has just ended do not count.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
                probe.listen(1)
        except PermissionError as error:
            raise SetupProblem(
                f"port {port} for {label} needs more rights; choose one above 1023: {variable}=..."
            ) from error
        except OSError as error:
            if time.monotonic() < deadline:
                time.sleep(0.2)
                continue
            raise SetupProblem(
                f"port {port} on {host} for {label} cannot be used ({error.strerror or error}); "
                f"end the program that uses it or choose another port: {variable}=..."
            ) from error
        else:
            return


def _is_signal(code: int) -> bool:
    return code - 128 in {member.value for member in signal.Signals}

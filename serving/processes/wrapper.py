"""Runs one program and makes sure that it ends when the process that wanted it does, however that one ends.

The supervisor starts `python child.py PID_FILE PROGRAM ARGUMENT...` and keeps the other end of its standard input. That
input's end, which the kernel brings about even when the supervisor is killed, means: end the program and all that it
started. Only the standard library is used and nothing of this project, since it must start in an instant.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

GRACE_SECONDS = 8.0


def end_group(group: int, *, grace_seconds: float) -> None:
    """Ask all processes of a group to end, and kill those that have not done so in time.

    Parameters
    ----------
    group
        The process group.
    grace_seconds
        How long to wait; 0 kills at once.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        deadline = time.monotonic() + grace_seconds
        os.killpg(group, signal.SIGTERM)
        while time.monotonic() < deadline:
            os.killpg(group, 0)  # raises when nobody is left
            time.sleep(0.05)
        os.killpg(group, signal.SIGKILL)


def main(pid_file: Path, command: list[str]) -> int:
    """Run a program until it ends or the input does.

    Parameters
    ----------
    pid_file
        Where the program's process id, which is also its group's, is written while it runs.
    command
        The program and its arguments.

    Returns
    -------
    int
        The program's own exit code, 128 + N if signal N ended it.
    """
    # The program must not inherit the input, or its copy would keep the pipe open.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603
    pid_file.write_text(str(process.pid), encoding="utf-8")

    def end_with_input() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        end_group(process.pid, grace_seconds=GRACE_SECONDS)

    def end_on_signal(_signal: int, _frame: object) -> None:
        threading.Thread(target=end_group, args=(process.pid,), kwargs={"grace_seconds": GRACE_SECONDS}).start()

    signal.signal(signal.SIGTERM, end_on_signal)
    threading.Thread(target=end_with_input, daemon=True).start()
    code = process.wait()
    # What the program started and left behind goes with it.
    end_group(process.pid, grace_seconds=0.5)
    pid_file.unlink(missing_ok=True)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))

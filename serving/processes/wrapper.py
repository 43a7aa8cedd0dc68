"""Runs one program and makes sure that it ends with the process that started it, however that one ends.

The supervisor starts `python wrapper.py PID_FILE PROGRAM ARGUMENT...` and keeps the other end of its standard input.
The kernel closes that pipe even when the supervisor is killed; then the program and everything it started is stopped.
Only the standard library is used and nothing of this project, because it must start in an instant.
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
    """Ask all processes of a group to end, and kill those still running after `grace_seconds`; 0 kills at once."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        deadline = time.monotonic() + grace_seconds
        os.killpg(group, signal.SIGTERM)
        while time.monotonic() < deadline:
            os.killpg(group, 0)  # raises when nobody is left
            time.sleep(0.05)
        os.killpg(group, signal.SIGKILL)


def main(pid_file: Path, command: list[str]) -> int:
    """Run a program until it ends or the input does, and return its exit code: 128 + N if signal N ended it.

    The process id, which is also that of its group, is written to `pid_file` while the program runs.
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
    # Processes that the program left behind go with it.
    end_group(process.pid, grace_seconds=0.5)
    pid_file.unlink(missing_ok=True)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))

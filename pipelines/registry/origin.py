"""Where a run comes from: user, command, commit and process; and whether that process has died."""

import getpass
import hashlib
import os
import socket
import subprocess
from pathlib import Path

PROCESS_TAG = "process"
"""Tag that names the process of a run: machine, home folder (hashed), boot, process id and its start."""
TRAIN, RETRAIN, NOTEBOOK = "intentloop train", "intentloop retrain", "notebook"
"""What starts a training, as MLflow's column `Source` shows it."""
_BOOT_FILE = Path("/proc/sys/kernel/random/boot_id")
_UNKNOWN = "-"


def origin_tags(source: str, *, home: Path | None = None) -> dict[str, str]:
    """Return MLflow's own tags for user, source and commit, and with a `home` the tag that names this process."""
    tags = {
        "mlflow.user": _user(),
        "mlflow.source.name": source,
        "mlflow.source.type": "NOTEBOOK" if source == NOTEBOOK else "LOCAL",
    }
    commit = git_commit()
    if commit is not None:
        tags["mlflow.source.git.commit"] = commit
    if home is not None:
        tags[PROCESS_TAG] = "/".join((*_place(home), _boot(), str(os.getpid()), _start_of(os.getpid())))
    return tags


def is_dead(process: str, *, home: Path) -> bool:
    """Whether the process that a run's tag names ran on this machine for this home folder, and has ended."""
    parts = process.split("/")
    if len(parts) != 5 or tuple(parts[:2]) != _place(home) or not parts[3].isdigit():
        return False
    boot, number, start = parts[2], int(parts[3]), parts[4]
    if boot != _boot():
        return True
    try:
        os.kill(number, 0)  # sends nothing
    except ProcessLookupError:
        return True
    except PermissionError:  # it lives, as another user's
        return False
    return start != _start_of(number)  # its number may have been given to another process since


def git_commit() -> str | None:
    """Return the commit of the code, or None outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "unknown"


def _place(home: Path) -> tuple[str, str]:
    """Return the machine, and the home folder without its name: a tag is for everybody's eyes."""
    return socket.gethostname(), hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]


def _boot() -> str:
    try:
        return _BOOT_FILE.read_text(encoding="ascii").strip()
    except OSError:  # not Linux
        return _UNKNOWN


def _start_of(number: int) -> str:
    """Return when a process started, in the kernel's ticks since boot; `-` where that is unknown."""
    try:
        # the name in parentheses may contain anything; the start is the 20th field after it, the state the first
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return _UNKNOWN
    return "ended" if fields[0] == "Z" else fields[19]

"""The home folder with everything the local platform writes, and the lock that lets only one platform run in it."""

import fcntl
import importlib.util
import json
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pipelines.errors import SetupProblem

LOCK_FILE = "up.lock"
ADMIN_TOKEN_FILE = "admin-token"  # noqa: S105 - the name of its file


PRIVATE = 0o700
_PROBE = b"x" * 65536


def prepare_home(home: Path, *, closes: bool = True) -> Path:
    """Create the home folder, for this user alone, and return its absolute path.

    It holds the admin token, addresses with passwords and what customers said. An existing folder is closed to others
    too, with `closes`, if it is this user's.

    Raises
    ------
    SetupProblem
        It cannot be written to, or its disk is full.
    """
    folder = home.expanduser().resolve()
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=PRIVATE)
        if closes and is_open_to_others(folder):
            folder.chmod(PRIVATE)
        try:
            probe.write_bytes(_PROBE)  # a full disk still takes an empty file
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        raise SetupProblem(
            f"cannot write to the folder {folder} ({error.strerror}); choose another one: INTENTLOOP_HOME=..."
        ) from error
    return folder


def is_open_to_others(folder: Path) -> bool:
    """Whether other users may look into a folder of ours; one that all share, such as `/tmp`, is not ours."""
    found = folder.stat()
    return bool(found.st_mode & 0o077) and found.st_uid == os.getuid() and not found.st_mode & stat.S_ISVTX


@contextmanager
def hold_home(home: Path, *, address: str) -> Iterator[bool]:
    """Keep a second platform out of the home folder while this one runs.

    The kernel drops the lock with the process, so a crash leaves nothing to clean up. `address` is shown to a second
    platform.

    Yields
    ------
    bool
        Whether the previous platform crashed; its last processes may still be ending.

    Raises
    ------
    SetupProblem
        A platform is running already.
    """
    with (home / LOCK_FILE).open("a+", encoding="utf-8") as lock:
        lock.seek(0)
        before = lock.read()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SetupProblem(f"{_describe(before)}; stop it first or use another INTENTLOOP_HOME") from error
        _write(lock.fileno(), json.dumps({"pid": os.getpid(), "address": address}))
        try:
            yield bool(before)
        finally:
            _write(lock.fileno(), "")


def admin_token_of(home: Path) -> str:
    """Return the token of this machine's admin API; it is created once, and only this user may read its file."""
    file = home / ADMIN_TOKEN_FILE
    with suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(f"{secrets.token_urlsafe(32)}\n")
    return file.read_text(encoding="ascii").strip()


TRAINING_PACKAGES = ("sklearn", "papermill", "great_expectations", "matplotlib", "pyarrow")


def require_packages(modules: Sequence[str], *, extra: str, purpose: str) -> None:
    """Raise `SetupProblem` if a module of an optional extra cannot be imported; `purpose` begins the message."""
    missing = [name for name in modules if not _is_importable(name)]
    if missing:
        raise SetupProblem(
            f"{purpose} needs {', '.join(missing)}, which is not installed; "
            f"run `make run`, or pip install 'intentloop[{extra}]'"
        )


def _is_importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _describe(content: str) -> str:
    try:
        record = json.loads(content)
        return f"one is running already (process {record['pid']}) at {record['address']}"
    except (ValueError, KeyError, TypeError):
        return "one is running already in this folder"


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)

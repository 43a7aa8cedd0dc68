"""CPU priority on a machine that trains and answers customers at once."""

import atexit
import os
from contextlib import suppress
from pathlib import Path

NICEST, MILD = 19, 5
"""Niceness of work that nobody waits for, and of work that somebody does."""
_SESSION_FILE = Path("/proc/self/autogroup")


def give_way(niceness: int = NICEST) -> None:
    """Let others have the processor first; applies to this process and all its future children.

    With `NICEST` it runs only while nobody else needs the processor; with `MILD` it gets on beside others too. A
    process that starts its own session, as notebook kernels do, has to call `keep_giving_way` as well.
    """
    os.nice(niceness)
    if niceness == NICEST and hasattr(os, "SCHED_IDLE"):
        # niceness alone lets a process finish its time slice, some milliseconds, before a server may wake
        with suppress(PermissionError):  # a container may forbid it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    _calm_session(niceness)


def keep_giving_way() -> None:
    """Apply the low priority of the parent to this process's own session."""
    if os.nice(0) >= NICEST:
        _calm_session(NICEST)


def _calm_session(niceness: int) -> None:
    """Make the whole session nice; one that is not of this process's making gets its own niceness back at the end.

    Linux on desktops and servers first shares the processor between sessions, and applies niceness only within one
    (sched(7), "The autogroup feature"): beside a training that was nice within its own session, an API's p95 rose by 70
    %.
    """
    if _has_terminal():
        return  # the session is a user's, with other programs in it
    with suppress(OSError):  # other systems, and kernels without the feature
        words = _SESSION_FILE.read_text(encoding="ascii").split()  # "/autogroup-1910 nice 0"
        if not words:
            return  # the session shares the processor with no other
        before = words[-1]
        _SESSION_FILE.write_text(str(niceness), encoding="ascii")
        if os.getsid(0) != os.getpid():
            atexit.register(_set_session, before)


def _set_session(niceness: str) -> None:
    with suppress(OSError):
        _SESSION_FILE.write_text(niceness, encoding="ascii")


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True

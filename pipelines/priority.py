"""CPU priority on a machine that trains and answers customers at once."""

import os
from contextlib import suppress
from pathlib import Path

_NICEST = 19
_SESSION_FILE = Path("/proc/self/autogroup")


def give_way() -> None:
    """Run only while nobody else needs the processor; applies to this process and all its future children.

    A process that starts its own session, as notebook kernels do, has to call `keep_giving_way` as well.
    """
    os.nice(_NICEST)
    if hasattr(os, "SCHED_IDLE"):
        # niceness alone lets a process finish its time slice, some milliseconds, before a server may wake
        with suppress(PermissionError):  # a container may forbid it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    _calm_session()


def keep_giving_way() -> None:
    """Apply the low priority of the parent to this process's own session."""
    if os.nice(0) >= _NICEST:
        _calm_session()


def _calm_session() -> None:
    """Make the whole session nice.

    Linux on desktops and servers first shares the processor between sessions, and applies niceness only within one
    (sched(7), "The autogroup feature"): beside a training that was nice within its own session, an API's p95 rose by 70
    %.
    """
    if _has_terminal():
        return  # the session is a user's, with other programs in it
    with suppress(OSError):  # other systems, and kernels without the feature
        _SESSION_FILE.write_text(str(_NICEST), encoding="ascii")


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True

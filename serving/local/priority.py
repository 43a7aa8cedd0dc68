"""Which process goes first on a machine that does two things at once."""

import os
from contextlib import suppress


def give_way() -> None:
    """Work only while nobody else wants the processor; holds for this process and all it starts from now on.

    Politeness by `nice` alone is not enough: Linux lets a polite process finish its time slice, some milliseconds,
    before it wakes a server that has got a message.
    """
    os.nice(19)
    if hasattr(os, "SCHED_IDLE"):
        with suppress(PermissionError):  # a container may forbid it; being nice is what is left
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))

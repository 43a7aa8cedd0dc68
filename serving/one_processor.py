"""Keeps a busy chat process on one processor at a time.

Python runs one thread at a time, so a second processor brings the event loop and the database driver's threads nothing,
and going back and forth costs: every processor has a cache of its own, into which it must fetch what the other one has
just written. Measured with 16 clients on two processors, four times with and four times without, in turns: a message
costs 10 % less CPU time, and 9 % more are answered.

Being tied to a processor hurts where something else wants the same one and cannot go elsewhere, such as a second
process that is tied to it. So the kernel is asked every second how long the event loop had to wait for its processor.
Where that is too long, the threads are let go, the kernel moves them to where there is room, and there they stay. While
there is little to do they are free as well: there is nothing to gain, and a process that has been idle for a moment had
better go on where no training has filled the cache meanwhile.

The event loop's helpers (`asyncio.to_thread`: reading a long text, opening a release, starting a training) are never
tied: they are there to work beside it, and what they start inherits where it may run.
"""

import asyncio
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

PERIOD_SECONDS = 1.0
MOST_WAITING = 0.25
"""Share of the time in which the event loop could work that it may spend waiting for its processor. The driver's
threads alone, at full load, make it wait for a tenth."""
LEAST_BUSY = 0.5
"""Share of the time in which the event loop must have something to do for it to be tied."""

_TASKS = Path("/proc/self/task")
_PROCESSOR_FIELD = 36
"""In `/proc/self/task/N/stat`, counted from what follows the name in brackets (proc(5): field 39, from 1)."""
_HELPERS = "beside-the-loop"


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Give an event loop whose helper threads may run wherever this process might when the loop was made."""
    loop = asyncio.new_event_loop()
    if _can_be_tied():
        free = partial(os.sched_setaffinity, 0, os.sched_getaffinity(0))
        loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix=_HELPERS, initializer=free))
    return loop


def keep_to_one_processor() -> None:
    """From now on, keep this process's threads on one processor while it is busy; needs `new_event_loop` for its loop.

    Call it in the main thread, which will run the event loop. Where the system cannot do it, or the process may use
    one processor only, nothing happens.
    """
    if not _can_be_tied() or len(os.sched_getaffinity(0)) == 1:
        return
    with suppress(OSError):  # a kernel that does not count how long a thread waits
        keeper = ProcessorKeeper(threading.get_native_id(), allowed=os.sched_getaffinity(0))
        threading.Thread(target=_keep, args=(keeper,), name="one-processor", daemon=True).start()


def _keep(keeper: "ProcessorKeeper") -> None:
    while True:
        time.sleep(PERIOD_SECONDS * random.uniform(0.7, 1.3))  # noqa: S311 - so that two processes never move in step
        with suppress(OSError):  # the machine has fewer processors than it had
            keeper.look()


def _can_be_tied() -> bool:
    return hasattr(os, "sched_setaffinity") and _TASKS.is_dir()


class ProcessorKeeper:
    """Ties threads to the processor that one of them runs on, and lets them go where it has to wait for it.

    Parameters
    ----------
    thread
        Native id of the thread that matters: the event loop's.
    allowed
        Numbers of the processors that may be used.

    Raises
    ------
    OSError
        The kernel does not count how long a thread waits.
    """

    def __init__(self, thread: int, *, allowed: set[int]) -> None:
        self._thread = thread
        self._allowed = allowed
        self._is_tied = False
        self._last = self._times()
        if not self._last[1]:
            raise OSError("this kernel does not count how long a thread runs and waits")

    def look(self) -> None:
        """See how it went since the last look, and tie the threads or let them go; once a period."""
        times = self._times()
        passed, ran, waited = (after - before for before, after in zip(self._last, times, strict=True))
        self._last = times
        was_tied, is_busy = self._is_tied, ran + waited > LEAST_BUSY * passed
        self._is_tied = is_busy and not (was_tied and waited > MOST_WAITING * (ran + waited))
        if self._is_tied:  # again and again, for there may be new threads
            self._set({self._processor()})
        elif was_tied:
            self._set(self._allowed)

    def _set(self, processors: set[int]) -> None:
        for thread in threading.enumerate():
            if thread.native_id is not None and not thread.name.startswith(_HELPERS):
                with suppress(ProcessLookupError):  # it has ended meanwhile
                    os.sched_setaffinity(thread.native_id, processors)

    def _times(self) -> tuple[float, float, float]:
        """Seconds: the clock's; those that the thread has run; those that it was ready to run and had to wait."""
        ran, waited, _ = (_TASKS / str(self._thread) / "schedstat").read_text().split()
        return time.monotonic(), int(ran) / 1e9, int(waited) / 1e9

    def _processor(self) -> int:
        stat = (_TASKS / str(self._thread) / "stat").read_text()
        return int(stat.rpartition(")")[2].split()[_PROCESSOR_FIELD])

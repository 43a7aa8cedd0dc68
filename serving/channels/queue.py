"""Who works on threads with events in the inbox: this process in the background, or `intentloop worker`.

A queue holds only thread hashes (`thread_hash`). The events themselves stay in the inbox, so losing a queue loses
nothing, and a queue names nobody.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

from pipelines.errors import BotError, QueueUnavailable, StoreUnavailable
from serving.logs import describe_crash
from serving.telemetry import spans

WORKERS = 32
"""Threads worked on at once: a turn mostly waits, but too many would delay other requests."""
SWEEP_SECONDS = 2.0
DRAIN_SECONDS = 10.0

_log = logging.getLogger(__name__)


class ThreadQueue(Protocol):
    """Has threads worked on."""

    def check_room(self) -> None:
        """Raise `QueueUnavailable` if no more threads can be accepted."""
        ...

    async def put(self, thread_hashes: Sequence[str]) -> None:
        """Enqueue threads by their hashes; raise `QueueUnavailable` if that may have failed."""
        ...


class LocalQueue:
    """Works in this process, in the background.

    It also sweeps the inbox regularly for events that are due for another attempt or were left by a process that died.

    Parameters
    ----------
    work
        Answers the events of the thread with this hash.
    due_threads
        Finds up to this number of threads that nobody works on, by hash.
    max_pending
        Limit of threads in progress or waiting.
    workers
        Threads worked on at once.
    """

    def __init__(
        self,
        work: Callable[[str], Awaitable[float | None]],
        due_threads: Callable[[int], Awaitable[list[str]]],
        *,
        max_pending: int,
        workers: int = WORKERS,
    ) -> None:
        self._work = work
        self._due_threads = due_threads
        self._max_pending = max_pending
        self._workers = workers
        self._slots = asyncio.Semaphore(workers)
        self._waiting: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeping: asyncio.Task[None] | None = None
        self._is_closing = False

    def start(self) -> None:
        """Start sweeping the inbox."""
        self._sweeping = asyncio.create_task(self._sweep_for_ever())

    async def aclose(self) -> None:
        """Finish work in progress unless it takes too long; the rest stays in the inbox."""
        self._is_closing = True
        if self._sweeping is not None:
            self._sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._sweeping
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def check_room(self) -> None:
        """Refuse if this process is ending or at its limit."""
        if self._is_closing:
            raise QueueUnavailable("this process is about to end")
        if len(self._tasks) >= self._max_pending:
            raise QueueUnavailable(f"{self._max_pending} threads are being answered")

    async def put(self, thread_hashes: Sequence[str]) -> None:
        """Work on threads as soon as a slot is free."""
        for thread_hash in thread_hashes:
            if thread_hash in self._waiting:
                continue  # its worker has not read the inbox yet, and will find everything
            self._waiting.add(thread_hash)
            # each event goes on with its own trace, not with that of the request which brought the last one
            task = asyncio.create_task(self._work_on(thread_hash), context=spans.detached())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work_on(self, thread_hash: str) -> None:
        try:
            await self._slots.acquire()
        finally:
            self._waiting.discard(thread_hash)
        try:
            await self._work(thread_hash)
        except BotError as error:
            _log.warning("thread %.12s: left in the inbox for now: %s", thread_hash, error)
        except Exception as error:
            _log.error("thread %.12s: left in the inbox for now: %s", thread_hash, describe_crash(error))
        finally:
            self._slots.release()

    async def _sweep_for_ever(self) -> None:
        while True:
            pause = SWEEP_SECONDS
            try:
                if len(self._tasks) < self._workers:  # otherwise there is no free slot anyway
                    due = await self._due_threads(self._workers)
                    await self.put(due)
                    if len(due) == self._workers:
                        pause /= 20  # there is more
            except StoreUnavailable as error:
                _log.warning("cannot sweep the inbox: %s", error)
            except Exception as error:
                _log.error("cannot sweep the inbox: %s", describe_crash(error))
            await asyncio.sleep(pause)

"""Who works on threads whose events wait in the inbox: this process in the background, or `intentloop worker`.

A queue holds marks of threads (`thread_hash`), no more: the events themselves wait in the inbox, so nothing is lost
with a queue, and nobody is named in it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

from pipelines.errors import BotError, QueueUnavailable, StoreUnavailable
from serving.logs import describe_crash

WORKERS = 32
"""Threads worked on at once: most of an answer's time is waiting, and too many would hold up other requests."""
SWEEP_SECONDS = 5.0
DRAIN_SECONDS = 10.0

_log = logging.getLogger(__name__)


class ThreadQueue(Protocol):
    """Sees to it that somebody works on threads."""

    def check_room(self) -> None:
        """Raise `QueueUnavailable` if no more can be taken on."""
        ...

    async def put(self, marks: Sequence[str]) -> None:
        """Take threads on, by their marks; raise `QueueUnavailable` if that is not certain."""
        ...


class LocalQueue:
    """Works in this process, in the background.

    Regularly takes up what is left in the inbox as well: what waited for its next try, and what a process that died
    left behind.

    Parameters
    ----------
    work
        Answers what waits in the thread with a mark.
    due_threads
        Finds the marks of threads that nobody works on, at most so many.
    max_pending
        How many threads may be under way or waiting.
    workers
        How many are worked on at once.
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
        """Begin to take up what is left in the inbox."""
        self._sweeping = asyncio.create_task(self._sweep_for_ever())

    async def aclose(self) -> None:
        """Finish what is under way, as far as it does not take too long; the rest stays in the inbox."""
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
        """Refuse when this process has all that it can carry."""
        if self._is_closing:
            raise QueueUnavailable("this process is about to end")
        if len(self._tasks) >= self._max_pending:
            raise QueueUnavailable(f"{self._max_pending} threads are being answered")

    async def put(self, marks: Sequence[str]) -> None:
        """Work on threads as soon as there is a free slot."""
        for mark in marks:
            if mark in self._waiting:
                continue  # whoever begins with it reads the inbox then, and finds everything
            self._waiting.add(mark)
            task = asyncio.create_task(self._work_on(mark))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work_on(self, mark: str) -> None:
        try:
            await self._slots.acquire()
        finally:
            self._waiting.discard(mark)
        try:
            await self._work(mark)
        except BotError as error:
            _log.warning("thread %.12s: left in the inbox for now: %s", mark, error)
        except Exception as error:
            _log.error("thread %.12s: left in the inbox for now: %s", mark, describe_crash(error))
        finally:
            self._slots.release()

    async def _sweep_for_ever(self) -> None:
        while True:
            pause = SWEEP_SECONDS
            try:
                if len(self._tasks) < self._workers:  # else what is left has to wait anyway
                    due = await self._due_threads(self._workers)
                    await self.put(due)
                    if len(due) == self._workers:
                        pause /= 20  # there is more
            except StoreUnavailable as error:
                _log.warning("the inbox cannot be looked through: %s", error)
            except Exception as error:
                _log.error("the inbox cannot be looked through: %s", describe_crash(error))
            await asyncio.sleep(pause)

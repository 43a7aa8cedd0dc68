"""A worker: takes messages from a queue and works on many at once."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic

from pipelines.errors import BotError, QueueUnavailable
from serving.clock import is_set_within
from serving.logs import describe_crash
from serving.queues.sqs import M, MessageQueue, Received

VISIBILITY_SECONDS = 60
MAX_HIDDEN_SECONDS = 43_200
"""SQS hides a message no longer than this."""
DRAIN_SECONDS = 20.0
SLOTS = 32
"""Messages worked on at once: most of the work is waiting, and more would hold up one another."""
_PAUSE_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Worker(Generic[M]):
    """Takes messages from a queue and works on many at once.

    Parameters
    ----------
    queue
        Where messages come from.
    work
        Does what a message asks for; gives the seconds until there is more of it to do.
    slots
        How many messages are worked on at once.
    visibility_seconds
        How long a message stays hidden from other workers after this one has died.
    drain_seconds
        How long what is under way may take once the process is asked to end; what is not done by then is cancelled.
    """

    def __init__(
        self,
        queue: MessageQueue[M],
        work: Callable[[M], Awaitable[float | None]],
        *,
        slots: int = SLOTS,
        visibility_seconds: int = VISIBILITY_SECONDS,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        self._queue = queue
        self._work = work
        self._slots = slots
        self._visibility_seconds = visibility_seconds
        self._drain_seconds = drain_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is under way; the rest goes back to the queue by itself.

        Parameters
        ----------
        stop
            Set when the process is asked to end.
        """
        while not stop.is_set():
            if len(self._tasks) >= self._slots:
                await asyncio.wait(self._tasks, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                continue
            try:
                jobs = await self._queue.receive(
                    self._slots - len(self._tasks), visibility_seconds=self._visibility_seconds
                )
            except QueueUnavailable as error:
                _log.warning("%s", error)
                await is_set_within(stop, seconds=_PAUSE_SECONDS)
                continue
            for job in jobs:
                task = asyncio.create_task(self._do(job) if not stop.is_set() else self._hide(job, seconds=0))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._drain_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _do(self, received: Received[M]) -> None:
        if received.job is None:
            # Left alone: it comes back until the redrive policy takes it aside.
            _log.error("message %s in the queue is none of ours", received.message_id)
            return
        try:
            async with self._hidden(received):
                seconds = await self._work(received.job)
        except asyncio.CancelledError:
            await self._hide(received, seconds=0)  # the next worker need not wait
            raise
        except BotError as error:
            _log.warning("%s: comes back: %s", received.job, error)
        except Exception as error:
            _log.error("%s: comes back: %s", received.job, describe_crash(error))
        else:
            await (self._delete(received) if seconds is None else self._hide(received, seconds=math.ceil(seconds)))

    @asynccontextmanager
    async def _hidden(self, received: Received[M]) -> AsyncIterator[None]:
        """Keep a message from other workers for as long as this one works on it."""

        async def keep_hidden() -> None:
            while True:
                await asyncio.sleep(self._visibility_seconds / 3)
                await self._hide(received, seconds=self._visibility_seconds)

        keeping = asyncio.create_task(keep_hidden())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _hide(self, received: Received[M], *, seconds: int) -> None:
        try:
            await self._queue.hide(received, seconds=min(seconds, MAX_HIDDEN_SECONDS))
        except QueueUnavailable as error:  # it comes back too early, which does no harm
            _log.warning("message %s: %s", received.message_id, error)

    async def _delete(self, received: Received[M]) -> None:
        try:
            await self._queue.delete(received)
        except QueueUnavailable as error:  # it comes back, and nothing is found to do
            _log.warning("message %s: %s", received.message_id, error)

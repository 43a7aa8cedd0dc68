"""A worker that processes many queue messages at once."""

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
from serving.telemetry import spans

VISIBILITY_SECONDS = 60
MAX_HIDDEN_SECONDS = 43_200
"""SQS's limit for hiding a message."""
DRAIN_SECONDS = 20.0
SLOTS = 32
"""Messages processed at once: the work mostly waits, and more would delay one another."""
_PAUSE_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Worker(Generic[M]):
    """Processes many queue messages at once.

    Parameters
    ----------
    queue
        Where messages come from.
    work
        Processes a message; returns the seconds until it must be processed again, or None when finished.
    slots
        Messages processed at once.
    visibility_seconds
        How long a message stays hidden from other workers after this one has died.
    drain_seconds
        Time limit for work in progress once the process is asked to end; the rest is cancelled.
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
        """Work until `stop` is set, then finish work in progress; the rest returns to the queue."""
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
            # Not acknowledged: it returns until the redrive policy removes it.
            _log.error("message %s in the queue is not one of ours", received.message_id)
            return
        with spans.resume("work", kind="consumer", traceparent=received.traceparent) as span:
            span.set("messaging.system", "aws_sqs")
            await self._do_job(received, received.job, span)

    async def _do_job(self, received: Received[M], job: M, span: spans.AnySpan) -> None:
        try:
            async with self._hidden(received):
                seconds = await self._work(job)
        except asyncio.CancelledError:
            await self._hide(received, seconds=0)  # the next worker need not wait
            raise
        except BotError as error:
            span.fail(type(error).__name__)
            _log.warning("%s: will be retried: %s", job, error)
        except Exception as error:
            span.fail(type(error).__name__)
            _log.error("%s: will be retried: %s", job, describe_crash(error))
        else:
            await (self._delete(received) if seconds is None else self._hide(received, seconds=math.ceil(seconds)))

    @asynccontextmanager
    async def _hidden(self, received: Received[M]) -> AsyncIterator[None]:
        """Hide a message from other workers while this one processes it."""

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
        except QueueUnavailable as error:  # it returns too early, which is harmless
            _log.warning("message %s: %s", received.message_id, error)

    async def _delete(self, received: Received[M]) -> None:
        try:
            await self._queue.delete(received)
        except QueueUnavailable as error:  # it returns, and there will be nothing to do
            _log.warning("message %s: %s", received.message_id, error)

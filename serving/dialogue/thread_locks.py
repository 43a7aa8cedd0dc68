"""Messages of a thread are handled in order of arrival; threads never wait for one another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from pipelines.errors import StateConflict
from serving.telemetry import spans


class ThreadLocks:
    """A lock per thread with a message in progress in this process.

    Parameters
    ----------
    patience_seconds
        Longest wait for a lock.
    """

    def __init__(self, patience_seconds: float) -> None:
        self._patience_seconds = patience_seconds
        # A lock lives only while it is held or awaited: quiet threads cost nothing.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(self, thread: str) -> AsyncIterator[None]:
        """Wait until a thread's earlier messages are answered, and hold back the later ones; `thread` is its key.

        Raise `StateConflict` if the earlier messages take too long.
        """
        lock = self._locks.get(thread)
        if lock is None:
            lock = self._locks[thread] = asyncio.Lock()
        try:
            with spans.span("lease"):
                async with asyncio.timeout(self._patience_seconds):
                    await lock.acquire()
        except TimeoutError as error:
            raise StateConflict from error
        try:
            yield
        finally:
            lock.release()

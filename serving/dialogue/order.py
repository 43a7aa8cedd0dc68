"""The order of messages within a thread is the order of their arrival; threads never wait for one another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from pipelines.errors import StateConflict


class ThreadLocks:
    """A queue for each thread that has a message under way in this process.

    Parameters
    ----------
    patience_seconds
        Longest wait for one's turn.
    """

    def __init__(self, patience_seconds: float) -> None:
        self._patience_seconds = patience_seconds
        # A lock lives as long as somebody holds it or waits for it: quiet threads cost nothing.
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(self, bot: str, thread_id: str) -> AsyncIterator[None]:
        """Wait until all earlier messages of the thread are answered, and keep the later ones waiting.

        Parameters
        ----------
        bot
            Whose thread it is.
        thread_id
            The thread.

        Yields
        ------
        None
            Once it is one's turn.

        Raises
        ------
        StateConflict
            The earlier messages took too long.
        """
        lock = self._locks.get((bot, thread_id))
        if lock is None:
            lock = self._locks[bot, thread_id] = asyncio.Lock()
        try:
            async with asyncio.timeout(self._patience_seconds):
                await lock.acquire()
        except TimeoutError as error:
            raise StateConflict from error
        try:
            yield
        finally:
            lock.release()

"""Threads that are being forgotten, known to every process: nothing may be written to them behind a deletion's back.

    forgotten   {_id: hash of the thread's key, token, until, expires_at}

A turn under way holds what was read before: the thread's state, the customer's words. It would write them down again
after they were deleted. So whoever deletes a thread first puts a mark here, waits until every process must have seen
it (`notice_seconds`), deletes, and then says that it is done. A process looks at the marks every second, and before
each write if it has not looked for longer than `STALE_SECONDS`. A turn that was begun before its process saw the mark
is never written; one that begins before the deletion is done is refused. Whoever deletes says again and again until
when at least it is at work: if it dies, its threads can be written to again soon.

The marks are hashes: they say nothing to whoever does not know the thread already. They go after a day.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from pipelines.errors import StoreUnavailable, ThreadForgotten
from pipelines.schemas.keys import FORGOTTEN, thread_hash
from serving.store.client import Collection, Database, Document

REFRESH_SECONDS = 1.0
STALE_SECONDS = 2.5
_MARGIN_SECONDS = 1.0
KEPT = timedelta(days=1)


def notice_seconds(write_timeout_seconds: float) -> float:
    """Say how long to wait after `begin`: until then a process may write that has not seen the mark."""
    return STALE_SECONDS + write_timeout_seconds + _MARGIN_SECONDS


class ForgottenThreads:
    """What this process knows of threads that were or are being forgotten.

    Parameters
    ----------
    database
        An open connection.
    clock
        Seconds that only grow.

    Attributes
    ----------
    seen
        How many marks this process has learnt of: what a turn that begins now has to remember.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._marks: Collection = database.collection(FORGOTTEN)
        self._clock = clock
        self._looked_at: float | None = None
        self._failed_at: float | None = None
        self._looking = asyncio.Lock()
        self._tokens: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._under_way: frozenset[str] = frozenset()
        self.seen = 0

    async def refresh(self) -> bool:
        """Look at the marks; tells whether there are new ones."""
        began, now = self._clock(), datetime.now(UTC)
        cursor = self._marks.find({}, {"token": 1, "until": 1})
        found = await self._database.call("read forgotten", cursor.to_list(None))
        before = self.seen
        for mark in found:
            if self._tokens.get(mark["_id"]) != mark["token"]:
                self.seen += 1
                self._tokens[mark["_id"]], self._places[mark["_id"]] = mark["token"], self.seen
        self._under_way = frozenset(mark["_id"] for mark in found if mark["until"] > now)
        self._looked_at = began
        return self.seen > before

    async def keep_fresh(self) -> None:
        """Look at the marks if that was too long ago, which it is not where somebody refreshes every second."""
        if self._is_stale():
            arrived = self._clock()
            async with self._looking:
                if not self._is_stale():
                    return
                if self._failed_at is not None and self._failed_at > arrived:
                    raise StoreUnavailable("read forgotten")  # not one wait after the other, for all that queue up
                try:
                    await self.refresh()
                except StoreUnavailable:
                    self._failed_at = self._clock()
                    raise

    def check(self, thread: str, *, since: int | None = None) -> None:
        """Refuse to go on with a thread.

        Parameters
        ----------
        thread
            Its key.
        since
            `seen` at the time when the turn began; None for one that begins now.

        Raises
        ------
        ThreadForgotten
            It is being forgotten, or was since the turn began.
        """
        if not self._places:
            return
        mark = thread_hash(thread)
        if mark in self._under_way or (since is not None and self._places.get(mark, 0) > since):
            raise ThreadForgotten

    async def moments(self) -> dict[str, datetime]:
        """Give when each thread was forgotten, by its mark, for whoever writes what it has read long before."""
        documents = await self._database.call("read forgotten", self._marks.find({}, {"expires_at": 1}).to_list(None))
        return {document["_id"]: document["expires_at"] - KEPT for document in documents}

    def _is_stale(self) -> bool:
        return self._looked_at is None or self._clock() - self._looked_at > STALE_SECONDS


class Deletion:
    """Threads that this process is about to delete.

    Parameters
    ----------
    database
        An open connection.
    threads
        Their keys.
    """

    def __init__(self, database: Database, threads: Iterable[str]) -> None:
        self._database = database
        self._marks: Collection = database.collection(FORGOTTEN)
        self._documents: list[Document] = [{"_id": thread_hash(thread)} for thread in threads]

    async def begin(self, *, now: datetime, until: datetime) -> None:
        """Mark them: their turns that are under way will not be written, and no new one begins before `until`."""
        await self._put(until=until, expires_at=now + KEPT, token=uuid.uuid4().hex)

    async def hold(self, *, until: datetime) -> None:
        """Keep turns from beginning for longer."""
        await self._put(until=until)

    async def finish(self, *, now: datetime) -> None:
        """Let the same threads begin anew."""
        # another token: also the end of a deletion makes what began before it void
        await self._put(until=now, expires_at=now + KEPT, token=uuid.uuid4().hex)

    async def _put(self, **changes: object) -> None:
        for document in self._documents:
            document.update(changes)
            replacing = self._marks.replace_one({"_id": document["_id"]}, document, upsert=True)
            await self._database.call("mark forgotten", replacing)

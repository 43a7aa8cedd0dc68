"""Threads being deleted, known to every process, so that nothing is written back behind a deletion.

    forgotten   {_id: hash of the thread's key, token, until, ttl_seconds, beat, is_done,
                 expires_at}

A turn in progress holds what it read before: the thread's state, the customer's words. It would write them back after
their deletion. So whoever deletes a thread first puts a mark here, waits until every process must have seen it
(`notice_seconds`), deletes, and then ends the mark. A process reads the marks every second, and before each write if
its last read is older than `STALE_SECONDS`. A turn that began before its process saw the mark is never written; one
that begins before the deletion is done is refused. The deleting process keeps changing the mark's `beat`: if it dies,
its threads can be written to again `ttl_seconds` after another process saw the last change, by its own monotonic clock.

Marks are hashes, meaningless without knowing the thread already. They expire after a day.
"""

import asyncio
import time
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from pipelines.errors import StoreUnavailable, ThreadForgotten
from pipelines.schemas.keys import FORGOTTEN, thread_hash
from serving.clock import MonotonicClock, utc_now
from serving.store.client import Collection, Database, Document
from serving.store.watch import Watch

REFRESH_SECONDS = 1.0
STALE_SECONDS = 2.5
_MARGIN_SECONDS = 1.0
_LONGEST_GAP_SECONDS = 60.0
"""After a longer pause between two looks the watch begins anew: the deleter, too, may have had no database."""
_FORMER_TTL_SECONDS = 60.0
"""How long a mark of an earlier version holds after its last change."""
KEPT = timedelta(days=1)
Deleted = tuple[str, str]
"""The hash of a thread, and the token of the mark: another one with the beginning and the end of each deletion."""


def notice_seconds(write_timeout_seconds: float) -> float:
    """Return the wait after `begin`: until then a process that has not seen the mark may write."""
    return STALE_SECONDS + write_timeout_seconds + _MARGIN_SECONDS


class ForgottenThreads:
    """What this process knows of threads that were or are being deleted; `clock` is monotonic, in seconds.

    Attributes
    ----------
    seen
        Number of marks this process has seen: what a turn must remember when it begins.
    """

    def __init__(self, database: Database, *, clock: MonotonicClock = time.monotonic) -> None:
        self._database = database
        self._marks: Collection = database.collection(FORGOTTEN)
        self._clock = clock
        self._read_at: float | None = None
        self._failed_at: float | None = None
        self._reading = asyncio.Lock()
        self._watch = Watch(max_gap_seconds=_LONGEST_GAP_SECONDS, clock=clock)
        self._tokens: dict[str, str] = {}
        self._seen_at: dict[str, int] = {}
        self._under_way: frozenset[str] = frozenset()
        self.seen = 0

    async def refresh(self) -> bool:
        """Read the marks; return whether there are new ones."""
        began = self._clock()
        cursor = self._marks.find({}, {"expires_at": 0})
        found = await self._database.call("read forgotten", cursor.to_list(None))
        before = self.seen
        for mark in found:
            token = str(mark.get("token"))
            if self._tokens.get(mark["_id"]) != token:
                self.seen += 1
                self._tokens[mark["_id"]], self._seen_at[mark["_id"]] = token, self.seen
        self._under_way = frozenset(mark["_id"] for mark in found if self._is_under_way(mark))
        self._read_at = began
        return self.seen > before

    def _is_under_way(self, mark: Document) -> bool:
        """Whether somebody is deleting the thread: judged by the changes of the mark, for any clock may be wrong."""
        until, is_done = mark.get("until"), mark.get("is_done")
        if is_done or (is_done is None and isinstance(until, datetime) and until <= utc_now()):
            return False  # an earlier version ends a deletion by the time alone
        version = (str(mark.get("token")), str(until), mark.get("beat"))
        ttl_seconds = float(mark.get("ttl_seconds", _FORMER_TTL_SECONDS))
        return self._watch.unchanged_seconds(mark["_id"], version) < ttl_seconds

    async def keep_fresh(self) -> None:
        """Read the marks if the last read is too old, which it is not where something refreshes every second."""
        if self._is_stale():
            arrived = self._clock()
            async with self._reading:
                if not self._is_stale():
                    return
                if self._failed_at is not None and self._failed_at > arrived:
                    raise StoreUnavailable("read forgotten")  # do not let queued callers time out one by one
                try:
                    await self.refresh()
                except StoreUnavailable:
                    self._failed_at = self._clock()
                    raise

    def check(self, thread: str, *, since: int | None = None) -> None:
        """Raise `ThreadForgotten` if a thread is being deleted, or was since a turn began.

        `since` is `seen` at the beginning of the turn; None for one that begins now.
        """
        if not self._seen_at:
            return
        hashed = thread_hash(thread)
        if hashed in self._under_way or (since is not None and self._seen_at.get(hashed, 0) > since):
            raise ThreadForgotten

    async def deletions(self, *, only_ended: bool = False) -> frozenset[Deleted]:
        """Return the deletions that are known, for writers of data that was read long before: later ones void it.

        With `only_ended`, those are left out that may delete more.
        """
        query = {"is_done": {"$ne": False}} if only_ended else {}
        marks = await self._database.call("read forgotten", self._marks.find(query, {"token": 1}).to_list(None))
        return frozenset((mark["_id"], str(mark.get("token"))) for mark in marks)

    def _is_stale(self) -> bool:
        return self._read_at is None or self._clock() - self._read_at > STALE_SECONDS


class Deletion:
    """Marks threads, given by their keys, that this process is about to delete; it may stay silent for `ttl`."""

    def __init__(self, database: Database, threads: Iterable[str], *, ttl: timedelta) -> None:
        self._database = database
        self._marks: Collection = database.collection(FORGOTTEN)
        self._ttl, self._beat = ttl, 0
        self._documents: list[Document] = [{"_id": thread_hash(thread)} for thread in threads]

    async def begin(self, *, now: datetime) -> None:
        """Mark them: their turns in progress will not be written, and no new one begins until the deletion is done."""
        ttl_seconds = self._ttl.total_seconds()
        await self._put(until=now + self._ttl, ttl_seconds=ttl_seconds, is_done=False, **self._fresh(now))

    async def hold(self, *, until: datetime) -> None:
        """Show a sign of life."""
        await self._put(until=until)

    async def finish(self, *, now: datetime) -> None:
        """Let the threads begin anew."""
        # a new token: the end of a deletion also voids what began before it
        await self._put(until=now, is_done=True, **self._fresh(now))

    def _fresh(self, now: datetime) -> Document:
        return {"expires_at": self._database.expires_at(now, KEPT), "token": uuid.uuid4().hex}

    async def _put(self, **changes: object) -> None:
        self._beat += 1
        for document in self._documents:
            document.update(changes, beat=self._beat)
            replacing = self._marks.replace_one({"_id": document["_id"]}, document, upsert=True)
            await self._database.call("mark forgotten", replacing)

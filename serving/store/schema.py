"""Indexes, created at start-up. Only kinds of index that Amazon DocumentDB supports."""

import asyncio
from datetime import datetime

from pipelines.schemas.keys import FORGOTTEN, INBOX, JOBS, LABELS, LLM_USAGE, SHADOWS, STATES, TURNS
from serving.store.client import ASCENDING, DESCENDING, Database, IndexModel

_EXPIRY = "expires_at"
_NX_27017 = "nx_27017"


class Schema:
    """The indexes of a database, created once per process.

    A database that is down does not prevent the start, so callers ensure them before each turn: nothing may be written
    without the index that allows a message only one turn.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._attempt: asyncio.Task[None] | None = None
        self._needs_sweeping = False
        self.is_ready = False

    async def ensure(self) -> None:
        """Create the missing indexes; repeating it changes nothing."""
        if self.is_ready:
            return
        # Concurrent callers share one attempt: with the database down they must not wait for one another.
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.create_task(self._create())
        await asyncio.shield(self._attempt)

    async def _create(self) -> None:
        # With a TTL index, NX-27017 0.8 scans the whole collection for expired documents at every read (60 ms at
        # 15,000 documents); there, use an ordinary index and `sweep`.
        self._needs_sweeping = (await self._database.server_info()).get("process") == _NX_27017
        # `expires_at` is the moment itself, so that a changed time to live needs no index rebuild.
        options = {} if self._needs_sweeping else {"expireAfterSeconds": 0}
        expiry = IndexModel([(_EXPIRY, ASCENDING)], name="expiry", **options)
        once = IndexModel([("message_key", ASCENDING)], name="message_once", unique=True)
        unanswered = [IndexModel([(field, ASCENDING)], name=field) for field in ("open_thread", "is_open")]
        ranked = IndexModel([("bot", ASCENDING), ("status", ASCENDING), ("value", DESCENDING)], name="ranked")
        indexes_by_collection = {
            STATES: [expiry],
            TURNS: [once, expiry],
            INBOX: [*unanswered, expiry],
            LLM_USAGE: [expiry],
            SHADOWS: [expiry],
            LABELS: [ranked, expiry],
            FORGOTTEN: [expiry],
            JOBS: [expiry],
        }
        for name, indexes in indexes_by_collection.items():
            await self._database.call("create indexes", self._database.collection(name).create_indexes(indexes))
        self.is_ready = True

    async def sweep(self, now: datetime) -> None:
        """Delete expired documents if the database does not do so itself."""
        await self.ensure()
        if self._needs_sweeping:
            for name in (STATES, TURNS, INBOX, LLM_USAGE, SHADOWS, FORGOTTEN, JOBS, LABELS):
                expired = self._database.collection(name).delete_many({_EXPIRY: {"$lt": now}})
                await self._database.call("delete expired", expired)

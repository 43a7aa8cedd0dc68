"""Collections and indexes, created at start-up. Only kinds of index that Amazon DocumentDB has."""

import asyncio
from datetime import datetime

from pipelines.schemas.keys import FORGOTTEN, INBOX, JOBS, LABELS, LLM_USAGE, SHADOWS, STATES, TURNS
from serving.store.client import ASCENDING, DESCENDING, Database, IndexModel

_EXPIRY = "expires_at"
_NX_27017 = "nx_27017"


class Schema:
    """The indexes of a database, created once in the life of this process.

    A database that is down at start-up is no reason not to start, so this is asked for again before each turn: nothing
    may be written without the index that lets a message have one turn only.

    Parameters
    ----------
    database
        An open connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._attempt: asyncio.Task[None] | None = None
        self._needs_sweeping = False
        self.is_ready = False

    async def ensure(self) -> None:
        """Create the indexes that are missing; doing it again changes nothing."""
        if self.is_ready:
            return
        # All who wait share one attempt: a database that is down must not make them wait for one another.
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.create_task(self._create())
        await asyncio.shield(self._attempt)

    async def _create(self) -> None:
        # NX-27017 0.8 looks through the whole collection for expired documents at every read once there is a TTL index
        # (60 ms at 15,000 documents); there, an ordinary index and `sweep` do the same.
        self._needs_sweeping = (await self._database.server_info()).get("process") == _NX_27017
        # `expires_at` holds the moment itself, so that a changed time to live needs no index rebuild.
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
        """Delete what has expired, where the database does not do so by itself."""
        await self.ensure()
        if self._needs_sweeping:
            for name in (STATES, TURNS, INBOX, LLM_USAGE, SHADOWS, FORGOTTEN, JOBS, LABELS):
                expired = self._database.collection(name).delete_many({_EXPIRY: {"$lt": now}})
                await self._database.call("delete expired", expired)

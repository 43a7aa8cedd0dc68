"""Collections and indexes, created at start-up. Only kinds of index that Amazon DocumentDB has."""

import asyncio

from serving.store.client import ASCENDING, Database, IndexModel

STATES = "states"
TURNS = "turns"


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
        # `expires_at` holds the moment itself, so that a changed time to live needs no index rebuild.
        expiry = IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)
        once = IndexModel([("message_key", ASCENDING)], name="message_once", unique=True)
        await self._database.call("create indexes", self._database.collection(STATES).create_indexes([expiry]))
        await self._database.call("create indexes", self._database.collection(TURNS).create_indexes([once, expiry]))
        self.is_ready = True

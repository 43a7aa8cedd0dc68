"""Whether the database takes what is written to it: a full disk still answers every read.

health  {_id: "write", at, padding}
"""

import asyncio
import time

from pipelines.errors import StoreUnavailable
from pipelines.schemas.keys import HEALTH
from serving.clock import MonotonicClock, utc_now
from serving.store.client import Database
from serving.store.schema import Schema

PAUSE_SECONDS = 2.0
"""Shortest time between two writes: load balancers and people ask far more often."""
_PADDING = "x" * 64_000
"""A full disk takes one more small document long after it has refused a turn."""


class StoreReadiness:
    """Tries reads, writes and indexes for the readiness check; `clock` is monotonic, in seconds."""

    def __init__(self, database: Database, schema: Schema, *, clock: MonotonicClock = time.monotonic) -> None:
        self._database = database
        self._schema = schema
        self._clock = clock
        self._lock = asyncio.Lock()
        self._tried_at: float | None = None
        self._failure: StoreUnavailable | None = None

    async def check(self) -> tuple[str, ...]:
        """Return what is wrong although messages are answered; raise `StoreUnavailable` if they cannot be."""
        await self._database.ping()
        await self._try_to_write()
        await self._schema.ensure()
        return self._schema.problems

    async def _try_to_write(self) -> None:
        async with self._lock:
            if self._tried_at is None or self._clock() - self._tried_at >= PAUSE_SECONDS:
                self._failure = await self._write()
                self._tried_at = self._clock()
            if self._failure is not None:
                raise type(self._failure)(self._failure.what)

    async def _write(self) -> StoreUnavailable | None:
        document = {"_id": "write", "at": utc_now(), "padding": _PADDING}
        writing = self._database.collection(HEALTH).replace_one({"_id": "write"}, document, upsert=True)
        try:
            await self._database.call("write to the database", writing)
        except StoreUnavailable as error:
            return error
        return None

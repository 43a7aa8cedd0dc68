"""Deletes what has expired: a few documents at a time, and only by a clock that can be believed.

Every sweep stores the time. If the clock is then far from the last sweep, either the platform was off for long or the
clock is wrong, and a wrong clock would delete every conversation. So nothing is deleted until the clock has run on
from there for `ACCEPTED_AFTER`, over all starts together. A clock that is right again ends the doubt at once. A clock
that the database's machine contradicts deletes nothing, however long it runs.

Where the database deletes by itself (a TTL index), it goes by the clock of its own machine; nothing here stops that.
"""

import asyncio
import logging
import time
from datetime import datetime

from pipelines.schemas.keys import STATES, TURNS
from serving.clock import MonotonicClock
from serving.store.access.policies import Lifetimes
from serving.store.client import DESCENDING, Database, Document
from serving.store.schema import EXPIRING, EXPIRY, Schema
from serving.store.upkeep.clock import ClockCheck, ClockRecord, describe_jump, judge_clock, read_clock, store_clock

_AT_ONCE = 500
_PAUSE = 4.0
"""After each step a sweep pauses this many times its duration, leaving the database to the customers."""
_LONGEST_PAUSE_SECONDS = 0.5

_log = logging.getLogger(__name__)


class Retention:
    """Deletes expired documents; `clock` is monotonic, in seconds. `lifetimes` are those of bots with their own."""

    def __init__(
        self,
        database: Database,
        schema: Schema,
        *,
        clock: MonotonicClock = time.monotonic,
        lifetimes: Lifetimes | None = None,
    ) -> None:
        self._database = database
        self._schema = schema
        self._lifetimes = lifetimes
        self._clock = clock
        self._checked: float | None = None

    async def sweep(self, now: datetime) -> int:
        """Delete what has expired, unless the database does so itself or the clock is doubted; return how many."""
        await self._schema.ensure()
        check = ClockCheck(now, await self._database.server_time(), await self.known_clock())
        if check.server_error:
            _log.warning("%s", check.problem)
            return 0
        record = await self._check_clock(check)
        if record.is_doubted:
            _log.warning("%s; if it is right, run `intentloop db check --repair`", describe_jump(record, now=now))
            return 0
        n_deleted = await self._delete_outlived(now)
        if self._schema.has_ttl:
            return n_deleted
        return n_deleted + sum([await self._delete_where(name, {EXPIRY: {"$lt": now}}) for name in EXPIRING])

    async def _delete_outlived(self, now: datetime) -> int:
        """Delete what was written before its bot began to keep it for less time."""
        if self._lifetimes is None:
            return 0
        n_deleted = 0
        for bot, state_ttl, turn_ttl in await self._lifetimes.shortened():
            for name, written, own, usual in (
                (STATES, "updated_at", state_ttl, self._lifetimes.state_ttl),
                (TURNS, "created_at", turn_ttl, self._lifetimes.turn_ttl),
            ):
                before = now - own
                # the index is on the expiry, which was reckoned with the platform's time
                outlived = {"bot": bot, written: {"$lt": before}, EXPIRY: {"$lt": before + usual}}
                n_deleted += await self._delete_where(name, outlived)
        return n_deleted

    async def known_clock(self) -> ClockRecord | None:
        """Return what the database knows of the clock."""
        known = await read_clock(self._database)
        if known is not None:
            return known
        newest = await self._newest_stored()
        return None if newest is None else ClockRecord(newest)

    async def believe(self, now: datetime) -> None:
        """Store that the clock is right."""
        await store_clock(self._database, ClockRecord(at=now))

    async def _check_clock(self, check: ClockCheck) -> ClockRecord:
        before, self._checked = self._checked, self._clock()
        elapsed = 0.0 if before is None else self._checked - before
        record = judge_clock(check.known, now=check.now, elapsed_seconds=elapsed)
        await store_clock(self._database, record)
        return record

    async def _newest_stored(self) -> datetime | None:
        """Return when a conversation went on last, for a database from before sweeps stored the time."""
        moments = []
        for name, field in ((STATES, "updated_at"), (TURNS, "created_at")):
            newest = self._database.collection(name).find({}, {field: 1}).sort(EXPIRY, DESCENDING).limit(1)
            for document in await self._database.call(f"read {name}", newest.to_list(1)):
                if isinstance(document.get(field), datetime):
                    moments.append(document[field])
        return max(moments, default=None)

    async def _delete_where(self, name: str, expired: Document) -> int:
        collection, total = self._database.collection(name), 0
        while True:
            started = time.monotonic()
            found = collection.find(expired, {"_id": 1}).limit(_AT_ONCE)
            ids = [row["_id"] for row in await self._database.call(f"look for expired {name}", found.to_list(_AT_ONCE))]
            if not ids:
                return total
            deleting = collection.delete_many({"_id": {"$in": ids}, **expired})
            n_deleted = (await self._database.call(f"delete expired {name}", deleting)).deleted_count
            total += n_deleted
            if not n_deleted or len(ids) < _AT_ONCE:
                return total
            await asyncio.sleep(min(_PAUSE * (time.monotonic() - started), _LONGEST_PAUSE_SECONDS))

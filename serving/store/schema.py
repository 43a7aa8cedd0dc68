"""Indexes, created at start-up and again if they vanish. Only kinds of index that Amazon DocumentDB supports."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.errors import StoreRefused
from pipelines.schemas.keys import (
    AUDIT_LOG,
    FORGOTTEN,
    IDEMPOTENCY,
    INBOX,
    JOBS,
    LABELS,
    LLM_USAGE,
    QUARANTINE,
    RATE_USE,
    SESSIONS,
    SHADOWS,
    STATES,
    TASKS,
    TRY_STATES,
    TURNS,
)
from serving.clock import MonotonicClock, utc_now
from serving.store.client import ASCENDING, DESCENDING, Database, DuplicateKeyError, IndexModel
from serving.store.refusals import describe_refusal
from serving.store.upkeep.clock import set_clock_error
from serving.store.versions import read_version

EXPIRY = "expires_at"
EXPIRING = (
    STATES, TURNS, INBOX, LLM_USAGE, SHADOWS, FORGOTTEN, JOBS, TASKS, LABELS, QUARANTINE, IDEMPOTENCY, TRY_STATES,
    SESSIONS, RATE_USE,
)  # fmt: skip
"""Collections whose documents have a moment from which nobody needs them."""
INDEXED = (*EXPIRING, AUDIT_LOG)
MESSAGE_KEY = "message_key"
MESSAGE_ONCE = "message_once"
TIME_KEY = "time_key"
"""Of a finished turn; those of earlier versions get it in the background: `serving.store.upkeep.turn_times`."""
_MESSAGE_LOOKUP = "message_lookup"
_NX_27017 = "nx_27017"
_RETRY_SECONDS = 600.0
"""Pause after an index could not be created: an attempt reads the whole collection."""

_log = logging.getLogger(__name__)


def indexes_of(collection: str, *, has_ttl: bool) -> list[IndexModel]:
    """Return the indexes of a collection; with `has_ttl`, the database deletes what has expired."""
    # `expires_at` is the moment itself, so that a changed time to live needs no index rebuild.
    options = {"expireAfterSeconds": 0} if has_ttl else {}
    special = {
        TURNS: [
            IndexModel([(MESSAGE_KEY, ASCENDING)], name=MESSAGE_ONCE, unique=True),
            IndexModel([("holder", ASCENDING)], name="claimed", sparse=True),  # finished turns have no holder
            IndexModel([(TIME_KEY, ASCENDING)], name=TIME_KEY),
        ],
        INBOX: [IndexModel([(field, ASCENDING)], name=field) for field in ("open_thread", "is_open")],
        TASKS: [IndexModel([("is_open", ASCENDING)], name="is_open", sparse=True)],  # finished ones have no such field
        LABELS: [IndexModel([("bot", ASCENDING), ("status", ASCENDING), ("value", DESCENDING)], name="ranked")],
        AUDIT_LOG: [IndexModel([(field, ASCENDING)], name=field) for field in ("bot", "by")],
    }
    expiry = [IndexModel([(EXPIRY, ASCENDING)], name="expiry", **options)] if collection in EXPIRING else []
    return [*special.get(collection, ()), *expiry]


def is_same_index(wanted: IndexModel, found: Mapping[str, Any]) -> bool:
    """Whether an index that a database lists serves as the wanted one; some engines give it a name of their own."""
    return has_same_fields(wanted, found) and bool(found.get("unique")) >= bool(wanted.document.get("unique"))


def has_same_fields(wanted: IndexModel, found: Mapping[str, Any]) -> bool:
    """Whether two indexes are on the same fields in the same order; some engines forget their directions."""
    return list(wanted.document["key"]) == list(found["key"])


@dataclass(frozen=True)
class _Refusal:
    problem: str
    retry_at: float


class Schema:
    """The indexes of a database, created once per process.

    A database that is down does not prevent the start, so callers ensure them before each turn. An index that cannot be
    created does not stop the platform, which can do without: `problems` has a sentence for each. `is_unique` is False
    while nothing in the database keeps a message from a second turn; whoever writes one looks for the first until then.
    """

    def __init__(self, database: Database, *, clock: MonotonicClock = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._refused: dict[tuple[str, str], _Refusal] = {}
        self._attempt: asyncio.Task[None] | None = None
        self.is_ready = False
        self.has_ttl = False
        self.is_unique = False
        self.problems: tuple[str, ...] = ()

    async def ensure(self) -> None:
        """Create the missing indexes; repeating it changes nothing."""
        if self.is_ready:
            return
        # Concurrent callers share one attempt: with the database down they must not wait for one another.
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.create_task(self._create())
        await asyncio.shield(self._attempt)

    async def renew(self) -> None:
        """Create the indexes that have vanished since, or could not be created before."""
        await self.ensure()
        await self._create()

    async def needs_sweeping(self) -> bool:
        """Whether the database does not delete expired documents by itself."""
        # With a TTL index, NX-27017 0.8 scans the whole collection for expired documents at every read (60 ms at
        # 15,000 documents); there, `Retention` deletes, by an ordinary index.
        return (await self._database.server_info()).get("process") == _NX_27017

    async def _create(self) -> None:
        await read_version(self._database)  # nothing is written into a database of a newer program
        self.has_ttl = not await self.needs_sweeping()
        await set_clock_error(self._database, utc_now())
        problems: list[str] = []
        is_unique = True
        for name in INDEXED:
            for index in await self._missing(name):
                is_needed = index.document["name"] == MESSAGE_ONCE
                if is_needed:
                    self.is_unique = False  # at once: creating it may take long
                problem = await self._create_one(name, index)
                if problem is not None:
                    problems.append(problem)
                    is_unique = is_unique and not is_needed
        if not is_unique:
            await self._create_lookup()
        if self.problems != tuple(problems):
            for problem in problems:
                _log.warning("%s", problem)
        self.is_unique, self.problems, self.is_ready = is_unique, tuple(problems), True

    async def _missing(self, name: str) -> list[IndexModel]:
        wanted = indexes_of(name, has_ttl=self.has_ttl)
        try:
            found = await self._list(name)
        except StoreRefused as error:
            if name in (STATES, TURNS) and describe_refusal(166, "") in error.what:
                raise  # nothing can be written
            return wanted
        return [index for index in wanted if not any(is_same_index(index, other) for other in found)]

    async def _list(self, name: str) -> Sequence[Mapping[str, Any]]:
        listing = self._database.collection(name).list_indexes()
        return await self._database.call(f"list the indexes of {name}", listing.to_list(None))

    async def _create_one(self, name: str, index: IndexModel) -> str | None:
        """Create an index; return why that is impossible, if it is."""
        called = index.document["name"]
        before = self._refused.get((name, called))
        if before is not None and self._clock() < before.retry_at:
            return before.problem
        try:
            creating = self._database.collection(name).create_indexes([index])
            await self._database.call(f"create index {called} of {name}", creating)
            if any(is_same_index(index, other) for other in await self._list(name)):
                return None
            reason = "an index on the same fields has other options"  # some engines keep it without a word
        except DuplicateKeyError:
            reason = "a unique key is there twice"
        except StoreRefused as error:
            reason = error.what.partition(": ")[2]
        problem = f"the index {called!r} of {name!r} is missing: {reason}; see `intentloop db check`"
        self._refused[name, called] = _Refusal(problem, self._clock() + _RETRY_SECONDS)
        return problem

    async def _create_lookup(self) -> None:
        """Make looking for a message quick while its unique index is missing; on other fields, so both can exist."""
        index = IndexModel([(MESSAGE_KEY, ASCENDING), ("turn", ASCENDING)], name=_MESSAGE_LOOKUP)
        try:
            if any(has_same_fields(index, other) for other in await self._list(TURNS)):
                return
            await self._database.call("create index", self._database.collection(TURNS).create_indexes([index]))
        except (DuplicateKeyError, StoreRefused):
            _log.warning("looking for repeated messages reads all turns until the index is there")

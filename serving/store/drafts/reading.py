"""Reading many drafts without keeping the database from the customers."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence

from serving.store.client import Database, Document

AT_ONCE = 32_000
"""Characters of drafts per call: a single-threaded database keeps customers waiting meanwhile."""
_FIRST_READ = 2
"""Drafts in the first read, whose size is not known yet."""
_MOST_READ = 32
_PAUSE = 3.0
"""After each call a reader pauses this many times its duration, leaving the database to the customers."""
LONGEST_PAUSE_SECONDS = 0.08


async def give_way(started: float) -> None:
    """Pause after a call that began at this moment of the monotonic clock."""
    await asyncio.sleep(min(_PAUSE * (time.monotonic() - started), LONGEST_PAUSE_SECONDS))


async def read_documents(database: Database, collection: str, ids: Sequence[str]) -> AsyncIterator[list[Document]]:
    """Yield documents, a few at a time, in any order; those that are not there are left out."""
    documents, left, count = database.collection(collection), list(ids), _FIRST_READ
    while left:
        started = time.monotonic()
        some = documents.find({"_id": {"$in": left[:count]}})
        found = await database.call("read drafts", some.to_list(None))
        yield found
        left = left[count:]
        mean = max(1, len(as_text(found)) // max(1, len(found)))
        count = min(max(1, AT_ONCE // mean), _MOST_READ)
        if left:
            await give_way(started)


def as_text(value: object) -> str:
    """Return JSON; what is stored may hold what no bot file does."""
    return json.dumps(value, default=str)

"""Gives the turns of earlier versions the key by which they are found by time, a few at a time."""

import asyncio
import time
from typing import Any

from pipelines.progress import Progress
from pipelines.schemas.keys import TURNS, turn_time_key
from pipelines.schemas.turns import DONE
from serving.store.client import Database, SetFields
from serving.store.schema import TIME_KEY

_AT_ONCE = 100
_PAUSE = 4.0
"""After each step it pauses this many times its duration, leaving the database to the customers."""
_LONGEST_PAUSE_SECONDS = 0.5
_UNREADABLE = ""
"""Key of a turn whose time cannot be read, so that it is not found again."""
_MISSING = {TIME_KEY: None, "status": DONE}


async def count_turns_without_time(database: Database) -> int:
    """Return how many finished turns have no key."""
    return await database.call("count turns without time", database.collection(TURNS).count_documents(_MISSING))


async def fill_turn_times(database: Database, progress: Progress | None = None) -> int:
    """Give every finished turn its key; return how many had none."""
    turns, n_filled = database.collection(TURNS), 0
    total = await count_turns_without_time(database) if progress is not None else 0
    while True:
        started = time.monotonic()
        found = turns.find(_MISSING, {"bot": 1, "thread": 1, "turn": 1, "created_at": 1}).limit(_AT_ONCE)
        documents = await database.call("look for turns without time", found.to_list(_AT_ONCE))
        # the key alone: a late answer may come meanwhile
        keyed = [SetFields({"_id": each["_id"], "status": DONE}, {TIME_KEY: _key(each)}) for each in documents]
        if keyed:
            await database.call("write the times of turns", turns.bulk_write(keyed, ordered=False))
        n_filled += len(documents)
        if progress is not None and total:
            progress(min(1.0, n_filled / total), f"{n_filled:,} of {total:,} turns")
        if len(documents) < _AT_ONCE:
            return n_filled
        await asyncio.sleep(min(_PAUSE * (time.monotonic() - started), _LONGEST_PAUSE_SECONDS))


def _key(turn: dict[str, Any]) -> str:
    try:
        return turn_time_key(turn["bot"], turn["thread"], turn["turn"], at=turn["created_at"])
    except (LookupError, TypeError, ValueError, AttributeError):
        return _UNREADABLE

"""Gives the turns of earlier versions the key by which they are found by time, a few at a time."""

import asyncio
import time

from pipelines.schemas.keys import TURNS, turn_time_key
from pipelines.schemas.turns import DONE
from serving.store.client import Database
from serving.store.schema import TIME_KEY

_AT_ONCE = 100
_PAUSE = 4.0
"""After each step it pauses this many times its duration, leaving the database to the customers."""
_LONGEST_PAUSE_SECONDS = 0.5
_UNREADABLE = ""
"""Key of a turn whose time cannot be read, so that it is not found again."""


async def fill_turn_times(database: Database) -> int:
    """Give every finished turn its key; return how many had none."""
    turns, n_filled = database.collection(TURNS), 0
    missing = {TIME_KEY: None, "status": DONE}
    while True:
        started = time.monotonic()
        found = turns.find(missing, {"bot": 1, "thread": 1, "turn": 1, "created_at": 1}).limit(_AT_ONCE)
        documents = await database.call("look for turns without time", found.to_list(_AT_ONCE))
        for document in documents:
            try:
                key = turn_time_key(document["bot"], document["thread"], document["turn"], at=document["created_at"])
            except (LookupError, TypeError, ValueError, AttributeError):
                key = _UNREADABLE
            # the key alone: a late answer may come meanwhile
            update = turns.update_one({"_id": document["_id"], "status": DONE}, {"$set": {TIME_KEY: key}})
            await database.call("write the time of a turn", update)
        n_filled += len(documents)
        if len(documents) < _AT_ONCE:
            return n_filled
        await asyncio.sleep(min(_PAUSE * (time.monotonic() - started), _LONGEST_PAUSE_SECONDS))

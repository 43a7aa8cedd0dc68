"""What clients near their limits have sent to other processes: told every second, so that limits hold over all of them.

    rate_use   {_id: process, ticks: [{number, used: JSON text}], expires_at}

Only clients that have used half of what they may are mentioned, under a hash. A process without such a client neither
writes nor reads.
"""

import json
import uuid
from datetime import timedelta

from pipelines.schemas.keys import RATE_USE
from serving.clock import utc_now
from serving.store.client import Collection, Database, Document

_KEPT = timedelta(minutes=1)
_TICKS = 5
"""Ticks in a document: whoever reads it late misses none."""


class RateUse:
    """Tells other processes what was used here, and asks what was used there."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._collection: Collection = database.collection(RATE_USE)
        self._own = uuid.uuid4().hex
        self._ticks: list[Document] = []
        self._number = 0
        self._seen: dict[str, int] = {}

    async def exchange(self, used: dict[str, int]) -> dict[str, int]:
        """Store what was used here since the last call, and return what was used elsewhere."""
        if used:
            self._number += 1
            self._ticks = [*self._ticks, {"number": self._number, "used": json.dumps(used)}][-_TICKS:]
            own = {"_id": self._own, "ticks": self._ticks, "expires_at": utc_now() + _KEPT}
            writing = self._collection.replace_one({"_id": self._own}, own, upsert=True)
            await self._database.call("write rate use", writing)
        found = await self._database.call("read rate use", self._collection.find({}).to_list(None))
        others = [document for document in found if document["_id"] != self._own]
        elsewhere: dict[str, int] = {}
        for document in others:
            # of a process that is new here, only what it says from now on
            seen = self._seen.get(document["_id"], document["ticks"][-1]["number"] - 1)
            for tick in document["ticks"]:
                if tick["number"] > seen:
                    for name, count in json.loads(tick["used"]).items():
                        elsewhere[name] = elsewhere.get(name, 0) + count
        self._seen = {document["_id"]: document["ticks"][-1]["number"] for document in others}
        return elsewhere

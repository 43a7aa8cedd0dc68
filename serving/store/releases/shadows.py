"""How often a shadow would have answered differently: one small counter per pair of versions and intent.

All processes add to the same counters. Field names are ours; names chosen by authors are part of `_id` or a value.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict

from pipelines.schemas.keys import SHADOWS, shadow_key, shadow_key_range
from pipelines.schemas.stored import read_each
from serving.store.client import Collection, Database, Document, DuplicateKeyError

KEPT = timedelta(days=90)
"""How long a counter is kept after its creation."""
_MAX_ROWS = 10_000


class ShadowCount(BaseModel):
    """Turns of one intent, as `against` understood it, that were also tried on the version `shadow`.

    `different` counts turns where a customer or a tool would have noticed a difference; the fields below it tell which.
    A turn that failed on the shadow is counted in `failed` alone.
    """

    model_config = ConfigDict(frozen=True)

    bot: str
    shadow: str
    against: str
    intent_id: str
    turns: int = 0
    different: int = 0
    intent: int = 0
    route: int = 0
    values: int = 0
    tool_call: int = 0
    reply: int = 0
    hand_over: int = 0
    failed: int = 0

    def plus(self, other: "ShadowCount") -> Self:
        """Add another count of the same key."""
        return self.model_copy(update={name: getattr(self, name) + getattr(other, name) for name in COUNTED})


COUNTED = tuple(name for name, field in ShadowCount.model_fields.items() if field.annotation is int)


class ShadowCounts:
    """Reads and writes `shadows`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: Collection = database.collection(SHADOWS)

    async def add(self, count: ShadowCount, *, now: datetime) -> None:
        """Add to a counter, creating it if necessary."""
        increase = {name: value for name in COUNTED if (value := getattr(count, name))}
        key = {"_id": shadow_key(count.bot, count.shadow, count.against, count.intent_id)}
        update = self._counts.update_one(key, {"$inc": increase})
        if (await self._database.call("count shadow", update)).matched_count:
            return
        document: Document = {**key, **count.model_dump(), "expires_at": self._database.expires_at(now, KEPT)}
        try:
            await self._database.call("begin shadow", self._counts.insert_one(document))
        except DuplicateKeyError:
            await self._database.call("count shadow", self._counts.update_one(key, {"$inc": increase}))

    async def of(self, bot: str, shadow: str) -> Sequence[ShadowCount]:
        """Return all counts of a shadow, without those that cannot be read."""
        lowest, highest = shadow_key_range(bot, shadow)
        cursor = self._counts.find({"_id": {"$gte": lowest, "$lt": highest}}, {"expires_at": 0})
        rows = await self._database.call("read shadows", cursor.to_list(_MAX_ROWS))
        return list(read_each(rows, ShadowCount.model_validate, collection=SHADOWS))

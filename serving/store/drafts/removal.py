"""Everything that belongs to a bot in the database: counted by kind, and deleted by kind, the drafts last."""

from collections.abc import Collection as Names
from typing import Literal, get_args

from pipelines.schemas.keys import (
    BOT_SETTINGS,
    BOTS,
    DAILY_FIGURES,
    DRAFT_UNDO,
    ENTITIES,
    IMPORT_UNDO,
    INBOX,
    INTEGRATIONS,
    INTENTS,
    JOBS,
    LABELS,
    LLM_USAGE,
    POLICIES,
    PROMOTIONS,
    SHADOWS,
    STATES,
    TASKS,
    TEST_SETS,
    TRY_STATES,
    TURNS,
    bot_key_range,
)
from serving.store.client import ASCENDING, Database, Document
from serving.store.drafts.revisions import Revisions

Part = Literal["conversations", "labels", "test_sets", "channels", "settings", "history"]
PARTS: tuple[Part, ...] = get_args(Part)
_COLLECTIONS: dict[Part, tuple[str, ...]] = {
    "conversations": (STATES, TURNS, INBOX, TRY_STATES),
    "labels": (LABELS,),
    "test_sets": (TEST_SETS,),
    "channels": (INTEGRATIONS,),
    "settings": (BOT_SETTINGS, POLICIES),
    "history": (JOBS, TASKS, PROMOTIONS, SHADOWS, LLM_USAGE, DAILY_FIGURES),
}
_BY_ID = (BOT_SETTINGS, POLICIES)
"""Collections with one document a bot."""
_BY_FIELD = (TEST_SETS,)
_AT_ONCE = 500


class BotRemoval:
    """Counts and deletes what belongs to one bot."""

    def __init__(self, database: Database, bot: str) -> None:
        self._database, self._bot = database, bot

    async def has(self) -> list[Part]:
        """Return the kinds of things that there are of the bot, beside its drafts."""
        return [part for part in PARTS if await self._any(part)]

    async def _any(self, part: Part) -> bool:
        for name in _COLLECTIONS[part]:
            query = self._database.collection(name).find_one(self._query(name), {"_id": 1})
            if await self._database.call(f"look for {part}", query) is not None:
                return True
        return False

    async def delete(self, parts: Names[Part]) -> None:
        """Delete some kinds of things, and then the drafts; what was cut short can be repeated."""
        for part in parts:
            for name in _COLLECTIONS[part]:
                await self._delete(name, self._query(name))
        for name in (INTENTS, ENTITIES, DRAFT_UNDO, IMPORT_UNDO):
            await self._delete(name, {"bot": self._bot})
        await self._delete(BOTS, {"_id": self._bot})
        await Revisions(self._database).forget(self._bot)

    def _query(self, name: str) -> Document:
        if name in _BY_ID:
            return {"_id": self._bot}
        if name in _BY_FIELD:
            return {"bot": self._bot}
        lowest, highest = bot_key_range(self._bot)
        return {"_id": {"$gte": lowest, "$lt": highest}}

    async def _delete(self, name: str, query: Document) -> None:
        """Delete documents a few at a time, since customers wait meanwhile."""
        documents = self._database.collection(name)
        while True:
            some = documents.find(query, {"_id": 1}).sort([("_id", ASCENDING)]).limit(_AT_ONCE)
            ids = [row["_id"] for row in await self._database.call(f"list {name}", some.to_list(_AT_ONCE))]
            if not ids:
                return
            await self._database.call(f"delete {name}", documents.delete_many({"_id": {"$in": ids}}))

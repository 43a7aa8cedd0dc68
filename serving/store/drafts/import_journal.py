"""What an import replaces, so that one that was killed leaves the bot as it was.

    import_undo  {_id: bot, beat, token}     the import is under way, or its process is dead
                 {_id: "token:number", bot, token, claims: true, rows: [{collection, key, before: document or null}]}

The parts are written first, then the head; then the bot's revisions are claimed (`serving.store.drafts.revisions`) and
the drafts written. At the end the claim is given up, then the head is deleted, then the parts. Whoever finds a head
whose `beat` stands still restores the drafts if they are claimed. That is judged by watching, not by anybody's clock.
Imports of older versions claim nothing.
"""

import asyncio
import logging
import uuid
from collections.abc import Iterable, Sequence
from typing import Self

from pipelines.errors import ImportUnderWay
from pipelines.schemas.keys import IMPORT_UNDO
from pipelines.schemas.stored import UNREADABLE, describe_fault
from serving.store.client import Collection, Database, Document, DuplicateKeyError, stored_bytes
from serving.store.drafts.kinds import key_of
from serving.store.drafts.revisions import Entry, Revisions
from serving.store.portions import portions

SILENT_SECONDS = 6.0
"""A living import writes more often; longer than a call to the database may take."""
_PART_BYTES = 1_000_000
_LOOKS = 12

_log = logging.getLogger(__name__)


class ImportJournal:
    """The journal of one import."""

    def __init__(self, database: Database, bot: str) -> None:
        self._database, self._bot = database, bot
        self._undo: Collection = database.collection(IMPORT_UNDO)
        self._beat, self._token = 0, uuid.uuid4().hex

    @classmethod
    async def open(cls, database: Database, bot: str, rows: Iterable[tuple[str, str, Document | None]]) -> Self:
        """Keep what an import will replace: collection, `_id`, and the document or None. Raises `ImportUnderWay`."""
        journal = cls(database, bot)
        replaced = ({"collection": collection, "key": key, "before": before} for collection, key, before in rows)
        for number, part in enumerate(portions(replaced, size_of=stored_bytes, at_most=_PART_BYTES)):
            key, token = f"{journal._token}:{number}", journal._token
            document: Document = {"_id": key, "bot": bot, "token": token, "claims": True, "rows": part}
            await database.call("write import journal", journal._undo.insert_one(document))
        try:
            await database.call("begin import", journal._undo.insert_one(journal._head(0)))
        except DuplicateKeyError as error:
            await journal._delete_parts()
            raise ImportUnderWay(bot) from error
        left = {"bot": bot, "token": {"$ne": journal._token}}  # by imports that were killed before they began
        await database.call("clear import journal", journal._undo.delete_many(left))
        return journal

    async def beat(self) -> None:
        """Show that the import goes on; raise `ImportUnderWay` if it was taken for dead."""
        moved = self._undo.replace_one(self._head(self._beat), self._head(self._beat + 1))
        if (await self._database.call("continue import", moved)).matched_count != 1:
            raise ImportUnderWay(self._bot)
        self._beat += 1

    def _head(self, beat: int) -> Document:
        return {"_id": self._bot, "beat": beat, "token": self._token}

    async def close(self) -> None:
        """Make what was written final."""
        await self._database.call("end import", self._undo.delete_one({"_id": self._bot}))
        await self._delete_parts()

    @property
    def token(self) -> str:
        """The import's own name."""
        return self._token

    async def restore(self) -> bool:
        """Write back what was there before; return whether there was anything to undo."""
        cursor = self._undo.find({"bot": self._bot, "token": self._token})
        parts = await self._database.call("read import journal", cursor.to_list(None))
        claims, revisions = any(part.get("claims") for part in parts), Revisions(self._database)
        if not claims:
            await revisions.forget(self._bot)  # they are made again of the drafts
        elif await revisions.importing(self._bot) != self._token:
            await self.close()
            return False
        entries: dict[str, Entry | None] = {}
        for part in parts:
            for row in part["rows"]:
                drafts, key = self._database.collection(row["collection"]), {"_id": row["key"]}
                before = row["before"]
                change = drafts.delete_one(key) if before is None else drafts.replace_one(key, before, upsert=True)
                await self._database.call("restore draft", change)
                entries[key_of(row["collection"], row["key"])] = Entry.of(row["collection"], before)
        if claims:
            await revisions.put_back(self._bot, entries, importing=self._token)
            await revisions.drop_empty(self._bot)
        await self.close()
        return True

    async def _delete_parts(self) -> None:
        await self._database.call(
            "clear import journal", self._undo.delete_many({"bot": self._bot, "token": self._token})
        )

    async def is_dead(self) -> bool:
        """Whether there is an import that nobody goes on with; takes a while, and claims it from other observers."""
        first = await self._find_head()
        if first is None:
            return False
        for _ in range(_LOOKS):
            await asyncio.sleep(SILENT_SECONDS / _LOOKS)
            if await self._find_head() != first:
                return False
        self._beat, self._token = first["beat"], first["token"]
        try:
            await self.beat()
        except ImportUnderWay:
            return False
        return True

    async def _find_head(self) -> Document | None:
        return await self._database.call("look for imports", self._undo.find_one({"_id": self._bot}))


async def restore_killed_import(database: Database, bot: str) -> bool:
    """Restore the drafts of a bot whose import was killed; return whether there was anything to undo."""
    journal = ImportJournal(database, bot)
    if not await journal.is_dead():
        return False
    return await journal.restore()


async def restore_killed_imports(database: Database) -> Sequence[str]:
    """Restore the drafts of every bot whose import was killed; return their names."""
    heads = database.collection(IMPORT_UNDO).find({"beat": {"$gte": 0}}, {"_id": 1})
    found = await database.call("look for imports", heads.to_list(None))
    restored = []
    for head in found:
        try:
            restored += [head["_id"]] if await restore_killed_import(database, head["_id"]) else []
        except UNREADABLE as error:
            fault = describe_fault(error)
            _log.error("%s: what the import of %r replaced cannot be restored: %s", IMPORT_UNDO, head["_id"], fault)
    return restored

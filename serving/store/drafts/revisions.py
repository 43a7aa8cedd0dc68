"""Which revision of each draft counts: one small document per bot.

    draft_revisions  {_id: bot, token, importing: null or the import's token,
                      docs: {key: {collection, id, revision, position, is_gone}}}

Reading a bot's intents to see which of them have changed takes seconds on some databases and keeps customers waiting;
reading this takes milliseconds. It also decides who may write: a change first claims the draft's entry here, then
writes the draft, under compare-and-set both times.

* An entry and its draft have the same revision: the draft is whole, and whoever has read that revision need not read it
  again. The content of a revision never changes.
* They differ: somebody is writing the draft, or was killed while doing so; whoever waits long enough takes over.
* `importing`: every draft of the bot may be changing. Nobody else claims an entry before the import has ended.

Drafts written by older versions have no revision, and their bots no document here: it is made when it is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pipelines.progress import Progress
from pipelines.schemas.drafts import position_of
from pipelines.schemas.keys import BOTS, DRAFT_REVISIONS, ENTITIES, INTENTS
from pipelines.schemas.stored import UNREADABLE
from serving.store.client import Collection, Database, Document, DuplicateKeyError
from serving.store.drafts.kinds import key_of, new_revision

_LAST = 2**31
"""Place of a draft that has none."""


@dataclass(frozen=True)
class Entry:
    """What is known of a draft without reading it; `revision` is None for one that an older version wrote."""

    collection: str
    id: str
    revision: str | None
    position: int = 0
    is_gone: bool = False

    @classmethod
    def of(cls, collection: str, document: Mapping[str, Any] | None) -> "Entry | None":
        """Return the entry that belongs to a draft's document; None for None."""
        if document is None:
            return None
        position, revision = position_of(document), document.get("revision")
        known = revision if isinstance(revision, str) else None
        return cls(collection, document["_id"], known, _LAST if position is None else position)

    @property
    def key(self) -> str:
        """The entry's field."""
        return key_of(self.collection, self.id)

    def to_document(self) -> Document:
        """Return the entry as stored."""
        gone: Document = {"is_gone": True} if self.is_gone else {}
        return {
            "collection": self.collection, "id": self.id, "revision": self.revision, "position": self.position, **gone
        }  # fmt: skip


@dataclass(frozen=True)
class Head:
    """The revisions of a bot's drafts at one moment; `token` changes with each change of any of them."""

    bot: str
    token: str
    importing: str | None
    entries: Mapping[str, Entry]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a stored document."""
        entries = {key: Entry(**fields) for key, fields in document["docs"].items()}
        return cls(document["_id"], document["token"], document.get("importing"), entries)

    def entry(self, collection: str, document_id: str) -> Entry | None:
        """Return the entry of a draft."""
        return self.entries.get(key_of(collection, document_id))

    def of(self, collection: str) -> list[Entry]:
        """Return the entries of the drafts of a collection that exist, in the order of the bot file."""
        found = (entry for entry in self.entries.values() if entry.collection == collection and not entry.is_gone)
        return sorted(found, key=lambda entry: (entry.position, entry.id))

    @property
    def is_empty(self) -> bool:
        """Whether the bot has no draft at all."""
        return all(entry.is_gone for entry in self.entries.values())

    def next_position(self, collection: str) -> int:
        """Return the position behind all drafts of a collection."""
        return 1 + max((entry.position for entry in self.of(collection) if entry.position < _LAST), default=-1)


class Revisions:
    """Reads and writes `draft_revisions`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._heads: Collection = database.collection(DRAFT_REVISIONS)

    async def read(self, bot: str) -> Head | None:
        """Return a bot's revisions; None if it has no drafts."""
        head = await self._find(bot)
        return head if head is not None else await self._build(bot)

    async def read_or_make(self, bot: str) -> Head:
        """Return a bot's revisions, and make an empty document if it has none."""
        head = await self.read(bot)
        return head if head is not None else await self._insert(bot, [])

    async def bots(self) -> list[str]:
        """Return the names of the bots that have a document here."""
        found = await self._database.call("list bots", self._heads.find({}, {"_id": 1}).to_list(None))
        return [document["_id"] for document in found]

    async def make_missing(self, progress: Progress | None = None) -> int:
        """Make the documents of bots that older versions wrote; return how many. Reads all of their drafts."""
        missing = await self.missing()
        for number, bot in enumerate(missing, start=1):
            await self._build(bot)
            if progress is not None:
                progress(number / len(missing), f"{number:,} of {len(missing):,} bots")
        return len(missing)

    async def missing(self) -> list[str]:
        """Return the bots that older versions wrote, which have no document here."""
        known = set(await self.bots())
        found: set[str] = set()
        for collection in (INTENTS, ENTITIES):
            names = self._database.collection(collection).distinct("bot")
            found |= set(await self._database.call("list bots", names))
        rows = await self._database.call(
            "list bots", self._database.collection(BOTS).find({}, {"_id": 1}).to_list(None)
        )
        return sorted((found | {row["_id"] for row in rows}) - known)

    async def _build(self, bot: str) -> Head | None:
        """Make the document of a bot that an older version wrote."""
        entries: list[Entry | None] = []
        for collection in (INTENTS, ENTITIES):
            drafts = self._database.collection(collection).find({"bot": bot}, {"_id": 1, "revision": 1, "position": 1})
            for row in await self._database.call("list drafts", drafts.to_list(None)):
                entries.append(Entry.of(collection, row))
        top = self._database.collection(BOTS).find_one({"_id": bot}, {"revision": 1})
        fields = await self._database.call("read bot", top)
        known = [entry for entry in (*entries, Entry.of(BOTS, fields)) if entry is not None]
        return await self._insert(bot, known) if known else None

    async def _insert(self, bot: str, entries: list[Entry]) -> Head:
        docs = {entry.key: entry.to_document() for entry in entries}
        made: Document = {"_id": bot, "token": new_revision(), "importing": None, "docs": docs}
        try:
            await self._database.call("write revisions", self._heads.insert_one(made))
        except DuplicateKeyError:  # somebody else was faster
            return await self._find(bot) or Head.from_document(made)
        return Head.from_document(made)

    async def claim(self, head: Head, changes: Mapping[str, Entry]) -> bool:
        """Set entries unless one of them has changed since the head was read, or an import is under way."""
        query: Document = {"_id": head.bot, "importing": None}
        for key in changes:
            known = head.entries.get(key)
            query |= {f"docs.{key}": None} if known is None else {f"docs.{key}.revision": known.revision}
        return await self._set(query, changes, {})

    async def claim_all(self, head: Head, changes: Mapping[str, Entry], *, importing: str) -> bool:
        """Set entries and begin an import, unless any draft of the bot has changed since the head was read."""
        query: Document = {"_id": head.bot, "importing": None, "token": head.token}
        return await self._set(query, changes, {"importing": importing})

    async def _set(self, query: Document, changes: Mapping[str, Entry], more: Document) -> bool:
        fields: Document = {f"docs.{key}": entry.to_document() for key, entry in changes.items()}
        update = {"$set": {**fields, "token": new_revision(), **more}}
        outcome = await self._database.call("claim drafts", self._heads.update_one(query, update))
        return outcome.matched_count == 1

    async def remove(self, bot: str, entry: Entry) -> None:
        """Remove the entry of a deleted draft, unless it has changed."""
        query = {"_id": bot, f"docs.{entry.key}.revision": entry.revision}
        update = {"$unset": {f"docs.{entry.key}": ""}, "$set": {"token": new_revision()}}
        await self._database.call("remove revision", self._heads.update_one(query, update))

    async def end_import(self, bot: str, *, importing: str) -> None:
        """End an import whose drafts are written: drop the entries of what it has deleted."""
        head = await self._find(bot)
        if head is None or head.importing != importing:
            return
        gone = {f"docs.{key}": "" for key, entry in head.entries.items() if entry.is_gone}
        update: Document = {"$set": {"importing": None, "token": new_revision()}, **({"$unset": gone} if gone else {})}
        query = {"_id": bot, "importing": importing}
        await self._database.call("end import", self._heads.update_one(query, update))

    async def put_back(self, bot: str, rows: Mapping[str, Entry | None], *, importing: str) -> None:
        """End an import that was undone: give its drafts the entries they had; None: the draft was not there."""
        found: Document = {f"docs.{key}": entry.to_document() for key, entry in rows.items() if entry is not None}
        absent: Document = {f"docs.{key}": "" for key, entry in rows.items() if entry is None}
        update: Document = {"$set": {**found, "importing": None, "token": new_revision()}}
        update |= {"$unset": absent} if absent else {}
        query = {"_id": bot, "importing": importing}
        await self._database.call("undo import", self._heads.update_one(query, update))

    async def importing(self, bot: str) -> str | None:
        """Return the token of the import that has claimed a bot's drafts, if one has."""
        head = await self._find(bot)
        return head.importing if head is not None else None

    async def drop_empty(self, bot: str) -> None:
        """Delete the document of a bot that has got no draft after all."""
        head = await self._find(bot)
        if head is None or head.entries or head.importing is not None:
            return
        # by its token, and not by its empty `docs`: for the embedded database {} equals every object
        query: Document = {"_id": bot, "token": head.token}
        await self._database.call("drop revisions", self._heads.delete_one(query))

    async def forget(self, bot: str) -> None:
        """Delete the document of a bot."""
        await self._database.call("forget revisions", self._heads.delete_one({"_id": bot}))

    async def _find(self, bot: str) -> Head | None:
        document = await self._database.call("read revisions", self._heads.find_one({"_id": bot}))
        if document is None:
            return None
        try:
            return Head.from_document(document)
        except UNREADABLE:  # it can be made again of the drafts
            await self.forget(bot)
            return None

"""What an import changes in the drafts of a bot: planned from one consistent reading, and written in small portions."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.errors import DataRejected
from pipelines.progress import Progress
from pipelines.schemas.drafts import bot_wire, position_of
from pipelines.schemas.keys import BOTS
from serving.store.client import Database, Document, ReplaceOne
from serving.store.drafts.kinds import BOT_FIELDS, ENTITY, INTENT, Kind, Wire, new_revision
from serving.store.drafts.reading import AT_ONCE, as_text, give_way, read_documents
from serving.store.drafts.revisions import Entry, Head, Revisions
from serving.store.drafts.store import PATIENCE_SECONDS, size_problem
from serving.store.portions import portions

_SHARES = {INTENT: (0.2, 0.6), ENTITY: (0.8, 0.2)}
"""Where writing a kind begins in an import's progress, and how much of it that is."""
_LOOK_SECONDS = 0.05
_TEXTS = ("title", "description", "language", "timezone")


@dataclass(frozen=True)
class StoredDrafts:
    """The documents of a bot's drafts by their `_id`, and its own fields."""

    intents: dict[str, Document]
    entities: dict[str, Document]
    top: Document | None

    @property
    def fields(self) -> Wire:
        """The bot's own fields."""
        fields: Any = self.top.get("fields") if self.top else {}
        return fields if isinstance(fields, dict) else {}

    @property
    def wire(self) -> Wire | None:
        """The bot file; None if there is nothing of the bot. Raises `DataRejected` if a document is no draft."""
        if not self.intents and not self.entities and self.top is None:
            return None
        return bot_wire(self.top, intents=self.intents.values(), entities=self.entities.values())

    def torn_from(self, head: Head) -> frozenset[str]:
        """Return the keys of the drafts that have another revision than they should: they are being written."""
        documents = [
            (kind, row) for kind, rows in ((INTENT, self.intents), (ENTITY, self.entities)) for row in rows.values()
        ]
        found = {entry.key: entry for kind, row in documents if (entry := Entry.of(kind.collection, row))}
        top = Entry.of(BOTS, self.top)
        found |= {top.key: top} if top is not None else {}
        revisions = {key: entry.revision for key, entry in found.items()}
        wanted = {key: entry.revision for key, entry in head.entries.items()}
        return frozenset(
            key for key in {**revisions, **wanted} if key not in wanted or revisions.get(key, "") != wanted[key]
        )


async def read_drafts(database: Database, bot: str) -> StoredDrafts:
    """Read everything of a bot, a few documents at a time."""
    intents = await _read(database, INTENT, bot=bot)
    entities = await _read(database, ENTITY, bot=bot)
    top = await database.call("read bot", database.collection(BOTS).find_one({"_id": bot}))
    return StoredDrafts(intents, entities, top)


async def _read(database: Database, kind: Kind, *, bot: str) -> dict[str, Document]:
    started = time.monotonic()
    drafts = database.collection(kind.collection).find({"bot": bot}, {"_id": 1})
    listed = await database.call("list drafts", drafts.to_list(None))
    await give_way(started)
    documents: dict[str, Document] = {}
    async for some in read_documents(database, kind.collection, [row["_id"] for row in listed]):
        documents |= {document["_id"]: document for document in some}
    return documents


@dataclass(frozen=True)
class Changes:
    """The changes to one collection, and its previous content; `torn` documents are written whatever they hold."""

    kind: Kind
    before: dict[str, Document]
    after: dict[str, Document]
    deleted: frozenset[str]
    torn: frozenset[str] = frozenset()

    @property
    def created(self) -> int:
        """How many are new."""
        return len(self.after.keys() - self.before.keys())

    @cached_property
    def updated(self) -> int:
        """How many have another content."""
        field = self.kind.field
        known = self.after.keys() & self.before.keys()
        return sum(not is_same(self.after[key][field], self.before[key].get(field)) for key in known)

    @property
    def unchanged(self) -> int:
        """How many have the same content."""
        return len(self.after) - self.created - self.updated

    @cached_property
    def changed(self) -> dict[str, Document]:
        """The documents to write."""
        return {key: row for key, row in self.after.items() if key in self.torn or not self._is_stored(key, row)}

    def _is_stored(self, key: str, row: Document) -> bool:
        before = self.before.get(key)
        apart = {"revision"}
        if before is None:
            return False
        one, other = ({name: value for name, value in each.items() if name not in apart} for each in (row, before))
        return is_same(dict(sorted(one.items())), dict(sorted(other.items())))


@dataclass(frozen=True)
class ImportPlan:
    """What an import writes, and the revisions that it read."""

    bot: str
    head: Head
    stored: StoredDrafts
    intents: Changes
    entities: Changes
    top: Document | None

    @property
    def before(self) -> Wire | None:
        """The bot file as it is; None if there is no such bot."""
        return self.stored.wire

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """The entries that the import claims, by their key."""
        found = []
        for changes in (self.intents, self.entities):
            collection = changes.kind.collection
            found += [Entry.of(collection, document) for document in changes.changed.values()]
            found += [Entry(collection, key, new_revision(), is_gone=True) for key in changes.deleted]
        found.append(Entry.of(BOTS, self.top))
        return {entry.key: entry for entry in found if entry is not None}

    @property
    def changed_fields(self) -> tuple[str, ...]:
        """The names of the bot's own fields that change."""
        if self.top is None:
            return ()
        before = self.stored.fields
        after = self.top["fields"]
        return tuple(name for name in {**before, **after} if not is_same(before.get(name), after.get(name)))

    @property
    def changed_texts(self) -> Iterator[tuple[str, str, str]]:
        """Yield those of the bot's changed fields that are short texts, before and after."""
        before, after = self.stored.fields, self.top["fields"] if self.top is not None else {}
        for name in self.changed_fields:
            if name in _TEXTS:
                yield name, str(before.get(name) or ""), str(after.get(name) or "")

    def replaced(self) -> Iterator[tuple[str, str, Document | None]]:
        """Yield what the import replaces: collection, `_id`, and the document before, if there was one."""
        for changes in (self.intents, self.entities):
            for key in [*changes.changed, *changes.deleted]:
                yield changes.kind.collection, key, changes.before.get(key)
        yield BOTS, self.bot, self.stored.top

    def check_sizes(self, source: str) -> None:
        """Raise `DataRejected` if the database cannot take a document."""
        written = [
            (changes.kind, changes.kind.name_in(document[changes.kind.field]), document)
            for changes in (self.intents, self.entities)
            for document in changes.changed.values()
        ]
        written += [(BOT_FIELDS, self.bot, self.top)] if self.top is not None else []
        problems = [problem for kind, name, row in written if (problem := size_problem(kind, name, row)) is not None]
        if problems:
            raise DataRejected(source, problems)


async def plan_import(
    database: Database, wire: Mapping[str, Any], *, bot: str, replaces: bool, kept: Collection[str] = ()
) -> ImportPlan:
    """Plan the import of a checked bot file; entities in `kept` are written only if there are none of that name."""
    head, stored, torn = await _read_whole(database, bot)
    fields = {name: value for name, value in wire.items() if name not in ("intents", "entities")}
    top = stored.top
    is_torn = Entry(BOTS, bot, None).key in torn
    if is_torn or (fields and not is_same(fields, stored.fields)):
        fields = fields or stored.fields
        top = BOT_FIELDS.document(bot, bot, fields, position=0, revision=new_revision())
    else:
        top = None
    intents, entities = await asyncio.to_thread(
        lambda: (
            _plan(INTENT, wire.get("intents") or [], stored.intents, bot=bot, replaces=replaces, torn=torn),
            _plan(
                ENTITY, wire.get("entities") or [], stored.entities, bot=bot, replaces=replaces, torn=torn, kept=kept
            ),
        )
    )
    return ImportPlan(bot, head, stored, intents, entities, top)


async def _read_whole(database: Database, bot: str) -> tuple[Head, StoredDrafts, frozenset[str]]:
    """Read a bot while nobody is writing one of its drafts; give up waiting for one whose writer was killed."""
    give_up_at, revisions = time.monotonic() + PATIENCE_SECONDS, Revisions(database)
    while True:
        head = await revisions.read_or_make(bot)
        stored = await read_drafts(database, bot)
        torn = stored.torn_from(head)
        if not torn or time.monotonic() > give_up_at:
            return head, stored, torn
        await asyncio.sleep(_LOOK_SECONDS)


def _plan(
    kind: Kind,
    rows: list[Any],
    before: dict[str, Document],
    *,
    bot: str,
    replaces: bool,
    torn: Collection[str],
    kept: Collection[str] = (),
) -> Changes:
    positions = {key: position_of(document) for key, document in before.items()}
    following = 1 + max((position for position in positions.values() if position is not None), default=-1)
    after: dict[str, Document] = {}
    for number, row in enumerate(rows):
        name = kind.name_in(row)
        key = kind.id_of(bot, name)
        if key in before and name in kept:
            row = before[key].get(kind.field, row)
        place = positions.get(key)
        position = number if replaces else place if place is not None else following + number
        document = kind.document(bot, name, row, position=position, revision=new_revision())
        after[document["_id"]] = document
    deleted = frozenset(before.keys() - after.keys()) if replaces else frozenset()
    is_torn = {key: Entry(kind.collection, key, None).key in torn for key in {**before, **after}}
    if not replaces:
        mended = {
            key: {**row, "revision": new_revision()} for key, row in before.items() if is_torn[key] and key not in after
        }
        return _with_torn(Changes(kind, before, after, deleted), mended, is_torn)
    return _with_torn(Changes(kind, before, after, deleted), {}, is_torn)


def _with_torn(changes: Changes, mended: dict[str, Document], is_torn: Mapping[str, bool]) -> Changes:
    torn = frozenset(key for key, value in is_torn.items() if value)
    return Changes(changes.kind, changes.before, {**changes.after, **mended}, changes.deleted, torn)


async def write_plan(
    database: Database, plan: ImportPlan, *, beat: Callable[[], Awaitable[None]], progress: Progress
) -> None:
    """Write the drafts of a plan whose entries are claimed; `beat` is called before each portion."""
    for changes in (plan.intents, plan.entities):
        await _write(database, changes, beat=beat, progress=progress)
    if plan.top is not None:
        writing = database.collection(BOTS).replace_one({"_id": plan.bot}, plan.top, upsert=True)
        await database.call("write bot", writing)


async def _write(
    database: Database, changes: Changes, *, beat: Callable[[], Awaitable[None]], progress: Progress
) -> None:
    kind, put = changes.kind, changes.changed
    drafts, number = database.collection(kind.collection), 0
    share_before, share = _SHARES[kind]
    for documents in portions(put.values(), size_of=lambda each: len(json.dumps(each)), at_most=AT_ONCE):
        started = time.monotonic()
        await beat()
        progress(share_before + share * number / len(put), f"writing {kind.collection}, {number} of {len(put)}")
        puts = [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in documents]
        await database.call("write drafts", drafts.bulk_write(puts, ordered=False))
        number += len(documents)
        await give_way(started)
    for key in changes.deleted:
        await beat()
        await database.call("delete draft", drafts.delete_one({"_id": key}))


def is_same(one: object, other: object) -> bool:
    """Compare as JSON text: otherwise `true` equals 1, and the order of names matters."""
    return as_text(one) == as_text(other)

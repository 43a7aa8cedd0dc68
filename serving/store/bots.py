"""The bots that authors edit: import and export of bot files; `pipelines.schemas.drafts` describes the documents."""

import asyncio
import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.botfile.check import check_content
from pipelines.botfile.spans import repair_spans
from pipelines.errors import NotFound, StoreUnavailable
from pipelines.schemas.drafts import bot_wire
from pipelines.schemas.keys import BOTS, ENTITIES, INTENTS, thread_key
from serving.store.client import Database, Document

_READ_AT_ONCE = 2
"""Drafts per read: a single-threaded database keeps customers waiting meanwhile."""
_PAUSE = 12.0
"""After each call an import pauses this many times its duration, leaving the database to the customers."""
_LONGEST_PAUSE_SECONDS = 0.25


class ImportReport(BaseModel):
    """The effect of an import.

    `repairs` holds one sentence per annotation with wrong offsets, `notes` one per thing that the file left unsaid.
    """

    model_config = ConfigDict(frozen=True)

    intents_created: int = 0
    intents_updated: int = 0
    intents_deleted: int = 0
    entities_created: int = 0
    entities_updated: int = 0
    entities_deleted: int = 0
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Kind:
    """A collection: its name, the field holding its objects, and the fields that may name an object.

    Writing it is `share` of an import's progress and begins at `share_before`.
    """

    collection: str
    field: str
    name_fields: tuple[str, ...]
    share_before: float
    share: float


_INTENT = _Kind(INTENTS, "intent", ("intentId", "intent_id"), share_before=0.2, share=0.6)
_ENTITY = _Kind(ENTITIES, "entity", ("name",), share_before=0.8, share=0.2)


@dataclass(frozen=True)
class _Change:
    """The changes to one collection, and its previous content."""

    kind: _Kind
    before: dict[str, Document]
    after: dict[str, Document]
    deleted: frozenset[str]

    @property
    def created(self) -> int:
        return len(self.after.keys() - self.before.keys())

    @property
    def updated(self) -> int:
        return len(self.after.keys() & self.before.keys())

    @property
    def changed(self) -> dict[str, Document]:
        """The documents to write. Compared as JSON text: otherwise `true` equals 1, and the order of names matters."""
        return {key: row for key, row in self.after.items() if json.dumps(row) != json.dumps(self.before.get(key))}


async def import_bot(
    database: Database,
    content: object,
    *,
    bot: str,
    source: str,
    replace: bool = False,
    progress: Callable[[float, str], None] = lambda share, what: None,
) -> ImportReport:
    """Import a bot file into the drafts, all or nothing.

    The file is checked completely before anything is written. If the database fails half-way, the previous content is
    restored as far as possible; repeating the import is always safe.

    Parameters
    ----------
    content
        The file's parsed JSON.
    source
        Name of the file, for messages.
    replace
        Delete intents and entities that the file does not contain.

    Raises
    ------
    DataRejected
        The file is not a bot; each fault is named with its place.
    StoreUnavailable
        The database does not respond.
    """
    checked = check_content(content, source=source)
    fields = dict(checked.wire)
    entities = fields.pop("entities", [])
    intents, repairs = repair_spans(fields.pop("intents", []), entities=entities)
    progress(0.0, "reading the drafts")
    changes = (
        await _plan(database, _INTENT, intents, bot=bot, replace=replace),
        await _plan(database, _ENTITY, entities, bot=bot, replace=replace, kept=checked.added),
    )
    try:
        for change in changes:
            await _write(database, change.kind, put=change.changed, delete=change.deleted, progress=progress)
        if fields:
            await _put(database, BOTS, {"_id": bot, "fields": fields})
    except StoreUnavailable:
        for change in changes:
            await _write(database, change.kind, put=change.before, delete=change.after.keys() - change.before.keys())
        raise
    intent_change, entity_change = changes
    return ImportReport(
        intents_created=intent_change.created,
        intents_updated=intent_change.updated,
        intents_deleted=len(intent_change.deleted),
        entities_created=entity_change.created,
        entities_updated=entity_change.updated,
        entities_deleted=len(entity_change.deleted),
        repairs=repairs,
        notes=checked.notes,
    )


async def export_bot(database: Database, *, bot: str) -> dict[str, Any]:
    """Return a bot's drafts as the JSON object of a bot file.

    Besides `intents` and `entities` it has the other top-level fields of the imported file. Raise `NotFound` if there
    is no such bot.
    """
    intents = await _read(database, _INTENT, bot=bot)
    entities = await _read(database, _ENTITY, bot=bot)
    extra = await database.call("read bot", database.collection(BOTS).find_one({"_id": bot}))
    if not intents and not entities and extra is None:
        raise NotFound("bot", bot, hint="import one with `intentloop import FILE`")
    return bot_wire(extra, intents=intents.values(), entities=entities.values())


async def has_intents(database: Database, *, bot: str) -> bool:
    """Whether a bot has any intent."""
    return await database.call("look for intents", database.collection(INTENTS).find_one({"bot": bot})) is not None


def check_bot_file(content: object, *, source: str) -> dict[str, Any]:
    """Return parsed JSON as a bot file's fields; raise `DataRejected` with each fault and its place if it is not one.

    `source` is the name of the file, for messages.
    """
    return dict(check_content(content, source=source).wire)


async def _plan(
    database: Database, kind: _Kind, rows: list[Any], *, bot: str, replace: bool, kept: Collection[str] = ()
) -> _Change:
    """Plan the writing of rows; those named in `kept` are written only if there are none yet."""
    before = await _read(database, kind, bot=bot)
    following = 1 + max((document["position"] for document in before.values()), default=-1)
    after: dict[str, Document] = {}
    for number, row in enumerate(rows):
        name = next(row[field] for field in kind.name_fields if field in row)
        key = thread_key(bot, name)
        known = before.get(key)
        if known is not None and name in kept:
            row = known[kind.field]
        position = number if replace else known["position"] if known else following + number
        after[key] = {"_id": key, "bot": bot, "position": position, kind.field: row}
    return _Change(kind, before, after, frozenset(before.keys() - after.keys()) if replace else frozenset())


async def _write(
    database: Database,
    kind: _Kind,
    *,
    put: Mapping[str, Document],
    delete: Iterable[str],
    progress: Callable[[float, str], None] = lambda share, what: None,
) -> None:
    for number, document in enumerate(put.values()):
        started = time.monotonic()
        progress(
            kind.share_before + kind.share * number / len(put), f"writing {kind.collection}, {number} of {len(put)}"
        )
        await _put(database, kind.collection, document)
        await _give_way(started)
    for key in delete:
        await database.call("delete draft", database.collection(kind.collection).delete_one({"_id": key}))


async def _put(database: Database, collection: str, document: Document) -> None:
    operation = database.collection(collection).replace_one({"_id": document["_id"]}, document, upsert=True)
    await database.call("write draft", operation)


async def _give_way(started: float) -> None:
    await asyncio.sleep(min(_PAUSE * (time.monotonic() - started), _LONGEST_PAUSE_SECONDS))


async def _read(database: Database, kind: _Kind, *, bot: str) -> dict[str, Document]:
    """Read a bot's drafts, a few at a time."""
    drafts, started = database.collection(kind.collection), time.monotonic()
    listed = await database.call("list drafts", drafts.find({"bot": bot}, {"_id": 1}).to_list(None))
    await _give_way(started)
    keys = [row["_id"] for row in listed]
    documents: list[Document] = []
    for first in range(0, len(keys), _READ_AT_ONCE):
        started = time.monotonic()
        some = drafts.find({"_id": {"$in": keys[first : first + _READ_AT_ONCE]}})
        documents += await database.call("read drafts", some.to_list(None))
        await _give_way(started)
    return {document["_id"]: document for document in documents}

"""Repairs of a bot's drafts, and undoing the last one.

    draft_undo  {_id: the draft's, bot, repaired_at, before: the intent as JSON text, after_sha256}

A record is written before its draft is changed, so that an interrupted repair can be undone as well.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipelines.errors import DataRejected, DraftChanged, NotFound
from pipelines.schemas.keys import DRAFT_UNDO, INTENTS, thread_key
from pipelines.schemas.stored import UNREADABLE, describe_fault
from serving.store.client import Database, Document
from serving.store.drafts.kinds import INTENT
from serving.store.drafts.store import Drafts

_BY_HAND = "correct it by hand, or repair again what is left"
_NAME_FIELDS = ("intentId", "intent_id")


async def repair_drafts(
    database: Database, before: Mapping[str, Any], after: Mapping[str, Any], *, bot: str, now: datetime
) -> tuple[str, ...]:
    """Write repaired intents if the drafts are unchanged since they were checked; return the ids of the changed ones.

    Parameters
    ----------
    before
        The checked bot file, as `export_bot` returned it.
    after
        The same intents in the same order, some of them repaired.

    Raises
    ------
    DraftChanged
        One of them was edited meanwhile; nothing was written.
    StoreUnavailable
        The database does not respond.
    """
    changes = {
        _intent_id(old): (old, new) for old, new in zip(before["intents"], after["intents"], strict=True) if old != new
    }
    drafts = await _read(database, INTENTS, bot=bot)
    edited = [
        intent_id for intent_id, (old, _) in changes.items() if _intent(drafts.get(thread_key(bot, intent_id))) != old
    ]
    if edited:
        raise DraftChanged(f"bot {bot!r}", places=edited, remedy="validate it again")
    records = [
        {
            "_id": thread_key(bot, intent_id),
            "bot": bot,
            "repaired_at": now.isoformat(),
            "before": json.dumps(old, ensure_ascii=False),
            "after_sha256": _digest(new),
        }
        for intent_id, (old, new) in changes.items()
    ]
    await _forget(database, bot=bot)
    for record in records:
        await _put(database, DRAFT_UNDO, record)
    for intent_id, (old, new) in changes.items():
        await _replace(database, bot, intent_id, known=old, new=new, remedy="validate it again")
    return tuple(changes)


async def has_repair(database: Database, *, bot: str) -> bool:
    """Whether there is a repair to undo."""
    found = database.collection(DRAFT_UNDO).find_one({"bot": bot}, {"_id": 1})
    return await database.call("look for a repair", found) is not None


async def undo_repair(database: Database, *, bot: str) -> tuple[str, ...]:
    """Restore the drafts to their state before the last repair; return the ids of the restored intents.

    Raises
    ------
    NotFound
        There is no repair to undo.
    DataRejected
        What was there before cannot be read; nothing was written.
    DraftChanged
        One of the repaired intents was edited since; nothing was written.
    StoreUnavailable
        The database does not respond.
    """
    records = await _read(database, DRAFT_UNDO, bot=bot)
    if not records:
        raise NotFound("repair of bot", bot, hint="nothing has been repaired, or it was undone already")
    drafts = await _read(database, INTENTS, bot=bot)
    try:
        intents = {key: json.loads(record["before"]) for key, record in records.items()}
        edited = [
            _intent_id(before)
            for key, before in intents.items()
            if _intent(drafts.get(key)) != before and _digest(_intent(drafts.get(key))) != records[key]["after_sha256"]
        ]
    except (*UNREADABLE, StopIteration) as error:
        problem = (
            f"its repair cannot be undone: the record cannot be read ({describe_fault(error)}); correct it by hand"
        )
        raise DataRejected(f"bot {bot!r}", [problem]) from error
    if edited:
        raise DraftChanged(f"bot {bot!r}", places=edited, remedy=_BY_HAND)
    for key, before in intents.items():
        known = _intent(drafts[key])
        await _replace(database, bot, _intent_id(before), known=known, new=before, remedy=_BY_HAND)
    await _forget(database, bot=bot)
    return tuple(_intent_id(before) for before in intents.values())


async def _replace(database: Database, bot: str, intent_id: str, *, known: Any, new: Any, remedy: str) -> None:
    """Replace an intent that was read a moment ago, unless somebody has edited it since."""

    def edit(now: Any) -> Any:
        if now not in (known, new):
            raise DraftChanged(f"bot {bot!r}", places=[intent_id], remedy=remedy)
        return new

    await Drafts(database).change(INTENT, bot, intent_id, edit)


async def _read(database: Database, collection: str, *, bot: str) -> dict[str, Document]:
    cursor = database.collection(collection).find({"bot": bot})
    return {document["_id"]: document for document in await database.call("read drafts", cursor.to_list(None))}


async def _put(database: Database, collection: str, document: Document) -> None:
    operation = database.collection(collection).replace_one({"_id": document["_id"]}, document, upsert=True)
    await database.call("write draft", operation)


async def _forget(database: Database, *, bot: str) -> None:
    await database.call("forget repair", database.collection(DRAFT_UNDO).delete_many({"bot": bot}))


def _intent(draft: Document | None) -> Any:
    return None if draft is None else draft.get("intent")


def _intent_id(intent: Mapping[str, Any]) -> str:
    return str(next(intent[field] for field in _NAME_FIELDS if field in intent))


def _digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

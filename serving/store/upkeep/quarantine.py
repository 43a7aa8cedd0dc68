"""Documents that could not stay where they were: put aside whole, so that nothing is lost.

    quarantine  {_id: "collection:id:hash", collection, document_id, thread: key of its thread or null, reason,
                 moved_at, document: extended JSON, expires_at: the document's own}

The copy is written before the document is deleted, so an interrupted move leaves both, and repeating it finishes it.
A document without an expiry of its own is kept for `KEPT`. Deleting a conversation deletes what was put aside of it.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from pipelines.schemas.keys import INBOX, QUARANTINE, STATES, TURNS
from serving.store.client import Collection, Database, Document, extended_json

KEPT = timedelta(days=90)


class Quarantine:
    """Puts documents aside."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._aside: Collection = database.collection(QUARANTINE)

    async def copy(self, collection: str, document: Document, *, reason: str, now: datetime) -> str:
        """Keep a copy of a document as it was read; return the copy's id."""
        text = extended_json(document)
        key = f"{collection}:{document['_id']}:{hashlib.sha256(text.encode()).hexdigest()[:12]}"
        expiry = document.get("expires_at")
        copy = {
            "_id": key,
            "collection": collection,
            "document_id": str(document["_id"]),
            "thread": thread_of(collection, document["_id"]),
            "reason": reason,
            "moved_at": now,
            "document": text,
            "expires_at": expiry if isinstance(expiry, datetime) else self._database.expires_at(now, KEPT),
        }
        writing = self._aside.replace_one({"_id": key}, copy, upsert=True)
        await self._database.call("put a document aside", writing)
        return key

    async def heal(self, collection: str, document: Document, healed: Document, *, reason: str, now: datetime) -> bool:
        """Keep a copy of a document and replace it by one that can be read, unless it has changed meanwhile."""
        await self.copy(collection, document, reason=reason, now=now)
        where, key = self._database.collection(collection), {"_id": document["_id"]}
        found = await self._database.call("read document", where.find_one(key))
        if found is None or extended_json(found) != extended_json(document):
            return False
        await self._database.call("replace document", where.replace_one(key, healed))
        return True

    async def move(self, collection: str, document: Document, *, reason: str, now: datetime) -> bool:
        """Put a document aside; return False, and leave it where it is, if it has changed since it was read."""
        await self.copy(collection, document, reason=reason, now=now)
        where = self._database.collection(collection)
        found = await self._database.call("read document", where.find_one({"_id": document["_id"]}))
        if found is None:
            return True
        if extended_json(found) != extended_json(document):
            return False
        # a claim that is being completed meanwhile is not the document that was read
        same: Document = {field: document[field] for field in ("_id", "status", "token") if field in document}
        outcome = await self._database.call("delete document", where.delete_one(same))
        return outcome.deleted_count == 1

    async def count(self) -> int:
        """Return the number of documents put aside."""
        return await self._database.call("count documents", self._aside.count_documents({}))


def thread_of(collection: str, document_id: Any) -> str | None:
    """Return the key of the thread that a document belongs to, as its id says."""
    if not isinstance(document_id, str):
        return None
    if collection == STATES:
        return document_id
    return document_id.rpartition(":")[0] if collection in (TURNS, INBOX) else None

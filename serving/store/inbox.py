"""Platform events: stored before they are acknowledged, kept until they are answered.

    inbox   {_id: "bot:thread:message", thread, open_thread: thread's hash or null, is_open, bot, channel,
             event: JSON text, happened_at, place, accepted_at, due_at, tries, sent, failure, expires_at}

A platform does not repeat what was acknowledged, so the document is the promise to answer. A worker claims it first:
`tries` fences, and `due_at` is when others may claim it. `sent` counts the messages sent, so that a crash repeats at
most the one in flight. An answered event loses its text and stays for some days to detect repeats. An event that needs
no answer but says something about the next message is put aside: no longer open, but still of its thread.

Workers get a thread's hash (`thread_hash`), by which its open events are found: a queue outlives the deletion of a
thread and must not name it.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict

from pipelines.schemas.keys import INBOX, message_key, thread_hash, thread_key
from serving.store.client import Collection, Database, Document, DuplicateKeyError
from serving.store.schema import Schema

KEPT = timedelta(days=7)
"""How long an event is kept, answered or not. Platforms repeat one for two days at most."""
# A platform sends up to 1,000 events at once, which take an embedded engine seconds: longer than a call may take.
_INSERTED_AT_ONCE = 100
COUNTED = 1000
"""Limit for counting a backlog: frequent health checks must not make it worse."""


class InboxItem(BaseModel):
    """A customer's message waiting for its answer.

    Attributes
    ----------
    thread
        Key of the thread, as in `states`.
    event
        JSON text of the parsed event; empty once it is answered.
    happened_at, place
        When the customer sent it, and its position among others of the same moment: the order of the answers.
    accepted_at
        When it arrived.
    due_at
        When it may be claimed: until then it is claimed or waits for its next attempt. Before the first attempt, only
        when the thread should be checked.
    tries
        How often it was claimed.
    sent
        Number of reply messages sent.
    failure
        Why it was given up, if it was.
    is_open
        Whether it waits for an answer. Not so if it was put aside until its thread's next message.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    thread: str
    bot: str
    channel: str
    event: str
    happened_at: datetime
    place: int
    accepted_at: datetime
    due_at: datetime
    tries: int = 0
    sent: int = 0
    failure: str | None = None
    is_open: bool = True

    @classmethod
    def new(
        cls,
        bot: str,
        thread_id: str,
        message_id: str,
        *,
        channel: str,
        event: str,
        happened_at: datetime,
        place: int,
        now: datetime,
    ) -> Self:
        """Build an item that is due at once."""
        thread = thread_key(bot, thread_id)
        key = message_key(thread, message_id)
        times = {"happened_at": happened_at, "accepted_at": now, "due_at": now}
        return cls(key=key, thread=thread, bot=bot, channel=channel, event=event, place=place, **times)

    @property
    def thread_hash(self) -> str:
        """Stands for the thread where it must not be named."""
        return thread_hash(self.thread)


@dataclass(frozen=True)
class Backlog:
    """The number of unanswered events, at most `COUNTED`, and the arrival of the oldest of them."""

    waiting: int
    oldest_at: datetime | None


class Inbox:
    """Reads and writes `inbox`, once the schema's indexes exist."""

    def __init__(self, database: Database, schema: Schema) -> None:
        self._database = database
        self._schema = schema
        self._items: Collection = database.collection(INBOX)

    async def accept(self, items: Sequence[InboxItem]) -> None:
        """Store new events; known ones stay unchanged.

        After a failure some may be stored: the platform repeats all of them.
        """
        await self._schema.ensure()
        documents = [_document(item, open_thread=item.thread_hash) for item in items]
        for start in range(0, len(documents), _INSERTED_AT_ONCE):
            some = documents[start : start + _INSERTED_AT_ONCE]
            with suppress(DuplicateKeyError):  # the others are stored
                await self._database.call("write inbox", self._items.insert_many(some, ordered=False))

    async def open_of(self, thread_hash: str) -> list[InboxItem]:
        """Return the unanswered events of the thread with this hash and those put aside, in order."""
        cursor = self._items.find({"open_thread": thread_hash})
        documents = await self._database.call("read inbox", cursor.to_list(None))
        return sorted((_item(document) for document in documents), key=lambda item: (item.happened_at, item.place))

    async def due_threads(self, now: datetime, *, limit: int) -> list[str]:
        """Return the hashes of threads with an unanswered event that nobody works on."""
        await self._schema.ensure()
        query = {"is_open": True, "due_at": {"$lte": now}}
        cursor = self._items.find(query, {"open_thread": 1}).limit(limit)
        documents = await self._database.call("read inbox", cursor.to_list(limit))
        return list(dict.fromkeys(document["open_thread"] for document in documents))

    async def backlog(self) -> Backlog:
        """Return how much is waiting."""
        cursor = self._items.find({"is_open": True}, {"accepted_at": 1}).limit(COUNTED)
        documents = await self._database.call("read inbox", cursor.to_list(COUNTED))
        moments = [document["accepted_at"] for document in documents]
        return Backlog(waiting=len(moments), oldest_at=min(moments, default=None))

    async def claim(self, item: InboxItem, *, until: datetime) -> InboxItem | None:
        """Claim an item; None if another worker was faster."""
        claimed = item.model_copy(update={"tries": item.tries + 1, "due_at": until})
        return claimed if await self._replace(item, claimed) else None

    async def update(self, item: InboxItem, *, due_at: datetime, sent: int) -> InboxItem | None:
        """Store the number of messages sent and the next due time; None if the claim was lost."""
        updated = item.model_copy(update={"due_at": due_at, "sent": sent})
        return updated if await self._replace(item, updated) else None

    async def put_aside(self, item: InboxItem) -> None:
        """Keep an event that needs no answer until its thread's next message."""
        await self._replace(item, item.model_copy(update={"is_open": False}), open_thread=item.thread_hash)

    async def close(self, item: InboxItem, *, sent: int, failure: str | None = None) -> None:
        """Finish an item. A failed one keeps its event for investigation."""
        event = "" if failure is None else item.event
        closed = item.model_copy(update={"sent": sent, "event": event, "failure": failure, "is_open": False})
        await self._replace(item, closed)

    async def _replace(self, item: InboxItem, changed: InboxItem, *, open_thread: str | None = None) -> bool:
        # The whole document, not `$set`: NX-27017 0.8 stores a date as text when `$set` brings it.
        held = {"_id": item.key, "tries": item.tries, "is_open": item.is_open}
        document = _document(changed, open_thread=changed.thread_hash if changed.is_open else open_thread)
        replacing = self._items.replace_one(held, document)
        outcome = await self._database.call("write inbox", replacing)
        return outcome.matched_count == 1


def _document(item: InboxItem, *, open_thread: str | None) -> Document:
    return {
        "_id": item.key,
        **item.model_dump(exclude={"key"}),
        "open_thread": open_thread,
        "expires_at": item.accepted_at + KEPT,
    }


def _item(document: Document) -> InboxItem:
    return InboxItem(key=document["_id"], **{name: document[name] for name in InboxItem.model_fields if name != "key"})

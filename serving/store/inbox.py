"""Messages that platforms have handed over: written down before the platform hears so, kept until they are answered.

    inbox   {_id: "bot:thread:message", thread, open_thread: mark or null, is_open, bot, channel, event: JSON text,
             happened_at, place, accepted_at, due_at, tries, sent, failure, expires_at}

A platform does not send again what was accepted, so the document is the promise to answer. Whoever works on one claims
it first: `tries` fences, and `due_at` says until when others leave it alone. `sent` counts what has gone out, so that
a crash repeats at most the one message that was on its way. An answered one gives up its text and stays for some days
as the sign by which a repeat is known.

Whoever is asked to work on a thread is told its mark (`thread_hash`), by which its open messages are found: a queue
outlives the deletion of a thread, and must not name it.
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
# A platform brings up to 1,000 events at once, which take an embedded engine seconds: longer than one call may.
_INSERTED_AT_ONCE = 100
COUNTED = 1000
"""How far a backlog is counted: whoever asks for it, often, must not make it worse."""


class InboxItem(BaseModel):
    """A customer's message on its way to its answer.

    Attributes
    ----------
    thread
        Key of the thread, as in `states`.
    event
        JSON text of what the channel read; empty once it is answered.
    happened_at, place
        When the customer sent it, and its place among others of the same moment: the order of the answers.
    accepted_at
        When it came in.
    due_at
        When it may be worked on: until then somebody has it, or it waits for its next try. Before its first try it
        only says when somebody should look at the thread.
    tries
        How often it was claimed.
    sent
        How many messages of the answer have gone out.
    failure
        Why nobody will try again, if so.
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
        """Make an item that may be worked on at once."""
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
    """What waits for its answer: how many, `COUNTED` at most, and since when the oldest of these."""

    waiting: int
    oldest_at: datetime | None


class Inbox:
    """Reads and writes `inbox`.

    Parameters
    ----------
    database
        An open connection.
    schema
        Its indexes are a condition for everything here.
    """

    def __init__(self, database: Database, schema: Schema) -> None:
        self._database = database
        self._schema = schema
        self._items: Collection = database.collection(INBOX)

    async def accept(self, items: Sequence[InboxItem]) -> None:
        """Write down what came in; what is known already stays as it is.

        A failure in the middle leaves some of it written down: the platform brings all of it again.
        """
        await self._schema.ensure()
        documents = [_document(item, is_open=True) for item in items]
        for start in range(0, len(documents), _INSERTED_AT_ONCE):
            some = documents[start : start + _INSERTED_AT_ONCE]
            with suppress(DuplicateKeyError):  # the others are in
                await self._database.call("write inbox", self._items.insert_many(some, ordered=False))

    async def open_of(self, thread_hash: str) -> list[InboxItem]:
        """Return the unanswered messages of the thread with this hash, in order."""
        cursor = self._items.find({"open_thread": thread_hash})
        documents = await self._database.call("read inbox", cursor.to_list(None))
        return sorted((_item(document) for document in documents), key=lambda item: (item.happened_at, item.place))

    async def due_threads(self, now: datetime, *, limit: int) -> list[str]:
        """Give the marks of threads with an unanswered message that nobody works on."""
        await self._schema.ensure()
        query = {"is_open": True, "due_at": {"$lte": now}}
        cursor = self._items.find(query, {"open_thread": 1}).limit(limit)
        documents = await self._database.call("read inbox", cursor.to_list(limit))
        return list(dict.fromkeys(document["open_thread"] for document in documents))

    async def backlog(self) -> Backlog:
        """Tell how much waits for its answer."""
        cursor = self._items.find({"is_open": True}, {"accepted_at": 1}).limit(COUNTED)
        documents = await self._database.call("read inbox", cursor.to_list(COUNTED))
        moments = [document["accepted_at"] for document in documents]
        return Backlog(waiting=len(moments), oldest_at=min(moments, default=None))

    async def claim(self, item: InboxItem, *, until: datetime) -> InboxItem | None:
        """Take an item to work on it; None if somebody else was faster."""
        claimed = item.model_copy(update={"tries": item.tries + 1, "due_at": until})
        return claimed if await self._replace(item, claimed, is_open=True) else None

    async def update(self, item: InboxItem, *, due_at: datetime, sent: int) -> InboxItem | None:
        """Note how many messages have gone out, and until when the item is left alone; None if it was taken away."""
        updated = item.model_copy(update={"due_at": due_at, "sent": sent})
        return updated if await self._replace(item, updated, is_open=True) else None

    async def close(self, item: InboxItem, *, sent: int, failure: str | None = None) -> None:
        """Be done with an item. One that failed keeps its event, for whoever looks into it."""
        event = "" if failure is None else item.event
        closed = item.model_copy(update={"sent": sent, "event": event, "failure": failure})
        await self._replace(item, closed, is_open=False)

    async def _replace(self, item: InboxItem, changed: InboxItem, *, is_open: bool) -> bool:
        # The whole document, not `$set`: NX-27017 0.8 stores a date as text when `$set` brings it.
        held = {"_id": item.key, "tries": item.tries, "is_open": True}
        replacing = self._items.replace_one(held, _document(changed, is_open=is_open))
        outcome = await self._database.call("write inbox", replacing)
        return outcome.matched_count == 1


def _document(item: InboxItem, *, is_open: bool) -> Document:
    return {
        "_id": item.key,
        **item.model_dump(exclude={"key"}),
        "is_open": is_open,
        "open_thread": item.thread_hash if is_open else None,
        "expires_at": item.accepted_at + KEPT,
    }


def _item(document: Document) -> InboxItem:
    return InboxItem(key=document["_id"], **{name: document[name] for name in InboxItem.model_fields if name != "key"})

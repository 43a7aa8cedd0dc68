"""Platform events: stored before they are acknowledged, kept until they are answered.

    inbox   {_id: "bot:thread:message", thread, open_thread: thread's hash or null, is_open, bot, channel,
             event: JSON text, happened_at, place, accepted_at, due_at, wait_seconds, tries, beat, sent, failure,
             expires_at}

A platform does not repeat what was acknowledged, so the document is the promise to answer. A worker claims it first:
`tries` fences, and `beat` is its sign of life; without one, others claim the event (`serving.store.watch`). `sent`
counts the messages sent, so that a crash repeats at most the one in flight. An answered event loses its text and stays
for some days to detect repeats. An event that needs no answer but says something about the next message is put aside:
no longer open, but still of its thread.

Workers get a thread's hash (`thread_hash`), by which its open events are found: a queue outlives the deletion of a
thread and must not name it.

An event that cannot be read is put aside whole, and is worked on with what can be read of it. One of which that is not
enough to find its thread leaves the inbox.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from pipelines.schemas.keys import INBOX, bot_of, channel_of, channel_thread_key, message_key, thread_hash
from pipelines.schemas.stored import Moment, document_name
from serving.clock import utc_now
from serving.store.client import DESCENDING, Collection, Database, Document, DuplicateKeyError
from serving.store.schema import Schema
from serving.store.upkeep.quarantine import Quarantine
from serving.store.upkeep.salvage import salvage

KEPT = timedelta(days=7)
"""How long an event is kept, answered or not. Platforms repeat one for two days at most."""
# A platform sends up to 1,000 events at once, which take an embedded engine seconds: longer than a call may take.
_INSERTED_AT_ONCE = 100
COUNTED = 1000
"""Limit for counting a backlog: frequent health checks must not make it worse."""

_COLONS = 2  # bot:thread:message

_log = logging.getLogger(__name__)


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
        When it may be claimed, by the clock that wrote this: until then it is claimed or waits for its next attempt.
        Before the first attempt, only when the thread should be checked.
    wait_seconds
        How long that was when it was written; None if it is claimed or an earlier version wrote it.
    beat
        A number that the worker who claimed it changes every second; None if nobody has.
    tries
        How often it was claimed.
    sent
        Number of reply messages sent.
    failure
        Why it was given up, if it was.
    is_open
        Whether it waits for an answer. Not so if it was put aside until its thread's next message.
    traceparent
        The trace of its arrival, with which its answer goes on.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    thread: str
    bot: str
    channel: str
    event: str
    happened_at: Moment
    place: int
    accepted_at: Moment
    due_at: Moment
    tries: int = Field(default=0, ge=0)
    sent: int = Field(default=0, ge=0)
    failure: str | None = None
    is_open: bool = True
    wait_seconds: float | None = None
    beat: int | None = None
    traceparent: str | None = Field(default=None, exclude_if=lambda traceparent: traceparent is None)

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
        traceparent: str | None = None,
    ) -> Self:
        """Build an item that is due at once."""
        thread = channel_thread_key(bot, thread_id, channel=channel)
        key = message_key(thread, message_id)
        times = {"happened_at": happened_at, "accepted_at": now, "due_at": now}
        names = {"key": key, "thread": thread, "bot": bot, "channel": channel, "traceparent": traceparent}
        return cls(**names, event=event, place=place, wait_seconds=0.0, **times)

    @property
    def thread_hash(self) -> str:
        """Stands for the thread where it must not be named."""
        return thread_hash(self.thread)

    @property
    def progress(self) -> "Progress":
        """What the work on it has come to."""
        return Progress(self.key, self.thread_hash, self.tries, self.sent, self.due_at, self.wait_seconds, self.beat)


@dataclass(frozen=True)
class Progress:
    """What the work on an event has come to, without what was said; the fields are those of the item."""

    key: str
    thread_hash: str
    tries: int
    sent: int
    due_at: datetime
    wait_seconds: float | None
    beat: int | None


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
        self._quarantine = Quarantine(database)

    async def accept(self, items: Sequence[InboxItem]) -> None:
        """Store new events; known ones stay unchanged.

        After a failure some may be stored: the platform repeats all of them.
        """
        await self._schema.ensure()
        documents = [self._document(item, open_thread=item.thread_hash) for item in items]
        for start in range(0, len(documents), _INSERTED_AT_ONCE):
            some = documents[start : start + _INSERTED_AT_ONCE]
            with suppress(DuplicateKeyError):  # the others are stored
                await self._database.call("write inbox", self._items.insert_many(some, ordered=False))

    async def open_of(self, thread_hash: str) -> list[InboxItem]:
        """Return the unanswered events of the thread with this hash and those put aside, in order."""
        cursor = self._items.find({"open_thread": thread_hash})
        documents = await self._database.call("read inbox", cursor.to_list(None))
        items = [item for document in documents if (item := await self._read(document)) is not None]
        own = [item for item in items if item.thread_hash == thread_hash]
        return sorted(own, key=lambda item: (item.happened_at, item.place))

    async def _read(self, document: Document) -> InboxItem | None:
        """Read what can be read of an event; None if that is not enough to work on it."""
        item, unreadable = _item(document)
        if item is not None and not unreadable:
            return item
        what = ", ".join(sorted(unreadable))
        _log.error("inbox: an event of %s cannot be read: %s", document_name(INBOX, document), what)
        reason, now = f"cannot be read: {what}", utc_now()
        if item is None:
            await self._quarantine.move(INBOX, document, reason=reason, now=now)
            return None
        healed = self._document(item, open_thread=item.thread_hash)  # else no claim on it would match
        return item if await self._quarantine.heal(INBOX, document, healed, reason=reason, now=now) else None

    async def _read_again(self, key: Any) -> None:
        document = await self._database.call("read inbox", self._items.find_one({"_id": key}))
        if document is not None:
            await self._read(document)

    async def heal_misfits(self, *, limit: int = COUNTED) -> None:
        """Mend the events that no look for due ones would find, since their thread or their time is none."""
        cursor = self._items.find({"is_open": True}, {"open_thread": 1, "due_at": 1}).limit(limit)
        for document in await self._database.call("read inbox", cursor.to_list(limit)):
            if not isinstance(document.get("open_thread"), str) or not isinstance(document.get("due_at"), datetime):
                await self._read_again(document["_id"])

    async def due_threads(self, now: datetime, *, limit: int) -> list[str]:
        """Return the hashes of threads with an unanswered event that nobody works on."""
        await self._schema.ensure()
        query = {"is_open": True, "due_at": {"$lte": now}}
        cursor = self._items.find(query, {"open_thread": 1}).limit(limit)
        documents = await self._database.call("read inbox", cursor.to_list(limit))
        hashes = (document.get("open_thread") for document in documents)
        return list(dict.fromkeys(each for each in hashes if isinstance(each, str)))

    async def not_due(self, now: datetime, *, limit: int = COUNTED) -> list[Progress]:
        """Return the progress of unanswered events that are claimed or wait, by the clocks that wrote so."""
        return await self._progress({"is_open": True, "due_at": {"$gt": now}}, limit=limit)

    async def due(self, now: datetime, *, limit: int = COUNTED) -> list[Progress]:
        """Return the progress of unanswered events that nobody works on."""
        return await self._progress({"is_open": True, "due_at": {"$lte": now}}, limit=limit)

    async def _progress(self, query: Document, *, limit: int) -> list[Progress]:
        names = ("tries", "sent", "due_at", "wait_seconds", "beat")
        cursor = self._items.find(query, dict.fromkeys(("open_thread", *names), 1)).limit(limit)
        documents = await self._database.call("read inbox", cursor.to_list(limit))
        sound = [document for document in documents if _has_sound_progress(document)]
        for document in documents if len(sound) < len(documents) else ():
            if not _has_sound_progress(document):
                await self._read_again(document["_id"])
        values: list[tuple[Any, ...]] = [tuple(document.get(name) for name in names) for document in sound]
        return [
            Progress(document["_id"], document["open_thread"], *row)
            for document, row in zip(sound, values, strict=True)
        ]

    async def newest_moment(self, channel: str) -> datetime | None:
        """Return when the latest stored event of a channel happened. Scans the collection."""
        cursor = self._items.find({"channel": channel}, {"happened_at": 1}).sort("happened_at", DESCENDING).limit(1)
        documents = await self._database.call("read inbox", cursor.to_list(1))
        moments = [document.get("happened_at") for document in documents]
        return next((moment for moment in moments if isinstance(moment, datetime)), None)

    async def backlog(self) -> Backlog:
        """Return how much is waiting."""
        cursor = self._items.find({"is_open": True}, {"accepted_at": 1}).limit(COUNTED)
        documents = await self._database.call("read inbox", cursor.to_list(COUNTED))
        moments = [document.get("accepted_at") for document in documents]
        oldest_at = min((moment for moment in moments if isinstance(moment, datetime)), default=None)
        return Backlog(waiting=len(documents), oldest_at=oldest_at)

    async def claim(self, item: InboxItem, *, until: datetime) -> InboxItem | None:
        """Claim an item; None if another worker was faster."""
        changes = {"tries": item.tries + 1, "due_at": until, "wait_seconds": None, "beat": 0}
        claimed = item.model_copy(update=changes)
        return claimed if await self._replace(item, claimed) else None

    async def beat(self, item: InboxItem) -> None:
        """Show a sign of life, unless the claim is lost or given back."""
        held = {"_id": item.key, "tries": item.tries, "is_open": True, "beat": {"$gte": 0}}
        await self._database.call("write inbox", self._items.update_one(held, {"$inc": {"beat": 1}}))

    async def postpone(self, item: InboxItem, *, seconds: float, now: datetime) -> None:
        """Return an item to the inbox until its next attempt, unless the claim was lost."""
        changes = {"due_at": now + timedelta(seconds=seconds), "wait_seconds": seconds, "beat": None}
        await self._replace(item, item.model_copy(update=changes))

    async def update(self, item: InboxItem, *, due_at: datetime, sent: int) -> InboxItem | None:
        """Store the number of messages sent and the next due time; None if the claim was lost."""
        updated = item.model_copy(update={"due_at": due_at, "sent": sent})
        return updated if await self._replace(item, updated) else None

    async def put_aside(self, item: InboxItem) -> None:
        """Keep an event that needs no answer until its thread's next message."""
        await self._replace(item, item.model_copy(update={"is_open": False}), open_thread=item.thread_hash)

    async def close(self, item: InboxItem, *, sent: int, failure: str | None = None, keeps_event: bool = True) -> None:
        """Finish an item. A failed one keeps its event for investigation, if `keeps_event`."""
        event = "" if failure is None or not keeps_event else item.event
        closed = item.model_copy(update={"sent": sent, "event": event, "failure": failure, "is_open": False})
        await self._replace(item, closed)

    async def give_up_unreadable(self, item: InboxItem) -> None:
        """Put an event aside whole of which it cannot be read what the customer sent; its thread goes on."""
        document = await self._database.call("read inbox", self._items.find_one({"_id": item.key}))
        if document is not None:
            _log.error("inbox: an event of %s cannot be read: event", document_name(INBOX, document))
            await self._quarantine.move(INBOX, document, reason="cannot be read: event", now=utc_now())

    async def _replace(self, item: InboxItem, changed: InboxItem, *, open_thread: str | None = None) -> bool:
        # The whole document, not `$set`: NX-27017 0.8 stores a date as text when `$set` brings it.
        held = {"_id": item.key, "tries": item.tries, "is_open": item.is_open}
        document = self._document(changed, open_thread=changed.thread_hash if changed.is_open else open_thread)
        replacing = self._items.replace_one(held, document)
        outcome = await self._database.call("write inbox", replacing)
        return outcome.matched_count == 1

    def _document(self, item: InboxItem, *, open_thread: str | None) -> Document:
        return {
            "_id": item.key,
            **item.model_dump(exclude={"key"}),
            "open_thread": open_thread,
            "expires_at": self._database.expires_at(item.accepted_at, KEPT),
        }


def _has_sound_progress(document: Document) -> bool:
    wanted = {"open_thread": str, "tries": int, "sent": int, "due_at": datetime}
    optional = {"wait_seconds": int | float | None, "beat": int | None}
    return all(isinstance(document.get(name), kind) for name, kind in (wanted | optional).items())


def _item(document: Document) -> tuple[InboxItem | None, set[str]]:
    """Read an event; also return the names of the fields that cannot be read.

    None if its key names no thread, or what the customer sent is not there.
    """
    key = document["_id"]
    if not isinstance(key, str) or key.count(":") < _COLONS:
        return None, {"_id"}
    thread, now = key.rpartition(":")[0], utc_now()
    known = {"key": key, "thread": thread, "bot": bot_of(thread), "channel": channel_of(thread)}
    fields = {name: document[name] for name in InboxItem.model_fields if name in document}
    wrong = {name for name in ("thread", "bot", "channel") if fields.get(name) != known[name]}
    times = dict.fromkeys(("happened_at", "accepted_at", "due_at"), now)
    substitutes = {**times, "event": "", "place": 0}
    item, unreadable = salvage(InboxItem, {**fields, **known}, substitutes, strict=True)
    wrong |= unreadable | ({"tries", "is_open"} - document.keys())
    if document.get("open_thread") != item.thread_hash:
        wrong.add("open_thread")
    return (None if "event" in wrong else item), wrong

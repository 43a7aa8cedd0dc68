"""The state of each thread: one small document, found by `_id` and advanced by compare-and-set on its turn number."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.schemas.keys import STATES, thread_key
from pipelines.schemas.turns import TurnRecord
from serving.store.batching import Batcher
from serving.store.client import Collection, Database, Document, DuplicateKeyError, ReplaceOne

REMEMBERED_MESSAGES = 16
_NOWHERE = -1

Write = ReplaceOne[Document]


@dataclass(frozen=True, slots=True)
class StoredThread:
    """A thread as it was read.

    `turn` is the number of the last turn in this state, and `state` the dialogue state as JSON text, None for a thread
    that is new or has expired. `recent` maps the last message ids to their turns: a shortcut for repeats, which are
    otherwise found through the log. `stored_turn` is the stored document's number, None without one; it differs from
    `turn` if older turns outlived the state and are numbered on. `since` is `ForgottenThreads.seen` before this read.
    """

    key: str
    turn: int
    state: str | None
    recent: tuple[tuple[str, int], ...]
    stored_turn: int | None
    since: int = 0

    def turn_of(self, message_id: str) -> int | None:
        """Return the turn that answered a message, if it is a recent one."""
        return next((turn for known, turn in self.recent if known == message_id), None)


class StateStore:
    """Reads and writes `states`; a state is kept for `ttl` after its last turn."""

    def __init__(self, database: Database, *, ttl: timedelta) -> None:
        self._database = database
        self._states: Collection = database.collection(STATES)
        self.ttl = ttl
        self._read = Batcher(self._read_one, self._read_several)
        self._write = Batcher(self._write_one, self._write_several)

    async def load(self, bot: str, thread_id: str) -> StoredThread:
        """Read a thread; a new one is at turn 0."""
        key = thread_key(bot, thread_id)
        document = await self._read(key)
        if document is None:
            return StoredThread(key=key, turn=0, state=None, recent=(), stored_turn=None)
        recent = tuple((entry["message_id"], entry["turn"]) for entry in document["recent"])
        turn = document["turn"]
        return StoredThread(key=key, turn=turn, state=document["state"], recent=recent, stored_turn=turn)

    async def advance(self, thread: StoredThread, record: TurnRecord) -> None:
        """Advance a thread's state to a turn that is in the log.

        Losing the race is harmless: the winner has written this turn's state or a later one, for the log decides.
        """
        # The whole document, not `$set`: NX-27017 0.8 stores a date as text when `$set` brings it.
        document = self._document(thread, record)
        if thread.stored_turn is not None:
            await self._write(ReplaceOne({"_id": thread.key, "turn": thread.stored_turn}, document))
        else:  # no document has that turn, so this inserts, or finds the `_id` taken
            await self._write(ReplaceOne({"_id": thread.key, "turn": _NOWHERE}, document, upsert=True))

    async def _read_one(self, key: str) -> Document | None:
        return await self._database.call("read state", self._states.find_one({"_id": key}))

    async def _read_several(self, keys: Sequence[str]) -> list[Document | None]:
        cursor = self._states.find({"_id": {"$in": list(set(keys))}})
        found = await self._database.call("read states", cursor.to_list(None))
        by_key = {document["_id"]: document for document in found}
        return [by_key.get(key) for key in keys]

    async def _write_one(self, write: Write) -> None:
        await self._write_several([write])

    async def _write_several(self, writes: Sequence[Write]) -> list[None]:
        with suppress(DuplicateKeyError):
            await self._database.call("write states", self._states.bulk_write(list(writes), ordered=False))
        return [None] * len(writes)

    async def store_all(self, records: Sequence[TurnRecord]) -> None:
        """Write the states of new threads, each from its last turn; for bulk filling."""
        if records:
            new = [StoredThread(key=each.thread, turn=0, state=None, recent=(), stored_turn=None) for each in records]
            documents = [self._document(thread, record) for thread, record in zip(new, records, strict=True)]
            await self._database.call("write states", self._states.insert_many(documents, ordered=False))

    def _document(self, thread: StoredThread, record: TurnRecord) -> Document:
        recent = [*thread.recent, (record.message_id, record.turn)][-REMEMBERED_MESSAGES:]
        return {
            "_id": thread.key,
            "bot": record.bot,
            "thread_id": record.thread_id,
            "turn": record.turn,
            "state": record.state,
            "recent": [{"message_id": message_id, "turn": turn} for message_id, turn in recent],
            "updated_at": record.created_at,
            "expires_at": record.created_at + self.ttl,
        }

    def is_expired(self, written_at: datetime, *, now: datetime) -> bool:
        """Whether a state written then has expired by now."""
        return written_at + self.ttl < now

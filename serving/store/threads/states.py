"""The state of each thread: one small document, found by `_id` and advanced by compare-and-set on its turn number."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pipelines.schemas.keys import REST, SCHEMA_VERSION, STATES, TURN_DIGITS
from pipelines.schemas.turns import TurnRecord
from serving.store.batching import Batcher
from serving.store.client import Collection, Database, Document, DuplicateKeyError, ReplaceOne

REMEMBERED_MESSAGES = 16
_MOST_HASHES = 800
_HASH_LENGTH = 5
_NOWHERE = -1

Write = ReplaceOne


def _recent(entries: Any) -> tuple[tuple[str, int], ...] | None:
    """Read the last message ids and their turns; None if one cannot be read."""
    try:
        found = tuple((entry["message_id"], entry["turn"]) for entry in entries)
    except (LookupError, TypeError):
        return None
    is_readable = all(isinstance(message_id, str) and isinstance(turn, int) for message_id, turn in found)
    return found if is_readable else None


@dataclass(frozen=True, slots=True)
class StoredThread:
    """A thread as it was read.

    `turn` is the number of the last turn in this state, and `state` the dialogue state as JSON text, None for a thread
    that is new or has expired. `recent` maps the last message ids to their turns: a shortcut for repeats, which are
    otherwise found through the log. `earlier` has short hashes of the message ids before those: a message in neither is
    new, whatever indexes the log has. `stored_turn` is the stored document's number, None without one; it differs from
    `turn` if older turns outlived the state and are numbered on. `since` is `ForgottenThreads.seen` before this read.
    `channel` is the one it belongs to; None if the state was written before states said so. `unreadable` is the stored
    document if not all of it can be read; the other fields are what can.
    """

    key: str
    turn: int
    state: str | None
    recent: tuple[tuple[str, int], ...]
    stored_turn: int | None
    since: int = 0
    channel: str | None = REST
    earlier: str = ""
    unreadable: Document | None = None

    def turn_of(self, message_id: str) -> int | None:
        """Return the turn that answered a message, if it is a recent one."""
        return next((turn for known, turn in self.recent if known == message_id), None)

    def may_have_answered(self, message_id: str) -> bool:
        """Whether a message that is not a recent one may have its turn already; if not, it certainly has none."""
        n_known = len(self.earlier) // _HASH_LENGTH + len(self.recent)
        if n_known < self.turn:
            return True  # of a longer thread, or one from before hashes were kept
        hashed = _hash(message_id)
        return any(self.earlier[at : at + _HASH_LENGTH] == hashed for at in range(0, len(self.earlier), _HASH_LENGTH))


@dataclass(frozen=True, slots=True)
class LiveState:
    """A state that differs from what the log of turns has of it; it is kept for `at_most`, if that is shorter."""

    state: str
    at_most: timedelta | None = None


class StateStore:
    """Reads and writes `states`; a state is kept for `ttl` after its last turn, or for what its bot says."""

    def __init__(self, database: Database, *, ttl: timedelta, ttl_of: Callable[[str], timedelta] | None = None) -> None:
        self._database = database
        self._states: Collection = database.collection(STATES)
        self._ttl_of = ttl_of or (lambda _: ttl)
        self._read = Batcher(self._read_one, self._read_several)
        self._write = Batcher(self._write_one, self._write_several)

    async def load(self, key: str) -> StoredThread:
        """Read a thread by its key; a new one is at turn 0."""
        document = await self._read(key)
        if document is None:
            return StoredThread(key=key, turn=0, state=None, recent=(), stored_turn=None)
        turn, state, recent = document.get("turn"), document.get("state"), _recent(document.get("recent"))
        channel, earlier = document.get("channel"), document.get("earlier", "")
        turn = turn if isinstance(turn, int) and not isinstance(turn, bool) and 0 <= turn < 10**TURN_DIGITS else None
        is_read = turn is not None and isinstance(state, str) and recent is not None
        is_read = is_read and isinstance(channel, str | None) and isinstance(earlier, str)
        return StoredThread(
            key=key,
            turn=turn or 0,
            state=state if isinstance(state, str) else None,
            recent=recent or (),
            stored_turn=turn if is_read else None,
            channel=channel if isinstance(channel, str) else None,
            earlier=earlier if is_read else "",
            unreadable=None if is_read else document,
        )

    async def replace_unreadable(self, thread: StoredThread, record: TurnRecord | None) -> None:
        """Replace a state that cannot be read by that after a turn; without a turn, delete it."""
        if record is None:
            await self._database.call("write state", self._states.delete_one({"_id": thread.key}))
        else:  # if somebody has written a newer state meanwhile, the log brings the thread forward again
            document = self._document(replace(thread, recent=(), earlier=""), record)
            await self._database.call("write state", self._states.replace_one({"_id": thread.key}, document))

    async def advance(self, thread: StoredThread, record: TurnRecord, *, live: LiveState | None = None) -> None:
        """Advance a thread's state to a turn that is in the log, or to what is kept of it while a form is open.

        Losing the race is harmless: the winner has written this turn's state or a later one, for the log decides.
        """
        # The whole document, not `$set`: NX-27017 0.8 stores a date as text when `$set` brings it.
        document = self._document(thread, record, live=live)
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
            documents = [
                {**self._document(thread, record), "expires_at": record.created_at + self._ttl_of(record.bot)}
                for thread, record in zip(new, records, strict=True)
            ]
            await self._database.call("write states", self._states.insert_many(documents, ordered=False))

    def _document(self, thread: StoredThread, record: TurnRecord, *, live: LiveState | None = None) -> Document:
        kept = self._ttl_of(record.bot)
        if live is not None and live.at_most is not None:
            kept = min(kept, live.at_most)
        recent = [*thread.recent, (record.message_id, record.turn)]
        left = "".join(_hash(message_id) for message_id, _ in recent[:-REMEMBERED_MESSAGES])
        recent = recent[-REMEMBERED_MESSAGES:]
        return {
            "_id": thread.key,
            "bot": record.bot,
            "thread_id": record.thread_id,
            "channel": record.channel,
            "v": SCHEMA_VERSION,
            "turn": record.turn,
            "state": record.state if live is None else live.state,
            "recent": [{"message_id": message_id, "turn": turn} for message_id, turn in recent],
            "earlier": (thread.earlier + left)[-_MOST_HASHES * _HASH_LENGTH :],
            "updated_at": record.created_at,
            "expires_at": self._database.expires_at(record.created_at, kept),
        }

    def is_expired(self, written_at: datetime, *, bot: str, now: datetime) -> bool:
        """Whether a bot's state written then has expired by now."""
        return written_at + self._ttl_of(bot) < now


def _hash(message_id: str) -> str:
    digest = hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest[:6])[:_HASH_LENGTH].decode()

"""The log of turns: append-only, one document per turn; a turn in it is committed.

The insert of its document commits a turn: `_id` (`bot:thread:turn`) makes its number unique, `message_key` its message.
An external effect (a tool call) inserts the document first, as a *claim*: it holds the number and the message during
the call, records what will be sent, and is completed by an update fenced with the claim's token. A claim whose holder
gives no sign of life is taken over by a sweep, or by the next message on the thread, which finishes that turn before
its own.
"""

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pipelines.schemas.keys import (
    SCHEMA_VERSION,
    STATES,
    TURNS,
    bot_of,
    channel_of,
    message_id_of,
    message_key,
    named_thread_keys,
    number_in,
    thread_hash,
    thread_id_of,
    thread_key_range,
    turn_key,
    turn_key_range,
    turn_number_of,
    turn_time_key,
)
from pipelines.schemas.stored import UNREADABLE, document_name, usable_moment
from pipelines.schemas.turns import CLAIMED, DONE, Claim, LateAnswer, ToolRecord, TurnRecord, TurnStatus
from serving.clock import utc_now
from serving.store.batching import Batcher
from serving.store.client import DESCENDING, Collection, Database, Document, DuplicateKeyError, KeysTaken
from serving.store.schema import TIME_KEY
from serving.store.upkeep.quarantine import Quarantine
from serving.store.upkeep.salvage import salvage

_log = logging.getLogger(__name__)

MAX_TURNS_READ = 40
"""Turns read per thread when reading many threads."""
_THREADS_A_READ = 25
_NUMBERS_A_READ = 100
_COLONS = 2  # bot:thread:number


@dataclass(frozen=True, slots=True)
class LoggedTurn:
    """The occupant of a turn number or a message: a finished turn or a claim, and until when it is kept if known."""

    record: TurnRecord | None
    claim: Claim | None
    expires_at: datetime | None = None

    @property
    def message_id(self) -> str:
        """The message that this turn answers."""
        if self.record is not None:
            return self.record.message_id
        if self.claim is None:
            raise ValueError("neither a finished turn nor a claim")
        return self.claim.message_id


def _tool_document(tool: ToolRecord) -> Document:
    # Arbitrary keys from outside (context, slots, tool results) are stored as JSON text: a dotted or `$` key is an
    # operator to some engines and an error to others.
    fields = tool.model_dump(exclude={"body", "result", "context", "late_answer"})
    packed: Document = {"body": tool.body, "result": tool.result, "context": tool.context}
    if tool.late_answer is not None:
        packed["late_answer"] = tool.late_answer.model_dump(mode="json")
    return {**fields, "json": json.dumps(packed)}


def _tool_from(document: Document) -> ToolRecord:
    fields = {name: value for name, value in document.items() if name != "json"}
    return ToolRecord(**fields, **json.loads(document["json"]))


def _logged(document: Document) -> tuple[LoggedTurn, set[str]]:
    """Read a turn; also return the names of the fields that cannot be read, which get what is safe to go on with."""
    known = _substitutes(document)
    fields: dict[str, Any] = {
        name: value for name, value in document.items() if name not in ("_id", "status", TIME_KEY)
    }
    # what the keys say too, and what a claim is fenced with, must be just so
    unreadable = {name for name in ("thread", "turn", "message_id") if fields.get(name) != known[name]}
    unreadable |= {name for name in ("turn", "token", "beat") if isinstance(fields.get(name, 0), bool | str | float)}
    fields = {name: value for name, value in fields.items() if name not in unreadable}
    if fields.get("tool") is not None:
        try:
            fields["tool"] = _tool_from(fields["tool"])
        except UNREADABLE:
            unreadable.add("tool")
            del fields["tool"]
    status = document.get("status")
    if status not in (CLAIMED, DONE):
        unreadable.add("status")
    if status == CLAIMED or (status != DONE and fields.get("holder")):
        unreadable |= {"token"} - document.keys()
        claim, more = salvage(Claim, fields, known | {"tool": ToolRecord(intent_id="", key="")})
        return LoggedTurn(record=None, claim=claim), unreadable | more
    record, more = salvage(TurnRecord, fields, known)
    return LoggedTurn(record=record, claim=None), unreadable | more


def _moment(value: object) -> datetime | None:
    with suppress(ValueError):
        return usable_moment(value) if isinstance(value, datetime) else None
    return None


def _substitutes(document: Document) -> dict[str, Any]:
    key = document["_id"]
    thread = key.rpartition(":")[0]
    return {
        "thread": thread,
        "turn": turn_number_of(key),
        "thread_id": thread_id_of(key),
        "bot": bot_of(thread),
        "channel": channel_of(thread),
        "message_id": message_id_of(str(document.get("message_key", "")), thread),
        "message": "",
        "text": "",
        "release": "",
        "intent_id": "",
        "confidence": None,
        "route": "fallback",
        "why": "cannot be read",
        "nlu": None,
        "tool": None,
        "replies": (),
        "answer": "",
        "state": "",
        "created_at": utc_now(),
        "timings_ms": {},
    }


class TurnLog:
    """Reads and writes `turns`; a turn is kept for `ttl`, or for what its bot says."""

    def __init__(self, database: Database, *, ttl: timedelta, ttl_of: Callable[[str], timedelta] | None = None) -> None:
        self._database = database
        self._turns: Collection = database.collection(TURNS)
        self._ttl_of = ttl_of or (lambda _: ttl)
        self._insert = Batcher(self._insert_one, self._insert_several)
        self._quarantine = Quarantine(database)
        self._put_aside: set[str] = set()

    def _document(self, turn: TurnRecord | Claim, *, status: TurnStatus) -> Document:
        document = turn.model_dump(exclude={"tool"})
        if status == DONE:
            document[TIME_KEY] = turn_time_key(turn.bot, turn.thread, turn.turn, at=turn.created_at)
        document["tool"] = None if turn.tool is None else _tool_document(turn.tool)
        return {
            "_id": turn_key(turn.thread, turn.turn),
            "message_key": message_key(turn.thread, turn.message_id),
            "status": status,
            "v": SCHEMA_VERSION,
            **document,
            "expires_at": self._database.expires_at(turn.created_at, self._ttl_of(turn.bot)),
        }

    async def append(self, record: TurnRecord) -> bool:
        """Commit a turn that needed no claim; False if its number or message is taken."""
        return await self._insert(self._document(record, status=DONE))

    async def append_all(self, records: Sequence[TurnRecord]) -> None:
        """Write many finished turns of new threads at once; for bulk filling."""
        # they may be of long ago
        documents = [
            {**self._document(record, status=DONE), "expires_at": record.created_at + self._ttl_of(record.bot)}
            for record in records
        ]
        await self._database.call("write turns", self._turns.insert_many(documents, ordered=False))

    async def claim(self, claim: Claim) -> bool:
        """Take a turn number and a message before an external effect; False if one of them is taken."""
        return await self._insert(self._document(claim, status=CLAIMED))

    async def _insert_one(self, document: Document) -> bool:
        try:
            await self._database.call("write turn", self._turns.insert_one(document))
        except DuplicateKeyError:
            return False
        return True

    async def _insert_several(self, documents: Sequence[Document]) -> list[bool]:
        try:
            await self._database.call("write turns", self._turns.insert_many(documents, ordered=False))
        except KeysTaken as error:
            return [number not in error.numbers for number in range(len(documents))]
        return [True] * len(documents)

    async def take_over(self, claim: Claim, *, holder: str, until: datetime) -> Claim | None:
        """Continue a claim whose holder is gone; None if another process was faster."""
        taken = claim.model_copy(update={"holder": holder, "until": until, "token": claim.token + 1, "beat": 0})
        alive = {} if claim.beat is None else {"beat": claim.beat}
        return taken if await self._replace(claim, self._document(taken, status=CLAIMED), **alive) else None

    async def beat(self, claim: Claim) -> Claim | None:
        """Show a sign of life; None if the claim was taken over or is finished."""
        next_beat = (claim.beat or 0) + 1
        held = {"_id": turn_key(claim.thread, claim.turn), "status": CLAIMED, "token": claim.token}
        outcome = await self._database.call("write turn", self._turns.update_one(held, {"$set": {"beat": next_beat}}))
        return claim.model_copy(update={"beat": next_beat}) if outcome.matched_count else None

    async def open_claims(self, *, limit: int) -> list[Claim]:
        """Return claims of any thread, finished by nobody yet."""
        # finished turns have no holder, and the index leaves them out; DocumentDB uses it only where `$exists` says so
        cursor = self._turns.find({"holder": {"$gt": "", "$exists": True}}, {"expires_at": 0}).limit(limit)
        found = await self._read_all(await self._database.call("read turns", cursor.to_list(limit)))
        return [each.claim for each in found if each.claim is not None]

    async def complete(self, claim: Claim, record: TurnRecord) -> bool:
        """Commit a claimed turn; False if the claim was taken over meanwhile."""
        return await self._replace(claim, self._document(record, status=DONE))

    async def add_late_answer(self, record: TurnRecord, late: LateAnswer) -> bool:
        """Add what a tool said later to the turn that called it; False if the turn is gone."""
        if record.tool is None:
            raise ValueError("a turn without a tool call gets no late answer")
        answered = record.model_copy(update={"tool": record.tool.model_copy(update={"late_answer": late})})
        document = self._document(answered, status=DONE)
        held = {"_id": document["_id"], "status": DONE}
        outcome = await self._database.call("write turn", self._turns.replace_one(held, document))
        return outcome.matched_count == 1

    async def _replace(self, claim: Claim, document: Document, **more: object) -> bool:
        # The whole document, not `$set`: NX-27017 0.8 stores a date as text when `$set` brings it.
        held = {"_id": document["_id"], "status": CLAIMED, "token": claim.token, **more}
        outcome = await self._database.call("write turn", self._turns.replace_one(held, document))
        return outcome.matched_count == 1

    async def at(self, thread: str, turn: int) -> LoggedTurn | None:
        """Return the occupant of a turn number."""
        return await self._find({"_id": turn_key(thread, turn)})

    async def of_message(self, thread: str, message_id: str) -> LoggedTurn | None:
        """Return the turn that answers a message, however old."""
        return await self._find({"message_key": message_key(thread, message_id)})

    async def _find(self, query: Document) -> LoggedTurn | None:
        document = await self._database.call("read turn", self._turns.find_one(query))
        if document is None:
            return None
        expiry = document.pop("expires_at", None)
        found = await self._read(document)
        return None if found is None else replace(found, expires_at=_moment(expiry))

    def written_at(self, found: LoggedTurn) -> datetime | None:
        """Return when a turn was written, which its own date tells only if its process's clock was right."""
        turn = found.record or found.claim
        if found.expires_at is None or turn is None:
            return None
        return found.expires_at - self._ttl_of(turn.bot)

    async def _read_all(self, documents: Sequence[Document]) -> list[LoggedTurn]:
        return [found for document in documents if (found := await self._read(document)) is not None]

    async def _read(self, document: Document) -> LoggedTurn | None:
        """Read what can be read of a turn; if that is not all, keep the document as it is in the quarantine too.

        None if its key is no turn's: it leaves the log, or its message would never get a turn.
        """
        key = document["_id"]
        if number_in(key) is None or key.count(":") < _COLONS:
            _log.error("turns: %s has no turn's key; it is put aside", document_name(TURNS, document))
            whole = await self._database.call("read turn", self._turns.find_one({"_id": key}))
            if whole is not None:
                await self._quarantine.move(TURNS, whole, reason="not a turn's key", now=utc_now())
            return None
        found, unreadable = _logged(document)
        if unreadable and key not in self._put_aside:
            what = ", ".join(sorted(unreadable))
            thread = thread_hash(key.rpartition(":")[0])
            _log.error("thread %.12s turn %d: cannot be read: %s", thread, turn_number_of(key), what)
            whole = await self._database.call("read turn", self._turns.find_one({"_id": key}))
            if whole is not None:
                await self._quarantine.copy(TURNS, whole, reason=f"cannot be read: {what}", now=utc_now())
                if found.claim is not None and not unreadable.isdisjoint(("token", "beat", "status")):
                    # nobody can take it over or complete it as it is
                    healed = self._document(found.claim, status=CLAIMED)
                    await self._database.call("write turn", self._turns.replace_one({"_id": key}, healed))
            self._put_aside.add(key)
        return found

    async def last_number(self, thread: str) -> int:
        """Return a thread's highest turn number, or 0. Not for the hot path: some engines scan here."""
        lowest, highest = turn_key_range(thread)
        query = {"_id": {"$gte": lowest, "$lte": highest}}
        cursor = self._turns.find(query, {"_id": 1}).sort("_id", DESCENDING).limit(1)
        rows = await self._database.call("read turns", cursor.to_list(1))
        return turn_number_of(rows[0]["_id"]) if rows else 0

    async def of_thread(self, thread: str) -> list[TurnRecord]:
        """Return a thread's finished turns in order."""
        # by the message: NX-27017 0.8 scans the collection for a range of `_id`s
        lowest, highest = thread_key_range(thread)
        query = {"message_key": {"$gte": lowest, "$lt": highest}, "status": DONE}
        cursor = self._turns.find(query, {"expires_at": 0})
        found = await self._read_all(await self._database.call("read turns", cursor.to_list(None)))
        return sorted((each.record for each in found if each.record is not None), key=lambda record: record.turn)

    async def some_of_thread(self, thread: str, *, after: int, limit: int) -> list[TurnRecord]:
        """Return up to `limit` finished turns of a thread with higher numbers, in order."""
        last = await self._highest(thread)
        found: list[TurnRecord] = []
        while after < last and len(found) < limit:
            numbers = range(after + 1, min(after + _NUMBERS_A_READ, last) + 1)
            query = {"_id": {"$in": [turn_key(thread, number) for number in numbers]}, "status": DONE}
            documents = await self._database.call(
                "read turns", self._turns.find(query, {"expires_at": 0}).to_list(None)
            )
            records = [each.record for each in await self._read_all(documents) if each.record is not None]
            found += sorted(records, key=lambda record: record.turn)
            after += _NUMBERS_A_READ
        return found[:limit]

    async def _highest(self, thread: str) -> int:
        """Return the highest number that a turn of a thread has, by its state; by its turns if that has expired."""
        states = self._database.collection(STATES)
        state = await self._database.call("read state", states.find_one({"_id": thread}, {"turn": 1}))
        if state is not None and isinstance(state.get("turn"), int):
            return int(state["turn"]) + 1  # the state may be one behind
        lowest, highest = thread_key_range(thread)
        cursor = self._turns.find({"message_key": {"$gte": lowest, "$lt": highest}}, {"_id": 1})
        rows = await self._database.call("read turns", cursor.to_list(None))
        return max((turn_number_of(row["_id"]) for row in rows), default=0)

    async def of_thread_id(self, bot: str, thread_id: str) -> list[TurnRecord]:
        """Return the finished turns of a thread of any channel, as `of_thread` does.

        A REST thread whose id is also a platform's is found as `rest/ID`.
        """
        keys = named_thread_keys(bot, thread_id)
        for key in keys:
            if records := await self.of_thread(key):
                return records
        return []

    async def has_turn_of(self, thread: str, channel: str | Document) -> bool:
        """Whether a thread has a finished turn of a channel, or of channels. Not for the hot path."""
        lowest, highest = turn_key_range(thread)
        query = {"_id": {"$gte": lowest, "$lte": highest}, "status": DONE, "channel": channel}
        return await self._database.call("read turn", self._turns.find_one(query, {"_id": 1})) is not None

    async def newest_threads(self, bot: str, *, count: int) -> list[list[TurnRecord]]:
        """Return up to `count` threads that began last, newest first. Not for the hot path.

        Each is its finished turns in order from the first, at most `MAX_TURNS_READ`.
        """
        if not count:
            return []  # to the database, a limit of 0 means no limit
        # uses the existing index: a turn expires a fixed time after it happened
        first = self._turns.find({"bot": bot, "turn": 1, "status": DONE}, {"_id": 1})
        rows = await self._database.call("read turns", first.sort("expires_at", DESCENDING).limit(count).to_list(None))
        keys = list(dict.fromkeys(str(row["_id"]).rpartition(":")[0] for row in rows))
        threads: dict[str, list[TurnRecord]] = {key: [] for key in keys}
        for start in range(0, len(keys), _THREADS_A_READ):
            wanted = [
                turn_key(key, n) for key in keys[start : start + _THREADS_A_READ] for n in range(1, MAX_TURNS_READ + 1)
            ]
            cursor = self._turns.find({"_id": {"$in": wanted}, "status": DONE}, {"expires_at": 0})
            for document in await self._database.call("read turns", cursor.to_list(None)):
                found = await self._read(document)
                if found is not None and found.record is not None:
                    threads[found.record.thread].append(found.record)
        return [sorted(records, key=lambda record: record.turn) for records in threads.values() if records]

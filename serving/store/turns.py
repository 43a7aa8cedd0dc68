"""The log of turns: append-only, one document per turn; a turn in it is committed.

The insert of its document commits a turn: `_id` (`bot:thread:turn`) makes its number unique, `message_key` its message.
An external effect (a tool call) inserts the document first, as a *claim*: it holds the number and the message during
the call, records what will be sent and until when to wait for the holder, and is completed by an update fenced with the
claim's token. A claim whose holder died is taken over by the next message on the thread, which finishes that turn
before its own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipelines.schemas.keys import TURNS, message_key, turn_key, turn_key_range
from pipelines.schemas.turns import CLAIMED, DONE, Claim, ToolRecord, TurnRecord, TurnStatus
from serving.store.batching import Batcher
from serving.store.client import ASCENDING, DESCENDING, Collection, Database, Document, DuplicateKeyError, KeysTaken

MAX_TURNS_READ = 40
"""Turns read per thread when reading many threads."""
_THREADS_A_READ = 25


@dataclass(frozen=True, slots=True)
class LoggedTurn:
    """The occupant of a turn number or a message: a finished turn or a claim."""

    record: TurnRecord | None
    claim: Claim | None

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
    fields = tool.model_dump(exclude={"body", "result", "context"})
    return {**fields, "json": json.dumps({"body": tool.body, "result": tool.result, "context": tool.context})}


def _tool_from(document: Document) -> ToolRecord:
    fields = {name: value for name, value in document.items() if name != "json"}
    return ToolRecord(**fields, **json.loads(document["json"]))


def _logged(document: Document) -> LoggedTurn:
    fields: dict[str, Any] = {name: value for name, value in document.items() if name not in ("_id", "status")}
    if fields.get("tool") is not None:
        fields["tool"] = _tool_from(fields["tool"])
    if document["status"] == CLAIMED:
        return LoggedTurn(record=None, claim=Claim.model_validate(fields))
    return LoggedTurn(record=TurnRecord.model_validate(fields), claim=None)


class TurnLog:
    """Reads and writes `turns`; a turn is kept for `ttl`."""

    def __init__(self, database: Database, *, ttl: timedelta) -> None:
        self._database = database
        self._turns: Collection = database.collection(TURNS)
        self._ttl = ttl
        self._insert = Batcher(self._insert_one, self._insert_several)

    def _document(self, turn: TurnRecord | Claim, *, status: TurnStatus) -> Document:
        document = turn.model_dump(exclude={"tool"})
        document["tool"] = None if turn.tool is None else _tool_document(turn.tool)
        return {
            "_id": turn_key(turn.thread, turn.turn),
            "message_key": message_key(turn.thread, turn.message_id),
            "status": status,
            **document,
            "expires_at": turn.created_at + self._ttl,
        }

    async def append(self, record: TurnRecord) -> bool:
        """Commit a turn that needed no claim; False if its number or message is taken."""
        return await self._insert(self._document(record, status=DONE))

    async def append_all(self, records: Sequence[TurnRecord]) -> None:
        """Write many finished turns of new threads at once; for bulk filling."""
        documents = [self._document(record, status=DONE) for record in records]
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
        taken = claim.model_copy(update={"holder": holder, "until": until, "token": claim.token + 1})
        return taken if await self._replace(claim, self._document(taken, status=CLAIMED)) else None

    async def complete(self, claim: Claim, record: TurnRecord) -> bool:
        """Commit a claimed turn; False if the claim was taken over meanwhile."""
        return await self._replace(claim, self._document(record, status=DONE))

    async def _replace(self, claim: Claim, document: Document) -> bool:
        # The whole document, not `$set`: NX-27017 0.8 stores a date as text when `$set` brings it.
        held = {"_id": document["_id"], "status": CLAIMED, "token": claim.token}
        outcome = await self._database.call("write turn", self._turns.replace_one(held, document))
        return outcome.matched_count == 1

    async def at(self, thread: str, turn: int) -> LoggedTurn | None:
        """Return the occupant of a turn number."""
        return await self._find({"_id": turn_key(thread, turn)})

    async def of_message(self, thread: str, message_id: str) -> LoggedTurn | None:
        """Return the turn that answers a message, however old."""
        return await self._find({"message_key": message_key(thread, message_id)})

    async def _find(self, query: Document) -> LoggedTurn | None:
        document = await self._database.call(
            "read turn", self._turns.find_one(query, {"message_key": 0, "expires_at": 0})
        )
        return None if document is None else _logged(document)

    async def last_number(self, thread: str) -> int:
        """Return a thread's highest turn number, or 0. Not for the hot path: some engines scan here."""
        lowest, highest = turn_key_range(thread)
        query = {"_id": {"$gte": lowest, "$lte": highest}}
        cursor = self._turns.find(query, {"turn": 1}).sort("_id", DESCENDING).limit(1)
        rows = await self._database.call("read turns", cursor.to_list(1))
        return int(rows[0]["turn"]) if rows else 0

    async def of_thread(self, thread: str) -> list[TurnRecord]:
        """Return a thread's finished turns in order. Not for the hot path: some engines scan here."""
        lowest, highest = turn_key_range(thread)
        query = {"_id": {"$gte": lowest, "$lte": highest}, "status": DONE}
        cursor = self._turns.find(query, {"message_key": 0, "expires_at": 0}).sort("_id", ASCENDING)
        found = [_logged(document) for document in await self._database.call("read turns", cursor.to_list(None))]
        return [each.record for each in found if each.record is not None]

    async def newest_threads(self, bot: str, *, count: int) -> list[list[TurnRecord]]:
        """Return up to `count` threads that began last, newest first. Not for the hot path.

        Each is its finished turns in order from the first, at most `MAX_TURNS_READ`.
        """
        if not count:
            return []  # to the database, a limit of 0 means no limit
        # uses the existing index: a turn expires a fixed time after it happened
        first = self._turns.find({"bot": bot, "turn": 1, "status": DONE}, {"thread": 1})
        rows = await self._database.call("read turns", first.sort("expires_at", DESCENDING).limit(count).to_list(None))
        keys = [row["thread"] for row in rows]
        threads: dict[str, list[TurnRecord]] = {key: [] for key in keys}
        for start in range(0, len(keys), _THREADS_A_READ):
            wanted = [
                turn_key(key, n) for key in keys[start : start + _THREADS_A_READ] for n in range(1, MAX_TURNS_READ + 1)
            ]
            cursor = self._turns.find({"_id": {"$in": wanted}, "status": DONE}, {"message_key": 0, "expires_at": 0})
            for document in await self._database.call("read turns", cursor.to_list(None)):
                record = _logged(document).record
                if record is not None:
                    threads[record.thread].append(record)
        return [sorted(records, key=lambda record: record.turn) for records in threads.values() if records]

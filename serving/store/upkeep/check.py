"""Looks for what is wrong with the database, and repairs what can be without losing a document."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pipelines.schemas.keys as keys
from pipelines.errors import StoreRefused
from pipelines.schemas.turns import DONE
from serving.store.client import Collection, Database, Document, DuplicateKeyError, IndexModel
from serving.store.schema import INDEXED, MESSAGE_KEY, Schema, has_same_fields, indexes_of, is_same_index
from serving.store.upkeep.clock import ClockCheck
from serving.store.upkeep.migrations import migrate, pending
from serving.store.upkeep.quarantine import Quarantine
from serving.store.upkeep.retention import Retention
from serving.store.versions import NUMBER, read_version

_MOST_PAIRS = 1000

Repair = Callable[[datetime], Awaitable[str]]


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with the database, or only worth knowing.

    Attributes
    ----------
    place
        The collection, or `clock`.
    what
        What is wrong, in a sentence.
    remedy
        What the repair does about it, or what the operator can do.
    repair
        Does it and returns what was done; None if only the operator can, or nothing need be done.
    is_problem
        Whether something needs to be done.
    """

    place: str
    what: str
    remedy: str
    repair: Repair | None = None
    is_problem: bool = True


class DatabaseCheck:
    """Finds and repairs; its connection must allow time for scans of whole collections."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._schema = Schema(database)
        self._quarantine = Quarantine(database)

    async def look(self, now: datetime) -> list[Finding]:
        """Return what is found, in the order to repair it. Changes nothing."""
        kinds = await self._database.collections()
        has_ttl = not await self._schema.needs_sweeping()
        findings: list[Finding] = []
        for name, kind in sorted(kinds.items()):
            if name in keys.COLLECTIONS and kind == "view":
                remedy = "rename or drop the view; the platform makes a collection of that name"
                findings.append(Finding(name, "it is a view, so nothing can be written to it", remedy))
            elif name not in keys.COLLECTIONS and not name.startswith("system."):
                findings.append(Finding(name, "it is not one of ours", "it is left alone", is_problem=False))
        for name in INDEXED:
            if kinds.get(name) == "view":
                continue
            try:
                if name == keys.TURNS:
                    findings += await self._look_for_pairs()
                findings += await self._look_at_indexes(name, has_ttl=has_ttl)
            except StoreRefused as error:
                findings.append(Finding(name, error.what, "correct that, and check again"))
        findings += await self._look_at_version()
        return [*findings, *await self._look_at_clock(now), *await self._look_aside(kinds)]

    async def _look_at_version(self) -> list[Finding]:
        """Tell of documents in the form of earlier versions; they are read all the same, so they are no problem."""
        await read_version(self._database)

        async def bring_forward(_now: datetime) -> str:
            done = await migrate(self._database)
            return f"{sum(step.n_documents for step in done):,} documents are in the form of schema {NUMBER}"

        return [
            Finding("schema", f"{step.n_documents:,} documents are of an earlier version: {step.migration.what}",
                    "migrates them, as `intentloop db migrate` does", bring_forward, is_problem=False)
            for step in (await pending(self._database))[:1]
        ]  # fmt: skip

    async def _look_for_pairs(self) -> list[Finding]:
        turns = self._database.collection(keys.TURNS)
        groups: list[Document] = [
            {"$group": {"_id": f"${MESSAGE_KEY}", "count": {"$sum": 1}}},
            {"$match": {"count": {"$gt": 1}}},
            {"$limit": _MOST_PAIRS},
        ]
        found = await self._database.call(
            "look for messages with two turns", turns.aggregate(groups, allowDiskUse=True).to_list(None)
        )
        return [await self._pair(turns, group["_id"]) for group in found]

    async def _pair(self, turns: Collection, message_key: str | None) -> Finding:
        documents = await self._database.call("read turns", turns.find({MESSAGE_KEY: message_key}).to_list(None))
        documents.sort(key=_first_answer_first)
        # several without a key are no turns of ours, so none of them stays
        kept, extra = (documents[:1], documents[1:]) if message_key is not None else ([], documents)
        names = ", ".join(repr(document["_id"]) for document in extra[:5]) + (" and others" if len(extra) > 5 else "")

        async def put_aside(now: datetime) -> str:
            reason = f"a second turn of message {message_key!r}" if kept else f"no {MESSAGE_KEY}"
            moved = [await self._quarantine.move(keys.TURNS, each, reason=reason, now=now) for each in extra]
            changed = "" if all(moved) else f"; {moved.count(False)} changed meanwhile and stayed"
            return f"{moved.count(True)} put aside in {keys.QUARANTINE!r}: {names}{changed}"

        if not kept:
            what = f"{len(extra)} documents without a {MESSAGE_KEY}: {names}"
            return Finding(keys.TURNS, what, f"moves them to {keys.QUARANTINE!r}, whole", put_aside)
        what = f"{len(documents)} turns of one message: {kept[0]['_id']!r} and {names}"
        remedy = f"keeps {kept[0]['_id']!r}, the first answer, and moves the rest to {keys.QUARANTINE!r}, whole"
        return Finding(keys.TURNS, what, remedy, put_aside)

    async def _look_at_indexes(self, name: str, *, has_ttl: bool) -> list[Finding]:
        listing = self._database.collection(name).list_indexes().to_list(None)
        found = await self._database.call(f"list the indexes of {name}", listing)
        wanted = indexes_of(name, has_ttl=has_ttl)
        missing = [index for index in wanted if not any(is_same_index(index, other) for other in found)]
        findings = [self._missing(name, index, found) for index in missing]
        for other in found:
            is_ours = any(has_same_fields(index, other) for index in wanted)
            if "expireAfterSeconds" in other and not (is_ours and other["expireAfterSeconds"] == 0):
                what = f"the index {other['name']!r} deletes documents by itself, after {other['expireAfterSeconds']} s"
                findings.append(Finding(name, what, "drop it, unless you want that"))
        return findings

    def _missing(self, name: str, index: IndexModel, found: Sequence[Mapping[str, Any]]) -> Finding:
        called = index.document["name"]
        in_the_way = [other for other in found if has_same_fields(index, other) or other["name"] == called]

        async def create(_now: datetime) -> str:
            collection = self._database.collection(name)
            for other in in_the_way:
                dropping = collection.drop_index(other["name"])
                await self._database.call(f"drop index {other['name']} of {name}", dropping)
            try:
                await self._database.call(f"create index {called} of {name}", collection.create_indexes([index]))
            except DuplicateKeyError:
                return f"the index {called!r} cannot be created yet: new duplicates have come; repeat the repair"
            return f"the index {called!r} is created"

        if in_the_way:
            what = f"the index {in_the_way[0]['name']!r} has other options than {called!r}: {_options(in_the_way[0])}"
            return Finding(name, what, "drops it and creates ours", create)
        return Finding(name, f"the index {called!r} is missing", "creates it", create)

    async def _look_at_clock(self, now: datetime) -> list[Finding]:
        retention = Retention(self._database, self._schema)
        check = ClockCheck(now, await self._database.server_time(), await retention.known_clock())
        if check.problem is None:
            return []
        if check.server_error:
            return [Finding("clock", check.problem, "correct the one that is wrong")]

        async def believe(moment: datetime) -> str:
            await retention.believe(moment)
            return "the clock is believed; the next sweep deletes what has expired"

        return [Finding("clock", check.problem, "believes the clock: see that it is right first", believe)]

    async def _look_aside(self, kinds: Mapping[str, str]) -> list[Finding]:
        count = await self._quarantine.count() if kinds.get(keys.QUARANTINE) == "collection" else 0
        what = f"{count} document(s) put aside, each with its reason"
        return [Finding(keys.QUARANTINE, what, "look at them", is_problem=False)] if count else []


def _first_answer_first(document: Document) -> tuple[bool, int, str]:
    turn = document.get("turn")
    return document.get("status") != DONE, turn if isinstance(turn, int) else 0, str(document["_id"])


def _options(index: Mapping[str, Any]) -> str:
    fields = ", ".join(index["key"])
    return f"on {fields}, {'unique' if index.get('unique') else 'not unique'}"

"""Finding conversations in the log of turns, newest first, in portions of a bounded size.

The log may hold millions of turns, and a single-threaded database answers nobody else while it looks. So a page looks
at a bounded number of turns: it may be short, or empty, and tells where the next one goes on.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pipelines.schemas.keys import (
    TURNS,
    named_thread_keys,
    thread_key_range,
    time_of_key,
    turn_key,
    turn_time_range,
)
from serving.store.client import DESCENDING, Collection, Database, Document
from serving.store.schema import TIME_KEY

_PORTION = 4000
"""Turns looked at by one query: some 30 ms of an embedded database."""
_PORTIONS = 5
"""Queries of one page, at most."""
_READ_AT_ONCE = 200
_PAUSE, _LONGEST_PAUSE_SECONDS = 2.0, 0.1
"""After each query a search pauses this many times its duration, leaving the database to the customers."""
_SHORTEST_PAUSE_SECONDS = 0.005
_SHOWN = ("thread_id", "thread", "channel", "turn", "text", "intent_id", "confidence", "route", "release", "created_at")

_HAVING: dict[str, Document] = {
    "llm": {"llm.outcome": {"$nin": [None, "off"]}},
    "tool_failure": {"tool.failure": {"$nin": [None]}},
}

T = TypeVar("T")


@dataclass(frozen=True)
class TurnFilter:
    """What a turn must be like; None: anything.

    Attributes
    ----------
    text
        Words as the customer wrote them, whatever their case and spacing.
    thread_id
        The thread, as its channel named it.
    at_least, at_most
        Bounds of the confidence, both inclusive; a turn without one is within no bounds.
    since, until
        The time: from, and before.
    having
        What it took to answer: `llm`, the language model was needed, or `tool_failure`, a tool gave no usable answer;
        as the figures count them.
    """

    text: str | None = None
    thread_id: str | None = None
    intent_id: str | None = None
    route: str | None = None
    channel: str | None = None
    release: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    since: datetime | None = None
    until: datetime | None = None
    having: str | None = None

    def query(self) -> Document:
        """Return the query, without time and thread."""
        wanted: Document = {
            name: value
            for name in ("intent_id", "route", "channel", "release")
            if (value := getattr(self, name)) is not None
        }
        bounds = {"$gte": self.at_least, "$lte": self.at_most}
        if within := {name: bound for name, bound in bounds.items() if bound is not None}:
            wanted["confidence"] = within
        if self.having is not None:
            wanted |= _HAVING[self.having]
        if self.text is not None and self.text.split():
            wanted["text"] = {"$regex": _pattern(self.text)}
        return wanted


@dataclass(frozen=True)
class FoundTurn:
    """The newest turn of a conversation that is as it must be."""

    thread_id: str
    channel: str
    turn: int
    text: str
    intent_id: str
    confidence: float | None
    route: str
    release: str
    said_at: datetime


@dataclass(frozen=True)
class SearchPlace:
    """Where a search goes on.

    Attributes
    ----------
    before
        Time key of the oldest turn that was looked at.
    began
        Time key of the newest turn when the search began: later ones are not of this search.
    """

    before: str
    began: str


@dataclass(frozen=True)
class FoundConversations:
    """A part of a search.

    Attributes
    ----------
    place
        Where to go on; None if all was looked at.
    searched_back_to
        The time of the oldest turn that was looked at; None if all was.
    """

    turns: Sequence[FoundTurn]
    place: SearchPlace | None = None

    @property
    def searched_back_to(self) -> datetime | None:
        """How far back was looked."""
        return time_of_key(self.place.before) if self.place is not None else None


class Conversations:
    """Searches `turns`."""

    def __init__(self, database: Database, *, portion: int = _PORTION) -> None:
        self._database = database
        self._turns: Collection = database.collection(TURNS)
        self._portion = portion

    async def search(
        self, bot: str, wanted: TurnFilter, *, limit: int, place: SearchPlace | None = None
    ) -> FoundConversations:
        """Return conversations with such a turn, each once, by the newest of these turns, newest first."""
        if wanted.thread_id is not None:
            return await self._of_thread(bot, wanted)
        oldest, newest = turn_time_range(bot, wanted.since, wanted.until)
        before = place.before if place is not None else newest
        began = place.began if place is not None else await self._newest(oldest, newest)
        page = _Page(limit)
        for _ in range(_PORTIONS):
            low = await self._end_of_portion(oldest, before)
            before = await self._look(page, wanted, low or oldest, before, place=place)
            if page.is_full:
                return FoundConversations(await self._shown(page.ids), SearchPlace(before, began))
            if low is None:
                return FoundConversations(await self._shown(page.ids))
            before = low
        return FoundConversations(await self._shown(page.ids), SearchPlace(before, began))

    async def _newest(self, oldest: str, newest: str) -> str:
        """Return the time key of the newest turn; empty without any."""
        cursor = self._turns.find({TIME_KEY: {"$gte": oldest, "$lt": newest}}, {TIME_KEY: 1})
        found = await self._call(cursor.sort(TIME_KEY, DESCENDING).limit(1).to_list(1))
        return str(found[0][TIME_KEY]) if found else ""

    async def _end_of_portion(self, oldest: str, before: str) -> str | None:
        """Return the time key at which a portion ends; None if it is the last one."""
        keys = self._turns.find({TIME_KEY: {"$gte": oldest, "$lt": before}}, {TIME_KEY: 1})
        cursor = keys.sort(TIME_KEY, DESCENDING).skip(self._portion - 1).limit(1)
        found = await self._call(cursor.to_list(1))
        return str(found[0][TIME_KEY]) if found else None

    async def _look(
        self, page: "_Page", wanted: TurnFilter, low: str, before: str, *, place: SearchPlace | None
    ) -> str:
        """Add the conversations of a portion to a page until it is full; return the last time key looked at."""
        query = wanted.query()
        while True:
            within = {TIME_KEY: {"$gte": low, "$lt": before}}
            cursor = self._turns.find({**within, **query}, {"thread": 1, "turn": 1, TIME_KEY: 1})
            found = await self._call(cursor.sort(TIME_KEY, DESCENDING).limit(_READ_AT_ONCE).to_list(_READ_AT_ONCE))
            known = await self._listed(found, query, place) if place is not None else frozenset()
            for document in found:
                before = document[TIME_KEY]
                if document["thread"] not in known and page.add(document) and page.is_full:
                    return before
            if len(found) < _READ_AT_ONCE:
                return low

    async def _listed(self, found: Sequence[Document], query: Document, place: SearchPlace) -> frozenset[str]:
        """Return the threads that were on an earlier page: they have such a turn after the place."""
        turn_by_thread: dict[str, int] = {}
        for document in found:
            turn_by_thread.setdefault(document["thread"], document["turn"])
        following = [turn_key(thread, turn + 1) for thread, turn in turn_by_thread.items()]
        going_on = await self._call(self._turns.find({"_id": {"$in": following}}, {"thread": 1}).to_list(None))
        listed = set()
        for thread in {document["thread"] for document in going_on}:
            low, high = thread_key_range(thread)
            later = self._turns.find({"message_key": {"$gte": low, "$lt": high}, **query}, {TIME_KEY: 1})
            keys = [document.get(TIME_KEY) or "" for document in await self._call(later.to_list(None))]
            if any(place.before <= key <= place.began for key in keys):
                listed.add(thread)
        return frozenset(listed)

    async def _of_thread(self, bot: str, wanted: TurnFilter) -> FoundConversations:
        ids: list[str] = []
        oldest, newest = turn_time_range(bot, wanted.since, wanted.until)
        for thread in named_thread_keys(bot, wanted.thread_id or ""):
            low, high = thread_key_range(thread)
            query = {"message_key": {"$gte": low, "$lt": high}, **wanted.query()}
            documents = await self._call(self._turns.find(query, {TIME_KEY: 1}).to_list(None))
            within = [each for each in documents if oldest <= (each.get(TIME_KEY) or "") < newest]
            ids += [max(within, key=lambda each: str(each[TIME_KEY]))["_id"]] if within else []
        return FoundConversations(await self._shown(ids))

    async def _shown(self, ids: Sequence[str]) -> list[FoundTurn]:
        """Read the turns to be shown, in their order."""
        if not ids:
            return []
        cursor = self._turns.find({"_id": {"$in": list(ids)}}, dict.fromkeys(_SHOWN, 1))
        by_id = {document["_id"]: document for document in await self._call(cursor.to_list(None))}
        return [_found(by_id[key]) for key in ids if key in by_id]

    async def _call(self, operation: Awaitable[T]) -> T:
        started = time.monotonic()
        answer = await self._database.call("search turns", operation)
        pause = min(_PAUSE * (time.monotonic() - started), _LONGEST_PAUSE_SECONDS)
        if pause > _SHORTEST_PAUSE_SECONDS:
            await asyncio.sleep(pause)
        return answer


class _Page:
    """The conversations of a page, each by its newest turn."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._threads: set[str] = set()
        self.ids: list[str] = []

    @property
    def is_full(self) -> bool:
        return len(self.ids) >= self._limit

    def add(self, document: Document) -> bool:
        """Add the conversation of a turn; False if the page has it."""
        if document["thread"] in self._threads:
            return False
        self._threads.add(document["thread"])
        self.ids.append(document["_id"])
        return True


def _found(document: Document) -> FoundTurn:
    fields: dict[str, Any] = {name: document.get(name) for name in _SHOWN if name not in ("thread", "created_at")}
    return FoundTurn(**fields, said_at=document["created_at"])


def _pattern(text: str) -> str:
    """Return a regular expression for words in any case and spacing, in what every engine understands."""
    return r"\s+".join("".join(map(_any_case, word)) for word in text.split())


def _any_case(character: str) -> str:
    forms = {character.lower(), character.upper()}
    if len(forms) == 1 or any(len(form) != 1 for form in forms):
        return re.escape(character)
    return f"[{''.join(sorted(forms))}]"

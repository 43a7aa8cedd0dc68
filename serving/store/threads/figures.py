"""What happened on a day, release by release: counted from the log once, and kept when its turns are gone.

    daily_figures  {_id: bot:day, bot, day, counted_to, is_final, releases: [counts of a release]}

Days are those of UTC. A day that is over is counted once; today goes on from where the last count ended, which
`counted_to`, the time key of a turn, says. A request counts a bounded number of turns, and the next one goes on. The
figures name nobody, so they stay when a conversation is forgotten.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from pipelines.schemas.bot import HANDOVER_INTENT
from pipelines.schemas.keys import DAILY_FIGURES, TURNS, thread_key, turn_key, turn_time_range
from pipelines.schemas.turns import DONE
from serving.store.client import ASCENDING, Collection, Database, Document, DuplicateKeyError
from serving.store.schema import TIME_KEY

TURNS_A_REQUEST = 10_000
_AT_ONCE = 500
_SETTLED = timedelta(minutes=2)
"""Turns of the last minutes are counted anew each time: clocks differ, and a turn may be written late."""
_LOOK_BACK = 100
"""Turns of a conversation that are looked through for a hand-over before this one."""
_READ = dict.fromkeys(("thread", "turn", "release", "route", "intent_id", "llm", "tool", "created_at", TIME_KEY), 1)


@dataclass
class Counts:
    """What happened to the messages that a release answered.

    Attributes
    ----------
    conversations
        Threads whose first message of the day it answered.
    handed_over
        Those that were handed over to a person on that day.
    llm_asked
        Messages for which the language model was needed, even if its cached answer was used.
    cost
        Of the language model, in the operator's currency; of those messages with a price.
    """

    messages: int = 0
    conversations: int = 0
    handed_over: int = 0
    fallbacks: int = 0
    clarifications: int = 0
    llm_asked: int = 0
    tool_calls: int = 0
    tool_failures: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    priced: int = 0
    cost: float = 0.0

    def plus(self, other: Self) -> Self:
        """Add counts."""
        return replace(
            self, **{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        )

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Read what was stored; what it lacks is none."""
        return cls(**{each.name: stored[each.name] for each in fields(cls) if each.name in stored})


@dataclass
class Day:
    """The figures of a day, as far as it was counted.

    Attributes
    ----------
    counted_to
        Time key of the last turn that was counted; empty if none was.
    is_final
        Whether nothing will be added.
    is_complete
        Whether all turns up to now were counted.
    """

    day: date
    by_release: dict[str, Counts] = field(default_factory=dict)
    counted_to: str = ""
    is_final: bool = False
    is_complete: bool = False

    @property
    def begins_at(self) -> datetime:
        """Its midnight."""
        return datetime.combine(self.day, time(), UTC)

    def of(self, release: str) -> Counts:
        """Return the counts of a release, to add to."""
        return self.by_release.setdefault(release, Counts())

    def copy(self) -> "Day":
        """Return a copy whose counts can be added to."""
        return replace(self, by_release={name: replace(counts) for name, counts in self.by_release.items()})


def total(counts: Iterable[Counts]) -> Counts:
    """Add up counts."""
    found = Counts()
    for each in counts:
        found = found.plus(each)
    return found


class DailyFigures:
    """Counts and reads `daily_figures` of a bot; `now` is the current time."""

    def __init__(self, database: Database, bot: str, *, now: datetime, most: int = TURNS_A_REQUEST) -> None:
        self._database, self._bot, self._now, self._left = database, bot, now, most
        self._days: Collection = database.collection(DAILY_FIGURES)
        self._turns: Collection = database.collection(TURNS)
        self._is_whole = True

    async def days(self, since: date, until: date) -> list[Day]:
        """Return the figures of days, both inclusive; the newest are counted first if there is much to count."""
        n_days = (until - since).days + 1
        wanted = [since + timedelta(days=number) for number in range(n_days)]
        cursor = self._days.find({"_id": {"$in": [self._key(day) for day in wanted]}})
        found = await self._database.call("read figures", cursor.to_list(None))
        known = {day.day: day for day in map(_stored, found)}
        days = [known.get(day) or Day(day) for day in wanted]
        self._is_whole = not await self._has_unkeyed()
        return list(reversed([await self._completed(day) for day in reversed(days)]))

    async def _completed(self, day: Day) -> Day:
        if day.is_final or day.begins_at > self._now:
            return replace(day, is_complete=True)
        ends_at = day.begins_at + timedelta(days=1)
        settled = min(ends_at, self._now - _SETTLED)
        before = day.counted_to
        counted = await self._count(day.copy(), until=settled)
        is_over = settled == ends_at
        counted = replace(counted, is_final=counted.is_complete and is_over)
        if not self._is_whole:  # what is missing now would be missing for ever
            return replace(counted, is_final=False, is_complete=False)
        if counted.by_release and (counted.counted_to != before or counted.is_final):
            await self._save(counted, before)
        if not counted.is_complete or is_over:
            return counted
        return await self._count(counted.copy(), until=ends_at)

    async def _has_unkeyed(self) -> bool:
        """Whether turns of an earlier version are still to get their time key."""
        finding = self._turns.find_one({TIME_KEY: None, "bot": self._bot, "status": DONE}, {"_id": 1})
        return await self._database.call("look for turns without time", finding) is not None

    async def _count(self, day: Day, *, until: datetime) -> Day:
        """Add the turns of a day up to a moment, as many as this request may."""
        lowest, highest = turn_time_range(self._bot, day.begins_at, until)
        position = day.counted_to or lowest
        while self._left > 0:
            size = min(_AT_ONCE, self._left)
            cursor = self._turns.find({TIME_KEY: {"$gt": position, "$lt": highest}}, _READ)
            turns = await self._database.call("count turns", cursor.sort(TIME_KEY, ASCENDING).limit(size).to_list(size))
            await self._add(day, turns)
            self._left -= len(turns)
            if turns:
                position = day.counted_to = turns[-1][TIME_KEY]
            if len(turns) < size:
                return replace(day, is_complete=True)
        return replace(day, is_complete=False)

    async def _add(self, day: Day, turns: Sequence[Document]) -> None:
        earlier = await self._predecessors(turns)
        for turn in turns:
            counts = day.of(str(turn.get("release")))
            _add_turn(counts, turn)
            before = earlier.get(turn_key(turn["thread"], turn["turn"] - 1))
            if before is None or before < day.begins_at:
                counts.conversations += 1
            if turn.get("intent_id") == HANDOVER_INTENT and (release := await self._newly_handed_over(day, turn)):
                day.of(release).handed_over += 1

    async def _predecessors(self, turns: Sequence[Document]) -> dict[str, datetime]:
        """Return when the turn before each turn was answered, by its key; those that are gone are left out."""
        known = {turn["_id"]: turn["created_at"] for turn in turns}
        keys = {turn_key(turn["thread"], turn["turn"] - 1) for turn in turns if turn["turn"] > 1} - known.keys()
        if keys:
            cursor = self._turns.find({"_id": {"$in": sorted(keys)}}, {"created_at": 1})
            found = await self._database.call("read turns", cursor.to_list(None))
            known |= {document["_id"]: document["created_at"] for document in found}
        return known

    async def _newly_handed_over(self, day: Day, turn: Document) -> str | None:
        """Return the release that the conversation counts for if this turn hands it over first on its day."""
        first = max(1, turn["turn"] - _LOOK_BACK)
        keys = [turn_key(turn["thread"], number) for number in range(first, turn["turn"] + 1)]
        cursor = self._turns.find({"_id": {"$in": keys}}, {"turn": 1, "release": 1, "created_at": 1, "answer": 1})
        found = await self._database.call("read turns", cursor.to_list(None))
        today = sorted((each for each in found if each["created_at"] >= day.begins_at), key=lambda each: each["turn"])
        handing = [each["turn"] for each in today if _is_handed_over(each)]
        return str(today[0].get("release")) if handing and handing[0] == turn["turn"] else None

    async def _save(self, day: Day, before: str) -> None:
        """Store a day, unless another process has counted on from the same place: then its figures stand."""
        document = {
            "_id": self._key(day.day),
            "bot": self._bot,
            "day": day.day.isoformat(),
            "counted_to": day.counted_to,
            "is_final": day.is_final,
            "releases": [{"release": name, **asdict(counts)} for name, counts in sorted(day.by_release.items())],
        }
        try:
            if before:
                held = {"_id": document["_id"], "counted_to": before, "is_final": False}
                await self._database.call("write figures", self._days.replace_one(held, document))
            else:
                await self._database.call("write figures", self._days.insert_one(document))
        except DuplicateKeyError:
            return

    def _key(self, day: date) -> str:
        return thread_key(self._bot, day.isoformat())


def _stored(document: Document) -> Day:
    by_release = {row["release"]: Counts.read(row) for row in document["releases"]}
    return Day(
        date.fromisoformat(document["day"]), by_release, document["counted_to"], is_final=bool(document["is_final"])
    )


def _add_turn(counts: Counts, turn: Document) -> None:
    counts.messages += 1
    counts.fallbacks += turn.get("route") == "fallback"
    counts.clarifications += turn.get("route") == "clarify"
    llm, tool = turn.get("llm"), turn.get("tool")
    if isinstance(llm, dict) and llm.get("outcome") != "off":
        counts.llm_asked += 1
        counts.prompt_tokens += int(llm.get("prompt_tokens") or 0)
        counts.completion_tokens += int(llm.get("completion_tokens") or 0)
        if llm.get("cost") is not None:
            counts.priced += 1
            counts.cost += float(llm["cost"])
    if isinstance(tool, dict):
        counts.tool_calls += 1
        counts.tool_failures += tool.get("failure") is not None


def _is_handed_over(turn: Document) -> bool:
    try:
        return bool(json.loads(turn.get("answer") or "{}").get("is_handed_over"))
    except (ValueError, AttributeError, TypeError):
        return False

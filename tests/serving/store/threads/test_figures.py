import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipelines.schemas.keys import thread_key
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.turns import ToolRecord
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.figures import Counts, DailyFigures, Day
from serving.store.threads.turns import TurnLog
from serving.store.upkeep.turn_times import fill_turn_times
from tests.support.records import turn_record

MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 5, 9, tzinfo=UTC)


@pytest.fixture
async def log(database: Database) -> TurnLog:
    await Schema(database).ensure()
    return TurnLog(database, ttl=timedelta(days=1))


async def say(log: TurnLog, bot: str, thread: str, turn: int, at: datetime, **fields: Any) -> None:
    more = {"thread": thread_key(bot, thread), "thread_id": thread, "created_at": at, **fields}
    assert await log.append(turn_record(bot, turn, f"{thread}-{turn}", **more))


async def day_of(database: Database, bot: str, day: date, *, now: datetime = LATER, **options: Any) -> Day:
    [found] = await DailyFigures(database, bot, now=now, **options).days(day, day)
    return found


async def test_day_is_counted_by_release(database: Database, log: TurnLog, new_name: str) -> None:
    asked = LlmReading(
        outcome="understood", intent_id="greet", why="", prompt_tokens=90, completion_tokens=10, cost=0.5
    )
    off = LlmReading(outcome="off", why="")
    call, failed = ToolRecord(intent_id="x", key="k"), ToolRecord(intent_id="x", key="k", failure="no answer")
    handing = {"intent_id": "handover", "answer": json.dumps({"is_handed_over": True})}
    asking = {"intent_id": "handover", "answer": json.dumps({"is_handed_over": False})}
    await say(log, new_name, "a", 1, NOON - timedelta(days=1))  # the day before
    await say(log, new_name, "a", 2, NOON, llm=asked, tool=call)
    await say(log, new_name, "a", 3, NOON + timedelta(minutes=1), release="2", route="clarify", llm=off)
    await say(log, new_name, "a", 4, NOON + timedelta(minutes=2), release="2", **handing)
    await say(log, new_name, "a", 5, NOON + timedelta(minutes=3), release="2", **handing)
    await say(log, new_name, "b", 1, NOON, release="2", route="fallback", tool=failed)
    await say(log, new_name, "b", 2, NOON + timedelta(minutes=1), release="2", **asking)
    await say(log, f"{new_name}-b", "c", 1, NOON)
    day = await day_of(database, new_name, MONDAY)
    assert (day.is_complete, day.is_final) == (True, True)
    assert day.by_release == {
        "1": Counts(
            messages=1, conversations=1, handed_over=1, llm_asked=1, tool_calls=1, prompt_tokens=90,
            completion_tokens=10, priced=1, cost=0.5,
        ),
        "2": Counts(messages=5, conversations=1, fallbacks=1, clarifications=1, tool_calls=1, tool_failures=1),
    }  # fmt: skip
    assert (await day_of(database, new_name, TUESDAY)).by_release == {}
    assert (await day_of(database, new_name, date(2027, 1, 1))).is_complete


async def test_day_that_is_over_is_counted_once_and_outlives_its_turns(
    database: Database, log: TurnLog, new_name: str
) -> None:
    await say(log, new_name, "a", 1, NOON)
    assert (await day_of(database, new_name, MONDAY)).by_release["1"].messages == 1
    await database.collection("turns").delete_many({"bot": new_name})
    assert (await day_of(database, new_name, MONDAY)).by_release["1"].messages == 1


async def test_counting_goes_on_where_it_ended_and_finds_each_conversation_once(
    database: Database, log: TurnLog, new_name: str
) -> None:
    for n in range(10):
        for turn in (1, 2):
            await say(log, new_name, f"t{n}", turn, NOON + timedelta(minutes=n + 5 * turn))
    messages = []
    for _ in range(8):
        day = await day_of(database, new_name, MONDAY, most=3)
        messages.append(day.by_release["1"].messages)
        assert day.is_complete == (messages[-1] == 20)
    assert messages == [3, 6, 9, 12, 15, 18, 20, 20]
    assert (day.by_release["1"].conversations, day.is_final) == (10, True)


async def test_today_has_the_newest_message_and_waits_for_late_ones(
    database: Database, log: TurnLog, new_name: str
) -> None:
    await say(log, new_name, "a", 1, NOON - timedelta(hours=1))
    await say(log, new_name, "b", 1, NOON - timedelta(seconds=5))
    for _ in range(2):
        day = await day_of(database, new_name, MONDAY, now=NOON)
        assert (day.by_release["1"].messages, day.is_complete, day.is_final) == (2, True, False)
    await say(log, new_name, "c", 1, NOON - timedelta(seconds=6))  # written after a later one was counted
    assert (await day_of(database, new_name, MONDAY, now=NOON)).by_release["1"].messages == 3
    assert (await day_of(database, new_name, MONDAY, now=NOON + timedelta(hours=1))).by_release["1"].messages == 3


async def test_two_who_count_at_once_count_nothing_twice(database: Database, log: TurnLog, new_name: str) -> None:
    for n in range(4):
        await say(log, new_name, f"t{n}", 1, NOON + timedelta(minutes=n))
    first = DailyFigures(database, new_name, now=LATER, most=2)
    second = DailyFigures(database, new_name, now=LATER, most=3)
    stale = Day(MONDAY)
    assert (await first._completed(stale)).by_release["1"].messages == 2
    assert (await second._completed(stale)).by_release["1"].messages == 3  # has read before the first has written
    assert (await day_of(database, new_name, MONDAY)).by_release["1"] == Counts(messages=4, conversations=4)


async def test_nothing_is_kept_while_turns_of_an_earlier_version_cannot_be_found(
    database: Database, log: TurnLog, new_name: str
) -> None:
    await say(log, new_name, "a", 1, NOON)
    await say(log, new_name, "b", 1, NOON)
    turns = database.collection("turns")
    former = await turns.find_one({"thread": thread_key(new_name, "b")})
    assert former is not None
    await turns.replace_one({"_id": former["_id"]}, {name: former[name] for name in former if name != "time_key"})
    day = await day_of(database, new_name, MONDAY)
    assert (day.by_release["1"].messages, day.is_complete, day.is_final) == (1, False, False)
    await fill_turn_times(database)
    day = await day_of(database, new_name, MONDAY)
    assert (day.by_release["1"].messages, day.is_complete, day.is_final) == (2, True, True)

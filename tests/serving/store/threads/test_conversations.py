from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines.schemas.keys import channel_thread_key, thread_key, time_of_key, turn_time_key, turn_time_range
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.turns import ToolRecord
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.conversations import Conversations, FoundTurn, TurnFilter
from serving.store.threads.turns import TurnLog
from serving.store.upkeep.turn_times import fill_turn_times
from tests.support.records import claim_of, turn_record

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
async def log(database: Database) -> TurnLog:
    await Schema(database).ensure()
    return TurnLog(database, ttl=timedelta(days=1))


async def say(log: TurnLog, bot: str, thread: str, turn: int, minutes: float, **fields: Any) -> None:
    key = fields.pop("key", thread_key(bot, thread))
    more = {"thread": key, "thread_id": thread, "created_at": START + timedelta(minutes=minutes), **fields}
    assert await log.append(turn_record(bot, turn, f"{thread}-{turn}", **more))


async def found_by(database: Database, bot: str, **wanted: Any) -> list[tuple[str, int]]:
    found = await Conversations(database).search(bot, TurnFilter(**wanted), limit=50)
    assert found.place is None
    return [(turn.thread_id, turn.turn) for turn in found.turns]


async def all_pages(
    database: Database, bot: str, wanted: TurnFilter, *, limit: int, portion: int
) -> tuple[list[FoundTurn], int]:
    turns: list[FoundTurn] = []
    place, n_pages = None, 0
    while True:
        page = await Conversations(database, portion=portion).search(bot, wanted, limit=limit, place=place)
        assert len(page.turns) <= limit
        turns, n_pages, place = [*turns, *page.turns], n_pages + 1, page.place
        if place is None:
            return turns, n_pages
        assert page.searched_back_to is not None
        assert n_pages < 200


async def test_search_combines_all_conditions(database: Database, log: TurnLog, new_name: str) -> None:
    await say(log, new_name, "a", 1, 0, text="Where is  my ORDER?", intent_id="track", confidence=0.5, release="7")
    await say(log, new_name, "a", 2, 1, text="thanks", route="fallback", confidence=0.2)
    await say(log, new_name, "b", 1, 2, text="\u00dcber (order) 100%", channel="facebook", confidence=None)
    await say(log, new_name, "c", 1, 3, text="order my food", confidence=0.9)
    await say(log, f"{new_name}x", "d", 1, 4, text="my order")
    for wanted, threads in (
        ({}, [("c", 1), ("b", 1), ("a", 2)]),
        ({"text": "my  order"}, [("a", 1)]),
        ({"text": "order"}, [("c", 1), ("b", 1), ("a", 1)]),
        ({"text": "\u00fcber (ORDER)"}, [("b", 1)]),
        ({"text": ".*"}, []),
        ({"text": "$where", "route": "intent"}, []),
        ({"intent_id": "track"}, [("a", 1)]),
        ({"route": "fallback"}, [("a", 2)]),
        ({"channel": "facebook"}, [("b", 1)]),
        ({"release": "7"}, [("a", 1)]),
        ({"at_least": 0.5}, [("c", 1), ("a", 1)]),
        ({"at_most": 0.5}, [("a", 2)]),
        ({"at_least": 0.5, "at_most": 0.5, "text": "WHERE"}, [("a", 1)]),
        ({"since": START + timedelta(minutes=2)}, [("c", 1), ("b", 1)]),
        ({"until": START + timedelta(minutes=2)}, [("a", 2)]),
        ({"until": START + timedelta(minutes=1)}, [("a", 1)]),
        ({"since": START + timedelta(days=400)}, []),
        ({"thread_id": "a"}, [("a", 2)]),
        ({"thread_id": "a", "text": "order"}, [("a", 1)]),
        ({"thread_id": "a", "until": START}, []),
        ({"thread_id": "d"}, []),
    ):
        assert await found_by(database, new_name, **wanted) == threads, wanted


async def test_search_finds_what_needed_the_language_model_or_a_tool_that_failed(
    database: Database, log: TurnLog, new_name: str
) -> None:
    for thread, outcome in (("asked", "understood"), ("away", "unavailable"), ("off", "off")):
        await say(log, new_name, thread, 1, 0, llm=LlmReading(outcome=outcome, why="unsure"))
    for thread, failure in (("failed", "no answer"), ("well", None)):
        await say(log, new_name, thread, 1, 1, tool=ToolRecord(intent_id="buy", key="k", failure=failure))
    assert sorted(await found_by(database, new_name, having="llm")) == [("asked", 1), ("away", 1)]
    assert await found_by(database, new_name, having="tool_failure") == [("failed", 1)]


async def test_pages_have_each_conversation_once_and_look_at_a_bounded_number_of_turns(
    database: Database, log: TurnLog, new_name: str
) -> None:
    for n in range(23):  # each goes on while the later ones begin
        for turn in (1, 2, 3):
            await say(log, new_name, f"t{n:02d}", turn, n + 4.5 * turn, route="fallback" if turn < 3 else "intent")
    newest_first = [f"t{n:02d}" for n in reversed(range(23))]
    for limit, portion in ((50, 1000), (5, 1000), (5, 4), (1, 1), (50, 2)):
        for wanted, turn in ((TurnFilter(), 3), (TurnFilter(route="fallback"), 2)):
            turns, n_pages = await all_pages(database, new_name, wanted, limit=limit, portion=portion)
            assert [each.thread_id for each in turns] == newest_first, (limit, portion, wanted)
            assert {each.turn for each in turns} == {turn}
    nothing, n_pages = await all_pages(database, new_name, TurnFilter(text="nobody"), limit=5, portion=4)
    assert nothing == []
    assert n_pages == 4  # five portions of four turns each


async def test_turns_that_come_during_a_search_hide_nothing(database: Database, log: TurnLog, new_name: str) -> None:
    for n in range(4):
        await say(log, new_name, f"t{n}", 1, n)
    first = await Conversations(database).search(new_name, TurnFilter(), limit=2)
    await say(log, new_name, "t0", 2, 60)
    second = await Conversations(database).search(new_name, TurnFilter(), limit=50, place=first.place)
    assert [turn.thread_id for turn in (*first.turns, *second.turns)] == ["t3", "t2", "t1", "t0"]


async def test_claims_are_no_turns_and_former_turns_get_their_key(
    database: Database, log: TurnLog, new_name: str
) -> None:
    assert await log.claim(claim_of(new_name, 1, "m"))
    await say(log, new_name, "old", 1, 0)
    turns = database.collection("turns")
    former = await turns.find_one({"thread": thread_key(new_name, "old")})
    assert former is not None
    await turns.replace_one(
        {"_id": former["_id"]}, {name: value for name, value in former.items() if name != "time_key"}
    )
    assert await found_by(database, new_name) == []
    assert await fill_turn_times(database) >= 1
    assert await found_by(database, new_name) == [("old", 1)]
    assert await turns.find_one({"_id": former["_id"]}) == former


async def test_some_of_thread_reads_in_order_whatever_has_expired(
    database: Database, log: TurnLog, new_name: str
) -> None:
    key = channel_thread_key(new_name, "facebook:1", channel="rest")
    for turn in (3, 4, 250):
        await say(log, new_name, "facebook:1", turn, turn, key=key)
    assert [each.turn for each in await log.some_of_thread(key, after=0, limit=2)] == [3, 4]
    assert [each.turn for each in await log.some_of_thread(key, after=4, limit=2)] == [250]
    assert await log.some_of_thread(key, after=250, limit=2) == []
    assert await found_by(database, new_name, thread_id="rest/facebook:1") == [("facebook:1", 250)]


def test_time_keys_sort_by_time_within_their_bot() -> None:
    at = datetime(2026, 3, 1, 0, 30, 0, 123456, tzinfo=UTC)
    key = turn_time_key("shop", "shop:t", 12, at=at)
    assert time_of_key(key) == at.replace(microsecond=123000)
    low, high = turn_time_range("shop")
    assert low <= key < high
    assert not low <= turn_time_key("shop-2", "shop-2:t", 1, at=at) < high
    later = turn_time_key("shop", "shop:a", 1, at=at.astimezone().replace(microsecond=124000))
    assert key < later
    assert turn_time_range("shop", at, at + timedelta(seconds=1))[0] <= key

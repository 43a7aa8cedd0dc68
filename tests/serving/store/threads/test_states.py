from datetime import timedelta

import pytest

from pipelines.schemas.keys import thread_key
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.states import REMEMBERED_MESSAGES, StateStore
from tests.support.records import turn_record


@pytest.fixture
async def states(database: Database) -> StateStore:
    await Schema(database).ensure()
    return StateStore(database, ttl=timedelta(days=1))


async def test_load_of_an_unknown_thread_is_at_turn_zero(states: StateStore, new_name: str) -> None:
    thread = await states.load(thread_key(new_name, "t"))
    assert (thread.turn, thread.state, thread.stored_turn) == (0, None, None)


async def test_advance_then_load_gives_the_state_after_the_turn(states: StateStore, new_name: str) -> None:
    thread = await states.load(thread_key(new_name, "t"))
    await states.advance(thread, turn_record(new_name, 1, "m1"))
    thread = await states.load(thread_key(new_name, "t"))
    assert (thread.turn, thread.state, thread.recent) == (1, '{"after": 1}', (("m1", 1),))


async def test_advance_from_an_old_turn_changes_nothing(states: StateStore, new_name: str) -> None:
    fresh = await states.load(thread_key(new_name, "t"))
    await states.advance(fresh, turn_record(new_name, 1, "m1"))
    await states.advance(fresh, turn_record(new_name, 1, "m1", state="other"))
    first = await states.load(thread_key(new_name, "t"))
    await states.advance(first, turn_record(new_name, 2, "m2"))
    await states.advance(first, turn_record(new_name, 2, "m3", state="other"))
    assert (await states.load(thread_key(new_name, "t"))).state == '{"after": 2}'


async def test_recent_messages_are_bounded(states: StateStore, new_name: str) -> None:
    for turn in range(1, REMEMBERED_MESSAGES + 3):
        thread = await states.load(thread_key(new_name, "t"))
        await states.advance(thread, turn_record(new_name, turn, f"m{turn}"))
    thread = await states.load(thread_key(new_name, "t"))
    assert len(thread.recent) == REMEMBERED_MESSAGES
    assert thread.turn_of("m1") is None
    assert thread.turn_of(f"m{turn}") == turn


async def test_expiry_stays_a_date_after_every_write(states: StateStore, database: Database, new_name: str) -> None:
    for turn in (1, 2):
        record = turn_record(new_name, turn, f"m{turn}")
        await states.advance(await states.load(thread_key(new_name, "t")), record)
        document = await database.collection("states").find_one({"bot": new_name})
        assert document is not None
        assert document["expires_at"] == record.created_at + timedelta(days=1)

import asyncio
from collections.abc import AsyncIterator

import pytest

from pipelines.schemas.keys import COLLECTIONS, TURNS
from serving.store.client import Database
from serving.store.schema import INDEXED, MESSAGE_ONCE, indexes_of
from serving.store.upkeep.prepare import prepare
from serving.store.versions import NUMBER
from tests.support.damage import drop_message_index, plant_second_turn
from tests.support.records import turn_record


@pytest.fixture
async def own(mongo_uri: str, new_name: str) -> AsyncIterator[Database]:
    """Give a database of the test's own."""
    database = Database(mongo_uri, name=new_name, timeout_seconds=30.0)
    yield database
    await database.drop()
    database.close()


async def test_prepare_makes_everything_once(own: Database) -> None:
    first = await prepare(own)
    wanted = sum(len(indexes_of(name, has_ttl=True)) for name in INDEXED)
    assert (set(first.made), first.n_indexes_made, first.n_indexes) == (set(COLLECTIONS), wanted, wanted)
    assert (first.problems, first.number) == ((), NUMBER)
    assert (await own.collections()).keys() >= COLLECTIONS
    again = await prepare(own)
    assert (again.made, again.n_indexes_made, again.n_indexes) == ((), 0, wanted)


async def test_many_processes_may_prepare_at_once(own: Database) -> None:
    found = await asyncio.gather(*(prepare(own) for _ in range(4)))
    assert [(each.problems, each.number) for each in found] == [((), NUMBER)] * 4
    assert await own.collection("schema").count_documents({}) == 1


async def test_prepare_names_an_index_that_cannot_be_made(own: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from serving.store.threads.turns import TurnLog

    monkeypatch.setattr("serving.store.upkeep.prepare._PAUSE_SECONDS", 0.0)
    await prepare(own)
    await TurnLog(own, ttl=timedelta(days=1)).append(turn_record("b", 1, "m"))
    await drop_message_index(own)
    await plant_second_turn(own, turn=2, of=1)
    [problem] = (await prepare(own)).problems
    assert problem.startswith(f"the index {MESSAGE_ONCE!r} of {TURNS!r} is missing: a unique key is there twice")

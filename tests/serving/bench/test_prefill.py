from datetime import timedelta

import pytest

from pipelines.errors import SetupProblem
from pipelines.schemas.keys import thread_key
from serving.bench.prefill import copy_threads
from serving.store.client import Database
from serving.store.threads.states import StateStore
from serving.store.threads.turns import TurnLog
from tests.support.records import turn_record

DAY = timedelta(days=1)


async def test_copy_threads_stores_whole_conversations(database: Database, new_name: str) -> None:
    states, log = StateStore(database, ttl=DAY), TurnLog(database, ttl=DAY)
    first = turn_record(new_name, 1, "m1")
    await log.append(first)
    await states.advance(await states.load(thread_key(new_name, "t")), first)
    shares: list[float] = []
    await copy_threads(database, (new_name, "t"), threads=("a", "b"), turns=300, report=shares.append)
    thread = await states.load(thread_key(new_name, "b"))
    assert (thread.turn, thread.state) == (300, first.state)
    key = thread_key(new_name, "a")
    assert await log.last_number(key) == 300
    found = await log.at(key, 7)
    assert found is not None
    assert found.record is not None
    assert (found.record.thread_id, found.record.text) == ("a", "hello")
    assert shares[-1] == 1.0


async def test_copy_threads_of_nothing_says_so(database: Database, new_name: str) -> None:
    with pytest.raises(SetupProblem, match="no turn to copy"):
        await copy_threads(database, (new_name, "t"), threads=("a",), turns=1, report=lambda _: None)

from datetime import timedelta

import pytest

from pipelines.schemas.keys import TURNS, thread_key, turn_key
from pipelines.schemas.turns import DONE, ToolRecord, TurnDocument
from pipelines.schemas.understanding import EntitySpan, IntentScore, NluResult
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.turns import TurnLog
from tests.support.records import claim_of, now, turn_record


@pytest.fixture
async def log(database: Database) -> TurnLog:
    await Schema(database).ensure()
    return TurnLog(database, ttl=timedelta(days=1))


async def test_append_then_read_gives_the_same_record(log: TurnLog, new_name: str) -> None:
    nlu = NluResult(
        text="hi",
        ranking=(IntentScore(intent_id="a.b", confidence=0.75), IntentScore(intent_id="$c", confidence=0.25)),
        entities=(EntitySpan(start=0, end=2, type="x", value="hi"),),
    )
    tool = ToolRecord(
        intent_id="a", key="k", method="POST", url="http://a/", body={"$set": {"a.b": [1, None]}}, result="x"
    )
    record = turn_record(new_name, 1, "m1", nlu=nlu, tool=tool, text="tab\t \U0001f600 é")
    assert await log.append(record)
    found = await log.at(record.thread, 1)
    assert found is not None
    assert found.record == record


async def test_turns_are_stored_with_the_fields_that_training_reads(
    database: Database, log: TurnLog, new_name: str
) -> None:
    record = turn_record(new_name, 1, "m1")
    assert await log.append(record)
    document = await database.collection(TURNS).find_one({"_id": turn_key(record.thread, 1)})
    assert document is not None
    assert document.keys() >= TurnDocument.__annotations__.keys()
    assert document["status"] == DONE
    assert all(document[name] == getattr(record, name) for name in TurnDocument.__annotations__.keys() - {"_id"})


async def test_append_refuses_a_taken_number_and_a_taken_message(log: TurnLog, new_name: str) -> None:
    assert await log.append(turn_record(new_name, 1, "m1"))
    assert not await log.append(turn_record(new_name, 1, "m2"))
    assert not await log.append(turn_record(new_name, 2, "m1"))
    assert await log.at(thread_key(new_name, "t"), 2) is None


async def test_claim_keeps_number_and_message_until_completed(log: TurnLog, new_name: str) -> None:
    claim = claim_of(new_name, 1, "m1", holder="p1", until=now())
    assert await log.claim(claim)
    assert not await log.append(turn_record(new_name, 1, "m2"))
    found = await log.of_message(claim.thread, "m1")
    assert found is not None
    assert found.claim == claim
    record = turn_record(new_name, 1, "m1", tool=claim.tool)
    assert await log.complete(claim, record)
    found = await log.at(claim.thread, 1)
    assert found is not None
    assert (found.record, found.claim) == (record, None)


async def test_complete_after_a_takeover_is_refused(log: TurnLog, new_name: str) -> None:
    claim = claim_of(new_name, 1, "m1", holder="p1", until=now())
    assert await log.claim(claim)
    taken = await log.take_over(claim, holder="p2", until=now())
    assert taken is not None
    assert await log.take_over(claim, holder="p3", until=now()) is None
    assert not await log.complete(claim, turn_record(new_name, 1, "m1", replies=("stale",)))
    assert await log.complete(taken, turn_record(new_name, 1, "m1", replies=("fresh",)))
    found = await log.at(claim.thread, 1)
    assert found is not None
    assert found.record is not None
    assert found.record.replies == ("fresh",)


async def test_last_number_looks_at_this_thread_only(log: TurnLog, new_name: str) -> None:
    assert await log.last_number(thread_key(new_name, "t")) == 0
    for turn in (1, 2, 10):
        assert await log.append(turn_record(new_name, turn, f"m{turn}"))
    other = turn_record(new_name, 99, "m", thread=thread_key(new_name, "t2"))
    assert await log.append(other)
    assert await log.last_number(thread_key(new_name, "t")) == 10


async def test_newest_threads_gives_those_that_began_last_from_their_first_turn(log: TurnLog, new_name: str) -> None:
    start = now()
    for n in range(4):
        key = thread_key(new_name, f"t{n}")
        for turn in (2, 1, 3):
            moment = start + timedelta(minutes=n, seconds=turn)
            fields = {"thread": key, "thread_id": f"t{n}", "created_at": moment}
            assert await log.append(turn_record(new_name, turn, f"{n}-{turn}", **fields))
    cut = thread_key(new_name, "cut")  # its first turn has expired
    assert await log.append(turn_record(new_name, 2, "c", thread=cut, created_at=start + timedelta(hours=1)))
    open_claim = claim_of(new_name, 4, "m", thread=thread_key(new_name, "t3"))
    assert await log.claim(open_claim)
    threads = await log.newest_threads(new_name, count=2)
    assert [[(record.thread_id, record.turn) for record in records] for records in threads] == [
        [("t3", 1), ("t3", 2), ("t3", 3)],
        [("t2", 1), ("t2", 2), ("t2", 3)],
    ]
    assert len(await log.newest_threads(new_name, count=100)) == 4
    assert await log.newest_threads(new_name, count=0) == []
    assert await log.newest_threads(f"{new_name}x", count=9) == []

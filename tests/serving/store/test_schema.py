import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from pipelines.schemas.turns import TurnRecord
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.ledger import Ledger
from serving.store.threads.states import StoredThread
from tests.support.commands import CommandWatch
from tests.support.damage import drop_message_index, plant_second_turn
from tests.support.records import now, turn_record

DAY = timedelta(days=1)


async def indexes_by_field(database: Database, collection: str) -> dict[str, Any]:
    # By field: NX-27017 gives indexes names of its own.
    information = await database.collection(collection).index_information()
    return {index["key"][0][0]: index for index in information.values()}


async def test_ensure_creates_expiry_and_uniqueness(database: Database) -> None:
    await Schema(database).ensure()
    turns, states = [await indexes_by_field(database, name) for name in ("turns", "states")]
    assert turns["message_key"]["unique"]
    assert "expires_at" in turns
    assert "expires_at" in states


async def test_ensure_asks_the_database_once(database: Database, commands: CommandWatch) -> None:
    schema = Schema(database)
    await schema.ensure()
    commands.names.clear()
    await schema.ensure()
    assert commands.names == []


@pytest.fixture
async def own(mongo_uri: str, new_name: str) -> AsyncIterator[Database]:
    """Give a database whose indexes a test may spoil."""
    database = Database(mongo_uri, name=new_name, timeout_seconds=5.0)
    yield database
    await database.drop()
    database.close()


def ledger_over(database: Database) -> Ledger:
    return Ledger.over(
        database, state_ttl=DAY, turn_ttl=DAY, holder=uuid.uuid4().hex, lease=timedelta(seconds=10), now=now
    )


async def talk(ledger: Ledger, *message_ids: str, bot: str = "b") -> None:
    for message_id in message_ids:
        thread = await ledger.open(bot, "t", message_id)
        assert isinstance(thread, StoredThread)
        assert await ledger.commit(thread, turn_record(bot, thread.turn + 1, message_id), claim=None)


async def test_message_with_two_turns_stops_neither_its_thread_nor_others(own: Database) -> None:
    await talk(ledger_over(own), "m1", "m2")
    await drop_message_index(own)
    await plant_second_turn(own, turn=3, of=1)

    ledger = ledger_over(own)  # another start
    await talk(ledger, "m4", bot="other")
    assert not ledger.schema.is_unique
    assert "'message_once' of 'turns' is missing: a unique key is there twice" in ledger.schema.problems[0]
    found = await ledger.open("b", "t", "m1")
    assert isinstance(found, TurnRecord)
    assert found.turn in (1, 3)


async def test_dropped_index_lets_no_old_message_have_a_second_turn(own: Database) -> None:
    ledger = ledger_over(own)
    await talk(ledger, *(f"m{number}" for number in range(1, 41)))
    await drop_message_index(own)
    for schema_is_looked_at in (False, True):
        for number in (1, 20, 40):
            found = await ledger.open("b", "t", f"m{number}")
            assert isinstance(found, TurnRecord), f"a second turn of message {number}"
            assert found.turn == number
        if not schema_is_looked_at:
            await ledger.schema.renew()
    assert (await indexes_by_field(own, "turns"))["message_key"]["unique"]
    assert ledger.schema.is_unique


async def test_without_its_index_every_message_is_looked_for(own: Database) -> None:
    await talk(ledger_over(own), "m1")
    await drop_message_index(own)
    await plant_second_turn(own, turn=2, of=1)
    ledger = ledger_over(own)
    await own.collection("states").delete_many({})  # the thread looks new
    found = await ledger.open("b", "t", "m1")
    assert isinstance(found, TurnRecord)


async def test_index_that_cannot_be_created_is_tried_again_seldom(own: Database, commands: CommandWatch) -> None:
    await talk(ledger_over(own), "m1")
    await drop_message_index(own)
    await plant_second_turn(own, turn=2, of=1)
    clock = [0.0]
    schema = Schema(own, clock=lambda: clock[0])
    await schema.ensure()
    commands.names.clear()
    await schema.renew()
    n_quiet = commands.names.count("createIndexes")
    clock[0] += 601
    commands.names.clear()
    await schema.renew()
    assert commands.names.count("createIndexes") == n_quiet + 1
    assert not schema.is_unique


async def test_renew_creates_what_has_vanished_and_asks_only_to_look(own: Database, commands: CommandWatch) -> None:
    schema = Schema(own)
    await schema.ensure()
    await own.collection("inbox").drop()
    commands.names.clear()
    await schema.renew()
    assert commands.names.count("createIndexes") == 3
    assert {"open_thread", "is_open", "expires_at"} <= (await indexes_by_field(own, "inbox")).keys()

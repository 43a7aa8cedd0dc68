"""Deleting what has expired, by clocks that are right and by clocks that are not."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.states import StateStore
from serving.store.threads.turns import TurnLog
from serving.store.upkeep.clock import ClockRecord, judge_clock
from serving.store.upkeep.retention import Retention
from tests.support.commands import CommandWatch
from tests.support.records import turn_record

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
START = datetime(2026, 11, 23, 12, tzinfo=UTC)


class SameMachine(Database):
    """A database on the machine of the process that asks it."""

    at = START

    async def server_time(self) -> datetime | None:
        return self.at


class Machine:
    """A database and processes whose clocks a test sets."""

    def __init__(self, database: SameMachine, *, has_ttl: bool) -> None:
        self.database = database
        self.has_ttl = has_ttl
        self.ran_seconds = 0.0
        self.start()

    def start(self) -> None:
        """Start another process."""
        self.retention = Retention(self.database, Schema(self.database), clock=lambda: self.ran_seconds)

    async def run(self, at: datetime, *, hours: float = 0.0) -> int:
        """Sweep, and again every ten minutes for some hours; returns the number of deleted documents."""
        deleted = await self._sweep(at)
        for minutes in range(10, int(hours * 60) + 1, 10):
            self.ran_seconds += 600
            deleted += await self._sweep(at + timedelta(minutes=minutes))
        return deleted

    async def _sweep(self, at: datetime) -> int:
        self.database.at = at
        return await self.retention.sweep(at)

    async def left(self) -> int:
        """Count what is left of the conversation."""
        return await self.database.collection("turns").count_documents({})


@pytest.fixture
async def machine(mongo_uri: str, new_name: str) -> AsyncIterator[Machine]:
    """Give a machine with a conversation that expires in thirty days."""
    database = SameMachine(mongo_uri, name=new_name, timeout_seconds=5.0)
    schema = Schema(database)
    await schema.ensure()
    record = turn_record("b", 1, "m1", created_at=START)
    await TurnLog(database, ttl=30 * DAY).append_all([record])
    await StateStore(database, ttl=30 * DAY).store_all([record])
    yield Machine(database, has_ttl=schema.has_ttl)
    await database.drop()
    database.close()


async def test_one_start_with_the_clock_far_ahead_deletes_nothing(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    await machine.run(START)
    machine.start()
    assert await machine.run(START + 200 * DAY, hours=2) == 0
    assert await machine.left() == 1
    assert "200 days after the newest time in the database, 2026-11-23 12:00" in caplog.text
    machine.start()
    assert await machine.run(START + 3 * HOUR) == 0  # right again
    assert await machine.left() == 1
    machine.start()
    assert await machine.run(START + 205 * DAY, hours=2) == 0  # and wrong again
    assert await machine.left() == 1


async def test_database_of_an_earlier_version_is_judged_by_its_newest_conversation(machine: Machine) -> None:
    assert await machine.run(START + 200 * DAY, hours=1) == 0
    await TurnLog(machine.database, ttl=30 * DAY).append_all([turn_record("b", 2, "m2", created_at=START + 200 * DAY)])
    machine.start()  # what was stored by the wrong clock does not prove it
    assert await machine.run(START + 200 * DAY + HOUR, hours=1) == 0
    assert await machine.left() == 2


async def test_clock_that_the_databases_machine_contradicts_deletes_nothing_however_long_it_runs(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    await machine.run(START)
    for hour in range(30):
        machine.ran_seconds += 3600
        machine.database.at = START + hour * HOUR
        assert await machine.retention.sweep(machine.database.at + 200 * DAY) == 0
    assert await machine.left() == 1
    assert "this machine's clock is 200 days ahead of that of the database's machine" in caplog.text


async def test_process_whose_clock_is_behind_does_not_make_the_right_one_doubted(machine: Machine) -> None:
    behind = Machine(machine.database, has_ttl=machine.has_ttl)
    await machine.retention.believe(START + 28 * DAY)
    for hour in range(60):
        behind.ran_seconds += 3600
        assert await behind.run(START - 200 * DAY + hour * HOUR) == 0
        deleted = await machine.run(START + 28 * DAY + hour * HOUR)
        assert machine.has_ttl or deleted == (2 if hour == 49 else 0)


async def test_process_with_a_wrong_clock_beside_one_with_a_right_one_deletes_nothing(machine: Machine) -> None:
    wrong = Machine(machine.database, has_ttl=machine.has_ttl)
    for hour in range(30):
        await machine.run(START + hour * HOUR)
        wrong.ran_seconds += 3600
        assert await wrong.run(START + 200 * DAY + hour * HOUR) == 0
    assert await machine.left() == 1


async def test_platform_that_was_off_for_long_deletes_again_after_a_day(machine: Machine) -> None:
    await machine.run(START)
    machine.start()
    assert await machine.run(START + 40 * DAY, hours=23) == 0
    deleted = await machine.run(START + 41 * DAY, hours=2)
    assert machine.has_ttl or (deleted == 2 and await machine.left() == 0)


@pytest.mark.parametrize("days", [0.5, 2.9])
async def test_weekend_without_the_platform_is_no_doubt(machine: Machine, days: float) -> None:
    await machine.retention.believe(START + 29 * DAY)
    machine.start()
    deleted = await machine.run(START + (29 + days) * DAY)
    assert machine.has_ttl or deleted == (2 if days > 1 else 0)


async def test_much_is_deleted_in_steps(machine: Machine, commands: CommandWatch) -> None:
    if machine.has_ttl:
        pytest.skip("this database deletes by itself")
    turns = machine.database.collection("turns")
    old = [{"_id": f"x{n}", "message_key": f"x{n}", "expires_at": START - DAY} for n in range(1200)]
    for begin in range(0, 1200, 200):
        await turns.insert_many(old[begin : begin + 200])
    await turns.insert_one({"_id": "later", "message_key": "later", "expires_at": START + DAY})
    commands.names.clear()
    assert await machine.run(START) == 1200
    assert commands.names.count("delete") == 3
    assert await turns.count_documents({"_id": "later"}) == 1


@pytest.mark.parametrize(
    ("known", "now", "is_doubted"),
    [
        (None, START, False),
        (ClockRecord(START), START - 2 * DAY, False),
        (ClockRecord(START), START - 4 * DAY, True),
        (ClockRecord(START, 90_000.0, START - 200 * DAY), START - 200 * DAY, False),
        (ClockRecord(START, 90_000.0, START + 200 * DAY), START - 200 * DAY, True),  # another clock was watched
        (ClockRecord(START), START + 3 * DAY, False),
        (ClockRecord(START), START + 4 * DAY, True),
        (ClockRecord(START, 90_000.0, START + 200 * DAY), START + 200 * DAY, False),  # watched for longer than a day
        (ClockRecord(START, 80_000.0, START + 200 * DAY), START + 300 * DAY, True),
        (ClockRecord(START, 90_000.0, START + 200 * DAY), START + 190 * DAY, True),  # it did not run on from there
    ],
)
def test_judge_clock(known: ClockRecord | None, now: datetime, is_doubted: bool) -> None:
    record = judge_clock(known, now=now, elapsed_seconds=600.0)
    assert record.is_doubted is is_doubted
    assert is_doubted or record.at == (START if now == START - 2 * DAY else now)

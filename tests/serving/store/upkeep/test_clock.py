"""Processes whose clocks are wrong: for how long what they write is kept, and what they say."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta, tzinfo

import pytest
from pymongo.errors import OperationFailure

from pipelines.schemas.keys import HEALTH
from serving import clock
from serving.clock import utc_now
from serving.store.access.idempotency import Idempotency
from serving.store.client import Database
from serving.store.releases.shadows import ShadowCount, ShadowCounts
from serving.store.schema import EXPIRING, Schema
from serving.store.threads.forgotten import Deletion
from serving.store.threads.inbox import Inbox, InboxItem
from serving.store.threads.ledger import Ledger
from serving.store.threads.states import StoredThread
from serving.store.threads.try_states import TryStates
from serving.store.upkeep.clock import ClockCheck, ClockRecord
from serving.store.upkeep.quarantine import Quarantine
from serving.store.upkeep.retention import Retention
from serving.store.work.jobs import Jobs
from tests.support.records import claim_of, now, turn_record

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
KEPT = 30 * DAY
WRONG = (-200 * DAY, -HOUR, HOUR, 200 * DAY)
NAMES = ("far behind", "behind", "ahead", "far ahead")
SetClock = Callable[[timedelta], None]


class OwnMachine(Database):
    """A database on the machine of the process that asks it: both have the same clock."""

    async def server_time(self) -> datetime | None:
        return utc_now()


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Let this process believe in another time."""

    def set_(ahead: timedelta) -> None:
        class Wrong(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + ahead

        monkeypatch.setattr(clock, "datetime", Wrong)

    return set_


@pytest.fixture(params=[Database, OwnMachine], ids=["another machine", "the same machine"])
async def own(request: pytest.FixtureRequest, mongo_uri: str, new_name: str) -> AsyncIterator[Database]:
    """Give a database by itself that a right clock has swept, on another machine or on this one."""
    database: Database = request.param(mongo_uri, name=new_name, timeout_seconds=5.0)
    await Retention(database, Schema(database)).sweep(now())
    yield database
    await database.drop()
    database.close()


async def write_everything(database: Database, *, moment: datetime) -> None:
    """Write a document of each kind that expires, as a process does whose clock says `moment`."""
    ledger = Ledger.over(database, state_ttl=KEPT, turn_ttl=KEPT, holder="p", lease=HOUR, now=utc_now)
    thread = await ledger.open("b", "t", "m1")
    assert isinstance(thread, StoredThread)
    assert await ledger.commit(thread, turn_record("b", 1, "m1", created_at=moment), claim=None)
    thread = await ledger.open("b", "t", "m2")
    assert isinstance(thread, StoredThread)
    assert await ledger.claim(thread, claim_of("b", 2, "m2", created_at=moment))
    times = {"happened_at": moment, "now": moment}
    event = InboxItem.new("b", "facebook:p:t", "m3", channel="facebook", event="{}", place=0, **times)
    await Inbox(database, ledger.schema).accept([event])
    await Jobs(database).request("b", by="test", now=moment)
    await ShadowCounts(database).add(ShadowCount(bot="b", shadow="2", against="1", intent_id="greet"), now=moment)
    await Quarantine(database).copy("states", {"_id": "b:t"}, reason="test", now=moment)
    await Idempotency(database).begin("k", "digest", now=moment)
    await TryStates(database).save("b", "t", turn=1, state="{}", now=moment)
    assert await TryStates(database).load("b", "t", now=moment) == (1, "{}")
    deletion = Deletion(database, ["b:u"], ttl=HOUR)
    await deletion.begin(now=moment)
    await deletion.finish(now=moment)


@pytest.mark.parametrize("ahead", WRONG, ids=NAMES)
async def test_what_a_process_with_a_wrong_clock_writes_is_kept_as_long_as_what_others_write(
    own: Database, set_clock: SetClock, ahead: timedelta
) -> None:
    before = now()
    set_clock(ahead)
    await write_everything(own, moment=utc_now())
    kept = {"states": KEPT, "turns": KEPT, "forgotten": DAY, "idempotency": DAY, "try_states": 2 * HOUR}
    for name in EXPIRING:
        for document in await own.collection(name).find({}).to_list(None):
            lives = document["expires_at"] - before
            assert lives > 0.9 * HOUR, f"{name} would be deleted at once"
            if name in kept:
                assert abs(lives - kept[name]) < timedelta(hours=3), name
    found = [name for name in EXPIRING if await own.collection(name).count_documents({})]
    assert len(found) == 9


async def test_what_others_with_a_wrong_clock_have_dated_is_kept_when_it_is_written_again(own: Database) -> None:
    ledger = Ledger.over(own, state_ttl=KEPT, turn_ttl=KEPT, holder="p", lease=HOUR, now=utc_now)
    await ledger.schema.ensure()
    thread = await ledger.open("b", "t", "m1")
    assert isinstance(thread, StoredThread)
    await ledger.turns.append(turn_record("b", 1, "m1", created_at=now() - 200 * DAY))  # and then its process died
    assert await ledger.resolve(thread, "m2") is None
    again = await ledger.open("b", "t", "m2")
    assert isinstance(again, StoredThread)
    assert again.state == '{"after": 1}'
    await Retention(own, ledger.schema).sweep(now())
    for name in ("turns", "states"):
        assert await own.collection(name).count_documents({"expires_at": {"$gt": now() + 29 * DAY}}) == 1


@pytest.mark.parametrize("ahead", WRONG, ids=NAMES)
async def test_wrong_clock_is_told_once_and_its_sweep_deletes_nothing(
    own: Database, set_clock: SetClock, caplog: pytest.LogCaptureFixture, ahead: timedelta
) -> None:
    await own.collection("turns").insert_one({"_id": "x", "message_key": "x", "expires_at": now() + KEPT})
    set_clock(ahead)
    schema = Schema(own)
    for _ in range(3):
        await schema.renew()
    is_found = not isinstance(own, OwnMachine) or abs(ahead) > 3 * DAY
    assert len(caplog.records) == is_found  # a clock that is an hour wrong does no harm, and nothing tells it here
    assert await Retention(own, schema).sweep(utc_now()) == 0
    assert await own.collection("turns").count_documents({}) == 1
    stored = await own.collection(HEALTH).find_one({"_id": "clock"})
    assert stored is not None
    assert abs(stored["at"] - now()) < 2 * HOUR


async def test_database_that_does_not_tell_the_time_is_worked_with(
    mongo_uri: str, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(mongo_uri, name=new_name, timeout_seconds=5.0)
    told = await database.server_time()
    assert told is not None
    assert abs(told - now()) < HOUR

    async def refuse(*_: object) -> None:
        raise OperationFailure("no such command: 'hello'", 59)

    monkeypatch.setattr(database._database, "command", refuse)
    assert await database.server_time() is None
    database.close()


MOMENT = now()


@pytest.mark.parametrize(
    ("server", "known", "error"),
    [
        (None, None, 0 * DAY),
        (MOMENT - HOUR / 60, None, 0 * DAY),
        (MOMENT - 10 * DAY, None, 10 * DAY),
        (MOMENT + 10 * DAY, MOMENT, -10 * DAY),  # what deletes by itself goes by its own clock, right or wrong
        (MOMENT, MOMENT - 2 * DAY, 0 * DAY),  # a weekend off
        (MOMENT, MOMENT - 10 * DAY, 10 * DAY),
        (MOMENT, MOMENT + 10 * DAY, -10 * DAY),
        (None, MOMENT + 10 * DAY, -10 * DAY),
    ],
)
def test_error_of_a_clock(server: datetime | None, known: datetime | None, error: timedelta) -> None:
    check = ClockCheck(MOMENT, server, None if known is None else ClockRecord(known))
    assert check.error == error
    assert (check.problem is None) == (not error)

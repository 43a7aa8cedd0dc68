import asyncio
from datetime import timedelta

import pytest

from pipelines.errors import StoreUnavailable, ThreadForgotten
from pipelines.schemas.keys import thread_hash, thread_key
from serving.store.client import Database
from serving.store.threads.forgotten import STALE_SECONDS, Deletion, ForgottenThreads
from serving.store.threads.ledger import Ledger
from serving.store.threads.states import StoredThread
from tests.support.clocks import Ticking
from tests.support.records import claim_of, now, turn_record

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Clock:
    """Seconds that a test lets pass."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger.over(database, state_ttl=DAY, turn_ttl=DAY, holder="p", lease=DAY, now=now)


async def opened(ledger: Ledger, bot: str, message_id: str = "new") -> StoredThread:
    thread = await ledger.open(bot, "t", message_id)
    assert isinstance(thread, StoredThread)
    return thread


async def begun(database: Database, thread: str) -> Deletion:
    deletion = Deletion(database, [thread], ttl=DAY)
    await deletion.begin(now=now())
    return deletion


async def test_turn_under_way_is_not_written_after_its_thread_was_forgotten(
    ledger: Ledger, database: Database, new_name: str
) -> None:
    thread = await opened(ledger, new_name)
    deletion = await begun(database, thread.key)
    await deletion.finish(now=now())
    await ledger.forgotten.refresh()  # as every process does each second
    with pytest.raises(ThreadForgotten):
        await ledger.claim(thread, claim_of(new_name, 1, "m1"))
    with pytest.raises(ThreadForgotten):
        await ledger.commit(thread, turn_record(new_name, 1, "m1"), claim=None)
    assert await ledger.turns.of_thread(thread.key) == []
    again = await opened(ledger, new_name)
    assert await ledger.commit(again, turn_record(new_name, 1, "m2"), claim=None)


async def test_no_turn_begins_while_its_thread_is_being_forgotten(
    ledger: Ledger, database: Database, new_name: str
) -> None:
    deletion = await begun(database, thread_key(new_name, "t"))
    with pytest.raises(ThreadForgotten):
        await opened(ledger, new_name)
    assert isinstance(await ledger.open(new_name, "another", "m1"), StoredThread)
    await deletion.finish(now=now())
    await ledger.forgotten.refresh()
    await opened(ledger, new_name)


@pytest.mark.parametrize("ahead", [-200 * DAY, -HOUR, 0 * DAY, HOUR, 200 * DAY], ids=lambda ahead: str(ahead))
async def test_deletion_holds_while_its_process_lives_and_no_longer_whatever_its_clock_says(
    database: Database, new_name: str, ahead: timedelta
) -> None:
    ticking = Ticking()
    ledger = Ledger.over(database, state_ttl=DAY, turn_ttl=DAY, holder="p", lease=DAY, now=now, clock=ticking)
    behind = await opened(ledger, new_name)
    deletion = Deletion(database, [behind.key], ttl=timedelta(seconds=4))
    await deletion.begin(now=now() + ahead)
    for _ in range(8):
        await ledger.forgotten.refresh()
        with pytest.raises(ThreadForgotten):
            await opened(ledger, new_name)
        ticking.seconds += 1
        await deletion.hold(until=now() + ahead)  # a clock that stands still, too
    for _ in range(5):
        await ledger.forgotten.refresh()
        ticking.seconds += 1
    await opened(ledger, new_name)
    with pytest.raises(ThreadForgotten):  # what had begun before stays void
        await ledger.commit(behind, turn_record(new_name, 1, "m1"), claim=None)


@pytest.mark.parametrize("ahead", [-200 * DAY, HOUR, 200 * DAY], ids=lambda ahead: str(ahead))
async def test_deletion_that_is_done_holds_nobody_up_whatever_its_clock_says(
    ledger: Ledger, database: Database, new_name: str, ahead: timedelta
) -> None:
    deletion = Deletion(database, [thread_key(new_name, "t")], ttl=timedelta(seconds=60))
    await deletion.begin(now=now() + ahead)
    await deletion.finish(now=now() + ahead)
    await ledger.forgotten.refresh()
    await opened(ledger, new_name)


@pytest.mark.parametrize("until", [HOUR, -HOUR], ids=["under way", "over"])
async def test_mark_of_an_earlier_version_is_believed_for_a_minute(
    database: Database, new_name: str, until: timedelta
) -> None:
    ticking = Ticking()
    known = ForgottenThreads(database, clock=ticking)
    mark = {"_id": thread_hash(new_name), "token": "a", "until": now() + until, "expires_at": now() + DAY}
    await database.collection("forgotten").insert_one(mark)
    held = []
    for _ in range(4):
        await known.refresh()
        try:
            known.check(new_name)
            held.append(False)
        except ThreadForgotten:
            held.append(True)
        ticking.seconds += 30
    assert held == ([True, True, False, False] if until > timedelta() else [False] * 4)


async def test_log_that_is_ahead_brings_no_forgotten_state_back(
    ledger: Ledger, database: Database, new_name: str
) -> None:
    behind = await opened(ledger, new_name)
    assert await ledger.turns.append(turn_record(new_name, 1, "m1"))
    await begun(database, behind.key)
    await ledger.forgotten.refresh()
    with pytest.raises(ThreadForgotten):
        await ledger.resolve(behind, "m2")


async def test_marks_are_looked_at_again_once_they_are_old(database: Database, new_name: str) -> None:
    clock = Clock()
    known = ForgottenThreads(database, clock=clock)
    await known.keep_fresh()
    await begun(database, new_name)
    clock.seconds = STALE_SECONDS
    await known.keep_fresh()
    known.check(new_name)
    clock.seconds += 0.1
    await known.keep_fresh()
    with pytest.raises(ThreadForgotten):
        known.check(new_name)


async def test_all_who_wait_for_the_marks_fail_with_the_one_who_looks(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    async def hang_and_fail(*_: object) -> None:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0.05)
        raise StoreUnavailable("read forgotten")

    known = ForgottenThreads(database)
    monkeypatch.setattr(known, "refresh", hang_and_fail)
    outcomes = await asyncio.gather(*(known.keep_fresh() for _ in range(50)), return_exceptions=True)
    assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    assert looks == 1
    monkeypatch.undo()
    await known.keep_fresh()  # whoever comes later looks again


async def test_mark_does_not_name_the_thread(database: Database, new_name: str) -> None:
    await begun(database, f"{new_name}:visitor-7")
    document = await database.collection("forgotten").find_one({"_id": thread_hash(f"{new_name}:visitor-7")})
    assert document is not None
    assert "visitor" not in str(document)

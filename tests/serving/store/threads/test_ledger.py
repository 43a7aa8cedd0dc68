import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipelines.schemas.keys import thread_key
from pipelines.schemas.turns import Claim, TurnRecord
from serving.store.client import Database
from serving.store.threads.ledger import Ledger
from serving.store.threads.states import StoredThread
from serving.store.watch import SILENCE_SECONDS
from tests.support.clocks import Ticking
from tests.support.commands import CommandWatch
from tests.support.records import claim_of, now, turn_record

DAY = timedelta(days=1)
OpenLedger = Callable[..., Ledger]


@pytest.fixture
def ledger_of(database: Database) -> OpenLedger:
    def build(
        holder: str, *, clock: Callable[[], datetime] = now, watch: Callable[[], float] = time.monotonic
    ) -> Ledger:
        ttl = {"state_ttl": DAY, "turn_ttl": 30 * DAY}
        return Ledger.over(database, **ttl, holder=holder, lease=timedelta(seconds=10), now=clock, clock=watch)

    return build


async def opened(ledger: Ledger, bot: str, message_id: str = "new") -> StoredThread:
    thread = await ledger.open(bot, "t", message_id)
    assert isinstance(thread, StoredThread)
    return thread


async def test_plain_turn_costs_three_round_trips(ledger_of: OpenLedger, new_name: str, commands: CommandWatch) -> None:
    ledger = ledger_of("p1")
    await ledger.schema.ensure()
    for turn in (1, 2):
        commands.names.clear()
        thread = await opened(ledger, new_name, f"m{turn}")
        assert await ledger.commit(thread, turn_record(new_name, turn, f"m{turn}"), claim=None)
        assert commands.names == ["find", "insert", "update"]


async def test_turns_of_several_threads_at_once_cost_three_round_trips_together(
    ledger_of: OpenLedger, new_name: str, commands: CommandWatch
) -> None:
    ledger = ledger_of("p1")
    names = [f"t{number}" for number in range(8)]
    await ledger.commit(await opened(ledger, new_name), turn_record(new_name, 1, "m1"), claim=None)
    commands.names.clear()

    threads = await asyncio.gather(*(ledger.open(new_name, name, "m1") for name in [*names, "t"]))
    new = [thread for thread in threads if isinstance(thread, StoredThread)]
    assert [thread.turn for thread in new] == [0] * 8
    assert isinstance(threads[-1], TurnRecord)
    records = [turn_record(new_name, 1, "m1", thread=thread_key(new_name, name), thread_id=name) for name in names]
    taken = turn_record(new_name, 2, "m1")  # a message that has its turn, among those that have none
    is_committed = await asyncio.gather(
        ledger.turns.append(taken),
        *(ledger.commit(*each, claim=None) for each in zip(new, records, strict=True)),
    )
    assert is_committed == [False] + [True] * 8
    assert commands.names == ["find", "find", "insert", "update"]
    again = await asyncio.gather(*(ledger.open(new_name, name, "m2") for name in names))
    assert [thread.turn for thread in again if isinstance(thread, StoredThread)] == [1] * 8


async def test_turn_with_a_claim_costs_four_round_trips(
    ledger_of: OpenLedger, new_name: str, commands: CommandWatch
) -> None:
    ledger = ledger_of("p1")
    await ledger.schema.ensure()
    commands.names.clear()
    thread = await opened(ledger, new_name)
    claim = await ledger.claim(thread, claim_of(new_name, 1, "m1"))
    assert await ledger.commit(thread, turn_record(new_name, 1, "m1"), claim=claim)
    assert commands.names == ["find", "insert", "update", "update"]


async def test_open_finds_the_answer_to_a_repeated_message(ledger_of: OpenLedger, new_name: str) -> None:
    ledger = ledger_of("p1")
    record = turn_record(new_name, 1, "m1")
    assert await ledger.commit(await opened(ledger, new_name), record, claim=None)
    assert await ledger.open(new_name, "t", "m1") == record


async def test_resolve_finds_the_answer_to_a_message_repeated_long_after(ledger_of: OpenLedger, new_name: str) -> None:
    ledger = ledger_of("p1")
    for turn in range(1, 25):
        assert await ledger.commit(await opened(ledger, new_name), turn_record(new_name, turn, f"m{turn}"), claim=None)
    thread = await opened(ledger, new_name)
    assert not await ledger.commit(thread, turn_record(new_name, 25, "m1"), claim=None)
    found = await ledger.resolve(thread, "m1")
    assert isinstance(found, TurnRecord)
    assert found.turn == 1


async def test_message_repeated_long_after_needs_no_index_to_be_known(
    ledger_of: OpenLedger, new_name: str, commands: CommandWatch
) -> None:
    ledger = ledger_of("p1")
    for turn in range(1, 41):
        commands.names.clear()
        assert await ledger.commit(await opened(ledger, new_name), turn_record(new_name, turn, f"m{turn}"), claim=None)
        assert turn == 1 or commands.names == ["find", "insert", "update"]
    for turn in (1, 24, 40):
        found = await ledger.open(new_name, "t", f"m{turn}")
        assert isinstance(found, TurnRecord)
        assert found.turn == turn


async def test_state_written_by_an_earlier_version_finds_old_messages_too(
    ledger_of: OpenLedger, database: Database, new_name: str
) -> None:
    ledger = ledger_of("p1")
    for turn in range(1, 25):
        assert await ledger.commit(await opened(ledger, new_name), turn_record(new_name, turn, f"m{turn}"), claim=None)
        states = database.collection("states")
        state = await states.find_one({"_id": thread_key(new_name, "t")}, {"earlier": 0})
        assert state is not None
        await states.replace_one({"_id": state["_id"]}, state)
    found = await ledger.open(new_name, "t", "m1")
    assert isinstance(found, TurnRecord)
    assert found.turn == 1


async def test_resolve_moves_a_state_on_that_a_crash_left_behind(ledger_of: OpenLedger, new_name: str) -> None:
    ledger = ledger_of("p1")
    thread = await opened(ledger, new_name)
    await ledger.turns.append(turn_record(new_name, 1, "m1"))  # and then the process died
    assert not await ledger.commit(thread, turn_record(new_name, 1, "m2"), claim=None)
    assert await ledger.resolve(thread, "m2") is None
    assert (await opened(ledger, new_name)).state == '{"after": 1}'


async def test_resolve_numbers_on_after_turns_that_outlived_their_state(ledger_of: OpenLedger, new_name: str) -> None:
    ledger = ledger_of("p1")
    long_ago = now() - 5 * DAY
    await ledger.turns.append_all([turn_record(new_name, turn, f"m{turn}", created_at=long_ago) for turn in (1, 2, 3)])
    await ledger.schema.ensure()
    thread = await opened(ledger, new_name)
    assert not await ledger.commit(thread, turn_record(new_name, 1, "m4"), claim=None)
    renumbered = await ledger.resolve(thread, "m4")
    assert isinstance(renumbered, StoredThread)
    assert (renumbered.turn, renumbered.state) == (3, None)
    assert await ledger.commit(renumbered, turn_record(new_name, 4, "m4"), claim=None)
    assert (await opened(ledger, new_name)).turn == 4


async def test_commit_after_a_part_of_the_older_turns_has_gone_moves_the_state_on(
    ledger_of: OpenLedger, new_name: str
) -> None:
    ledger = ledger_of("p1")
    long_ago = now() - 5 * DAY  # their state has expired, and so has turn 1
    await ledger.turns.append_all([turn_record(new_name, turn, f"m{turn}", created_at=long_ago) for turn in (2, 3)])
    await ledger.schema.ensure()
    assert await ledger.commit(await opened(ledger, new_name), turn_record(new_name, 1, "n1"), claim=None)
    renumbered = await ledger.resolve(await opened(ledger, new_name), "n2")
    assert isinstance(renumbered, StoredThread)
    assert (renumbered.turn, renumbered.state) == (3, '{"after": 1}')
    assert await ledger.commit(renumbered, turn_record(new_name, 4, "n2"), claim=None)
    assert (await opened(ledger, new_name)).state == '{"after": 4}'


async def test_commit_of_a_turn_finished_long_after_leaves_the_state_alone(
    ledger_of: OpenLedger, new_name: str
) -> None:
    ledger = ledger_of("p1")
    await ledger.schema.ensure()
    claim = await ledger.claim(await opened(ledger, new_name), claim_of(new_name, 1, "m1"))
    fresh = StoredThread(key=thread_key(new_name, "t"), turn=1, state=None, recent=(), stored_turn=None)
    assert await ledger.commit(fresh, turn_record(new_name, 2, "m2"), claim=None)
    thread = await opened(ledger, new_name)
    assert await ledger.commit(thread, turn_record(new_name, 1, "m1"), claim=claim)
    assert (await opened(ledger, new_name)).state == '{"after": 2}'


async def test_resolve_waits_for_a_claim_of_a_living_process(ledger_of: OpenLedger, new_name: str) -> None:
    first, second = ledger_of("p1"), ledger_of("p2")
    await first.schema.ensure()
    assert await first.claim(await opened(first, new_name), claim_of(new_name, 1, "m1"))
    thread = await opened(second, new_name)
    assert not await second.commit(thread, turn_record(new_name, 1, "m2"), claim=None)
    assert await second.resolve(thread, "m2") is None


HOUR, DAYS_200 = timedelta(hours=1), timedelta(days=200)


async def looked_until(ledger: Ledger, watch: Ticking, thread: StoredThread, *, seconds: float) -> Any:
    """Resolve every second until it gives something, for so many seconds of the process's own clock."""
    for _ in range(round(seconds)):
        if (found := await ledger.resolve(thread, "m2")) is not None:
            return found
        watch.seconds += 1
    return None


@pytest.mark.parametrize("ahead", [-HOUR, timedelta(0), HOUR, DAYS_200], ids=["behind", "same", "ahead", "far ahead"])
async def test_resolve_takes_over_a_claim_without_signs_of_life_whatever_its_clock(
    ledger_of: OpenLedger, new_name: str, ahead: timedelta
) -> None:
    first = ledger_of("p1", clock=lambda: now() + ahead)
    await first.schema.ensure()
    lost = await first.claim(await opened(first, new_name), claim_of(new_name, 1, "m1"))
    assert lost is not None
    ticking = Ticking()
    later = ledger_of("p2", watch=ticking)
    thread = await opened(later, new_name)
    assert await looked_until(later, ticking, thread, seconds=SILENCE_SECONDS) is None
    taken = await later.resolve(thread, "m2")
    assert isinstance(taken, Claim)
    assert (taken.token, taken.tool, taken.message) == (lost.token + 1, lost.tool, lost.message)
    await first.beat()  # it was not dead after all, and finds that its claim is gone
    assert not await first.commit(thread, turn_record(new_name, 1, "m1"), claim=lost)
    assert await later.commit(thread, turn_record(new_name, 1, "m1"), claim=taken)


async def test_resolve_takes_over_an_orphan_of_its_own_process_at_once(ledger_of: OpenLedger, new_name: str) -> None:
    ledger = ledger_of("p1")
    thread = await opened(ledger, new_name)
    lost = await ledger.claim(thread, claim_of(new_name, 1, "m1"))
    assert await ledger.resolve(thread, "m2") is None
    assert [claim for claim in await ledger.find_orphans() if claim.bot == new_name] == []
    ledger.let_go(lost)  # its turn has failed
    assert [claim.thread for claim in await ledger.find_orphans() if claim.bot == new_name] == [thread.key]
    assert isinstance(await ledger.resolve(thread, "m2"), Claim)


@pytest.mark.parametrize("ahead", [-DAYS_200, DAYS_200], ids=["behind", "ahead"])
async def test_resolve_leaves_a_claim_to_a_holder_that_gives_signs_of_life(
    ledger_of: OpenLedger, new_name: str, ahead: timedelta
) -> None:
    first, ticking = ledger_of("p1"), Ticking()
    second = ledger_of("p2", clock=lambda: now() + ahead, watch=ticking)
    thread = await opened(first, new_name)
    claim = await first.claim(thread, claim_of(new_name, 1, "m1"))
    for _ in range(20):
        assert await second.resolve(thread, "m2") is None
        ticking.seconds += 2
        await first.beat()
    assert await first.commit(thread, turn_record(new_name, 1, "m1"), claim=claim)


async def test_resolve_takes_no_claim_over_after_a_time_without_looks(ledger_of: OpenLedger, new_name: str) -> None:
    first, ticking = ledger_of("p1"), Ticking()
    second = ledger_of("p2", watch=ticking)
    thread = await opened(first, new_name)
    assert await first.claim(thread, claim_of(new_name, 1, "m1"))
    for _ in range(3):  # while the database was away, nobody could give a sign of life
        assert await second.resolve(thread, "m2") is None
        ticking.seconds += 60


async def test_resolve_waits_for_as_long_as_a_claim_of_an_earlier_version_may_last(
    ledger_of: OpenLedger, new_name: str
) -> None:
    ticking = Ticking()
    ledger = ledger_of("p2", watch=ticking)
    thread = await opened(ledger, new_name)
    await ledger.turns.claim(claim_of(new_name, 1, "m1", holder="p1", until=now() + DAYS_200))
    assert await looked_until(ledger, ticking, thread, seconds=10) is None
    assert isinstance(await ledger.resolve(thread, "m2"), Claim)


async def test_find_orphans_finds_those_of_dead_processes_alone(ledger_of: OpenLedger, new_name: str) -> None:
    ticking = Ticking()
    alive, dead, third = ledger_of("p1"), ledger_of("p2"), ledger_of("p3", watch=ticking)
    for ledger, name in ((alive, "a"), (dead, "d")):
        thread = await ledger.open(new_name, name, "m1")
        assert isinstance(thread, StoredThread)
        await ledger.claim(thread, claim_of(new_name, 1, "m1", thread=thread.key, thread_id=name))
    found: list[Claim] = []
    for _ in range(7):
        found = [claim for claim in await third.find_orphans() if claim.bot == new_name]
        ticking.seconds += 1
        await alive.beat()
    assert [claim.thread_id for claim in found] == ["d"]


async def test_commit_of_many_at_once_gives_numbers_without_a_gap(ledger_of: OpenLedger, new_name: str) -> None:
    async def answer(ledger: Ledger, message_id: str) -> int:
        while True:
            thread = await ledger.open(new_name, "t", message_id)
            if isinstance(thread, TurnRecord):
                return thread.turn
            record = turn_record(new_name, thread.turn + 1, message_id)
            if await ledger.commit(thread, record, claim=None):
                return record.turn
            found = await ledger.resolve(thread, message_id)
            if isinstance(found, TurnRecord):
                return found.turn

    ledgers = [ledger_of(f"p{number}") for number in range(4)]
    turns = await asyncio.gather(*(answer(ledgers[number % 4], f"m{number % 12}") for number in range(24)))
    assert set(turns) == set(range(1, 13))
    assert turns[:12] == turns[12:]
    assert await ledgers[0].turns.last_number(thread_key(new_name, "t")) == 12

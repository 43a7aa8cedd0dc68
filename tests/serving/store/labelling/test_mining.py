"""One miner of a bot at a time fills its queue, and whoever stops makes room for the next."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from pipelines.errors import LeaseLost, MiningBusy
from pipelines.progress import Progress
from pipelines.schemas.keys import mining_key, thread_key
from pipelines.schemas.labels import LabelItem
from serving.store.client import Database
from serving.store.labelling import mining
from serving.store.labelling.labels import Labels, Stored
from serving.store.labelling.mining import fill_queue
from serving.store.threads.forgotten import Deletion
from serving.store.work.leases import Leases
from tests.support.labels import label_item
from tests.support.leases import steal
from tests.support.records import now

TTL, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Found:
    items: tuple[LabelItem, ...]


class Miner:
    """Finds one text as soon as it is let go on; `do` is done between its steps."""

    def __init__(self, bot: str, *, do: Callable[[], object] = lambda: None) -> None:
        self.found = Found((label_item(bot, "hey there"),))
        self.has_begun, self.may_go_on, self.do = threading.Event(), threading.Event(), do

    def __call__(self, *, progress: Progress) -> Found:
        self.has_begun.set()
        assert self.may_go_on.wait(20)
        self.do()
        progress(0.5, "mining")
        return self.found


async def fill(database: Database, bot: str, miner: Miner) -> Stored:
    return (await fill_queue(database, bot, miner, by="ada@desk", progress=lambda share, what: None))[1]


@pytest.fixture(autouse=True)
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mining, "_LEASE", TTL)


async def test_second_miner_is_told_who_is_at_work_for_as_long_as_that_takes(database: Database, new_name: str) -> None:
    first, second = Miner(new_name), Miner(new_name)
    under_way = asyncio.create_task(fill(database, new_name, first))
    await asyncio.to_thread(first.has_begun.wait, 20)
    await asyncio.sleep(1.5 * TTL.total_seconds())  # it renews its lease
    with pytest.raises(MiningBusy, match=r"already being mined: ada@desk, process \d+ has been at work since"):
        await fill(database, new_name, second)
    assert not second.has_begun.is_set()
    first.may_go_on.set()
    assert await under_way == Stored(added=1, refreshed=0)
    second.may_go_on.set()
    assert await fill(database, new_name, second) == Stored(added=0, refreshed=0)


@pytest.mark.parametrize("ending", ["error", "cancelled"])
async def test_miner_that_stops_half_way_makes_room_at_once(database: Database, new_name: str, ending: str) -> None:
    miner = Miner(new_name, do=lambda: 1 // 0)
    under_way = asyncio.create_task(fill(database, new_name, miner))
    await asyncio.to_thread(miner.has_begun.wait, 20)
    if ending == "cancelled":
        under_way.cancel()
    else:
        miner.may_go_on.set()
    with pytest.raises(ZeroDivisionError if ending == "error" else asyncio.CancelledError):
        await under_way
    lease = await Leases(database, ttl=TTL).find(mining_key(new_name))
    assert lease is not None
    assert lease.until <= now()
    miner.may_go_on.set()


async def test_miner_that_was_taken_for_dead_stores_nothing(database: Database, new_name: str) -> None:
    miner, leases = Miner(new_name), Leases(database, ttl=TTL)
    under_way = asyncio.create_task(fill(database, new_name, miner))
    await asyncio.to_thread(miner.has_begun.wait, 20)
    _, is_ours = await leases.take(mining_key(new_name), holder="bob", now=now() + 10 * TTL)
    assert not is_ours  # a clock that is ahead takes nothing from the living
    await steal(leases, mining_key(new_name), holder="bob")
    await asyncio.sleep(TTL.total_seconds())
    miner.may_go_on.set()
    with pytest.raises(LeaseLost, match="mining was delayed"):
        await under_way
    assert await Labels(database).page(new_name) == []


@pytest.mark.parametrize("ahead", [-200 * DAY, -HOUR, 0 * HOUR, HOUR, 200 * DAY], ids=str)
@pytest.mark.parametrize("phase", ["meanwhile", "begun before", "begun before, not ended"])
async def test_miner_stores_nothing_of_a_conversation_that_is_deleted_whatever_the_clocks_say(
    database: Database, new_name: str, phase: str, ahead: timedelta
) -> None:
    """The turns are dated by a right clock; the clock of the process that deletes is the wrong one, or the reverse."""
    miner = Miner(new_name)
    source = miner.found.items[0].sources[0]
    deletion = Deletion(database, [thread_key(new_name, source.thread_id)], ttl=HOUR)
    if phase != "meanwhile":
        await deletion.begin(now=source.said_at + ahead)
    under_way = asyncio.create_task(fill(database, new_name, miner))
    await asyncio.to_thread(miner.has_begun.wait, 20)
    if phase == "meanwhile":
        await deletion.begin(now=source.said_at + ahead)
    if phase != "begun before, not ended":
        await deletion.finish(now=source.said_at + ahead)
    miner.may_go_on.set()
    assert await under_way == Stored(added=0, refreshed=0)
    await deletion.finish(now=source.said_at + ahead)
    assert await fill(database, new_name, miner) == Stored(added=1, refreshed=0)  # a new conversation of this name

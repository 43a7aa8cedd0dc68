import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipelines.errors import StoreUnavailable
from serving.store.client import Database
from serving.store.work.leases import Lease, Leases, SideWork, renewed
from tests.support.records import now

TTL = timedelta(seconds=60)


async def test_take_only_one_of_many_gets_a_lease(database: Database, new_name: str) -> None:
    leases = Leases(database, ttl=TTL)
    moment = now()
    taken = await asyncio.gather(*(leases.take(new_name, holder=f"h{n}", now=moment) for n in range(8)))
    [ours] = [lease for lease, is_ours in taken if is_ours]
    assert {lease for lease, _ in taken} == {ours}
    assert (ours.number, ours.until) == (1, moment + TTL)
    assert await leases.find(new_name) == ours


async def test_lease_of_the_dead_goes_to_one_other_and_its_holder_is_told(database: Database, new_name: str) -> None:
    leases = Leases(database, ttl=timedelta(seconds=1))
    dead, _ = await leases.take(new_name, holder="dead", now=now())
    later = dead.until + timedelta(seconds=1)
    taken = await asyncio.gather(*(leases.take(new_name, holder=f"h{n}", now=later) for n in range(4)))
    assert [lease.number for lease, is_ours in taken if is_ours] == [2]
    assert await leases.renew(dead, now=later) is None
    await leases.give_back(dead, now=later)  # not his any more, so nothing happens
    assert (await leases.take(new_name, holder="late", now=later))[1] is False


async def test_renew_and_give_back(database: Database, new_name: str) -> None:
    leases = Leases(database, ttl=TTL)
    first, _ = await leases.take(new_name, holder="a", now=now())
    renewed = await leases.renew(first, now=first.until + timedelta(seconds=5))  # late, but nobody wanted it
    assert renewed is not None
    assert renewed.since == first.since
    assert (await leases.take(new_name, holder="b", now=first.until + timedelta(seconds=6)))[1] is False
    await leases.give_back(renewed, now=now())
    second, is_ours = await leases.take(new_name, holder="b", now=now())
    assert (second.number, second.holder, is_ours) == (2, "b", True)


class Interrupted(Leases):
    """Leases in a database that is away for the first renewals."""

    failures = 0

    async def renew(self, lease: Lease, *, now: datetime) -> Lease | None:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("renew lease")
        return await super().renew(lease, now=now)


async def test_hold_renews_until_it_is_told_to_stop(database: Database, new_name: str) -> None:
    leases = Interrupted(database, ttl=timedelta(seconds=0.8))
    leases.failures = 2
    lease, _ = await leases.take(new_name, holder="a", now=now())
    stop, renewals, failures = asyncio.Event(), [], []

    async def on_renewal(*, until: datetime) -> None:
        renewals.append(until)
        if len(renewals) == 2:
            stop.set()

    assert await leases.hold(lease, stop, on_renewal=on_renewal, on_failure=failures.append)
    assert (len(renewals), len(failures)) == (2, 2)
    found = await leases.find(new_name)
    assert found is not None
    assert (found.number, found.until) == (1, renewals[-1])


async def test_hold_ends_where_somebody_took_the_lease(database: Database, new_name: str) -> None:
    leases = Leases(database, ttl=timedelta(seconds=0.4))
    lease, _ = await leases.take(new_name, holder="a", now=now())
    await leases.take(new_name, holder="b", now=lease.until + timedelta(seconds=60))
    renewals: list[Any] = []

    async def on_renewal(*, until: datetime) -> None:
        renewals.append(until)

    assert not await leases.hold(lease, asyncio.Event(), on_renewal=on_renewal, on_failure=renewals.append)
    assert renewals == []


async def test_work_under_a_lease_goes_on_while_the_database_is_away_for_a_moment(
    database: Database, new_name: str
) -> None:
    leases, work = Interrupted(database, ttl=timedelta(seconds=2)), SideWork("mining")
    lease, _ = await leases.take(new_name, holder="a", now=now())
    leases.failures = 2
    async with renewed(leases, lease, work):
        await asyncio.sleep(1.6)
    work.check()
    assert leases.failures == 0


async def test_work_under_a_lease_that_ran_out_unseen_ends(database: Database, new_name: str) -> None:
    leases, work = Interrupted(database, ttl=timedelta(seconds=0.4)), SideWork("mining")
    lease, _ = await leases.take(new_name, holder="a", now=now())
    leases.failures = 1000
    async with renewed(leases, lease, work):
        await asyncio.sleep(1.0)
    with pytest.raises(StoreUnavailable):
        work.check()
    assert leases.failures > 900


@pytest.mark.parametrize("ahead", [-3600.0, 0.0, 3600.0, 200 * 86400.0], ids=["behind", "same", "ahead", "far ahead"])
async def test_take_of_a_dead_holders_lease_waits_no_longer_than_a_lease_whatever_its_clock(
    database: Database, new_name: str, ahead: float
) -> None:
    leases = Leases(database, ttl=timedelta(seconds=1))
    await leases.take(new_name, holder="dead", now=now() + timedelta(seconds=ahead))
    async with asyncio.timeout(5):
        while not (await leases.take(new_name, holder="b", now=now()))[1]:  # noqa: ASYNC110 - until it is given
            await asyncio.sleep(0.05)


async def test_take_goes_by_the_ttl_of_the_holder_not_by_that_of_whoever_asks(
    database: Database, new_name: str
) -> None:
    await Leases(database, ttl=timedelta(seconds=60)).take(new_name, holder="slow", now=now())
    found, is_ours = await Leases(database, ttl=timedelta(seconds=0.2)).take(new_name, holder="b", now=now())
    assert (found.holder, is_ours) == ("slow", False)


async def test_lease_given_back_is_free_at_once_whatever_the_clock_of_its_holder(
    database: Database, new_name: str
) -> None:
    leases = Leases(database, ttl=TTL)
    ahead = now() + timedelta(days=200)
    lease, _ = await leases.take(new_name, holder="ahead", now=ahead)
    await leases.give_back(lease, now=ahead)
    assert (await leases.take(new_name, holder="b", now=now()))[1]


@pytest.mark.parametrize("ahead", [-200 * 86400.0, 3600.0], ids=["behind", "ahead"])
async def test_take_by_a_wrong_clock_gets_nothing_from_the_living(
    database: Database, new_name: str, ahead: float
) -> None:
    leases, stop = Leases(database, ttl=timedelta(seconds=1)), asyncio.Event()
    lease, _ = await leases.take(new_name, holder="alive", now=now())

    async def ignore(*, until: datetime) -> None:
        pass

    holding = asyncio.create_task(leases.hold(lease, stop, on_renewal=ignore, on_failure=lambda error: None))
    found, is_ours = await leases.take(new_name, holder="b", now=now() + timedelta(seconds=ahead))
    stop.set()
    assert (found.holder, is_ours, await holding) == ("alive", False, True)

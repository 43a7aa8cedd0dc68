import asyncio
from datetime import timedelta

from serving.store.client import Database
from serving.store.leases import Leases
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
    leases = Leases(database, ttl=TTL)
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

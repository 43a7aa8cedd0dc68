"""Several processes behind a load balancer: one limit for all of them."""

from serving.api.buckets import Buckets
from serving.api.rate_limits import RateLimits, SharedLimits
from serving.store.access.rate_use import RateUse
from serving.store.client import Database
from tests.support.clocks import Ticking
from tests.support.commands import CommandWatch


class Process:
    def __init__(self, database: Database, clock: Ticking) -> None:
        self.buckets = Buckets(60, clock=clock)
        limits = RateLimits(threads=None, addresses=self.buckets, keys=None, strangers=None)
        self.shared = SharedLimits(limits, RateUse(database), clock=clock)

    def passed(self, key: str, *, tries: int) -> int:
        return sum(not self.buckets.take(key).is_exceeded for _ in range(tries))


async def test_a_client_of_several_processes_has_one_limit(database: Database, new_name: str) -> None:
    clock, greedy = Ticking(), f"greedy {new_name}"
    processes = [Process(database, clock) for _ in range(3)]
    total = 0
    for second in range(60):
        clock.seconds = float(second)
        for process in processes:
            total += process.passed(greedy, tries=20)
            process.passed(f"modest {second % 7}", tries=1)
        for process in processes:
            await process.shared.exchange()
    alone = 10 + 59
    assert total <= 1.5 * alone, f"{total} passed, {3 * alone} without sharing"
    assert total >= alone
    assert all(process.passed("modest 1", tries=1) for process in processes)


async def test_without_a_busy_client_the_database_is_not_asked(
    database: Database, commands: CommandWatch, new_name: str
) -> None:
    process = Process(database, Ticking())
    process.passed(f"modest {new_name}", tries=3)
    before = len(commands.names)
    await process.shared.exchange()
    assert commands.names[before:] == []

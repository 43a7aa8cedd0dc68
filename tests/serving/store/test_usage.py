import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.schemas.keys import usage_key
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.usage import KEPT, Period, Reservation, TokenBudget
from tests.support.commands import CommandWatch

NOON = datetime(2099, 12, 31, 12, 34, 56, 789000, tzinfo=UTC)
REPOSITORY = Path(__file__).parents[3]


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


def budget_of(database: Database, *, hour: int = 1000, month: int = 5000, clock: Clock | None = None) -> TokenBudget:
    return TokenBudget(database, tokens_per_hour=hour, tokens_per_month=month, now=clock or Clock())


async def used(database: Database, bot: str) -> dict[str, int]:
    """Give the tokens counted in the hour and the month of `NOON`."""
    keys = {usage_key(bot, "2099-12-31T12"): "hour", usage_key(bot, "2099-12"): "month"}
    rows = database.collection("llm_usage").find({"_id": {"$in": list(keys)}})
    return {keys[row["_id"]]: row["tokens"] async for row in rows}


async def reserved(budget: TokenBudget, bot: str, tokens: int) -> Reservation:
    reservation = await budget.reserve(bot, tokens)
    assert isinstance(reservation, Reservation)
    return reservation


async def test_reserve_and_settle_count_what_was_used(database: Database, new_name: str) -> None:
    budget = budget_of(database)
    first = await reserved(budget, new_name, 300)
    assert await used(database, new_name) == {"hour": 300, "month": 300}
    await budget.settle(first, 120)
    await budget.settle(await reserved(budget, new_name, 100), 250)
    assert await used(database, new_name) == {"hour": 220, "month": 220}  # what was reserved is the most that counts


async def test_reserve_beyond_the_hour_takes_nothing_and_names_it(database: Database, new_name: str) -> None:
    budget = budget_of(database)
    await reserved(budget, new_name, 900)
    refused = await budget.reserve(new_name, 101)
    assert isinstance(refused, Period)
    assert (refused.name, refused.limit) == ("hour", 1000)
    await reserved(budget, new_name, 100)
    assert await used(database, new_name) == {"hour": 1000, "month": 1000}


async def test_reserve_beyond_the_month_gives_the_hour_back(database: Database, new_name: str) -> None:
    budget = budget_of(database, month=500)
    await reserved(budget, new_name, 400)
    refused = await budget.reserve(new_name, 200)
    assert isinstance(refused, Period)
    assert refused.name == "month"
    assert await used(database, new_name) == {"hour": 400, "month": 400}


async def test_reserve_of_a_budget_of_nothing_asks_no_database(
    database: Database, new_name: str, commands: CommandWatch
) -> None:
    refused = await budget_of(database, hour=0).reserve(new_name, 1)
    assert isinstance(refused, Period)
    assert commands.names == []


async def test_a_new_hour_and_a_new_month_begin_anew(database: Database, new_name: str) -> None:
    clock = Clock()
    budget = budget_of(database, hour=100, month=150, clock=clock)
    await reserved(budget, new_name, 100)
    clock.now = NOON + timedelta(hours=1)
    await reserved(budget, new_name, 50)
    assert isinstance(await budget.reserve(new_name, 50), Period)
    clock.now = NOON + timedelta(hours=12)
    await reserved(budget, new_name, 100)
    assert await used(database, new_name) == {"hour": 100, "month": 150}


async def test_settle_in_the_next_hour_counts_in_the_hour_of_the_question(database: Database, new_name: str) -> None:
    clock = Clock()
    budget = budget_of(database, clock=clock)
    reservation = await reserved(budget, new_name, 100)
    clock.now = NOON + timedelta(hours=1)
    await budget.settle(reservation, 30)
    assert await used(database, new_name) == {"hour": 30, "month": 30}


async def test_bots_do_not_share_a_budget(database: Database, new_name: str) -> None:
    budget = budget_of(database, hour=100)
    await reserved(budget, new_name, 100)
    await reserved(budget, f"{new_name}-other", 100)


async def test_reserve_by_many_at_once_never_spends_the_same_rest_twice(
    mongo_uri: str, database: Database, new_name: str
) -> None:
    others = [Database(mongo_uri, name="intentloop_test", timeout_seconds=5.0) for _ in range(2)]
    budgets = [budget_of(each, hour=1000) for each in (database, *others)]
    outcomes = await asyncio.gather(*(budgets[number % 3].reserve(new_name, 70) for number in range(30)))
    for other in others:
        other.close()
    assert sum(isinstance(outcome, Reservation) for outcome in outcomes) == 14
    assert await used(database, new_name) == {"hour": 980, "month": 980}


_SPEND = """
import asyncio, sys
from datetime import datetime
from serving.store.client import Database
from serving.store.usage import Reservation, TokenBudget

async def main(uri, bot, now):
    database = Database(uri, name="intentloop_test", timeout_seconds=5.0)
    at = datetime.fromisoformat(now)
    budget = TokenBudget(database, tokens_per_hour=1000, tokens_per_month=5000, now=lambda: at)
    outcomes = [await budget.reserve(bot, 70) for _ in range(12)]
    print(sum(isinstance(outcome, Reservation) for outcome in outcomes))
    database.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_reserve_by_two_processes_shares_one_budget(mongo_uri: str, database: Database, new_name: str) -> None:
    command = [sys.executable, "-c", _SPEND, mongo_uri, new_name, NOON.isoformat()]
    processes = [
        await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE) for _ in range(2)
    ]
    outputs = [(await process.communicate())[0] for process in processes]
    assert sum(int(output) for output in outputs) == 14
    assert await used(database, new_name) == {"hour": 980, "month": 980}


@pytest.mark.parametrize("period", ["2099-12-31T12", "2099-12"])
async def test_expiry_stays_a_date_after_every_update(database: Database, new_name: str, period: str) -> None:
    await Schema(database).ensure()
    budget = budget_of(database)
    for _ in range(2):
        await budget.settle(await reserved(budget, new_name, 100), 10)
    document = await database.collection("llm_usage").find_one({"_id": usage_key(new_name, period)})
    assert document is not None
    ends_at = datetime(2100, 1, 1, tzinfo=UTC) if period == "2099-12" else datetime(2099, 12, 31, 13, tzinfo=UTC)
    assert document["expires_at"] == ends_at + KEPT

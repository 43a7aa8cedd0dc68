"""Tables of bills, and the fleet of a busy hour."""

from dataclasses import replace

import pytest

from pipelines.settings import Settings
from serving.bench.capacity.bill import COMPONENTS, Plan, bill
from serving.bench.capacity.prices import Prices
from serving.bench.capacity.scenario import busy_hour
from serving.bench.capacity.tables import ALTERNATIVES, alternatives, budgeted_messages, components, what_a_team_pays
from serving.bench.capacity.traffic import Traffic
from serving.bench.capacity.work import Limits, Work

TRAFFIC, WORK, PRICES = Traffic(1_000_000), Work(), Prices.listed()


def test_components_are_those_of_the_bills() -> None:
    table = components([1e4, 1e6], TRAFFIC, WORK, Plan(), PRICES)
    assert list(table.columns) == list(COMPONENTS)
    assert table.loc[1e6].sum() == pytest.approx(bill(TRAFFIC, WORK, Plan(), PRICES).total)


def test_alternatives_can_be_compared_in_one_component() -> None:
    table = alternatives([1e6], TRAFFIC, WORK, ALTERNATIVES, PRICES, only=["database"])
    assert list(table.columns) == list(ALTERNATIVES)
    assert table.loc[1e6, "Atlas"] != table.loc[1e6, "EC2"] == table.loc[1e6, "own GPU"]


def test_a_team_sees_the_cheapest_plan_that_still_asks_a_model() -> None:
    table = what_a_team_pays([1e4, 1e8], TRAFFIC, WORK, PRICES)
    assert list(table["cheapest"]) == ["Atlas", "own GPU"]
    assert (table["its USD a month"] <= table["USD a month"]).all()
    assert table.loc[1e4, "USD per million"] == pytest.approx(100 * table.loc[1e4, "USD a month"])


def test_a_budget_of_tokens_is_a_number_of_messages() -> None:
    work = replace(WORK, prompt_tokens=900, answer_tokens=100)
    assert budgeted_messages(work, llm_share=0.1, tokens_per_month=1_000_000) == pytest.approx(10_000)
    assert budgeted_messages(work, llm_share=0.0, tokens_per_month=1) == float("inf")


def test_the_fleet_of_a_busy_hour_is_as_busy_as_wanted() -> None:
    traffic = replace(TRAFFIC, platform_share=0.0)
    small, large = (busy_hour(traffic, WORK, Limits.of(Settings()), times=times, seconds=1) for times in (1, 10_000))
    assert (small.fleet.processes, small.fleet.workers) == (3, 0)
    busy = large.load.per_second * WORK.cpu_ms / 1000 / large.fleet.processes
    assert 0.59 < busy <= 0.6
    assert large.load.per_second == pytest.approx(10_000 * max(traffic.by_hour))

"""The bill's arithmetic, against cases computed by hand."""

from dataclasses import replace

import pytest

from serving.bench.capacity.bill import COMPONENTS, HOURS, Plan, bill, mean_processes, processes_for, stored_gb
from serving.bench.capacity.prices import Prices
from serving.bench.capacity.traffic import Traffic
from serving.bench.capacity.work import Work

EVEN_DAY = (1,) * 24
PRICES = Prices.listed()
WORK = Work(cpu_ms=5.0, database_ms=1.0, document_bytes=2700, prompt_tokens=3000, answer_tokens=50, resident_mb=350)
SECONDS = HOURS * 3600


def per_second(rate: float, **options: float) -> Traffic:
    """Make traffic of so many messages every second of the month, unless told otherwise."""
    return replace(Traffic(rate * SECONDS, day=EVEN_DAY, peak_factor=1.0, platform_share=0.0, llm_share=0.0), **options)


def test_processes_for_rounds_up_and_keeps_the_least() -> None:
    plan = Plan(utilisation=0.5, least_processes=2)
    # 5 ms each: 100 a second for half a processor
    assert [processes_for(rate, cpu_ms=5, plan=plan) for rate in (0, 200, 300, 301)] == [2, 2, 3, 4]
    assert processes_for(300, cpu_ms=5, plan=plan, size=0.5) == 6
    assert processes_for(300, cpu_ms=5, plan=replace(plan, cpu_factor=2.0)) == 6


def test_mean_processes_follow_the_hours() -> None:
    day = (0,) * 12 + (1,) * 12
    traffic = replace(per_second(300), day=day)  # nothing, then 600 a second
    mean = mean_processes(traffic, 1.0, cpu_ms=5, plan=Plan(utilisation=0.5), size=1.0)
    assert mean == pytest.approx((2 + 6) / 2)


def test_traffic_spreads_over_the_day() -> None:
    traffic = Traffic(30_000_000, day=(1,) * 23 + (25,), peak_factor=2.0)
    assert sum(traffic.by_hour) * 3600 * (HOURS / 24) == pytest.approx(30_000_000)
    assert traffic.peak_per_second == pytest.approx(2 * 25 / 2 * traffic.mean_per_second)
    with pytest.raises(ValueError, match="24 weights"):
        Traffic(1, day=(1, 2))
    with pytest.raises(ValueError, match="share"):
        Traffic(1, llm_share=1.1)


def test_fargate_at_little_traffic_is_two_halves() -> None:
    # 2 tasks of half a processor and 1 GB: 2 * 730 h * (0.02024 + 0.004445)
    assert bill(per_second(1), WORK, Plan(), PRICES).usd["chat API"] == pytest.approx(36.04, abs=0.01)


def test_fargate_at_much_traffic_counts_whole_processors() -> None:
    # 720 a second * 5 ms = 3.6 processors, 6 at 60 %: 6 * 730 h * (0.04048 + 2 * 0.004445)
    made = bill(per_second(720), WORK, Plan(), PRICES)
    assert made.usd["chat API"] == pytest.approx(6 * 730 * 0.04937)
    # on Spot all but two of them
    on_spot = bill(per_second(720), WORK, Plan(compute="spot"), PRICES)
    assert on_spot.usd["chat API"] == pytest.approx((2 + 4 * 0.3) * 730 * 0.04937)


def test_ec2_shares_instances_between_apis_and_workers() -> None:
    # 3.6 processors for each half of 1,440 a second: 12 processes, 6 instances
    made = bill(per_second(1440, platform_share=0.5), WORK, Plan(compute="ec2"), PRICES)
    assert made.usd["chat API"] == pytest.approx(3 * 730 * 0.0816 + 80)
    assert made.usd["chat API"] == pytest.approx(made.usd["workers"])


@pytest.mark.parametrize(
    ("rate", "size", "hour"),
    [
        (100, "2 db.t3.medium", 0.078),  # 100 * 1 ms / 0.6 = 0.17 processors
        (600, "2 db.r5.large", 0.277),  # 1 processor
        (1800, "2 db.r5.xlarge", 0.554),  # 3
        (30_000, "4 db.r5.8xlarge", 2 * 4.432),  # 50: two cells
    ],
)
def test_documentdb_grows_with_the_peak(rate: float, size: str, hour: float) -> None:
    made = bill(per_second(rate), WORK, Plan(turn_days=0), PRICES)
    assert made.sizes["database"].startswith(size)
    writes = 3 * rate * SECONDS / 1e6 * 0.20  # turn and state, and one unit of 4 kB for their 2,700 bytes
    assert made.usd["database"] == pytest.approx(2 * 730 * hour + writes)


def test_stored_bytes_are_those_of_the_kept_days() -> None:
    # 1 a second: 86,400 a day for 180 days, 2,700 bytes and half as much for indexes
    assert stored_gb(per_second(1), WORK, Plan(turn_days=180)) == pytest.approx(86_400 * 180 * 4050 / 1e9)


def test_atlas_charges_all_storage_beyond_the_default() -> None:
    small = bill(per_second(0.1), WORK, Plan(database="atlas"), PRICES)
    assert small.usd["database"] == pytest.approx(60.0)
    big = bill(per_second(1), WORK, Plan(database="atlas"), PRICES)  # 63 GB
    assert big.usd["database"] == pytest.approx(730 * 0.54 + 86_400 * 180 * 4050 / 1e9 * 0.40)


def test_language_model_by_token_or_by_machine() -> None:
    traffic = per_second(10, llm_share=0.1)
    by_token = bill(traffic, WORK, Plan(llm="api"), PRICES)
    assert by_token.usd["language model"] == pytest.approx(SECONDS * (3000 * 0.40 + 50 * 1.60) / 1e6)
    by_machine = bill(replace(traffic, peak_factor=5.0), WORK, Plan(llm="gpu"), PRICES)
    assert by_machine.usd["language model"] == pytest.approx(2 * 730 * 0.98)  # 5 a second / (6.5 * 0.6): 1.3
    assert bill(traffic, WORK, Plan(llm="none"), PRICES).usd["language model"] == 0


def test_queue_is_paid_by_request_beyond_the_free_ones() -> None:
    traffic = per_second(10, platform_share=0.5)
    # three requests per message, and one empty poll every five seconds by two workers
    millions = (3 * 5 * SECONDS + 2 * SECONDS / 5) / 1e6 - 1
    assert bill(traffic, WORK, Plan(), PRICES).usd["queue"] == pytest.approx(millions * 0.40)
    assert bill(per_second(10), WORK, Plan(), PRICES).usd["queue"] == 0


def test_bill_adds_up_and_grows_with_traffic() -> None:
    bills = [bill(Traffic(10.0**power), WORK, Plan(), PRICES) for power in range(4, 10)]
    assert all(
        set(each.usd) == set(COMPONENTS) and each.total == pytest.approx(sum(each.usd.values())) for each in bills
    )
    assert [each.total for each in bills] == sorted(each.total for each in bills)
    assert [each.per_million for each in bills] == sorted((each.per_million for each in bills), reverse=True)


def test_doubling_a_price_doubles_what_is_paid_for_it() -> None:
    traffic = Traffic(10_000_000)
    before, after = (bill(traffic, WORK, Plan(), prices) for prices in (PRICES, Prices.listed(llm_in=0.8, llm_out=3.2)))
    assert after.usd["language model"] == pytest.approx(2 * before.usd["language model"])
    assert {name for name in COMPONENTS if after.usd[name] != before.usd[name]} == {"language model"}


def test_every_price_has_a_page_or_is_called_an_assumption() -> None:
    table = PRICES.table()
    assert (table["source"].str.startswith("https://") | table["source"].eq("assumption")).all()
    assert (table["USD"] > 0).all()
    assert Prices.listed(gpu=0.5).table().loc["gpu", "source"] == "yours"
    with pytest.raises(KeyError, match="there is no price 'gpus'"):
        Prices.listed(gpus=1.0)

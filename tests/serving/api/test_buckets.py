"""Token buckets: how many requests at once, how many later, and how much memory."""

import math

import pytest

from serving.api.buckets import Buckets
from tests.support.clocks import Ticking


def test_take_allows_a_sixth_at_once_then_one_at_a_time() -> None:
    clock = Ticking()
    buckets = Buckets(60, clock=clock)
    assert [buckets.take("a").remaining for _ in range(10)] == list(range(9, -1, -1))
    refused = buckets.take("a")
    assert refused.is_exceeded
    assert refused.retry_after_seconds == pytest.approx(1.0)
    assert not buckets.take("b").is_exceeded
    clock.seconds += refused.retry_after_seconds
    assert not buckets.take("a").is_exceeded
    assert buckets.take("a").is_exceeded


@pytest.mark.parametrize("per_minute", [1, 2, 7, 60, 999, 100_000])
def test_take_keeps_to_the_rate_however_clients_ask(per_minute: int) -> None:
    clock = Ticking()
    buckets = Buckets(per_minute, clock=clock)
    passed = 0
    for _ in range(3000):
        passed += not buckets.take("a").is_exceeded
        clock.seconds += 0.1
    burst = math.ceil(per_minute / 6)
    assert passed <= burst + per_minute * 5 + 1
    assert passed >= min(3000, burst + per_minute * 5 - 1)


def test_refusals_cost_the_client_nothing() -> None:
    clock = Ticking()
    buckets = Buckets(60, clock=clock)
    for _ in range(500):
        wait = buckets.take("a").retry_after_seconds
    assert wait <= 1.0 + 1e-6


def test_quota_says_who_does_not_wait() -> None:
    clock = Ticking()
    buckets = Buckets(6, clock=clock)
    assert not buckets.take("a").is_exceeded
    first, second = buckets.take("a"), buckets.take("a")
    assert (first.is_ignored, second.is_ignored) == (False, True)
    clock.seconds += second.retry_after_seconds
    buckets.take("a")
    assert not buckets.take("a").is_ignored


def test_look_counts_nothing() -> None:
    buckets = Buckets(6, clock=Ticking())
    assert not any(buckets.look("a").is_exceeded for _ in range(5))
    buckets.take("a")
    assert buckets.look("a").is_exceeded


def test_memory_is_bounded_and_a_key_in_use_keeps_its_bucket() -> None:
    buckets = Buckets(6, most=100, clock=Ticking())
    assert not buckets.take("greedy").is_exceeded
    for number in range(100_000):
        buckets.take(f"address {number}")
        if number % 50 == 0:
            assert buckets.take("greedy").is_exceeded or number > 100
    assert len(buckets) <= 300


def test_drain_names_those_that_have_used_half_and_charge_counts_for_others() -> None:
    clock = Ticking()
    here, there = Buckets(60, clock=clock), Buckets(60, clock=clock)
    for _ in range(5):
        here.take("greedy")
    here.take("modest")
    assert here.drain() == {"greedy": 5}
    assert here.drain() == {}
    there.charge("greedy", 5)
    assert [there.take("greedy").is_exceeded for _ in range(6)] == [False] * 5 + [True]
    there.charge("greedy", 1000)
    assert there.take("greedy").retry_after_seconds <= 11

"""The comparison of the simulation with real load runs."""

import pytest

from pipelines.settings import Settings
from serving.bench.capacity.validation import REAL_RUNS, RealRun, compare_with_real
from serving.bench.capacity.work import Limits, Work

LIMITS = Limits.of(Settings())


def test_throughput_is_near_what_was_measured() -> None:
    compared = compare_with_real(Work(), LIMITS)
    assert len(compared) == len(REAL_RUNS)
    ratio = compared["simulated per second"] / compared["measured per second"]
    assert ratio.between(0.85, 1.15).all()


def test_a_processor_that_is_shared_halves_the_throughput() -> None:
    alone, shared = (RealRun(16, 0, 100.0, 80.0, 100.0, 5.0, 0.5, waited) for waited in (0.0, 1.0))
    compared = compare_with_real(Work(), LIMITS, runs=[alone, shared])
    assert list(compared["processor"]) == [1.0, 0.5]
    first, second = compared["simulated per second"]
    assert first == pytest.approx(200, rel=0.05)
    assert second == pytest.approx(first / 2, rel=0.05)

"""A busy machine refuses no model, and a slow one is refused on any machine."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pipelines.nlu.model import NluModel
from pipelines.schemas.training import TrainParams
from pipelines.schemas.understanding import NluResult
from pipelines.schemas.verdict import Check
from pipelines.steps.evaluation import latency
from pipelines.steps.evaluation.latency import check_latency, measure_latency

TEXTS = [f"please track order ORD-{number}" for number in range(30)]


def limited(milliseconds: float) -> TrainParams:
    return TrainParams(max_latency_ms=milliseconds)


@contextmanager
def busy_machine() -> Iterator[None]:
    """Keep every processor busy several times over."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


class Timed(NluModel):
    """Takes as long as it is told for the n-th parse: it computes, or waits for the machine."""

    def __init__(self, *milliseconds: float, computes: bool = True) -> None:
        self.milliseconds, self.computes, self.n_parsed = milliseconds, computes, 0

    def parse(self, text: str, **_: Any) -> NluResult:
        wanted = self.milliseconds[min(self.n_parsed // len(TEXTS), len(self.milliseconds) - 1)] / 1e3
        self.n_parsed += 1
        until = time.thread_time() + wanted
        while self.computes and time.thread_time() < until:
            pass
        time.sleep(0.0 if self.computes else wanted)
        return NluResult(text=text, ranking=())


def test_check_latency_on_a_busy_machine_passes_a_fast_model_and_refuses_a_slow_one(
    tiny_model: NluModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latency, "_PAUSE_SECONDS", 0.01)
    with busy_machine():
        fast = check_latency(tiny_model, TEXTS, limited(15.0))
        slow = check_latency(Timed(20.0), TEXTS[:3], limited(15.0))
    assert fast.passed
    assert 0.0 < fast.figures["cpu_ms_p95"] < 15.0
    (reason,) = slow.reasons
    assert re.match(
        r"one in twenty utterances takes more than \d+ ms of CPU time to understand, at the fastest", reason
    )
    assert reason.endswith("the limit is 15 ms")


def test_check_latency_takes_an_interruption_for_none_of_the_model() -> None:
    """The first rounds take 8 ms, on a machine that is interrupted; later it takes 1 ms."""
    check = check_latency(Timed(8.0, 8.0, 8.0, 1.0), TEXTS, limited(5.0))
    assert check.passed
    (note,) = check.notes
    assert re.match(
        r"measured once, one in twenty utterances took more than \d+ ms of CPU time, but \d ms at the", note
    )
    (measure,) = check.measures
    assert 1.0 <= measure.value < 5.0
    assert (measure.limit, measure.unit, measure.is_floor, measure.passed) == (5.0, "ms", False, True)


def test_check_latency_does_not_count_time_that_is_waited() -> None:
    assert check_latency(Timed(6.0, computes=False), TEXTS[:5], limited(3.0)).passed


def test_measure_latency_waits_before_it_measures_again_and_stops_once_it_is_fast_enough() -> None:
    waits: list[float] = []
    found = measure_latency(Timed(4.0, 4.0, 4.0, 4.0, 0.5), TEXTS, limit_ms=2.0, pause=waits.append)
    assert found.p95 < 2.0 < 4.0 <= found.p95_once
    assert len(waits) == 2


def test_measure_latency_measures_a_sample_of_many_texts() -> None:
    assert measure_latency(Timed(0.0), TEXTS * 20, limit_ms=100.0).n == 100


def test_check_latency_without_texts_has_nothing_to_measure() -> None:
    assert check_latency(Timed(0.0), [], limited(1.0)) == Check()

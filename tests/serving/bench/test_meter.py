import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from serving.bench.meter import ONE_OF, REPORT_PATH, Account, CpuMeter, MeteredRequests

Work = Callable[[CpuMeter], Awaitable[None]]


def burn(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(100))


async def handle(work: Work, meter: CpuMeter, path: str = "/") -> list[Any]:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        await work(meter)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    await MeteredRequests(app, meter)({"type": "http", "path": path}, receive, send)
    return sent


async def test_inside_charges_work_and_not_waiting() -> None:
    async def work(meter: CpuMeter) -> None:
        with meter.inside("database"):
            burn(0.02)
            await asyncio.sleep(0.1)
            burn(0.02)

    meter = CpuMeter()
    await handle(work, meter)
    assert meter.on_loop["database"] == pytest.approx(0.04, abs=0.01)
    assert meter.on_loop["http"] < 0.01


async def test_one_of_some_requests_is_metered_and_all_are_counted() -> None:
    async def work(meter: CpuMeter) -> None:
        with meter.inside("tools"):
            burn(0.01)

    meter = CpuMeter()
    for _ in range(ONE_OF + 1):
        await handle(work, meter)
    assert (meter.counts["requests"], meter.counts["metered"]) == (ONE_OF + 1, 2)
    assert meter.on_loop["tools"] == pytest.approx(0.02, abs=0.01)


async def test_requests_that_take_turns_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.bench.meter.ONE_OF", 1)

    def work_on(account: Account) -> Work:
        async def work(meter: CpuMeter) -> None:
            with meter.inside(account):
                for _ in range(5):
                    burn(0.01)
                    await asyncio.sleep(0)

        return work

    meter = CpuMeter()
    await asyncio.gather(handle(work_on("tools"), meter), handle(work_on("dialogue"), meter))
    assert meter.on_loop["tools"] == pytest.approx(0.05, abs=0.02)
    assert meter.on_loop["dialogue"] == pytest.approx(0.05, abs=0.02)
    assert meter.counts["requests"] == 2


async def test_what_is_inside_belongs_to_the_innermost_account() -> None:
    async def work(meter: CpuMeter) -> None:
        with meter.inside("dialogue"), meter.inside_nlu():
            burn(0.03)

    meter = CpuMeter()
    await handle(work, meter)
    assert meter.on_loop["nlu"] == pytest.approx(0.03, abs=0.01)
    assert meter.on_loop["dialogue"] < 0.01


async def test_text_read_in_a_thread_counts_as_understanding() -> None:
    def read(meter: CpuMeter) -> None:
        with meter.inside_nlu():
            burn(0.03)

    async def work(meter: CpuMeter) -> None:
        await asyncio.to_thread(read, meter)

    meter = CpuMeter()
    await handle(work, meter)
    assert meter.nlu_in_threads == pytest.approx(0.03, abs=0.01)
    assert meter.on_loop["nlu"] == 0


async def test_cancelled_request_is_cancelled() -> None:
    cleaned = []

    async def work(meter: CpuMeter) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            cleaned.append(True)

    task = asyncio.create_task(handle(work, CpuMeter()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned == [True]


async def test_report_is_answered_without_the_app() -> None:
    async def work(meter: CpuMeter) -> None:
        raise AssertionError("the app is not asked")

    sent = await handle(work, CpuMeter(), path=REPORT_PATH)
    assert sent[0]["status"] == 200
    assert b'"process"' in sent[1]["body"]

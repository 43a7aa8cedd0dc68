import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from pipelines.errors import QueueUnavailable, StoreUnavailable
from serving.channels import queue
from serving.channels.queue import LocalQueue


@dataclass
class Work:
    """What a queue is given to do: threads wait at the gate until the test opens it."""

    begun: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    due: list[str] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self, thread: str) -> None:
        self.begun.append(thread)
        if self.failures:
            raise self.failures.pop(0)
        await self.gate.wait()
        self.done.append(thread)

    async def due_threads(self, limit: int) -> list[str]:
        if self.failures:
            raise self.failures.pop(0)
        due, self.due = self.due[:limit], self.due[limit:]
        return due


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def local(work: Work) -> AsyncIterator[LocalQueue]:
    local = LocalQueue(work.work, work.due_threads, max_pending=4, workers=2)
    yield local
    work.gate.set()
    await local.aclose()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_put_works_on_as_many_as_there_are_slots(local: LocalQueue, work: Work) -> None:
    await local.put(["a", "b", "c"])
    await until(lambda: work.begun == ["a", "b"])
    work.gate.set()
    await until(lambda: work.done == ["a", "b", "c"])


async def test_put_of_a_thread_that_waits_adds_nothing_and_of_one_under_way_does(local: LocalQueue, work: Work) -> None:
    await local.put(["a", "b", "c"])
    await until(lambda: len(work.begun) == 2)
    await local.put(["c", "a"])
    work.gate.set()
    await until(lambda: sorted(work.done) == ["a", "a", "b", "c"])


async def test_check_room_refuses_when_full_and_when_ending(local: LocalQueue, work: Work) -> None:
    await local.put(["a", "b", "c"])
    local.check_room()
    await local.put(["d"])
    with pytest.raises(QueueUnavailable, match="4 threads"):
        local.check_room()
    work.gate.set()
    await until(lambda: len(work.done) == 4)
    local.check_room()
    await local.aclose()
    with pytest.raises(QueueUnavailable, match="about to end"):
        local.check_room()


async def test_what_fails_takes_no_slot_and_is_left_to_the_sweep(local: LocalQueue, work: Work) -> None:
    work.failures = [StoreUnavailable("x"), RuntimeError("a bug"), StoreUnavailable("y")]
    work.gate.set()
    await local.put(["a", "b", "c", "d"])
    await until(lambda: work.done == ["d"])


async def test_the_sweep_takes_up_what_is_due_when_there_are_free_slots(
    local: LocalQueue, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "SWEEP_SECONDS", 0.01)
    work.due = list("abcdef")
    work.failures = [StoreUnavailable("x"), RuntimeError("a bug")]
    local.start()
    await until(lambda: work.begun == ["a", "b"])
    await asyncio.sleep(0.05)
    assert work.due == list("cdef")
    work.gate.set()
    await until(lambda: sorted(work.done) == list("abcdef"))


async def test_aclose_finishes_what_is_under_way_and_leaves_the_rest(
    local: LocalQueue, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.start()
    await local.put(["a"])
    asyncio.get_running_loop().call_later(0.05, work.gate.set)
    await local.aclose()
    assert work.done == ["a"]
    monkeypatch.setattr(queue, "DRAIN_SECONDS", 0.05)
    work.gate.clear()
    await local.put(["b"])
    await local.aclose()
    assert (work.begun, work.done) == (["a", "b"], ["a"])

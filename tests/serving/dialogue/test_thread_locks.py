import asyncio

import pytest

from pipelines.errors import StateConflict
from serving.dialogue.thread_locks import ThreadLocks


async def test_hold_keeps_the_order_of_arrival() -> None:
    queues, order = ThreadLocks(5), []

    async def work(number: int) -> None:
        async with queues.hold("b:t"):
            await asyncio.sleep(0.002 if number == 0 else 0)
            order.append(number)

    await asyncio.gather(*(work(number) for number in range(20)))
    assert order == list(range(20))


async def test_hold_never_makes_another_thread_wait() -> None:
    queues = ThreadLocks(5)
    async with queues.hold("b:t"), asyncio.timeout(1), queues.hold("b:t2"), queues.hold("b2:t"):
        pass


async def test_hold_gives_up_after_its_patience() -> None:
    queues = ThreadLocks(0.05)
    async with queues.hold("b:t"):
        with pytest.raises(StateConflict):
            async with queues.hold("b:t"):
                pass


async def test_hold_forgets_quiet_threads() -> None:
    queues = ThreadLocks(5)
    for number in range(100):
        async with queues.hold(f"b:t{number}"):
            pass
    assert len(queues._locks) <= 1


async def test_hold_goes_on_after_an_error_and_a_cancellation() -> None:
    queues = ThreadLocks(5)
    with pytest.raises(ValueError, match="x"):
        async with queues.hold("b:t"):
            raise ValueError("x")
    async with queues.hold("b:t"):
        waiting = asyncio.create_task(queues.hold("b:t").__aenter__())
        await asyncio.sleep(0.01)
        waiting.cancel()
    async with asyncio.timeout(1), queues.hold("b:t"):
        pass

import asyncio

import pytest

from pipelines.errors import StateConflict
from serving.dialogue.order import ThreadQueues


async def test_turn_of_keeps_the_order_of_arrival() -> None:
    queues, order = ThreadQueues(5), []

    async def work(number: int) -> None:
        async with queues.turn_of("b", "t"):
            await asyncio.sleep(0.002 if number == 0 else 0)
            order.append(number)

    await asyncio.gather(*(work(number) for number in range(20)))
    assert order == list(range(20))


async def test_turn_of_never_makes_another_thread_wait() -> None:
    queues = ThreadQueues(5)
    async with queues.turn_of("b", "t"), asyncio.timeout(1), queues.turn_of("b", "t2"), queues.turn_of("b2", "t"):
        pass


async def test_turn_of_gives_up_after_its_patience() -> None:
    queues = ThreadQueues(0.05)
    async with queues.turn_of("b", "t"):
        with pytest.raises(StateConflict):
            async with queues.turn_of("b", "t"):
                pass


async def test_turn_of_forgets_quiet_threads() -> None:
    queues = ThreadQueues(5)
    for number in range(100):
        async with queues.turn_of("b", f"t{number}"):
            pass
    assert len(queues._locks) <= 1


async def test_turn_of_goes_on_after_an_error_and_a_cancellation() -> None:
    queues = ThreadQueues(5)
    with pytest.raises(ValueError, match="x"):
        async with queues.turn_of("b", "t"):
            raise ValueError("x")
    async with queues.turn_of("b", "t"):
        waiting = asyncio.create_task(queues.turn_of("b", "t").__aenter__())
        await asyncio.sleep(0.01)
        waiting.cancel()
    async with asyncio.timeout(1), queues.turn_of("b", "t"):
        pass

import asyncio
from collections.abc import Sequence

import pytest

from pipelines.errors import StoreUnavailable
from serving.store import batching
from serving.store.batching import MAX_ITEMS, Batcher
from tests.support.providers import until


class _Doubler:
    """Doubles numbers, and writes down how it was called; 13 alone cannot be sent.

    `answered`: what it answers waits for that.
    """

    def __init__(self, failure: Exception | None = None, *, answered: asyncio.Event | None = None) -> None:
        self.calls: list[list[int]] = []
        self.failure = failure
        self.answered = answered
        self.double = Batcher(self._one, self._several)

    async def _one(self, number: int) -> int:
        return (await self._several([number]))[0]

    async def _several(self, numbers: Sequence[int]) -> list[int]:
        self.calls.append(list(numbers))
        await (self.answered.wait() if self.answered else asyncio.sleep(0))
        if self.failure is not None:
            raise self.failure
        if 13 in numbers:
            raise ValueError("13 cannot be sent")
        return [number * 2 for number in numbers]


async def test_calls_of_one_round_go_out_together_and_each_gets_its_own_result() -> None:
    doubler = _Doubler()
    assert await asyncio.gather(*map(doubler.double, (1, 2, 3))) == [2, 4, 6]
    assert doubler.calls == [[1, 2, 3]]


async def test_a_call_that_is_alone_does_not_wait_for_others() -> None:
    doubler = _Doubler()
    first = await doubler.double(1)
    second = await doubler.double(2)
    assert (first, second, doubler.calls) == (2, 4, [[1], [2]])


async def test_a_crowd_goes_out_in_calls_of_a_bounded_size() -> None:
    doubler = _Doubler()
    numbers = range(2 * MAX_ITEMS + 1)
    assert await asyncio.gather(*map(doubler.double, (n * 100 for n in numbers))) == [n * 200 for n in numbers]
    assert [len(call) for call in doubler.calls] == [MAX_ITEMS, MAX_ITEMS, 1]


async def test_what_cannot_be_sent_does_not_hurt_its_neighbours() -> None:
    doubler = _Doubler()
    first, bad, last = await asyncio.gather(*map(doubler.double, (1, 13, 3)), return_exceptions=True)
    assert (first, last) == (2, 6)
    assert isinstance(bad, ValueError)


async def test_a_database_that_is_away_is_asked_once_and_each_is_told() -> None:
    doubler = _Doubler(StoreUnavailable("write turn"))
    results = await asyncio.gather(*map(doubler.double, (1, 2)), return_exceptions=True)
    assert all(isinstance(result, StoreUnavailable) for result in results)
    assert results[0] is not results[1]
    assert doubler.calls == [[1, 2]]


async def test_one_who_is_called_off_leaves_the_others_alone() -> None:
    doubler = _Doubler()
    impatient = asyncio.create_task(doubler.double(1))
    patient = asyncio.create_task(doubler.double(2))
    await asyncio.sleep(0)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert await patient == 4


async def test_what_comes_while_a_call_is_under_way_goes_out_together_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batching, "PATIENCE_SECONDS", 60.0)
    doubler = _Doubler(answered=asyncio.Event())
    tasks = []
    for number in (1, 2, 3):  # each in a round of its own
        tasks.append(asyncio.create_task(doubler.double(number)))
        await asyncio.sleep(0.01)
    assert doubler.calls == [[1]]
    assert doubler.answered is not None
    doubler.answered.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6]
    assert doubler.calls == [[1], [2, 3]]


async def test_a_call_that_hangs_keeps_the_next_one_for_a_moment_only() -> None:
    doubler = _Doubler(answered=asyncio.Event())
    tasks = [asyncio.create_task(doubler.double(1))]
    await asyncio.sleep(0.01)
    tasks += [asyncio.create_task(doubler.double(number)) for number in (2, 3)]
    await until(lambda: len(doubler.calls) == 2)
    assert doubler.calls == [[1], [2, 3]]
    assert doubler.answered is not None
    doubler.answered.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6]
    assert await doubler.double(4) == 8

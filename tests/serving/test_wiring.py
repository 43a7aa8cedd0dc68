"""What goes on in the background for as long as the process lives."""

import asyncio
import logging
from functools import partial

import pytest

from pipelines.settings import Settings
from serving.store.upkeep.retention import Retention
from serving.wiring import keep_going, open_services
from tests.support.fixed import FixedReleases


async def test_a_duty_that_fails_in_any_way_begins_again(caplog: pytest.LogCaptureFixture) -> None:
    done: asyncio.Queue[int] = asyncio.Queue()

    async def _count(start: int, failures: list[Exception]) -> None:
        if failures:
            raise failures.pop()
        await done.put(start)
        await asyncio.Event().wait()

    failures = [KeyError("a customer's words"), RecursionError(), OverflowError()]
    duty = asyncio.create_task(keep_going(partial(_count, 7, failures), pause_seconds=0.01))
    async with asyncio.timeout(120):
        assert await done.get() == 7
    duty.cancel()
    assert caplog.text.count("count failed and begins again in 0.01 s") == 3
    assert "a customer's words" not in caplog.text


@pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
async def test_the_database_is_kept_after_an_error_that_nobody_foresaw(
    settings: Settings, mongo_uri: str, new_name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    swept = asyncio.Event()
    faults = [TypeError("of a document")]

    async def sweep(self: Retention, now: object) -> None:
        if faults:
            raise faults.pop()
        swept.set()

    monkeypatch.setattr(Retention, "sweep", sweep)
    monkeypatch.setattr("serving.wiring.INDEX_SECONDS", 0.05)
    more = {"mongo_uri": mongo_uri, "mongo_database": f"wiring_{new_name}"}
    with caplog.at_level(logging.ERROR):
        async with open_services(settings.model_copy(update=more), releases=FixedReleases({})) as services:
            async with asyncio.timeout(120):
                await swept.wait()
            await services.database.drop()
    assert "keep_database failed and begins again" in caplog.text

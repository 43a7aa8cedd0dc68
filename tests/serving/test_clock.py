import asyncio
import time
from pathlib import Path

import serving
from serving.clock import is_set_within, utc_now


def test_utc_now_is_to_the_millisecond_as_the_database_keeps_it() -> None:
    moments = [utc_now() for _ in range(50)]
    assert all(moment.microsecond % 1000 == 0 for moment in moments)
    assert moments[0].utcoffset() is not None
    assert abs(moments[0].timestamp() - time.time()) < 5


async def test_is_set_within_returns_as_soon_as_the_event_is_set() -> None:
    event = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, event.set)
    started = time.monotonic()
    assert await is_set_within(event, seconds=30)
    assert time.monotonic() - started < 10


async def test_is_set_within_waits_no_longer_than_it_may() -> None:
    assert not await is_set_within(asyncio.Event(), seconds=0.01)


def test_everything_that_serves_reads_the_time_from_one_clock() -> None:
    package = Path(serving.__file__).parent
    sources = {file.relative_to(package).as_posix(): file.read_text(encoding="utf-8") for file in package.rglob("*.py")}
    assert [name for name, source in sources.items() if "datetime.now(" in source and name[:5] != "demo/"] == [
        "clock.py"
    ]

import asyncio
import time

import pytest

from pipelines.errors import StoreUnavailable
from serving.store.client import Database
from tests.support.servers import free_port


async def test_ping_of_a_database_that_is_not_there_says_so_soon() -> None:
    database = Database(f"mongodb://127.0.0.1:{free_port()}", name="x", timeout_seconds=0.3)
    started = time.monotonic()
    with pytest.raises(StoreUnavailable, match="INTENTLOOP_MONGO_URI"):
        await database.ping()
    assert time.monotonic() - started < 2
    database.close()


async def test_call_waits_no_longer_than_its_limit_even_in_a_crowd() -> None:
    database = Database(f"mongodb://127.0.0.1:{free_port()}", name="x", timeout_seconds=0.3)
    started = time.monotonic()
    outcomes = await asyncio.gather(*(database.ping() for _ in range(100)), return_exceptions=True)
    assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    assert time.monotonic() - started < 3
    database.close()

"""Coroutines called from plain code, also where an event loop runs already: in Jupyter."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, TypeVar

from pipelines.settings import Settings
from serving.store.client import Database

Result = TypeVar("Result")


def with_database(settings: Settings, work: Callable[[Database], Coroutine[Any, Any, Result]]) -> Result:
    """Run `work` on the database of the settings and wait for it; it has a thread and an event loop of its own."""

    async def run() -> Result:
        with closing(Database.from_settings(settings)) as database:
            return await work(database)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="lab") as executor:
        return executor.submit(asyncio.run, run()).result()

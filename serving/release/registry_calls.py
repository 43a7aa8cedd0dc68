"""Calls to the registry for the admin API: in a few threads of their own, and never for longer than some seconds.

The library waits for the network, and an MLflow server may hang. Then these threads hang, and nobody else: what answers
customers uses others.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from pipelines.errors import RegistryUnavailable
from pipelines.registry.client import Registry

READ_SECONDS = 15.0
"""Longest wait for an answer; the library asks a silent server twice, five seconds each."""
MOVE_SECONDS = 120.0
"""Longest wait for a promotion, which downloads and verifies a release."""
_THREADS = 4

T = TypeVar("T")


class RegistryCalls:
    """Calls a registry from threads; the connection is made with the first call."""

    def __init__(self, tracking_uri: str, *, seconds: float = READ_SECONDS) -> None:
        self.tracking_uri = tracking_uri
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="registry")
        self._registry: Registry | None = None

    async def call(self, work: Callable[[Registry], T], *, seconds: float | None = None) -> T:
        """Return what some work with the registry returns.

        Raises `RegistryUnavailable` if that takes too long; the work may still come to its end.
        """
        limit = self._seconds if seconds is None else seconds
        running = asyncio.get_running_loop().run_in_executor(self._threads, partial(self._run, work))
        try:
            return await asyncio.wait_for(running, limit)
        except TimeoutError as error:
            raise RegistryUnavailable(self.tracking_uri, f"no answer within {limit:g} s") from error

    def close(self) -> None:
        """Start no more calls; those that hang are left alone."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, work: Callable[[Registry], T]) -> T:
        if self._registry is None:
            self._registry = Registry(self.tracking_uri)
        return work(self._registry)

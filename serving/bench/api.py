"""The chat API with a CPU meter: `python -m serving.bench.api`, started by `intentloop bench chat`.

It is the application that customers get. Only its collaborators are wrapped, so that each call is charged to its
purpose; the application itself does not know.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from fastapi import FastAPI

from pipelines.home import get_settings
from pipelines.nlu.model import NluModel
from pipelines.registry.release import Release
from pipelines.schemas.understanding import NluResult
from pipelines.settings import Settings
from serving.api.app import create_app
from serving.api.connections import ConnectionLimits
from serving.api.server import run_server
from serving.bench.meter import Account, CpuMeter, MeteredRequests, charge_tasks
from serving.dialogue.services import Releases, Services
from serving.logs import configure_logging
from serving.release.provider import ReleaseProvider


class _MeteredModel:
    def __init__(self, model: NluModel, meter: CpuMeter) -> None:
        self._model, self._meter = model, meter

    def parse(self, text: str, *, now: datetime | None = None) -> NluResult:
        with self._meter.inside_nlu():
            return self._model.parse(text, now=now)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


class _MeteredReleases:
    """The provider, but its releases have a metered model. One wrapper per release, because turns compare them."""

    def __init__(self, provider: Releases, meter: CpuMeter) -> None:
        self._provider, self._meter = provider, meter
        self._wrapped: dict[int, tuple[Release, Release]] = {}

    def _metered(self, release: Release) -> Release:
        known = self._wrapped.get(id(release))
        if known is None or known[0] is not release:
            model = cast("NluModel", _MeteredModel(release.model, self._meter))
            known = self._wrapped[id(release)] = (release, replace(release, model=model))
        return known[1]

    async def ensure(self, bot: str) -> Release:
        return self._metered(await self._provider.ensure(bot))

    def current(self, *whose: str) -> Release:
        return self._metered(self._provider.current(*whose))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)


class _Charged:
    """Any collaborator; its listed asynchronous methods are charged to one account."""

    def __init__(self, inner: Any, methods: tuple[str, ...], account: Account, meter: CpuMeter) -> None:
        self._inner, self._methods, self._account, self._meter = inner, methods, account, meter

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._methods:
            return found

        async def charged(*arguments: Any, **options: Any) -> Any:
            self._meter.counts[f"{self._account}_calls"] += 1
            with self._meter.inside(self._account):
                return await found(*arguments, **options)

        return charged


class _ChargedLocks:
    """The threads' locks: the time a lock is held is charged to the dialogue."""

    def __init__(self, locks: Any, meter: CpuMeter) -> None:
        self._locks, self._meter = locks, meter

    @asynccontextmanager
    async def hold(self, thread: str) -> AsyncIterator[None]:
        with self._meter.inside("dialogue"):
            async with self._locks.hold(thread):
                yield


def meter_services(services: Services, meter: CpuMeter) -> Services:
    """Wrap a turn's collaborators."""
    database = ("open", "claim", "commit", "resolve")
    return replace(
        services,
        ledger=cast("Any", _Charged(services.ledger, database, "database", meter)),
        tools=cast("Any", _Charged(services.tools, ("call",), "tools", meter)),
        thread_locks=cast("Any", _ChargedLocks(services.thread_locks, meter)),
    )


def create_metered_app(settings: Settings, *, releases: Releases | None = None) -> tuple[FastAPI, CpuMeter]:
    """Build the chat API and its meter; `MeteredRequests` joins them for a server.

    Without `releases` it follows the model registry.
    """
    meter = CpuMeter()
    provider = releases or ReleaseProvider.from_settings(settings)
    app = create_app(settings, releases=cast("Releases", _MeteredReleases(provider, meter)))
    start = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[Any]:
        charge_tasks(asyncio.get_running_loop())
        async with start(running) as state:
            running.state.services = meter_services(running.state.services, meter)
            yield state

    app.router.lifespan_context = lifespan
    return app, meter


def main() -> None:
    """Serve on the settings' port until ended."""
    configure_logging()
    settings = get_settings()
    limits = ConnectionLimits.from_settings(settings)
    run_server(
        MeteredRequests(*create_metered_app(settings)), host=settings.host, port=settings.api_port, limits=limits
    )


if __name__ == "__main__":
    main()

"""Release providers that follow a scripted registry."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from serving.release.cache import ReleaseCache
from serving.release.provider import ReleaseProvider
from tests.support.registry import ScriptedRegistry

MakeProvider = Callable[..., ReleaseProvider]


@asynccontextmanager
async def provider_maker(registry: ScriptedRegistry, folder: Path) -> AsyncIterator[MakeProvider]:
    """Give a function that makes providers; those of the same `home` share a machine. They end with the context."""
    made: list[ReleaseProvider] = []

    def build(
        poll_seconds: float = 0.05, home: str = "releases", default_bot: str = "default", **options: Any
    ) -> ReleaseProvider:
        provider = ReleaseProvider(
            lambda: registry,
            cache=ReleaseCache(folder / home),
            alias="production",
            poll_seconds=poll_seconds,
            default_bot=default_bot,
            **options,
        )
        made.append(provider)
        return provider

    yield build
    registry.gate.set()
    for provider in made:
        await provider.stop()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(120):
        while not is_so():  # noqa: ASYNC110 - the provider offers no event, and needs none
            await asyncio.sleep(0.02)

"""Releases that answer nobody, loaded for people to try: few at a time, since each takes memory."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass

from pipelines.errors import NeverTrained, ReleaseRefused
from pipelines.registry.client import RegisteredVersion
from pipelines.registry.release import Release
from pipelines.registry.verdict import JUDGING_TAGS
from serving.clock import MonotonicClock
from serving.release.loader import ReleaseLoader

MOST_LOADED = 2
"""Releases of all bots together."""
IDLE_SECONDS = 900.0
"""A release that nobody tried for so long leaves the memory with the next request for any other."""
_MOST_TRIED = 3
"""How many of the newest versions are tried when the newest cannot be used."""


@dataclass(frozen=True)
class _Place:
    """What a loaded release was loaded from: it is loaded anew if the registry says otherwise."""

    bot: str
    key: str
    tags: tuple[str | None, ...]


class ReleaseShelf:
    """Loads any registered version, in a thread, one at a time, and keeps those used last.

    The registry is asked about a version every time: one that was deleted is not tried any more. `clock` is monotonic,
    in seconds.
    """

    def __init__(
        self, loader: ReleaseLoader, *, most: int = MOST_LOADED, clock: MonotonicClock = time.monotonic
    ) -> None:
        self._loader, self._most, self._clock = loader, most, clock
        self._loaded: OrderedDict[_Place, tuple[Release, float]] = OrderedDict()
        self._one = asyncio.Lock()

    async def get(self, bot: str, version: str) -> Release:
        """Return a version of a bot.

        Raises
        ------
        NotFound
            The bot has no such version.
        ReleaseRefused
            Its files or its verdict are not those of its training.
        RegistryUnavailable
            The registry does not answer.
        """
        self._loader.check_name(bot)
        found = await asyncio.to_thread(lambda: self._loader.registry.find_version(bot, version))
        return await self._take(bot, found)

    async def newest(self, bot: str) -> Release:
        """Return the newest usable version of a bot; raises as `get` does, or `NeverTrained`."""
        self._loader.check_name(bot)
        found = await asyncio.to_thread(lambda: self._loader.registry.versions(bot))
        problem: ReleaseRefused | None = None
        for version in found[:_MOST_TRIED]:
            try:
                return await self._take(bot, version)
            except ReleaseRefused as error:
                problem = problem or error
        raise problem or NeverTrained(bot)

    async def _take(self, bot: str, version: RegisteredVersion) -> Release:
        place = _Place(bot, version.key, tuple(version.tags.get(tag) for tag in JUDGING_TAGS))
        async with self._one:
            release = self._kept(place)
            if release is None:
                self._make_room()
                release = (await asyncio.to_thread(self._loader.load_version, version, bot)).release
                await asyncio.to_thread(self._loader.prune, bot, version)
            self._loaded[place] = (release, self._clock())
            self._loaded.move_to_end(place)
            return release

    def _kept(self, place: _Place) -> Release | None:
        now = self._clock()
        for other in [other for other, (_, used) in self._loaded.items() if now - used > IDLE_SECONDS]:
            del self._loaded[other]
        found = self._loaded.get(place)
        return found[0] if found is not None else None

    def _make_room(self) -> None:
        """Let go of the release used longest ago before another one is loaded, so that both never need memory."""
        while len(self._loaded) >= self._most:
            self._loaded.popitem(last=False)

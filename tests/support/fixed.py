"""A release that is simply there."""

from dataclasses import dataclass, field
from datetime import datetime

from pipelines.errors import ModelNotLoaded
from pipelines.nlu.release import Release


@dataclass(frozen=True)
class FixedStatus:
    """What the provider would know."""

    version: str | None = None
    loaded_at: datetime | None = None
    last_poll_at: datetime | None = None


@dataclass
class FixedReleases:
    """Gives one release to every bot listed; the test may swap it."""

    release_by_bot: dict[str, Release] = field(default_factory=dict)

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def ensure(self, bot: str) -> Release:
        """Give the release of a bot."""
        return self.current(bot)

    def current(self, bot: str) -> Release:
        """Give the release of a bot."""
        if bot not in self.release_by_bot:
            raise ModelNotLoaded(bot, "production")
        return self.release_by_bot[bot]

    def status(self, bot: str) -> FixedStatus:
        """Tell its version."""
        release = self.release_by_bot.get(bot)
        return FixedStatus(version=release.version if release else None)

"""A release that is simply there."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipelines.errors import ModelNotLoaded
from pipelines.registry.release import Release
from serving.dialogue.messages import TurnSignals
from serving.store.promotions import Promotions


@dataclass(frozen=True)
class FixedStatus:
    """What the provider would know."""

    last_poll_at: datetime | None = None


@dataclass
class FixedReleases:
    """Gives one release to every bot listed; the test may swap it."""

    release_by_bot: dict[str, Release] = field(default_factory=dict)
    shadow_by_bot: dict[str, Release] = field(default_factory=dict)
    observed: list[tuple[str, str, TurnSignals]] = field(default_factory=list)
    logged: list[tuple[str, str, dict[str, float], dict[str, Any]]] = field(default_factory=list)
    wakes: int = 0

    async def start(self, promotions: Promotions | None = None) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def ensure(self, bot: str) -> Release:
        """Give the release of a bot."""
        return self.current(bot)

    def current(self, bot: str, thread_id: str | None = None) -> Release:
        """Give the release of a bot."""
        if bot not in self.release_by_bot:
            raise ModelNotLoaded(bot, "production")
        return self.release_by_bot[bot]

    def wake(self) -> None:
        """Count that somebody wants the registry to be asked."""
        self.wakes += 1

    def observe(self, bot: str, version: str, signs: TurnSignals) -> None:
        """Note what was seen."""
        self.observed.append((bot, version, signs))

    def shadow(self, bot: str) -> Release | None:
        """Give the shadow that the test has set."""
        return self.shadow_by_bot.get(bot)

    async def log_shadow(self, bot: str, version: str, *, metrics: dict[str, float], rows: dict[str, Any]) -> None:
        """Note what would be logged."""
        self.logged.append((bot, version, metrics, rows))

    def status(self, bot: str) -> FixedStatus:
        """Return that the registry has never answered."""
        return FixedStatus()

"""A release that is simply there."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipelines.errors import BotError, ModelNotLoaded, NotFound
from pipelines.registry.release import Release
from serving.dialogue.messages import TurnSignals
from serving.store.releases.promotions import Promotions


@dataclass(frozen=True)
class FixedStatus:
    """What the provider would know."""

    last_poll_at: datetime | None = None
    problem: str | None = None
    version: str | None = None
    canary: str | None = None
    shadow: str | None = None
    trial: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass
class FixedReleases:
    """Gives one release to every bot listed; the test may swap it."""

    release_by_bot: dict[str, Release] = field(default_factory=dict)
    shadow_by_bot: dict[str, Release] = field(default_factory=dict)
    registered: dict[tuple[str, str], Release] = field(default_factory=dict)
    observed: list[tuple[str, str, TurnSignals]] = field(default_factory=list)
    error_by_bot: dict[str, BotError] = field(default_factory=dict)
    problem: str | None = None
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
        if bot in self.error_by_bot:
            raise self.error_by_bot[bot]
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

    async def version(self, bot: str, version: str) -> Release:
        """Give a version that the test has registered."""
        if (bot, version) not in self.registered:
            raise NotFound("version", version, hint="train one")
        return self.registered[bot, version]

    async def newest(self, bot: str) -> Release:
        """Give the newest version that the test has registered, or the one that answers."""
        numbers = [int(version) for name, version in self.registered if name == bot]
        return self.registered[bot, str(max(numbers))] if numbers else self.current(bot)

    def status(self, bot: str) -> FixedStatus:
        """Return that the registry has never answered, and the problem that the test has set."""
        release, shadow = self.release_by_bot.get(bot), self.shadow_by_bot.get(bot)
        return FixedStatus(
            problem=self.problem,
            version=release.version if release is not None else None,
            shadow=shadow.version if shadow is not None else None,
        )

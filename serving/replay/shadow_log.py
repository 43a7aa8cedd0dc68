"""Shadow figures: added to the database every few seconds, shown in MLflow every few minutes."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from pipelines.errors import BotError, StoreUnavailable
from serving.replay.shadow import ShadowPlayer
from serving.store.releases.shadows import COUNTED, ShadowCount, ShadowCounts

_log = logging.getLogger(__name__)

STORE_SECONDS = 10.0
SHOW_SECONDS = 300.0


class ShadowLog(Protocol):
    """Where the figures are shown; `serving.release` writes them to the run that made the version."""

    async def log_shadow(self, bot: str, version: str, *, metrics: dict[str, float], rows: dict[str, Any]) -> None:
        """Log the figures of a bot's shadow."""


class ShadowReporter:
    """Moves counts from the player to the database, and the totals of all processes to MLflow."""

    def __init__(
        self,
        player: ShadowPlayer,
        counts: ShadowCounts,
        log: ShadowLog,
        *,
        now: Callable[[], datetime],
        store_seconds: float = STORE_SECONDS,
        show_seconds: float = SHOW_SECONDS,
    ) -> None:
        self._player, self._counts, self._log, self._now = player, counts, log, now
        self._store_seconds, self._show_seconds = store_seconds, show_seconds
        self._to_show: set[tuple[str, str]] = set()
        self._shown_at = time.monotonic()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await asyncio.sleep(self._store_seconds)
            await self.store()
            if time.monotonic() - self._shown_at >= self._show_seconds:
                self._shown_at = time.monotonic()
                await self.show()

    async def store(self) -> None:
        """Add the counts to the database; what it does not accept is kept for the next attempt."""
        waiting = self._player.take_counts()
        while waiting:
            count = waiting.pop()
            try:
                await self._counts.add(count, now=self._now())
            except StoreUnavailable as error:
                _log.warning("shadow figures not stored yet: %s", error)
                for left in (count, *waiting):
                    self._player.put_back(left)
                return
            self._to_show.add((count.bot, count.shadow))

    async def show(self) -> None:
        """Log the totals of the shadows counted since the last time."""
        for bot, version in sorted(self._to_show):
            try:
                found = await self._counts.of(bot, version)
                await self._log.log_shadow(bot, version, metrics=figures_of(found), rows=table_of(found))
            except BotError as error:
                _log.warning("bot %s: figures of shadow %s not logged yet: %s", bot, version, error)
            else:
                self._to_show.discard((bot, version))


def total_of(counts: Iterable[ShadowCount]) -> dict[str, int]:
    """Sum counts over intents and versions."""
    rows = list(counts)
    return {name: sum(getattr(row, name) for row in rows) for name in COUNTED}


def figures_of(counts: Sequence[ShadowCount]) -> dict[str, float]:
    """Return a shadow's figures by their MLflow metric names."""
    total = total_of(counts)
    share = total["different"] / total["turns"] if total["turns"] else 0.0
    return {
        "shadow_turns": float(total["turns"]),
        "shadow_different": float(total["different"]),
        "shadow_different_share": share,
        "shadow_failed": float(total["failed"]),
    }


def table_of(counts: Sequence[ShadowCount]) -> dict[str, Any]:
    """Return a shadow's counts as a table, most differences first."""
    rows = sorted(counts, key=lambda row: (-row.different - row.failed, row.intent_id, row.against))
    return {"intents": [row.model_dump(exclude={"bot", "shadow"}) for row in rows]}

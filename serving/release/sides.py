"""The releases that are tried beside the one that answers: a canary answers some threads, a shadow answers nobody.

Each is what carries the alias of that name. Whatever happens to them, what answers is left alone.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipelines.errors import BotError, ReleaseRefused
from pipelines.registry.client import RegisteredVersion
from pipelines.registry.release import Release
from serving.dialogue.messages import TurnSigns
from serving.release.canary import CanaryTrial, is_chosen
from serving.release.loader import ReleaseLoader
from serving.release.polling import poll
from serving.release.watched import Watched
from serving.store.promotions import Move

logger = logging.getLogger(__name__)

CANARY, SHADOW = "canary", "shadow"


@dataclass
class _Tried:
    """What is tried beside a bot's release.

    `compared` are the canary and the release beside it that `trial` is about; `stopped` is the canary that must not
    answer again, and why.
    """

    canary: Watched
    shadow: Watched
    trial: CanaryTrial = field(default_factory=CanaryTrial)
    compared: tuple[str, str] | None = None
    stopped: tuple[RegisteredVersion, str] | None = None


class Sides:
    """Follows the aliases `canary` and `shadow` of every bot.

    Parameters
    ----------
    loader
        Brings releases in.
    canary_share
        Share of threads that a canary answers; 0 switches canaries off.
    has_shadow
        Whether shadows are wanted.
    note
        Takes an entry for the journal of promotions.
    """

    def __init__(
        self, loader: ReleaseLoader, *, canary_share: float, has_shadow: bool, note: Callable[[Move], None]
    ) -> None:
        self._loader, self._share, self._has_shadow, self._note = loader, canary_share, has_shadow, note
        self._tried: dict[str, _Tried] = {}
        self._stopping: set[asyncio.Task[None]] = set()

    async def poll(self, answering: Watched) -> None:
        """Look what carries the aliases now, once what answers is known.

        Parameters
        ----------
        answering
            The alias that answers everybody else.
        """
        if answering.release is None or not (self._share or self._has_shadow):
            return
        bot = answering.bot
        try:
            aliases = await asyncio.to_thread(self._loader.aliases, bot)
        except BotError:
            return  # the poll of what answers has said it
        tried = self._tried.setdefault(bot, _Tried(Watched(bot, CANARY, "canary"), Watched(bot, SHADOW, "shadow")))
        if tried.stopped is not None and aliases.get(CANARY) == tried.stopped[0].version:
            del aliases[CANARY]
            await self._take_alias_off(tried)
        else:
            tried.stopped = None
        for watched, is_wanted in ((tried.canary, self._share > 0), (tried.shadow, self._has_shadow)):
            version = aliases.get(watched.alias)
            # What answers anyway is not tried.
            if not is_wanted or version in (None, answering.release.version) or watched.alias == answering.alias:
                watched.clear()
            else:
                await poll(self._loader, watched)
                if isinstance(watched.problem, ReleaseRefused):
                    watched.clear()

    def canary_for(self, bot: str, thread_id: str) -> Release | None:
        """Give the canary, if it answers this thread."""
        tried = self._tried.get(bot)
        if tried is None or tried.stopped is not None:
            return None
        canary = tried.canary
        if canary.release is None or canary.key is None:
            return None
        return canary.release if is_chosen(bot, thread_id, key=canary.key, share=self._share) else None

    def version_of(self, bot: str, role: str) -> str | None:
        """Give the version that is tried in a role."""
        tried = self._tried.get(bot)
        watched = {CANARY: tried.canary, SHADOW: tried.shadow}[role] if tried is not None else None
        return watched.release.version if watched is not None and watched.release is not None else None

    def shadow(self, bot: str) -> tuple[Release, RegisteredVersion] | None:
        """Give the shadow of a bot, if it has one."""
        tried = self._tried.get(bot)
        if tried is None or tried.shadow.release is None or tried.shadow.found is None:
            return None
        return tried.shadow.release, tried.shadow.found

    def observe(self, answering: Watched, version: str, signs: TurnSigns) -> None:
        """Count a turn, and stop a canary that does worse than chance explains.

        Parameters
        ----------
        answering
            The alias that answers everybody else.
        version
            The version that answered the turn.
        signs
            What was seen.
        """
        tried = self._tried.get(answering.bot)
        if tried is None or tried.canary.release is None or tried.canary.found is None or answering.release is None:
            return
        compared = (tried.canary.release.version, answering.release.version)
        if compared != tried.compared:
            tried.trial, tried.compared = CanaryTrial(), compared
        if version not in compared:
            return
        reason = tried.trial.add(signs, is_canary=version == compared[0])
        if reason is not None:
            self._stop(tried, tried.canary.found, reason, to_version=compared[1])

    async def aclose(self) -> None:
        """Wait until the registry knows of what was stopped, or does not answer."""
        await asyncio.gather(*self._stopping, return_exceptions=True)

    def _stop(self, tried: _Tried, version: RegisteredVersion, reason: str, *, to_version: str) -> None:
        bot = tried.canary.bot
        tried.canary.clear()
        tried.stopped = (version, reason)
        logger.error("canary stopped", extra={"bot": bot, "version": version.version, "reason": reason})
        move = Move(
            bot=bot,
            kind="canary_stop",
            from_version=version.version,
            to_version=to_version,
            at=datetime.now(UTC),
            by="canary watch",
            why=reason,
        )
        self._note(move)
        task = asyncio.create_task(self._take_alias_off(tried))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def _take_alias_off(self, tried: _Tried) -> None:
        if tried.stopped is None:
            return
        version, reason = tried.stopped
        try:
            await asyncio.to_thread(self._loader.stop_canary, tried.canary, version, reason)
        except BotError as error:
            # The next poll tries again; here the canary answers nobody in any case.
            logger.warning("the canary's alias is still there", extra={"bot": tried.canary.bot, "reason": str(error)})

"""The releases on trial beside the one that answers: a canary answers some threads, a shadow answers nobody.

Each is the version behind the alias of that name. Nothing that happens to them touches the release that answers.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from pipelines.errors import BotError, ReleaseRefused
from pipelines.registry.client import RegisteredVersion
from pipelines.registry.release import Release
from serving.clock import utc_now
from serving.dialogue.messages import TurnSignals
from serving.release.alias_state import AliasState, Stop
from serving.release.canary import CanaryTrial, is_chosen
from serving.release.loader import ReleaseLoader
from serving.release.watch import AliasWatch
from serving.store.releases.promotions import Move

logger = logging.getLogger(__name__)

CANARY, SHADOW = "canary", "shadow"


@dataclass
class _Challengers:
    """The canary and the shadow of a bot.

    `compared` are the canary and the release beside it that `trial` counts. `share` is the canary's share of threads.
    """

    canary: AliasWatch
    shadow: AliasWatch
    share: float
    trial: CanaryTrial = field(default_factory=CanaryTrial)
    compared: tuple[str, str] | None = None


class Trials:
    """Follows the aliases `canary` and `shadow` of every bot.

    Parameters
    ----------
    canary_share
        Share of threads that a canary answers unless its version has another one; 0 switches canaries off.
    note
        Takes an entry for the journal of promotions.
    """

    def __init__(
        self, loader: ReleaseLoader, *, canary_share: float, has_shadow: bool, note: Callable[[Move], None]
    ) -> None:
        self._loader, self._share, self._has_shadow, self._note = loader, canary_share, has_shadow, note
        self._challengers: dict[str, _Challengers] = {}
        self._stopping: set[asyncio.Task[None]] = set()

    async def refresh(self, answering: AliasState) -> None:
        """Ask the registry for the canary and the shadow beside a release that answers."""
        if answering.release is None or not (self._share or self._has_shadow):
            return
        bot = answering.bot
        try:
            version_by_alias = await asyncio.to_thread(self._loader.aliases, bot)
        except BotError:
            return  # the look at the release that answers has reported it
        found = self._challengers.setdefault(bot, self._challengers_of(bot))
        stopped = found.canary.state.stopped
        if stopped is not None and version_by_alias.get(CANARY) == stopped.version.version:
            del version_by_alias[CANARY]
            await self._remove_alias(bot, stopped)
        elif stopped is not None:
            found.canary.state = replace(found.canary.state, stopped=None)
        for watch, is_wanted in ((found.canary, self._share > 0), (found.shadow, self._has_shadow)):
            version = version_by_alias.get(watch.state.alias)
            # The release that answers anyway is not on trial.
            if is_wanted and version not in (None, answering.version) and watch.state.alias != answering.alias:
                await watch.refresh()
                if watch is found.canary:
                    await self._read_share(found)
                if not isinstance(watch.state.problem, ReleaseRefused):
                    continue
            watch.state = watch.state.cleared()
            await watch.correct_marks(version or "")

    async def _read_share(self, challengers: _Challengers) -> None:
        state = challengers.canary.state
        if state.version is None:
            return
        with suppress(BotError):  # the look has reported it
            own = await asyncio.to_thread(self._loader.canary_share, state.bot, state.version)
            challengers.share = self._share if own is None else own

    def canary_for(self, bot: str, thread_id: str) -> Release | None:
        """Return the canary, if it answers this thread."""
        found = self._challengers.get(bot)
        canary = found.canary.state.loaded if found is not None else None
        if found is None or canary is None or not is_chosen(bot, thread_id, key=canary.key, share=found.share):
            return None
        return canary.release

    def version_of(self, bot: str, role: str) -> str | None:
        """Return the version that is the bot's canary or shadow, if any."""
        found = self._challengers.get(bot)
        return {CANARY: found.canary, SHADOW: found.shadow}[role].state.version if found is not None else None

    def counts(self, bot: str) -> dict[str, dict[str, int]]:
        """Return what was counted of the canary and of the others beside it; nothing before the first turn."""
        found = self._challengers.get(bot)
        if found is None or found.compared is None or found.canary.state.version != found.compared[0]:
            return {}
        arms = {"canary": found.trial.canary, "others": found.trial.others}
        return {name: {"turns": arm.turns, **arm.count_by_sign} for name, arm in arms.items()}

    def shadow(self, bot: str) -> tuple[Release, RegisteredVersion] | None:
        """Return the shadow of a bot, if it has one."""
        found = self._challengers.get(bot)
        shadow = found.shadow.state.loaded if found is not None else None
        return (shadow.release, shadow.found) if shadow is not None and shadow.found is not None else None

    def observe(self, answering: AliasState, version: str, signs: TurnSignals) -> None:
        """Count a turn that a version answered, and stop a canary that does worse than chance explains."""
        found = self._challengers.get(answering.bot)
        canary = found.canary.state.loaded if found is not None else None
        if found is None or canary is None or canary.found is None or answering.version is None:
            return
        compared = (canary.release.version, answering.version)
        if compared != found.compared:
            found.trial, found.compared = CanaryTrial(), compared
        if version not in compared:
            return
        reason = found.trial.add(signs, is_canary=version == compared[0])
        if reason is not None:
            stop = Stop(canary.found, reason)
            found.canary.state = found.canary.state.after_stop(stop)
            self._report(answering, stop)

    async def aclose(self) -> None:
        """Wait until the registry knows of every canary that was stopped, or does not answer."""
        await asyncio.gather(*self._stopping, return_exceptions=True)

    def _challengers_of(self, bot: str) -> _Challengers:
        return _Challengers(
            AliasWatch(self._loader, AliasState(bot, CANARY, "canary")),
            AliasWatch(self._loader, AliasState(bot, SHADOW, "shadow")),
            share=self._share,
        )

    def _report(self, answering: AliasState, stop: Stop) -> None:
        bot, version = answering.bot, stop.version.version
        logger.error("canary stopped", extra={"bot": bot, "version": version, "reason": stop.reason})
        move = Move(
            bot=bot,
            kind="canary_stop",
            from_version=version,
            to_version=answering.version,
            at=utc_now(),
            by="canary watch",
            why=stop.reason,
        )
        self._note(move)
        task = asyncio.create_task(self._remove_alias(bot, stop))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def _remove_alias(self, bot: str, stop: Stop) -> None:
        try:
            await asyncio.to_thread(self._loader.stop_canary, bot, CANARY, version=stop.version, reason=stop.reason)
        except BotError as error:
            # The next look tries again; in this process the canary answers nobody in any case.
            logger.warning("the canary's alias is still there", extra={"bot": bot, "reason": str(error)})

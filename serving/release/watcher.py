"""Which release answers, and how a newly promoted one takes over without a restart."""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from pipelines.errors import BotError, ModelNotLoaded, NotFound, RegistryUnavailable, ReleasePending, ReleaseRefused
from pipelines.registry.client import Registry
from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.clock import is_set_within
from serving.dialogue.messages import TurnSigns
from serving.release.cache import ReleaseCache
from serving.release.journal import SwapJournal
from serving.release.loader import ReleaseLoader
from serving.release.polling import poll
from serving.release.sides import CANARY, SHADOW, Sides
from serving.release.watched import RegistryLike, ReleaseStatus, Swap, Watched
from serving.store.promotions import Promotions

_JITTER = 0.2
_FIRST_POLL_SECONDS = 10.0
_ABSENT_SECONDS = 30.0
_MAX_ABSENT = 1000
_MAX_FIRST_USES = 50
_LAST_LOOK_SECONDS = 2.0
_MAX_FORMER = 3
"""How many versions that answered earlier are tried where nothing else can answer."""


class ReleaseProvider:
    """Gives the release that answers for a bot, and keeps asking the registry for a new one.

    Loading happens in threads. Handing out a release is one attribute read, so a turn that began with one finishes
    with it, and the next turn gets the new one.

    Parameters
    ----------
    connect
        Makes the registry connection; called once, in a thread, since importing the library takes seconds.
    cache
        Releases on this machine.
    alias
        Alias of the version that answers.
    poll_seconds
        How often the registry is asked.
    default_bot
        The bot that is loaded at start; others are loaded when they are first needed.
    verdict_key
        Key of the verdicts' signatures; None: they need none.
    canary_share
        Share of threads that the alias `canary` answers; 0: none.
    has_shadow
        Whether the alias `shadow` is looked at.
    """

    def __init__(
        self,
        connect: Callable[[], RegistryLike],
        *,
        cache: ReleaseCache,
        alias: str,
        poll_seconds: float,
        default_bot: str,
        verdict_key: str | None = None,
        canary_share: float = 0.0,
        has_shadow: bool = False,
    ) -> None:
        self._alias, self._poll_seconds, self._default_bot = alias, poll_seconds, default_bot
        self._loader = ReleaseLoader(connect, cache, verdict_key=verdict_key)
        self._journal = SwapJournal(None)
        self._sides = Sides(
            self._loader, canary_share=canary_share, has_shadow=has_shadow, note=lambda move: self._journal.note(move)
        )
        self._watched: dict[str, Watched] = {default_bot: Watched(default_bot, alias)}
        self._absent: OrderedDict[str, tuple[float, BotError]] = OrderedDict()
        self._lookups = asyncio.Semaphore(2)
        self._first_uses: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._looks: set[asyncio.Task[None]] = set()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Make the provider that the settings describe."""
        key = settings.verdict_key
        return cls(
            lambda: Registry(settings.resolved_tracking_uri),
            cache=ReleaseCache(settings.home / "releases"),
            alias=settings.release_alias,
            poll_seconds=settings.release_poll_seconds,
            default_bot=settings.default_bot,
            verdict_key=key.get_secret_value() if key is not None else None,
            canary_share=settings.canary_share,
            has_shadow=settings.shadow_cpu_share > 0,
        )

    async def start(self, promotions: Promotions | None = None) -> None:
        """Load the default bot's release and begin to watch.

        A registry that is silent or has nothing yet is no error: the last good release of this machine answers, or
        `current` says what is missing.

        Parameters
        ----------
        promotions
            Where swaps are written down; None: nowhere but on this machine.
        """
        self._journal = SwapJournal(promotions)
        watched = self._watched[self._default_bot]
        first = asyncio.create_task(self._poll(watched))
        # A hanging server must not delay the start; the poll goes on in its thread.
        await asyncio.wait({first}, timeout=_FIRST_POLL_SECONDS)
        await self._fall_back(watched, is_silent=not first.done())
        self._task = asyncio.create_task(self._watch(first), name="release-watcher")

    async def stop(self) -> None:
        """Stop watching. Releases stay usable."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if self._looks:
            await asyncio.wait(self._looks, timeout=_LAST_LOOK_SECONDS)
        await self._sides.aclose()
        await self._journal.aclose()

    def wake(self) -> None:
        """Ask the registry now rather than at the end of the pause."""
        self._wake.set()

    def current(self, bot: str, thread_id: str | None = None) -> Release:
        """Give the release that answers now.

        The first use of a bot begins to load its release; `ensure` waits for that.

        Parameters
        ----------
        bot
            The bot's name, possibly from a stranger's request.
        thread_id
            The thread that is to be answered, which may be one of the canary's; None: what answers most.

        Returns
        -------
        Release
            The release; keep it for the whole turn.

        Raises
        ------
        NotFound
            There is no such bot.
        ModelNotLoaded
            The bot has no release that may answer, or it is not known yet whether it has (`ReleasePending`).
        """
        watched = self._watched.get(bot)
        if watched is not None and watched.release is not None:
            canary = self._sides.canary_for(bot, thread_id) if thread_id is not None else None
            return canary or watched.release
        if watched is None and not self._is_known_absent(bot):
            self._begin_first_use(bot)
            raise ReleasePending(bot, "it is being looked for")
        problem = watched.problem if watched is not None else self._absent[bot][1]
        if isinstance(problem, NotFound | ModelNotLoaded):
            raise problem
        raise ReleasePending(bot, str(problem) if problem else "it is being looked for") from problem

    async def ensure(self, bot: str) -> Release:
        """Give the release of a bot, loading it if this is its first use.

        Names that no bot has are remembered for a while, so that made-up names do not reach the registry each time.

        Parameters
        ----------
        bot
            The bot's name, possibly from a stranger's request.

        Returns
        -------
        Release
            The release; keep it for the whole turn.
        """
        if bot not in self._watched and not self._is_known_absent(bot):
            await self._first_use(bot)
        return self.current(bot)

    def observe(self, bot: str, version: str, signs: TurnSigns) -> None:
        """Take notice of a turn that a release has answered; a canary that does badly is stopped by this."""
        watched = self._watched.get(bot)
        if watched is not None:
            self._sides.observe(watched, version, signs)

    def shadow(self, bot: str) -> Release | None:
        """Give the release that every message is tried with and that answers nobody, if the bot has one."""
        found = self._sides.shadow(bot)
        return found[0] if found is not None else None

    async def log_shadow(self, bot: str, version: str, *, metrics: dict[str, float], rows: dict[str, Any]) -> None:
        """Log what was found about a shadow to the run that made it, as long as it is the shadow.

        Parameters
        ----------
        bot
            The bot.
        version
            The shadow's version.
        metrics
            Figures by name.
        rows
            A table, stored as JSON.

        Raises
        ------
        RegistryUnavailable
            The server did not answer.
        """
        found = self._sides.shadow(bot)
        if found is not None and found[1].version == version:
            table = f"shadow/version-{version}.json"
            await asyncio.to_thread(self._loader.log_figures, found[1], metrics, table=table, rows=rows)

    def status(self, bot: str) -> ReleaseStatus:
        """Say what is known about a bot's release; nothing is known of a bot that was never used."""
        watched = self._watched.get(bot) or Watched(bot, self._alias)
        version = watched.release.version if watched.release else None
        return ReleaseStatus(
            version,
            watched.loaded_at,
            watched.last_poll_at,
            watched.refused,
            canary=self._sides.version_of(bot, CANARY),
            shadow=self._sides.version_of(bot, SHADOW),
        )

    def _begin_first_use(self, bot: str) -> None:
        if bot not in self._first_uses and len(self._first_uses) < _MAX_FIRST_USES:
            task = self._first_uses[bot] = asyncio.create_task(self._first_use(bot))
            task.add_done_callback(lambda _: self._first_uses.pop(bot, None))

    async def _first_use(self, bot: str) -> None:
        async with self._lookups:
            if bot not in self._watched and not self._is_known_absent(bot):
                await self._look_for(bot)

    async def _look_for(self, bot: str) -> None:
        watched = Watched(bot, self._alias)
        await self._poll(watched)
        await self._fall_back(watched)
        if watched.release is None and isinstance(watched.problem, NotFound | RegistryUnavailable):
            seconds = _ABSENT_SECONDS if isinstance(watched.problem, NotFound) else self._poll_seconds
            self._absent[bot] = (time.monotonic() + seconds, watched.problem)
            while len(self._absent) > _MAX_ABSENT:
                self._absent.popitem(last=False)
        else:
            self._watched[bot] = watched

    def _is_known_absent(self, bot: str) -> bool:
        known = self._absent.get(bot)
        if known is not None and known[0] < time.monotonic():
            del self._absent[bot]
            return False
        return known is not None

    async def _watch(self, first_poll: asyncio.Task[None]) -> None:
        await first_poll
        while True:
            for watched in list(self._watched.values()):
                await self._sides.poll(watched)
            self._journal.flush_soon()
            jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
            await is_set_within(self._wake, seconds=self._poll_seconds * jitter)
            self._wake.clear()
            for watched in list(self._watched.values()):
                await self._poll(watched)

    async def _poll(self, watched: Watched) -> None:
        # shielded: what this look lets answer is written down, even where the watcher is stopped in the middle of it
        look = asyncio.create_task(self._look(watched))
        self._looks.add(look)
        look.add_done_callback(self._looks.discard)
        await asyncio.shield(look)

    async def _look(self, watched: Watched) -> None:
        self._note(await poll(self._loader, watched))

    async def _fall_back(self, watched: Watched, *, is_silent: bool = False) -> None:
        """Let something answer that answered before, where what carries the alias is refused or cannot be had."""
        is_refused = isinstance(watched.problem, ReleaseRefused)
        if watched.release is not None or not (
            is_silent or is_refused or isinstance(watched.problem, RegistryUnavailable)
        ):
            return
        self._note(await asyncio.to_thread(self._loader.load_last_good, watched))
        if watched.release is not None or not is_refused:
            return
        former = reversed(await self._journal.answered(watched.bot))
        for version in list(dict.fromkeys(former))[:_MAX_FORMER]:
            self._note(await asyncio.to_thread(self._loader.load_former, watched, version))
            if watched.release is not None:
                return

    def _note(self, swap: Swap | None) -> None:
        if swap is not None:
            self._journal.note_swap(swap)

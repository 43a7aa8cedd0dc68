"""Which release answers, and how a newly promoted one takes over without a restart."""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, Self, cast

from pipelines.errors import BotError, ModelNotLoaded, NotFound, RegistryUnavailable, ReleasePending, ReleaseRefused
from pipelines.registry.client import Registry
from pipelines.registry.deadline import Bounded
from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.clock import is_set_within
from serving.dialogue.messages import TurnSignals
from serving.release.alias_state import AliasState, RegistryLike, ReleaseStatus
from serving.release.cache import ReleaseCache
from serving.release.journal import SwapJournal
from serving.release.loader import ReleaseLoader
from serving.release.shelf import ReleaseShelf
from serving.release.trials import CANARY, SHADOW, Trials
from serving.release.watch import AliasWatch
from serving.store.releases.promotions import Promotions

_JITTER = 0.2
_FIRST_POLL_SECONDS = 10.0
_ABSENT_SECONDS = 30.0
_MAX_ABSENT = 1000
_MAX_FIRST_USES = 50
_LAST_LOOK_SECONDS = 2.0
_MAX_FORMER = 4
"""How many versions that answered earlier are tried when nothing else can answer."""


class ReleaseProvider:
    """Hands out the release that answers for a bot, and keeps asking the registry for a new one.

    Loading happens in threads. Handing out a release reads one attribute, so a turn that began with a release finishes
    with it, and the next turn gets the new one.

    Parameters
    ----------
    connect
        Opens the registry connection; called once, in a thread, since importing the library takes seconds.
    alias
        Alias of the version that answers.
    poll_seconds
        Pause between two looks at the registry, give or take 20 %.
    default_bot
        The bot that is loaded at start; others are loaded on first use.
    verdict_key
        Key of the verdicts' signatures; None: verdicts need no signature.
    canary_share
        Share of threads that the alias `canary` answers; 0: none.
    has_shadow
        Whether the alias `shadow` is followed.
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
        self._trials = Trials(
            self._loader, canary_share=canary_share, has_shadow=has_shadow, note=lambda move: self._journal.note(move)
        )
        self._shelf = ReleaseShelf(ReleaseLoader(connect, cache.beside("tried"), verdict_key=verdict_key))
        self._watches: dict[str, AliasWatch] = {default_bot: self._watch_of(default_bot)}
        self._tried_in_vain: dict[str, object] = {}
        self._absent: OrderedDict[str, tuple[float, BotError]] = OrderedDict()
        self._lookups = asyncio.Semaphore(2)
        self._first_uses: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._looks: set[asyncio.Task[None]] = set()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build the provider from the settings."""
        key = settings.verdict_key
        return cls(
            lambda: cast(
                RegistryLike,
                Bounded(Registry(settings.resolved_tracking_uri, most_megabytes=settings.release_max_megabytes)),
            ),
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

        A registry that is silent or empty is no error: the last good release of this machine answers, or `current`
        says what is missing. Swaps are recorded in `promotions`; without it, only on this machine.
        """
        self._journal = SwapJournal(promotions)
        watch = self._watches[self._default_bot]
        first = asyncio.create_task(self._to_the_end(watch.refresh()))
        # A hanging server must not delay the start; the look goes on in its thread.
        await asyncio.wait({first}, timeout=_FIRST_POLL_SECONDS)
        await self._fall_back(watch)
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
        await self._trials.aclose()
        await self._journal.aclose()

    def wake(self) -> None:
        """Ask the registry now rather than at the end of the pause."""
        self._wake.set()

    def current(self, bot: str, thread_id: str | None = None) -> Release:
        """Return the release that answers now.

        The first use of a bot begins to load its release; `ensure` waits for that.

        Parameters
        ----------
        bot
            The bot's name, possibly from a stranger's request.
        thread_id
            The thread to be answered, which the canary may answer; None: the release that answers most threads.

        Returns
        -------
        Release
            Keep it for the whole turn.

        Raises
        ------
        NotFound
            There is no such bot.
        ModelNotLoaded
            The bot has no release that may answer, or it is not known yet whether it has (`ReleasePending`).
        """
        watch = self._watches.get(bot)
        release = watch.state.release if watch is not None else None
        if release is not None:
            canary = self._trials.canary_for(bot, thread_id) if thread_id is not None else None
            return canary or release
        if watch is None and not self._is_known_absent(bot):
            self._begin_first_use(bot)
            raise ReleasePending(bot, "it is being looked for")
        problem = watch.state.problem if watch is not None else self._absent[bot][1]
        if isinstance(problem, NotFound | ModelNotLoaded):
            raise problem.with_traceback(None)  # else it would grow by this request's frames, and keep them
        raise ReleasePending(bot, str(problem) if problem else "it is being looked for") from problem

    async def ensure(self, bot: str) -> Release:
        """Return the release of a bot, loading it on first use; raises as `current` does.

        Names that no bot has are remembered for a while, so that made-up names do not reach the registry each time.
        """
        if bot not in self._watches and not self._is_known_absent(bot):
            await self._first_use(bot)
        return self.current(bot)

    def observe(self, bot: str, version: str, signs: TurnSignals) -> None:
        """Count a turn that a version answered; a canary that does badly is stopped by this."""
        watch = self._watches.get(bot)
        if watch is not None:
            self._trials.observe(watch.state, version, signs)

    def shadow(self, bot: str) -> Release | None:
        """Return the release that is tried on every message and answers nobody, if the bot has one."""
        found = self._trials.shadow(bot)
        return found[0] if found is not None else None

    async def log_shadow(self, bot: str, version: str, *, metrics: dict[str, float], rows: dict[str, Any]) -> None:
        """Log a shadow's metrics and table to its run, unless another version is the shadow now."""
        found = self._trials.shadow(bot)
        if found is not None and found[1].version == version:
            table = f"shadow/version-{version}.json"
            await asyncio.to_thread(self._loader.log_figures, found[1], metrics, table=table, rows=rows)

    async def version(self, bot: str, version: str) -> Release:
        """Return a registered version to try, which may answer nobody; raises as `ReleaseShelf.get` does."""
        return await self._shelf.get(bot, version)

    async def newest(self, bot: str) -> Release:
        """Return the newest registered version to try; raises as `ReleaseShelf.newest` does."""
        return await self._shelf.newest(bot)

    def status(self, bot: str) -> ReleaseStatus:
        """Describe a bot's releases; nothing is known of a bot that was never used."""
        watch = self._watches.get(bot)
        state = watch.state if watch is not None else AliasState(bot, self._alias)
        return ReleaseStatus(
            state.version,
            state.last_poll_at,
            state.refused,
            canary=self._trials.version_of(bot, CANARY),
            shadow=self._trials.version_of(bot, SHADOW),
            problem=state.mismatch,
            trial=self._trials.counts(bot),
        )

    def _watch_of(self, bot: str) -> AliasWatch:
        state = AliasState(bot, self._alias)
        return AliasWatch(self._loader, state, on_swap=lambda swap: self._journal.note_swap(swap))

    def _begin_first_use(self, bot: str) -> None:
        if bot not in self._first_uses and len(self._first_uses) < _MAX_FIRST_USES:
            task = self._first_uses[bot] = asyncio.create_task(self._first_use(bot))
            task.add_done_callback(lambda _: self._first_uses.pop(bot, None))

    async def _first_use(self, bot: str) -> None:
        async with self._lookups:
            if bot not in self._watches and not self._is_known_absent(bot):
                await self._find_bot(bot)

    async def _find_bot(self, bot: str) -> None:
        watch = self._watch_of(bot)
        await self._to_the_end(watch.refresh())
        await self._fall_back(watch)
        problem = watch.state.problem
        if watch.state.release is None and isinstance(problem, NotFound | RegistryUnavailable):
            seconds = _ABSENT_SECONDS if isinstance(problem, NotFound) else self._poll_seconds
            self._absent[bot] = (time.monotonic() + seconds, problem)
            while len(self._absent) > _MAX_ABSENT:
                self._absent.popitem(last=False)
        else:
            self._watches[bot] = watch

    def _is_known_absent(self, bot: str) -> bool:
        known = self._absent.get(bot)
        if known is not None and known[0] < time.monotonic():
            del self._absent[bot]
            return False
        return known is not None

    async def _watch(self, first_look: asyncio.Task[None]) -> None:
        await first_look
        while True:
            for watch in list(self._watches.values()):
                await self._trials.refresh(watch.state)
            self._journal.flush_soon()
            jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
            await is_set_within(self._wake, seconds=self._poll_seconds * jitter)
            self._wake.clear()
            for watch in list(self._watches.values()):
                await self._to_the_end(watch.refresh())
                await self._fall_back(watch)

    async def _to_the_end(self, look: Coroutine[Any, Any, None]) -> None:
        """Wait for a look. It goes on if the watcher is stopped in the middle, so that its swap is written down."""
        task = asyncio.create_task(look)
        self._looks.add(task)
        task.add_done_callback(self._looks.discard)
        await asyncio.shield(task)

    async def _fall_back(self, watch: AliasWatch) -> None:
        """Fall back to an earlier release when the promoted one is refused or unavailable.

        A registry that answers is asked about each of them. While it is silent, only what can be proved without it
        answers. What was tried in vain is tried again once something has changed.
        """
        state = watch.state
        if not state.needs_fallback:
            return
        recorded = await self._journal.recorded(state.bot)
        last = await asyncio.to_thread(self._loader.last_good_version, state.bot)
        tried = (state.refusal, type(state.problem), recorded, last)
        if self._tried_in_vain.get(state.bot) == tried:
            return
        if isinstance(state.problem, ReleaseRefused):
            former = [*([last] if last is not None else []), *reversed(recorded.answered)]
            for version in list(dict.fromkeys(former))[:_MAX_FORMER]:
                if not await watch.fall_back(partial(self._loader.load_former, version=version)):
                    return
        else:
            await watch.fall_back(partial(self._loader.load_cached, recorded=recorded))
        if watch.state.needs_fallback:
            self._tried_in_vain[state.bot] = tried

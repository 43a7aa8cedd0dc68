"""Which release answers, and how a newly promoted one takes over without a restart."""

import asyncio
import logging
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pipelines.errors import BotError, ModelNotLoaded, NotFound, RegistryUnavailable, ReleasePending, ReleaseRefused
from pipelines.nlu.release import Release, load_release
from pipelines.settings import Settings
from serving.release.cache import ReleaseCache
from serving.release.heap import settle_heap
from serving.release.registry import GATE_PASSED, GATE_TAG, REFUSED_TAG, RegisteredVersion, Registry
from serving.release.watched import RegistryLike, ReleaseStatus, Watched

logger = logging.getLogger(__name__)

_JITTER = 0.2
_FIRST_POLL_SECONDS = 10.0
_ABSENT_SECONDS = 30.0
_MAX_ABSENT = 1000
_MAX_FIRST_USES = 50
_WARM_UP_TEXTS = ("hello", "where is my order 1042")


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
    """

    def __init__(
        self,
        connect: Callable[[], RegistryLike],
        *,
        cache: ReleaseCache,
        alias: str,
        poll_seconds: float,
        default_bot: str,
    ) -> None:
        self._connect, self._cache, self._alias = connect, cache, alias
        self._poll_seconds, self._default_bot = poll_seconds, default_bot
        self._registry: RegistryLike | None = None
        self._registry_lock = threading.Lock()
        self._watched: dict[str, Watched] = {default_bot: Watched(default_bot)}
        self._absent: OrderedDict[str, tuple[float, BotError]] = OrderedDict()
        self._lookups = asyncio.Semaphore(2)
        self._first_uses: dict[str, asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Make the provider that the settings describe."""
        return cls(
            lambda: Registry(settings.resolved_tracking_uri),
            cache=ReleaseCache(settings.home / "releases"),
            alias=settings.release_alias,
            poll_seconds=settings.release_poll_seconds,
            default_bot=settings.default_bot,
        )

    async def start(self) -> None:
        """Load the default bot's release and begin to watch.

        A registry that is silent or has nothing yet is no error: the last good release of this machine answers, or
        `current` says what is missing.
        """
        watched = self._watched[self._default_bot]
        poll = asyncio.create_task(self._poll(watched))
        # A hanging server must not delay the start; the poll goes on in its thread.
        await asyncio.wait({poll}, timeout=_FIRST_POLL_SECONDS)
        if watched.release is None and (not poll.done() or isinstance(watched.problem, RegistryUnavailable)):
            await asyncio.to_thread(self._load_last_good, watched)
        self._task = asyncio.create_task(self._watch(poll), name="release-watcher")

    async def stop(self) -> None:
        """Stop watching. Releases stay usable."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def current(self, bot: str) -> Release:
        """Give the release that answers for a bot now.

        The first use of a bot begins to load its release; `ensure` waits for that.

        Parameters
        ----------
        bot
            The bot's name, possibly from a stranger's request.

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
            return watched.release
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

    def status(self, bot: str) -> ReleaseStatus:
        """Say what is known about a bot's release; nothing is known of a bot that was never used."""
        watched = self._watched.get(bot) or Watched(bot)
        version = watched.release.version if watched.release else None
        return ReleaseStatus(version, watched.loaded_at, watched.last_poll_at, watched.refused)

    def _begin_first_use(self, bot: str) -> None:
        if bot not in self._first_uses and len(self._first_uses) < _MAX_FIRST_USES:
            task = self._first_uses[bot] = asyncio.create_task(self._first_use(bot))
            task.add_done_callback(lambda _: self._first_uses.pop(bot, None))

    async def _first_use(self, bot: str) -> None:
        async with self._lookups:
            if bot not in self._watched and not self._is_known_absent(bot):
                await self._look_for(bot)

    async def _look_for(self, bot: str) -> None:
        watched = Watched(bot)
        await self._poll(watched)
        if watched.release is None and isinstance(watched.problem, RegistryUnavailable):
            await asyncio.to_thread(self._load_last_good, watched)
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
            await asyncio.sleep(self._poll_seconds * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311
            for watched in list(self._watched.values()):
                await self._poll(watched)

    async def _poll(self, watched: Watched) -> None:
        before = watched.problem
        try:
            await asyncio.to_thread(self._poll_in_thread, watched)
        except BotError as error:
            watched.problem = error
            if str(error) != str(before):
                logger.warning("release poll failed", extra={"bot": watched.bot, "reason": str(error)})
        except Exception as error:
            # The watcher must outlive a fault in one poll; the fault is logged and shown, the next poll tries again.
            watched.problem = RegistryUnavailable("the registry", f"{type(error).__name__}: {error}")
            logger.exception("release poll broke", extra={"bot": watched.bot})
        else:
            watched.problem = None

    def _poll_in_thread(self, watched: Watched) -> None:
        self._cache.folder(watched.bot)  # refuses names that no bot can have, before the registry sees them
        registry = self._connected()
        try:
            version = registry.find(watched.bot, alias=self._alias)
        except (NotFound, ModelNotLoaded):
            watched.last_poll_at = datetime.now(UTC)
            raise
        watched.last_poll_at = datetime.now(UTC)
        if version.key == watched.key:
            return
        state = (version.key, version.tags.get(GATE_TAG))
        if watched.refusal is not None and watched.refusal[0] == state:
            raise watched.refusal[1]
        try:
            self._take_over(watched, version, registry)
        except ReleaseRefused as refusal:
            watched.refusal = (state, refusal)
            self._report_refusal(watched, version, refusal, registry)
            raise
        watched.refusal = None

    def _connected(self) -> RegistryLike:
        with self._registry_lock:
            if self._registry is None:
                self._registry = self._connect()
            return self._registry

    def _take_over(self, watched: Watched, version: RegisteredVersion, registry: RegistryLike) -> None:
        if not version.gate_passed:
            reason = f"it has no tag {GATE_TAG}={GATE_PASSED}, so no evaluation has found it fit to answer"
            raise ReleaseRefused(watched.bot, version.version, reason)
        folder = self._cache.add(watched.bot, version.key, lambda aside: registry.download(version, aside))
        try:
            release = _load_and_warm(folder, version=version.version)
        except ReleaseRefused:
            self._cache.discard(watched.bot, version.key)
            raise
        self._swap(watched, release, key=version.key, source="registry")
        if REFUSED_TAG in version.tags:
            registry.clear_refusal(version)

    def _report_refusal(
        self, watched: Watched, version: RegisteredVersion, refusal: ReleaseRefused, registry: RegistryLike
    ) -> None:
        watched.refused = (*watched.refused[-9:], f"{version.version}: {refusal.reason}")
        logger.error(
            "release refused",
            extra={"bot": watched.bot, "version": version.version, "reason": refusal.reason},
        )
        try:
            registry.tag_refusal(version, refusal.reason)
        except RegistryUnavailable as error:
            logger.warning("refusal could not be written to the registry", extra={"reason": str(error)})

    def _load_last_good(self, watched: Watched) -> None:
        try:
            cached = self._cache.last_good(watched.bot)
            if cached is None:
                return
            release = _load_and_warm(cached.folder, version=cached.version)
        except (ReleaseRefused, NotFound) as error:
            logger.warning("cached release cannot be used", extra={"bot": watched.bot, "reason": str(error)})
            return
        self._swap(watched, release, key=cached.folder.name, source="cache")

    def _swap(self, watched: Watched, release: Release, *, key: str, source: str) -> None:
        with watched.lock:
            if source == "cache" and watched.release is not None:
                return  # the registry answered meanwhile
            before = watched.release.version if watched.release else None
            watched.release, watched.key, watched.loaded_at = release, key, datetime.now(UTC)
        settle_heap()
        logger.info("release loaded", extra={"bot": watched.bot, "version": release.version, "source": source})
        self._cache.record_swap(
            watched.bot,
            key=key,
            version=release.version,
            before=before,
            data_hash=release.manifest.data_hash,
            source=source,
        )


def _load_and_warm(folder: Path, *, version: str) -> Release:
    release = load_release(folder, version=version)
    for text in _WARM_UP_TEXTS:
        release.model.parse(text)
    return release

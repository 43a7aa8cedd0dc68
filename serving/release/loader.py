"""How a release gets into this process: found under its alias, downloaded, verified and warmed up.

Everything here waits for the network or computes, and is called from threads. It takes a state and returns data; only
the event loop puts the two together.
"""

import gc
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pipelines.errors import BotError, ModelNotLoaded, NotFound, RegistryUnavailable, ReleaseRefused
from pipelines.registry.client import REFUSED_TAG, RegisteredVersion
from pipelines.registry.release import Release, load_release
from pipelines.registry.verdict import JUDGING_TAGS, JudgedRelease, load_judged, require_gate
from serving.clock import utc_now
from serving.release.alias_state import AliasState, Loaded, Look, Refusal, RegistryLike, Swap
from serving.release.cache import ReleaseCache

logger = logging.getLogger(__name__)

STOPPED_TAG = "canary_stopped"
"""On a canary that did worse than the release beside it; delete the tag to allow another trial."""
YOUNG_OBJECTS = 20_000
"""New objects after which the youngest are searched for cycles; a message makes some thousands and few cycles."""
_WARM_UP_TEXTS = ("hello", "where is my order 1042")

E = TypeVar("E", bound=BotError)


class ReleaseLoader:
    """Loads releases from the registry and from this machine's cache.

    Parameters
    ----------
    connect
        Opens the registry connection; called once, since importing the library takes seconds.
    verdict_key
        Key of the verdicts' signatures; None: verdicts need no signature.
    """

    def __init__(
        self, connect: Callable[[], RegistryLike], cache: ReleaseCache, *, verdict_key: str | None = None
    ) -> None:
        self._connect, self._cache, self._verdict_key = connect, cache, verdict_key
        self._registry: RegistryLike | None = None
        self._registry_lock = threading.Lock()

    @property
    def registry(self) -> RegistryLike:
        """The connection, opened on first use."""
        with self._registry_lock:
            if self._registry is None:
                self._registry = self._connect()
            return self._registry

    def look(self, state: AliasState) -> Look:
        """Ask the registry which version is behind the alias, and load it if it is new."""
        answered_at = None
        try:
            self._cache.folder(state.bot)  # rejects names that no bot can have before the registry sees them
            version = self._find(state)
            answered_at = utc_now()
            if isinstance(version, BotError):
                return Look(answered_at, problem=_without_frames(version))
            return replace(self._load_if_new(state, version), answered_at=answered_at)
        except BotError as error:
            return Look(answered_at, problem=_without_frames(error))

    def _find(self, state: AliasState) -> RegisteredVersion | NotFound | ModelNotLoaded:
        """Return the version behind the alias, or the registry's answer that there is none."""
        try:
            return self.registry.find(state.bot, alias=state.alias)
        except (NotFound, ModelNotLoaded) as error:
            return error

    def _load_if_new(self, state: AliasState, version: RegisteredVersion) -> Look:
        if version.key == state.key:
            return Look()
        tags = tuple(version.tags.get(tag) for tag in (*JUDGING_TAGS, STOPPED_TAG))
        known = state.refusal
        if known is not None and (known.key, known.tags) == (version.key, tags):
            return Look(problem=known.error)
        try:
            judged = self._obtain(state, version)
        except ReleaseRefused as error:
            refusal = Refusal(version, tags, _without_frames(error))
            return Look(problem=refusal.error, refusal=refusal)
        now = utc_now()
        loaded = Loaded(judged.release, version.key, "registry", now, found=version, verdict=judged.digest)
        return Look(loaded=loaded)

    def load_last_good(self, state: AliasState) -> Loaded | None:
        """Load the release that answered last on this machine, if there is one and it was not refused since."""
        try:
            cached = self._cache.last_good(state.bot)
            if cached is None or (state.refusal is not None and state.refusal.key == cached.key):
                return None
            release = load_release(cached.folder, version=cached.version)
            _warm_up(release)
        except (ReleaseRefused, NotFound) as error:
            logger.warning("cached release cannot be used", extra={"bot": state.bot, "reason": str(error)})
            return None
        return Loaded(release, cached.key, "cache", utc_now())

    def load_former(self, state: AliasState, version: str) -> Loaded | None:
        """Load a version that answered earlier, if it still may; for a machine whose cache is empty."""
        try:
            found = self.registry.find_version(state.bot, version)
            if state.refusal is not None and state.refusal.key == found.key:
                return None
            judged = self._obtain(state, found)
        except (ReleaseRefused, NotFound, RegistryUnavailable) as error:
            logger.warning("former release cannot be used", extra={"bot": state.bot, "reason": str(error)})
            return None
        return Loaded(judged.release, found.key, "journal", utc_now(), found=found, verdict=judged.digest)

    def report(self, state: AliasState, look: Look) -> None:
        """Log a refusal and tag the version with its reason, or delete that tag from a version that may answer now."""
        if look.refusal is not None:
            version, reason = look.refusal.version, look.refusal.error.reason
            logger.error(
                "release refused",
                extra={
                    "bot": state.bot,
                    "alias": state.alias,
                    "version": version.version,
                    "reason": reason,
                    "answering": state.version or "nothing",
                },
            )
            self._try_tagging(lambda: self.registry.set_tag(version, REFUSED_TAG, reason))
        found = look.loaded.found if look.loaded is not None else None
        if found is not None and REFUSED_TAG in found.tags:
            self._try_tagging(lambda: self.registry.delete_tag(found, REFUSED_TAG))

    def record(self, swap: Swap) -> None:
        """Record a swap on this machine, and settle the heap around the new release."""
        settle_heap()
        release, key, source = swap.loaded.release, swap.loaded.key, swap.loaded.source
        logger.info(
            "release loaded",
            extra={"bot": swap.bot, "alias": swap.alias, "version": release.version, "source": source},
        )
        if swap.role == "answers":
            data_hash = release.manifest.data_hash
            self._cache.record_swap(
                swap.bot, key=key, version=release.version, before=swap.before, data_hash=data_hash, source=source
            )

    def aliases(self, bot: str) -> dict[str, str]:
        """Return the version of each alias."""
        return self.registry.aliases(bot)

    def stop_canary(self, bot: str, alias: str, *, version: RegisteredVersion, reason: str) -> None:
        """Delete the canary's alias, and tag its version so that it does not come back by itself."""
        self.registry.set_tag(version, STOPPED_TAG, reason)
        self.registry.remove_alias(bot, alias)

    def log_figures(
        self, version: RegisteredVersion, metrics: Mapping[str, float], *, table: str, rows: dict[str, Any]
    ) -> None:
        """Log metrics and a table to the run that made a version."""
        self.registry.log_figures(version, metrics, table=table, rows=rows)

    def _obtain(self, state: AliasState, version: RegisteredVersion) -> JudgedRelease:
        """Download a version unless it is cached, and verify that it may answer."""
        must_pass = state.role != "shadow"  # a shadow answers nobody
        if must_pass:
            require_gate(version.tags, name=state.bot, version=version.version)
        if state.role == "canary" and STOPPED_TAG in version.tags:
            stopped = f"it was stopped as a canary ({version.tags[STOPPED_TAG]})"
            reason = f"{stopped}; delete its tag {STOPPED_TAG} to try it again"
            raise ReleaseRefused(state.bot, version.version, reason)
        folder = self._cache.get(state.bot, version.key)
        if folder is not None:
            try:
                return self._verify(folder, state.bot, version, must_pass=must_pass)
            except ReleaseRefused as error:
                # The files may have been damaged on this machine; only the registry's decide.
                logger.warning("cached release is downloaded anew", extra={"bot": state.bot, "reason": error.reason})
                self._cache.discard(state.bot, version.key)
        folder = self._cache.add(state.bot, version.key, lambda aside: self.registry.download(version, aside))
        try:
            return self._verify(folder, state.bot, version, must_pass=must_pass)
        except ReleaseRefused:
            self._cache.discard(state.bot, version.key)
            raise

    def _verify(self, folder: Path, bot: str, version: RegisteredVersion, *, must_pass: bool) -> JudgedRelease:
        judged = load_judged(
            folder,
            name=bot,
            version=version.version,
            tags=version.tags,
            key=self._verdict_key,
            must_pass=must_pass,
        )
        _warm_up(judged.release)
        return judged

    def _try_tagging(self, write: Callable[[], None]) -> None:
        try:
            write()
        except RegistryUnavailable as error:
            logger.warning("a refusal could not be written to the registry", extra={"reason": str(error)})


def settle_heap() -> None:
    """Collect the garbage of a former release, then exempt everything alive from later collections.

    A release is some hundred thousand objects that live as long as it answers. Searching them for garbage takes 40 ms
    in which nobody is answered, every few hundred messages; once they are exempt, a full collection takes
    microseconds. Objects exempted earlier are searched once more here, so that a former release cannot stay for ever.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


def _warm_up(release: Release) -> None:
    for text in _WARM_UP_TEXTS:
        release.model.parse(text)


def _without_frames(error: E) -> E:
    """Strip an error that a state keeps: the frames it was raised in hold the former state, and so its release."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)

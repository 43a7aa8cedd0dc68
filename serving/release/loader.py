"""How a release gets into this process: found under its alias, downloaded, proved, warmed up and swapped in.

Everything here waits for the network or computes: it is called from threads.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pipelines.errors import ModelNotLoaded, NotFound, RegistryUnavailable, ReleaseRefused
from pipelines.registry.client import REFUSED_TAG, RegisteredVersion
from pipelines.registry.release import Release, load_release
from pipelines.registry.verdict import JUDGING_TAGS, JudgedRelease, load_judged, require_gate
from serving.release.cache import ReleaseCache
from serving.release.heap import settle_heap
from serving.release.watched import RegistryLike, Swap, Watched

logger = logging.getLogger(__name__)

STOPPED_TAG = "canary_stopped"
"""On a version that did worse than the one beside it; whoever takes the tag off may try it again."""
_WARM_UP_TEXTS = ("hello", "where is my order 1042")
_SHOWN_REFUSALS = 10


class ReleaseLoader:
    """Brings releases from the registry or from this machine's cache into what is watched.

    Parameters
    ----------
    connect
        Makes the registry connection; called once, since importing the library takes seconds.
    cache
        Releases on this machine.
    verdict_key
        Key of the verdicts' signatures; None: they need none.
    """

    def __init__(
        self, connect: Callable[[], RegistryLike], cache: ReleaseCache, *, verdict_key: str | None = None
    ) -> None:
        self._connect, self._cache, self._verdict_key = connect, cache, verdict_key
        self._registry: RegistryLike | None = None
        self._registry_lock = threading.Lock()

    @property
    def registry(self) -> RegistryLike:
        """The connection, made when it is first needed."""
        with self._registry_lock:
            if self._registry is None:
                self._registry = self._connect()
            return self._registry

    def follow(self, watched: Watched) -> Swap | None:
        """Take over what carries the alias, if it is something new.

        Parameters
        ----------
        watched
            The alias; written to.

        Returns
        -------
        Swap | None
            What changed, if anything.

        Raises
        ------
        NotFound
            There is no such bot.
        ModelNotLoaded
            Nothing carries the alias, or what does must not answer (`ReleaseRefused`).
        RegistryUnavailable
            The server did not answer, or cannot give the files.
        """
        self._cache.folder(watched.bot)  # refuses names that no bot can have, before the registry sees them
        try:
            version = self.registry.find(watched.bot, alias=watched.alias)
        except (NotFound, ModelNotLoaded):
            watched.last_poll_at = datetime.now(UTC)
            raise
        watched.last_poll_at = datetime.now(UTC)
        if version.key == watched.key:
            return None
        state = (version.key, *(version.tags.get(tag) for tag in (*JUDGING_TAGS, STOPPED_TAG)))
        if watched.refusal is not None and watched.refusal[0] == state:
            raise watched.refusal[1]
        try:
            judged = self._obtain(watched, version)
        except ReleaseRefused as refusal:
            watched.refusal = (state, refusal)
            self._report_refusal(watched, version, refusal)
            raise
        watched.refusal, watched.found = None, version
        swap = self._swap(watched, judged.release, version.key, source="registry", verdict=judged.digest)
        if REFUSED_TAG in version.tags:
            self._try_tagging(lambda: self.registry.delete_tag(version, REFUSED_TAG))
        return swap

    def aliases(self, bot: str) -> dict[str, str]:
        """Map every alias of a bot to its version."""
        return self.registry.aliases(bot)

    def stop_canary(self, watched: Watched, version: RegisteredVersion, reason: str) -> None:
        """Take the canary's alias away, and write on the version why it must not come back by itself."""
        self.registry.set_tag(version, STOPPED_TAG, reason)
        self.registry.remove_alias(watched.bot, watched.alias)

    def log_figures(
        self, version: RegisteredVersion, metrics: Mapping[str, float], *, table: str, rows: dict[str, Any]
    ) -> None:
        """Log figures and a table to the run that made a version."""
        self.registry.log_figures(version, metrics, table=table, rows=rows)

    def load_last_good(self, watched: Watched) -> Swap | None:
        """Let the release answer that answered last on this machine, if there is one and it was not refused since."""
        try:
            cached = self._cache.last_good(watched.bot)
            if cached is None or (watched.refusal is not None and watched.refusal[0][0] == cached.key):
                return None
            release = load_release(cached.folder, version=cached.version)
            _warm_up(release)
        except (ReleaseRefused, NotFound) as error:
            logger.warning("cached release cannot be used", extra={"bot": watched.bot, "reason": str(error)})
            return None
        return self._swap(watched, release, cached.key, source="cache", verdict=None)

    def load_former(self, watched: Watched, version: str) -> Swap | None:
        """Let a version answer that answered earlier, if it still may; for a machine that has none of its own."""
        try:
            found = self.registry.find_version(watched.bot, version)
            if watched.refusal is not None and watched.refusal[0][0] == found.key:
                return None
            judged = self._obtain(watched, found)
        except (ReleaseRefused, NotFound, RegistryUnavailable) as error:
            logger.warning("former release cannot be used", extra={"bot": watched.bot, "reason": str(error)})
            return None
        return self._swap(watched, judged.release, found.key, source="journal", verdict=judged.digest)

    def _obtain(self, watched: Watched, version: RegisteredVersion) -> JudgedRelease:
        """Download a version unless it is here, and prove that it may answer."""
        must_pass = watched.role != "shadow"  # a shadow answers nobody
        if must_pass:
            require_gate(version.tags, name=watched.bot, version=version.version)
        if watched.role == "canary" and STOPPED_TAG in version.tags:
            stopped = f"it was stopped as a canary ({version.tags[STOPPED_TAG]})"
            reason = f"{stopped}; take its tag {STOPPED_TAG} off to try it again"
            raise ReleaseRefused(watched.bot, version.version, reason)
        folder = self._cache.get(watched.bot, version.key)
        if folder is not None:
            try:
                return self._prove(folder, watched, version, must_pass=must_pass)
            except ReleaseRefused as error:
                # What lies here may have been damaged since; only what the registry has decides.
                logger.warning("cached release is downloaded anew", extra={"bot": watched.bot, "reason": error.reason})
                self._cache.discard(watched.bot, version.key)
        folder = self._cache.add(watched.bot, version.key, lambda aside: self.registry.download(version, aside))
        try:
            return self._prove(folder, watched, version, must_pass=must_pass)
        except ReleaseRefused:
            self._cache.discard(watched.bot, version.key)
            raise

    def _prove(self, folder: Path, watched: Watched, version: RegisteredVersion, *, must_pass: bool) -> JudgedRelease:
        judged = load_judged(
            folder,
            name=watched.bot,
            version=version.version,
            tags=version.tags,
            key=self._verdict_key,
            must_pass=must_pass,
        )
        _warm_up(judged.release)
        return judged

    def _report_refusal(self, watched: Watched, version: RegisteredVersion, refusal: ReleaseRefused) -> None:
        watched.refused = (*watched.refused[1 - _SHOWN_REFUSALS :], f"{version.version}: {refusal.reason}")
        logger.error(
            "release refused",
            extra={
                "bot": watched.bot,
                "alias": watched.alias,
                "version": version.version,
                "reason": refusal.reason,
                "answering": watched.release.version if watched.release else "nothing",
            },
        )
        self._try_tagging(lambda: self.registry.set_tag(version, REFUSED_TAG, refusal.reason))

    def _try_tagging(self, write: Callable[[], None]) -> None:
        try:
            write()
        except RegistryUnavailable as error:
            logger.warning("a refusal could not be written to the registry", extra={"reason": str(error)})

    def _swap(
        self,
        watched: Watched,
        release: Release,
        key: str,
        *,
        source: Literal["registry", "cache", "journal"],
        verdict: str | None,
    ) -> Swap | None:
        with watched.lock:
            if source != "registry" and watched.release is not None:
                return None  # the registry answered meanwhile
            before = watched.release.version if watched.release else None
            watched.release, watched.key, watched.loaded_at = release, key, datetime.now(UTC)
        settle_heap()
        logger.info(
            "release loaded",
            extra={"bot": watched.bot, "alias": watched.alias, "version": release.version, "source": source},
        )
        if watched.role == "answers":
            self._cache.record_swap(
                watched.bot,
                key=key,
                version=release.version,
                before=before,
                data_hash=release.manifest.data_hash,
                source=source,
            )
        return Swap(watched.bot, before, release.version, verdict, source, watched.loaded_at)


def _warm_up(release: Release) -> None:
    for text in _WARM_UP_TEXTS:
        release.model.parse(text)

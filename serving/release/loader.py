"""How a release gets into this process: found under its alias, downloaded, verified and warmed up.

Everything here waits for the network or computes, and is called from threads. It takes a state and returns data; only
the event loop puts the two together.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pipelines.errors import BotError, ModelNotLoaded, NotFound, RegistryUnavailable, ReleaseRefused
from pipelines.registry.client import (
    ANSWERED,
    ANSWERS,
    PRODUCTION,
    PROMOTED_AT_TAG,
    REFUSED_TAG,
    STAGE_TAG,
    RegisteredVersion,
)
from pipelines.registry.verdict import (
    DATA_TAG,
    JUDGING_TAGS,
    SIGNATURE_TAG,
    VERDICT_TAG,
    JudgedRelease,
    load_judged,
    require_gate,
)
from serving.clock import utc_now
from serving.release.alias_state import AliasState, Loaded, Look, Refusal, RegistryLike, Source, Swap
from serving.release.cache import ReleaseCache
from serving.release.heap import settle_heap, warm_up
from serving.release.journal import Recorded
from serving.release.kept import find_proved
from serving.release.marks import correct_marks

logger = logging.getLogger(__name__)

STOPPED_TAG = "canary_stopped"
"""On a canary that did worse than the release beside it; delete the tag to allow another trial."""
CANARY_SHARE_TAG = "canary_share"
"""Share of threads that a version answers as the canary, in (0, 1], where another one was chosen than the setting."""

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
        self._unmarkable: set[str] = set()
        self._untaggable: set[str] = set()
        self._uncorrected: set[str] = set()

    @property
    def registry(self) -> RegistryLike:
        """The connection, opened on first use."""
        with self._registry_lock:
            if self._registry is None:
                self._registry = self._connect()
            return self._registry

    def look(self, state: AliasState) -> Look:
        """Ask the registry which version is behind the alias, and load it if it is new."""
        answered_at = behind = None
        try:
            self._cache.folder(state.bot)  # rejects names that no bot can have before the registry sees them
            version = self._find(state)
            answered_at = utc_now()
            if isinstance(version, BotError):
                behind, found = "", Look(problem=_without_frames(version))
            else:
                behind, found = version.version, self._load_if_new(state, version)
            return replace(self._check_cached(state, found), answered_at=answered_at, behind=behind)
        except BotError as error:
            return Look(answered_at, problem=_without_frames(error), behind=behind)

    def _find(self, state: AliasState) -> RegisteredVersion | NotFound | ModelNotLoaded:
        """Return the version behind the alias, or the registry's answer that there is none."""
        try:
            return self.registry.find(state.bot, alias=state.alias)
        except (NotFound, ModelNotLoaded) as error:
            return error

    def _load_if_new(self, state: AliasState, version: RegisteredVersion) -> Look:
        unmarked = version if _lacks_mark(state, version) else None
        if version.key == state.key and state.loaded is not None and state.loaded.is_confirmed:
            return Look(unmarked=unmarked)
        tags = tuple(version.tags.get(tag) for tag in (*JUDGING_TAGS, STOPPED_TAG))
        known = state.refusal
        if known is not None and (known.key, known.tags) == (version.key, tags):
            return Look(problem=known.error, untagged=None if REFUSED_TAG in version.tags else known)
        try:
            return Look(loaded=self._load(state, version, source="registry"), unmarked=unmarked)
        except ReleaseRefused as error:
            refusal = Refusal(version, tags, _without_frames(error))
            return Look(problem=refusal.error, refusal=refusal)

    def _check_cached(self, state: AliasState, look: Look) -> Look:
        """Ask about a release that answers from the cache, if the look has found another one behind the alias.

        Raises `RegistryUnavailable`; the next look asks again.
        """
        loaded = state.loaded
        is_settled = look.loaded is not None or (look.refusal is not None and look.refusal.key == state.key)
        if loaded is None or loaded.is_confirmed or is_settled:
            return look
        try:
            found = self.registry.find_version(state.bot, loaded.release.version)
            if found.key == loaded.key:
                return replace(look, confirmed=self._load(state, found, source="registry"))
            reason = "another run has registered that number"
        except (NotFound, ReleaseRefused) as error:
            reason = str(error)
        extra = {"bot": state.bot, "version": loaded.release.version, "reason": reason}
        logger.error("cached release must not answer", extra=extra)
        self._cache.discard(state.bot, loaded.key)
        return replace(look, withdrawn=loaded.key)

    def load_cached(self, state: AliasState, recorded: Recorded) -> Loaded | None:
        """Load a release of this machine without the registry; `recorded` is what the journal holds of the bot."""
        return find_proved(self._cache, state, recorded, verdict_key=self._verdict_key)

    def last_good_version(self, bot: str) -> str | None:
        """Return the version that answered last on this machine, if its files are still there."""
        last = self._cache.last_good(bot)
        return last.version if last is not None else None

    def load_former(self, state: AliasState, version: str) -> Loaded | None:
        """Load a version that answered earlier, if it still may; raises `RegistryUnavailable`."""
        try:
            found = self.registry.find_version(state.bot, version)
            if state.refusal is not None and state.refusal.key == found.key:
                return None
            return self._load(state, found, source="journal")
        except (ReleaseRefused, NotFound) as error:
            logger.warning("former release cannot be used", extra={"bot": state.bot, "reason": str(error)})
            return None

    def load_version(self, version: RegisteredVersion, bot: str) -> Loaded:
        """Load any version for somebody to look at, whatever its gate says; its files and its verdict must be whole."""
        return self._load(AliasState(bot, "", "shadow"), version, source="registry")

    def check_name(self, bot: str) -> None:
        """Raise `NotFound` for a name that no bot can have, before the registry sees it."""
        self._cache.folder(bot)

    def prune(self, bot: str, version: RegisteredVersion) -> None:
        """Delete what the cache has of a bot, except for a version and those used last."""
        self._cache.prune(bot, current=version.key)

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
            self.tag_refusal(look.refusal)
        found = look.loaded.found if look.loaded is not None else None
        if found is not None and REFUSED_TAG in found.tags:
            self._try_tagging(found, lambda: self.registry.delete_tag(found, REFUSED_TAG))

    def tag_refusal(self, refusal: Refusal) -> None:
        """Tag a refused version with the reason. The next look tries again: other servers may be writing as well."""
        version, reason = refusal.version, refusal.error.reason
        self._try_tagging(version, lambda: self.registry.set_tag(version, REFUSED_TAG, reason))

    def mark_answering(self, bot: str, version: RegisteredVersion) -> None:
        """Write the tags `stage` and `promoted_at` of a version that has got the alias, and of those before it.

        `promote` writes the same. Several servers may: each writes what the alias says, and the next look repairs what
        a slow one wrote late. What cannot be written is logged once and not tried again.
        """
        if version.key in self._unmarkable:
            return
        try:
            for other in self.registry.versions(bot):
                if other.version != version.version and other.tags.get(STAGE_TAG) == ANSWERS:
                    self.registry.set_tag(other, STAGE_TAG, ANSWERED)
            self.registry.set_tag(version, PROMOTED_AT_TAG, utc_now().isoformat(timespec="milliseconds"))
            self.registry.set_tag(version, STAGE_TAG, ANSWERS)
        except BotError as error:
            self._unmarkable.add(version.key)
            logger.warning("the stage could not be written to the registry", extra={"bot": bot, "reason": str(error)})

    def correct_marks(self, bot: str) -> bool:
        """Put right the tags that an alias has left behind; return whether the registry took it. Logged once if not."""
        try:
            correct_marks(self.registry, bot)
        except BotError as error:
            if bot not in self._uncorrected:
                self._uncorrected.add(bot)
                logger.warning("tags could not be corrected", extra={"bot": bot, "reason": str(error)})
            return False
        self._uncorrected.discard(bot)
        return True

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

    def canary_share(self, bot: str, version: str) -> float | None:
        """Return the share of threads that was chosen for a canary, as the registry has it now."""
        return own_share(self.registry.find_version(bot, version))

    def stop_canary(self, bot: str, alias: str, *, version: RegisteredVersion, reason: str) -> None:
        """Delete the canary's alias, and tag its version so that it does not come back by itself."""
        self.registry.set_tag(version, STOPPED_TAG, reason)
        self.registry.remove_alias(bot, alias)

    def log_figures(
        self, version: RegisteredVersion, metrics: Mapping[str, float], *, table: str, rows: dict[str, Any]
    ) -> None:
        """Log metrics and a table to the run that made a version."""
        self.registry.log_figures(version, metrics, table=table, rows=rows)

    def _load(self, state: AliasState, version: RegisteredVersion, *, source: Source) -> Loaded:
        """Load a version that may answer. A refused one leaves the cache, where a start without the registry looks."""
        now = state.loaded
        try:
            if now is not None and now.key == version.key and self._is_sealed(now, version):
                return now.confirmed(version)
            judged = self._obtain(state, version)
        except ReleaseRefused:
            if state.role == "answers":
                self._cache.discard(state.bot, version.key)
            raise
        release = replace(judged.release, run_id=version.run_id)
        return Loaded(release, version.key, source, utc_now(), found=version, verdict=judged.digest)

    def _is_sealed(self, loaded: Loaded, version: RegisteredVersion) -> bool:
        """Whether the tags seal exactly the verdict by which a release in memory was proved; else it is read anew."""
        require_gate(version.tags, name=loaded.release.definition.name, version=version.version)
        sealed = (version.tags.get(VERDICT_TAG), version.tags.get(DATA_TAG))
        return self._verdict_key is None and sealed == (loaded.verdict, loaded.release.manifest.data_hash)

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
            bot=bot,
            version=version.version,
            tags=version.tags,
            key=self._verdict_key,
            must_pass=must_pass,
        )
        warm_up(judged.release)
        if SIGNATURE_TAG in version.tags:
            self._cache.keep_signature(bot, version.key, version.tags[SIGNATURE_TAG])
        return judged

    def _try_tagging(self, version: RegisteredVersion, write: Callable[[], None]) -> None:
        try:
            write()
        except RegistryUnavailable as error:
            if version.key not in self._untaggable:
                self._untaggable.add(version.key)
                logger.warning("a refusal could not be written to the registry", extra={"reason": str(error)})


def own_share(version: RegisteredVersion) -> float | None:
    """Return the share of threads that was chosen for a version as the canary; None if none was, or it is no share."""
    with suppress(ValueError):
        share = float(version.tags.get(CANARY_SHARE_TAG, ""))
        return share if 0 < share <= 1 else None
    return None


def _lacks_mark(state: AliasState, version: RegisteredVersion) -> bool:
    is_followed = state.role == "answers" and state.alias == PRODUCTION
    return is_followed and (version.tags.get(STAGE_TAG) != ANSWERS or version.has_inherited_marks)


def _without_frames(error: E) -> E:
    """Strip an error that a state keeps: the frames it was raised in hold the former state, and so its release."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)

"""What is known about an alias under watch: frozen, and put together from what the looks at the registry found."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, Self

from pipelines.errors import (
    BotError,
    ModelNotLoaded,
    NotFound,
    RegistryUnavailable,
    ReleaseRefused,
    without_password,
)
from pipelines.registry.client import RegisteredVersion, shortened
from pipelines.registry.release import Release

Role = Literal["answers", "canary", "shadow"]
Source = Literal["registry", "cache", "journal"]
_SHOWN_REFUSALS = 10


class RegistryLike(Protocol):
    """The calls that serving makes to a registry; `Registry` is the real one."""

    def find(self, bot: str, *, alias: str) -> RegisteredVersion:
        """Return the version behind an alias."""

    def find_version(self, bot: str, version: str) -> RegisteredVersion:
        """Return a version by its number."""

    def versions(self, bot: str) -> list[RegisteredVersion]:
        """Return every version of a bot."""

    def aliases(self, bot: str) -> dict[str, str]:
        """Return the version of each alias."""

    def remove_alias(self, bot: str, alias: str) -> None:
        """Delete an alias."""

    def download(self, version: RegisteredVersion, folder: Path) -> None:
        """Copy the files of a version into a folder."""

    def set_tag(self, version: RegisteredVersion, name: str, value: str) -> None:
        """Set a tag on a version."""

    def delete_tag(self, version: RegisteredVersion, name: str) -> None:
        """Delete a tag of a version."""

    def log_figures(
        self, version: RegisteredVersion, metrics: Mapping[str, float], *, table: str, rows: dict[str, Any]
    ) -> None:
        """Log metrics and a table to the run that made a version."""


@dataclass(frozen=True)
class ReleaseStatus:
    """The releases of a bot, as operators see them.

    Attributes
    ----------
    version
        The version that answers, if any.
    last_poll_at
        When the registry last answered; None if it never did.
    refused
        Versions behind the alias that were refused, each with its reason, newest last.
    canary, shadow
        The versions on trial beside it, if any.
    problem
        Why the version that answers is not the one behind the alias, in a sentence; None if all is well, and while
        nothing answers: then `ReleaseProvider.current` raises it.
    trial
        What this process has counted of the `canary` and of the `others`: turns, and those with each sign.
    """

    version: str | None
    last_poll_at: datetime | None
    refused: tuple[str, ...]
    canary: str | None = None
    shadow: str | None = None
    problem: str | None = None
    trial: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Loaded:
    """A release that was loaded and may answer.

    Attributes
    ----------
    key
        Its key in the cache of this machine.
    source
        Where it came from: the alias in the `registry`, the `cache` of this machine, or the `journal`, which named a
        version that answered earlier.
    at
        When loading ended.
    found
        Its version in the registry; None for one from the cache, until the registry has confirmed it.
    verdict
        SHA-256 of the verdict that allowed it.
    """

    release: Release
    key: str
    source: Source
    at: datetime
    found: RegisteredVersion | None = None
    verdict: str | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether the registry has said that it may answer."""
        return self.source != "cache"

    def confirmed(self, found: RegisteredVersion) -> Self:
        """Return the same release as one that the registry has confirmed."""
        return replace(self, release=replace(self.release, run_id=found.run_id), source="registry", found=found)


@dataclass(frozen=True)
class Refusal:
    """A version that must not answer. It is judged again once one of its `tags`, by which it was judged, changes."""

    version: RegisteredVersion
    tags: tuple[str | None, ...]
    error: ReleaseRefused

    @property
    def key(self) -> str:
        """The version's key in the cache of this machine."""
        return self.version.key


@dataclass(frozen=True)
class Stop:
    """A canary that did worse than the release beside it, and why."""

    version: RegisteredVersion
    reason: str


@dataclass(frozen=True)
class Look:
    """The result of asking the registry once.

    Attributes
    ----------
    answered_at
        When the registry answered; None if it did not.
    problem
        Why the alias gives no release that may answer.
    refusal
        The version behind the alias, if this look refused it; None for one that was refused before.
    loaded
        The version behind the alias, if it is a new one.
    confirmed
        The release that answers from the cache, whatever the alias says, if the registry confirms that it may.
    withdrawn
        The key of the release that answers from the cache, if the registry says that it must not.
    unmarked
        The version behind the alias, if it answers and its tags do not say so yet: the alias was moved in the UI.
    untagged
        The refusal of the version behind the alias, if it was known before and the version's tags do not say so.
    behind
        The number of the version behind the alias, empty if there is none; None if the registry did not answer.
    """

    answered_at: datetime | None = None
    problem: BotError | None = None
    refusal: Refusal | None = None
    loaded: Loaded | None = None
    confirmed: Loaded | None = None
    withdrawn: str | None = None
    unmarked: RegisteredVersion | None = None
    untagged: Refusal | None = None
    behind: str | None = None


@dataclass(frozen=True)
class Swap:
    """Another release took over in this process; `before` is the version until then, None at start-up."""

    bot: str
    alias: str
    role: Role
    before: str | None
    loaded: Loaded


@dataclass(frozen=True)
class AliasState:
    """What is known about an alias of a bot.

    Attributes
    ----------
    bot, alias, role
        The alias, and what its release is for.
    loaded
        The release behind it, if there is one.
    last_poll_at
        When the registry last answered; None if it never did.
    refusal
        The version that was refused last, unless another one was loaded since.
    refused
        The last refusals as operators see them, newest last.
    problem
        What went wrong in the last look.
    stopped
        The canary that must not come back before the alias has pointed elsewhere.
    """

    bot: str
    alias: str
    role: Role = "answers"
    loaded: Loaded | None = None
    last_poll_at: datetime | None = None
    refusal: Refusal | None = None
    refused: tuple[str, ...] = ()
    problem: BotError | None = None
    stopped: Stop | None = None

    @property
    def release(self) -> Release | None:
        """The release behind the alias, if there is one."""
        return self.loaded.release if self.loaded is not None else None

    @property
    def version(self) -> str | None:
        """Its version."""
        return self.loaded.release.version if self.loaded is not None else None

    @property
    def key(self) -> str | None:
        """Its key in the cache of this machine."""
        return self.loaded.key if self.loaded is not None else None

    @property
    def mismatch(self) -> str | None:
        """Why another version answers than the one behind the alias, and what to do, in a sentence; or None.

        A registry that does not answer is no mismatch: it says nothing about the alias.
        """
        if self.loaded is None or not isinstance(self.problem, ModelNotLoaded | NotFound):
            return None
        answers = f"version {self.version} of bot {self.bot!r} keeps answering"
        if not isinstance(self.problem, ReleaseRefused):
            return (
                f"nothing carries the alias {self.alias!r} any more; {answers}, but no server that starts now would "
                f"find it; set the alias again, or run `intentloop promote {self.version}`"
            )
        refused = self.problem
        return without_password(
            f"the alias {self.alias!r} is on version {refused.version}, which must not answer: "
            f"{shortened(refused.reason)}; {answers}; {refused.remedy}, or run `intentloop rollback`"
        )

    @property
    def needs_fallback(self) -> bool:
        """Whether an earlier release should answer: the promoted one is refused, or the registry is silent.

        Where the registry says that nothing is promoted, nothing answers.
        """
        return self.loaded is None and (
            self.problem is None or isinstance(self.problem, ReleaseRefused | RegistryUnavailable)
        )

    def after(self, look: Look) -> tuple[Self, Swap | None]:
        """Return the state after a look at the registry, and the swap if another release took over.

        The registry's answer wins whenever it comes, also over a release that was loaded from the cache meanwhile. A
        canary that was stopped while the look was under way stays away. What came from the cache leaves once the
        registry says that it must not answer.
        """
        refused = self.refused
        if look.refusal is not None:
            error = look.refusal.error
            refused = (*refused[1 - _SHOWN_REFUSALS :], f"{error.version}: {error.reason}")
        state = replace(
            self,
            last_poll_at=look.answered_at or self.last_poll_at,
            refusal=look.refusal or (self.refusal if self._still_refused(look) else None),
            refused=refused,
            problem=look.problem,
        )
        stopped_key = self.stopped.version.key if self.stopped is not None else None
        given = look.loaded or look.confirmed
        if given is not None and given.key != stopped_key:
            return state._given(given, is_promoted=look.loaded is not None)
        refused_key = look.refusal.key if look.refusal is not None else None
        if state.loaded is not None and not state.loaded.is_confirmed and self.key in (look.withdrawn, refused_key):
            return state.cleared(), None
        return state, None

    def _still_refused(self, look: Look) -> bool:
        """Whether the refused version may be behind the alias still; one that comes back is judged and tagged anew."""
        if self.refusal is None or look.loaded is not None:
            return False
        return look.behind in (None, self.refusal.version.version)

    def falling_back(self, earlier: Loaded) -> tuple[Self, Swap | None]:
        """Return the state with an earlier release, and the swap, unless the registry has settled the matter since."""
        is_refused = self.refusal is not None and self.refusal.key == earlier.key
        if not self.needs_fallback or is_refused:
            return self, None
        return self._swapped(earlier)

    def cleared(self) -> Self:
        """Return the state without a release: none is wanted, or nothing is behind the alias. A refusal stays known."""
        return replace(self, loaded=None)

    def after_stop(self, stop: Stop) -> Self:
        """Return the state without the canary that did worse, which must not come back by itself."""
        return replace(self, loaded=None, stopped=stop)

    def _given(self, given: Loaded, *, is_promoted: bool) -> tuple[Self, Swap | None]:
        """Return the state with a release that the registry has confirmed; `is_promoted`: it is behind the alias."""
        now = self.loaded
        if now is None or now.key != given.key:
            return self._swapped(given) if is_promoted else (self, None)
        if now.is_confirmed:
            return self, None
        if now.verdict == given.verdict and given.found is not None:
            return replace(self, loaded=now.confirmed(given.found)), None
        return self._swapped(given)  # other files under the same name

    def _swapped(self, loaded: Loaded) -> tuple[Self, Swap]:
        return replace(self, loaded=loaded), Swap(self.bot, self.alias, self.role, self.version, loaded)

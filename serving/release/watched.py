"""What is known about an alias under watch, and what the watcher asks of a registry."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from pipelines.errors import BotError, ReleaseRefused
from pipelines.registry.client import RegisteredVersion
from pipelines.registry.release import Release

Role = Literal["answers", "canary", "shadow"]


class RegistryLike(Protocol):
    """What the watcher asks of a registry; `Registry` is the real one."""

    def find(self, bot: str, *, alias: str) -> RegisteredVersion:
        """Find the version of a bot that carries an alias."""

    def find_version(self, bot: str, version: str) -> RegisteredVersion:
        """Find a version of a bot by its number."""

    def aliases(self, bot: str) -> dict[str, str]:
        """Map every alias of a bot to its version."""

    def remove_alias(self, bot: str, alias: str) -> None:
        """Take an alias off whatever version carries it."""

    def download(self, version: RegisteredVersion, folder: Path) -> None:
        """Copy everything a version holds into a folder."""

    def set_tag(self, version: RegisteredVersion, name: str, value: str) -> None:
        """Write a tag on a version."""

    def delete_tag(self, version: RegisteredVersion, name: str) -> None:
        """Take a tag off a version."""

    def log_figures(
        self, version: RegisteredVersion, metrics: Mapping[str, float], *, table: str, rows: dict[str, Any]
    ) -> None:
        """Log figures and a table to the run that made a version."""


@dataclass(frozen=True)
class ReleaseStatus:
    """What is known about a bot's release.

    Attributes
    ----------
    version
        The version that answers; None if none does.
    loaded_at
        When it took over.
    last_poll_at
        When the registry last answered; None if it never did.
    refused
        Versions that carried the alias and were refused, each with its reason, newest last.
    canary, shadow
        The versions that are tried beside it, if any.
    """

    version: str | None
    loaded_at: datetime | None
    last_poll_at: datetime | None
    refused: tuple[str, ...]
    canary: str | None = None
    shadow: str | None = None


@dataclass(frozen=True)
class Swap:
    """Another release took over in this process.

    Attributes
    ----------
    bot
        Whose it is.
    before
        The version that answered until then; None at start-up.
    version
        The version that answers now.
    verdict
        SHA-256 of the verdict that let it; None for one from the cache.
    source
        Where it came from: the alias in the `registry`, the `cache` of this machine, or the `journal`, which named a
        version that answered earlier.
    at
        When.
    """

    bot: str
    before: str | None
    version: str
    verdict: str | None
    source: Literal["registry", "cache", "journal"]
    at: datetime


@dataclass
class Watched:
    """An alias of a bot under watch. One poll at a time writes to it; `lock` guards against a start from the cache."""

    bot: str
    alias: str
    role: Role = "answers"
    release: Release | None = None
    found: RegisteredVersion | None = None
    key: str | None = None
    loaded_at: datetime | None = None
    last_poll_at: datetime | None = None
    refusal: tuple[tuple[str | None, ...], ReleaseRefused] | None = None
    refused: tuple[str, ...] = ()
    problem: BotError | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def clear(self) -> None:
        """Forget the release: nothing carries the alias any more, or it is not wanted. A refusal stays known."""
        self.release = self.found = self.key = self.loaded_at = None

"""What is known about a bot under watch, and what the watcher asks of a registry."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pipelines.errors import BotError, ReleaseRefused
from pipelines.nlu.release import Release
from serving.release.registry import RegisteredVersion


class RegistryLike(Protocol):
    """What the watcher asks of a registry; `Registry` is the real one."""

    def find(self, bot: str, *, alias: str) -> RegisteredVersion:
        """Find the version of a bot that carries an alias."""

    def download(self, version: RegisteredVersion, folder: Path) -> None:
        """Copy everything a version holds into a folder."""

    def tag_refusal(self, version: RegisteredVersion, reason: str) -> None:
        """Write on a version why it must not answer."""

    def clear_refusal(self, version: RegisteredVersion) -> None:
        """Take the refusal off a version."""


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
    """

    version: str | None
    loaded_at: datetime | None
    last_poll_at: datetime | None
    refused: tuple[str, ...]


@dataclass
class Watched:
    """A bot under watch. One poll at a time writes to it; `lock` guards the swap against a start from the cache."""

    bot: str
    release: Release | None = None
    key: str | None = None
    loaded_at: datetime | None = None
    last_poll_at: datetime | None = None
    refusal: tuple[tuple[str, str | None], ReleaseRefused] | None = None
    refused: tuple[str, ...] = ()
    problem: BotError | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

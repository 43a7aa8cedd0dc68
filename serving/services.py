"""Everything a turn talks to, built once and handed in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pipelines.registry.release import Release
from pipelines.schemas.turns import TurnRecord
from serving.dialogue.messages import TurnSigns, UserMessage
from serving.dialogue.order import ThreadLocks
from serving.dialogue.state import DialogueState
from serving.llm.reader import LlmReader
from serving.store.client import Database
from serving.store.ledger import Ledger
from serving.store.promotions import Promotions
from serving.tools.client import ToolClient
from serving.tools.secrets import Secrets


class Status(Protocol):
    """What a release provider knows about one bot; `serving.release` has the class."""

    @property
    def version(self) -> str | None:
        """Version that answers."""

    @property
    def loaded_at(self) -> datetime | None:
        """When it was loaded."""

    @property
    def last_poll_at(self) -> datetime | None:
        """When the registry was last asked and answered."""


class Releases(Protocol):
    """Where the release that answers comes from; `serving.release` has the one that follows the registry."""

    async def start(self, promotions: Promotions | None = None) -> None:
        """Begin to follow the registry; what changes is written down as a promotion."""

    async def stop(self) -> None:
        """Stop following it."""

    async def ensure(self, bot: str) -> Release:
        """Give the release of a bot, loading it on its first use; `ModelNotLoaded` or `NotFound` if it has none."""
        ...

    def current(self, bot: str, thread_id: str | None = None) -> Release:
        """Give the release that answers, the canary's for some threads; raise as `ensure` does if there is none."""
        ...

    def wake(self) -> None:
        """Ask the registry now."""

    def observe(self, bot: str, version: str, signs: TurnSigns) -> None:
        """Take notice of a turn that a version has answered."""

    def shadow(self, bot: str) -> Release | None:
        """Give the release that is tried with every message and answers nobody."""

    async def log_shadow(self, bot: str, version: str, *, metrics: dict[str, float], rows: dict[str, Any]) -> None:
        """Log what was found about a shadow."""

    def status(self, bot: str) -> Status:
        """Tell how things stand with a bot."""
        ...


@dataclass(frozen=True)
class AnsweredTurn:
    """A finished turn: the message, what the thread remembered before it, and the record of what came of it."""

    message: UserMessage
    state: DialogueState
    record: TurnRecord


class ShadowTrials(Protocol):
    """Tries finished turns with the shadow release, where there is one; `serving.replay.shadow` has the class."""

    def offer(self, turn: AnsweredTurn) -> None:
        """Offer a turn for a trial. Costs the caller microseconds."""


@dataclass(frozen=True)
class Services:
    """The collaborators of a turn.

    Attributes
    ----------
    public_shortcuts
        Intents that customers may call as `/intent_id`.
    endpoints
        The operator's base URLs, by name.
    patience_seconds
        Longest wait for other work on the same thread.
    now
        The current time, in UTC.
    """

    database: Database
    ledger: Ledger
    releases: Releases
    tools: ToolClient
    llm: LlmReader
    secrets: Secrets
    shadow: ShadowTrials
    thread_locks: ThreadLocks
    public_shortcuts: frozenset[str]
    endpoints: dict[str, str]
    max_message_chars: int
    patience_seconds: float
    now: Callable[[], datetime]

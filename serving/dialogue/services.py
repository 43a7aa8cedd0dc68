"""The collaborators of a turn, built once and injected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pipelines.registry.release import Release
from pipelines.schemas.turns import TurnRecord
from serving.dialogue.late_answers import LateAnswers
from serving.dialogue.messages import TurnSignals, UserMessage
from serving.dialogue.privacy import Privacy
from serving.dialogue.state import DialogueState
from serving.dialogue.thread_locks import ThreadLocks
from serving.llm.reader import LlmReader
from serving.store.access.policies import Lifetimes, Policies
from serving.store.client import Database
from serving.store.readiness import StoreReadiness
from serving.store.releases.promotions import Promotions
from serving.store.threads.ledger import Ledger
from serving.tools.client import ToolClient
from serving.tools.secrets import Secrets


class Status(Protocol):
    """What a release provider knows about one bot; implemented in `serving.release`."""

    @property
    def version(self) -> str | None:
        """The version that answers, if any."""

    @property
    def canary(self) -> str | None:
        """The version that answers a share of the threads, if any."""

    @property
    def shadow(self) -> str | None:
        """The version that is tried without answering, if any."""

    @property
    def trial(self) -> Mapping[str, Mapping[str, int]]:
        """What this process has counted of the `canary` and of the `others` beside it; empty without a canary."""
        ...

    @property
    def last_poll_at(self) -> datetime | None:
        """When the registry last answered."""

    @property
    def problem(self) -> str | None:
        """Why the version that answers is not the one behind the alias, in a sentence."""


class Releases(Protocol):
    """Provides the releases that answer; `serving.release` has the provider that follows the registry."""

    async def start(self, promotions: Promotions | None = None) -> None:
        """Begin to follow the registry; changes are journaled as promotions."""

    async def stop(self) -> None:
        """Stop following the registry."""

    async def ensure(self, bot: str) -> Release:
        """Return a bot's release, loading it on first use; raise `ModelNotLoaded` or `NotFound` if it has none."""
        ...

    def current(self, bot: str, thread_id: str | None = None) -> Release:
        """Return the release that answers, the canary for some threads; raises as `ensure` does."""
        ...

    def wake(self) -> None:
        """Poll the registry now."""

    def observe(self, bot: str, version: str, signs: TurnSignals) -> None:
        """Record the signals of a turn that a version has answered."""

    def shadow(self, bot: str) -> Release | None:
        """Return the release that is tried with every message and answers nobody."""

    async def log_shadow(self, bot: str, version: str, *, metrics: dict[str, float], rows: dict[str, Any]) -> None:
        """Log a shadow's figures."""

    async def version(self, bot: str, version: str) -> Release:
        """Return a registered version to try, whether or not it may answer; raise `NotFound` if there is none."""
        ...

    async def newest(self, bot: str) -> Release:
        """Return the newest registered version to try; raise `ModelNotLoaded` if there is none."""
        ...

    def status(self, bot: str) -> Status:
        """Return the state of a bot's releases."""
        ...


@dataclass(frozen=True)
class AnsweredTurn:
    """A finished turn: the message, the thread's state before it, and the resulting record."""

    message: UserMessage
    state: DialogueState
    record: TurnRecord


class ShadowTrials(Protocol):
    """Tries finished turns on the shadow release, if there is one; `serving.replay.shadow` implements it."""

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
    store_readiness: StoreReadiness
    policies: Policies
    privacy: Privacy
    lifetimes: Lifetimes
    releases: Releases
    tools: ToolClient
    llm: LlmReader
    secrets: Secrets
    shadow: ShadowTrials
    late_answers: LateAnswers
    thread_locks: ThreadLocks
    public_shortcuts: frozenset[str]
    endpoints: dict[str, str]
    max_message_chars: int
    patience_seconds: float
    now: Callable[[], datetime]

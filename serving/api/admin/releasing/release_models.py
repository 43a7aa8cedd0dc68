"""Releases, trials and the journal as the admin API shows them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.registry.client import ACCURACY_ROWS_TAG, REFUSED_TAG, RegisteredVersion
from pipelines.registry.verdict import GATE_TAG, REASONS_TAG, WARNINGS_TAG
from pipelines.schemas.verdict import ACCEPT_RELABELLED, Check
from pipelines.shares import wilson_interval
from serving.api.fields import ONE_LINE, VERSION_PATTERN
from serving.release.manager import Evidence, Overview, ReleaseManager
from serving.release.promoter import AliasMove
from serving.store.releases.promotions import Entry


class Accuracy(BaseModel):
    """A share of held-out utterances, with its 95 % interval."""

    value: float
    low: float | None = Field(description="Lower end of the interval; null if the number of utterances is unknown.")
    high: float | None
    n: int | None = Field(description="Utterances it was measured on.")


class Release(BaseModel):
    """A registered version of a bot."""

    version: str
    is_live: bool = Field(description="Whether it carries the alias of the version that answers.")
    aliases: list[str]
    verdict: Literal["passed", "failed", "none"] = Field(
        description="What its gate says; `none`: nobody has judged it."
    )
    reasons: str = Field(description="Why it has not passed; quotes nobody.")
    warnings: list[str] = Field(description="What whoever promotes it must know, though nothing refuses it.")
    is_relabelled: bool = Field(
        description="Whether it was refused for labels that differ from those of the release that answered then; a "
        "training with `accept_relabelled` accepts them."
    )
    refused: str | None = Field(description="Why the servers refuse to answer with it, if they do.")
    accuracy: Accuracy | None
    registered_at: datetime | None
    promoted_at: datetime | None = Field(description="When it last became the one that answers.")
    copied_from: str | None = Field(description="The registered model that it was copied from, if it was.")
    run_id: str
    page: str = Field(description="Its page in MLflow; empty if there is none.")

    @classmethod
    def of(cls, found: RegisteredVersion, overview: Overview, manager: ReleaseManager, *, bot: str) -> "Release":
        """Show a version."""
        gate = found.tags.get(GATE_TAG)
        aliases = sorted(alias for alias, version in overview.aliases.items() if version == found.version)
        return cls(
            version=found.version,
            is_live=manager.alias in aliases,
            aliases=aliases,
            verdict="passed" if gate == "passed" else "failed" if gate == "failed" else "none",
            reasons=found.tags.get(REASONS_TAG, ""),
            warnings=found.tags.get(WARNINGS_TAG, "").splitlines(),
            is_relabelled=gate == "failed" and ACCEPT_RELABELLED in found.tags.get(REASONS_TAG, ""),
            refused=found.tags.get(REFUSED_TAG),
            accuracy=_accuracy(found),
            registered_at=found.created_at,
            promoted_at=found.promoted_at,
            copied_from=found.copied_from,
            run_id=found.run_id,
            page=manager.page(bot, found.version),
        )


def _accuracy(found: RegisteredVersion) -> Accuracy | None:
    try:
        value, n = float(found.tags["accuracy"]), int(float(found.tags.get(ACCURACY_ROWS_TAG, 0)))
    except (KeyError, ValueError, OverflowError):
        return None
    if not 0 <= value <= 1:
        return None
    low, high = wilson_interval(value * n, n) if n > 0 else (None, None)
    return Accuracy(value=value, low=low, high=high, n=n or None)


class ReleaseDetails(Release):
    """A registered version with all that was measured of it."""

    figures: dict[str, float] = Field(description="Figures of its training by name; empty if the run is gone.")
    gate: Check | None = Field(description="What the gate has checked, with reasons, notes and limits.")
    run_page: str = Field(description="The page of the run in MLflow, with tables and the executed notebook.")

    @classmethod
    def with_evidence(cls, release: Release, evidence: Evidence) -> "ReleaseDetails":
        """Add what was measured."""
        figures = {name: value for name, value in evidence.figures.items() if value - value == 0}  # JSON has no NaN
        return cls(**release.model_dump(), figures=figures, gate=evidence.gate, run_page=evidence.run_page)


class LiveRelease(BaseModel):
    """What answers customers."""

    release: Release | None = Field(description="The version behind the alias; null if there is none.")
    problem: str = Field(description="Why that version must not answer; what answered before keeps answering then.")
    answering: str | None = Field(description="The version that this server answers with now.")
    canary: str | None = Field(description="The version that is tried on a share of the conversations.")
    shadow: str | None = Field(description="The version that is tried without answering anybody.")
    promoted_by: str | None = Field(description="Who let it answer, as the journal has it.")
    promoted_why: str | None = Field(description="Why, as they gave it.")
    rolls_back_to: str | None = Field(description="The version that a rollback would restore; null: none.")


class Figure(BaseModel):
    """A figure of two releases; null where it was not measured."""

    name: str
    first: float | None
    second: float | None
    difference: float | None = Field(description="Second minus first.")


class LoggedComparison(BaseModel):
    """What two trainings have measured, each on its own held-out utterances."""

    first: Release
    second: Release
    figures: list[Figure]


class WhyIn(BaseModel):
    """Why somebody moves an alias."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"why": "knows the new refund rules"}]})

    why: str = Field(default="", max_length=500, pattern=ONE_LINE, description="The reason, for the journal.")


class PromotionIn(WhyIn):
    """Why a version shall answer, and instead of which."""

    instead_of: str | None = Field(
        default=None,
        pattern=VERSION_PATTERN,
        description="The version that answers as far as the sender knows; if another one does, nothing is moved.",
    )


NO_REASON, NO_CONDITION = WhyIn(), PromotionIn()
"""What a request without a body says."""


class ShadowIn(WhyIn):
    """A version to try without answering anybody."""

    version: str = Field(pattern=VERSION_PATTERN)


class CanaryIn(ShadowIn):
    """A version to try on a share of the conversations."""

    share: float | None = Field(
        default=None, gt=0, le=1, description="Share of the conversations; without it, that of the servers' settings."
    )


class Moved(BaseModel):
    """An alias that was moved, and recorded in the journal."""

    alias: str
    version: str | None = Field(description="The version that carries it now; null if it was removed.")
    before: str | None = Field(description="The version that carried it before.")
    is_journaled: bool = Field(description="False: the database did not answer, and only this server has noted it.")
    message: str

    @classmethod
    def of(cls, moved: AliasMove, *, bot: str, poll_seconds: float) -> "Moved":
        """Show a move."""
        return cls(
            alias=moved.alias,
            version=moved.version,
            before=moved.before,
            is_journaled=moved.note is None,
            message="; ".join(moved.describe(bot=bot, poll_seconds=poll_seconds)[:2]),
        )


class JournalEntry(BaseModel):
    """A move of a bot's releases."""

    number: int
    kind: str = Field(
        description="`promotion` or `rollback` by a command or this API, `noticed` (an alias moved in MLflow), `cache` "
        "(a start without MLflow), `trial` (a canary or shadow), `canary_stop`."
    )
    from_version: str | None
    to_version: str | None
    at: datetime
    by: str
    why: str

    @classmethod
    def of(cls, entry: Entry) -> "JournalEntry":
        """Show an entry."""
        return cls(number=entry.number, **entry.move.model_dump(include=set(cls.model_fields) - {"number"}))


class CanaryArm(BaseModel):
    """Turns that one of two releases has answered, and in how many it did badly."""

    turns: int
    fallback: int
    error: int
    clarification: int


class Canary(BaseModel):
    """The version that is tried on a share of the conversations."""

    version: str | None = Field(description="Null: none is tried.")
    share: float = Field(description="Share of the conversations that it answers, or that the next one would.")
    canary: CanaryArm | None = Field(description="What it did, as counted by this server since it began.")
    others: CanaryArm | None = Field(description="What the release that answers did meanwhile.")


class ShadowFigures(BaseModel):
    """How often a shadow would have answered differently, for one intent or all."""

    intent_id: str | None = Field(description="Null: all intents.")
    turns: int
    different: int = Field(
        description="Turns where a customer or a tool would have noticed; which way, the next six say."
    )
    intent: int
    route: int
    values: int
    tool_call: int
    reply: int
    hand_over: int
    failed: int


class Shadow(BaseModel):
    """The version that is tried without answering anybody."""

    version: str | None = Field(description="Null: none is tried.")
    total: ShadowFigures | None = Field(description="Of all servers together; null without a shadow.")
    by_intent: list[ShadowFigures] = Field(description="The most differences first.")

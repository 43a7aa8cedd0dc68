"""The gate's findings about a release before it may answer customers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from pipelines.schemas import html

VERDICT_FORMAT = 1


class Check(BaseModel):
    """Result of one of the gate's checks.

    Each of `reasons` is a sentence against the release; `notes` are further remarks, for example about what could not
    be checked.
    """

    model_config = ConfigDict(frozen=True)

    reasons: tuple[str, ...] = ()
    figures: dict[str, float] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the release."""
        return not self.reasons

    @classmethod
    def of_all(cls, checks: Iterable[Self]) -> Self:
        """Combine several checks; the release has to pass every one."""
        every = list(checks)
        return cls(
            reasons=tuple(reason for check in every for reason in check.reasons),
            figures={name: value for check in every for name, value in check.figures.items()},
            notes=tuple(note for check in every for note in check.notes),
        )

    def _repr_html_(self) -> str:
        """Render for a notebook."""
        head = "The gate is passed." if self.passed else "The gate is not passed:"
        figures = [(name, f"{value:.4g}") for name, value in self.figures.items()]
        lines = [html.line(text) for text in (head, *(f"- {reason}" for reason in self.reasons), *self.notes)]
        return html.block(*lines, html.table(("figure", "value"), figures))


class Verdict(BaseModel):
    """`verdict.json`: whether a release may answer, why, and exactly which files this applies to."""

    model_config = ConfigDict(frozen=True)

    format: int = VERDICT_FORMAT
    bot: str
    passed: bool
    reasons: tuple[str, ...] = Field(default=(), description="Why it failed, one sentence each.")
    notes: tuple[str, ...] = Field(default=(), description="Further findings, and what could not be checked.")
    figures: dict[str, float] = Field(default_factory=dict, description="Metrics on held-out utterances.")
    data_hash: str = Field(description="SHA-256 of the snapshot's examples.")
    manifest_sha256: str = Field(description="SHA-256 of `manifest.json`, which lists that of every other file.")
    compared_with: str | None = Field(default=None, description="Version behind the alias at the time.")
    created_at: datetime
    git_commit: str | None = None

    def require_known_format(self) -> Self:
        """Refuse a verdict written by a newer version."""
        if self.format > VERDICT_FORMAT:
            raise ValueError(f"verdict format {self.format} is newer than this program's {VERDICT_FORMAT}; upgrade it")
        return self

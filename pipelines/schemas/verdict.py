"""The gate's findings about a release before it may answer customers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from pipelines.schemas import html

VERDICT_FORMAT = 1
MEASURE_COLUMNS = ("check", "value", "95 % interval", "limit", "n", "result")
"""Heads of the table of measures."""
ACCEPT_RELABELLED = "--accept-relabelled"
"""Stands in the reason against a release whose examples have other labels than those of the version in production."""


class Measure(BaseModel):
    """One line of the gate's page: what was measured, how sure that is, and the limit it was held against.

    Attributes
    ----------
    name
        What was measured, in words: `accuracy on held-out utterances`.
    value, low, high
        The figure with its 95 % interval, where there is one.
    limit, is_floor
        The limit, and whether the value must reach it or may not exceed it; no limit: shown only.
    unit
        `share` in [0, 1], `ms`, `count` or `p` (a p-value).
    n
        Number of utterances or conversations it was measured on.
    passed
        Whether it lets the release pass. A value beyond its limit may pass, for instance if `n` is too small to judge.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    is_floor: bool = True
    unit: Literal["share", "ms", "count", "p"] = "share"
    n: int | None = None
    passed: bool = True

    @property
    def told_value(self) -> str:
        """The value with its unit: `86.4%`, `12 ms`, `3`, `p = 0.04`."""
        return self._told(self.value)

    @property
    def told_interval(self) -> str:
        """The 95 % interval, or nothing."""
        if self.low is None or self.high is None:
            return ""
        return f"{self._told(self.low)} to {self._told(self.high)}"

    @property
    def told_limit(self) -> str:
        """The limit in words, or nothing: `at least 60.0%`."""
        if self.limit is None:
            return ""
        if not self.is_floor and self.limit == 0:
            return "none allowed"
        if self.unit == "p":
            return f"chance p at least {self.limit:.2g}"
        return f"at {'least' if self.is_floor else 'most'} {self._told(self.limit)}"

    @property
    def told_result(self) -> str:
        """What follows from it: `passed`, `failed`, `let pass` (beyond its limit), or `shown only` (it has none)."""
        if not self.passed:
            return "failed"
        if self.limit is None:
            return "shown only"
        is_beyond = self.value < self.limit if self.is_floor else self.value > self.limit
        return "let pass" if is_beyond else "passed"

    def _told(self, value: float) -> str:
        match self.unit:
            case "share":
                return f"{value:.1%}"
            case "ms":
                return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"
            case "count":
                return f"{value:,.0f}"
            case "p":
                return f"p = {value:.2g}"


class Check(BaseModel):
    """Result of one of the gate's checks.

    Each of `reasons` is a sentence against the release; `notes` are further remarks, for example about what could not
    be checked. `warnings` refuse nothing, but whoever promotes the release must know them. `measures` are what was
    checked, in the order of the gate's page.
    """

    model_config = ConfigDict(frozen=True)

    reasons: tuple[str, ...] = ()
    figures: dict[str, float] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """Warnings and notes, what matters most first."""
        return (*self.warnings, *self.notes)

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
            warnings=tuple(warning for check in every for warning in check.warnings),
            measures=tuple(measure for check in every for measure in check.measures),
        )

    @property
    def sentence(self) -> str:
        """The verdict in a sentence, as the gate's page, MLflow and notebooks begin."""
        if not self.reasons:
            n_judged = sum(measure.limit is not None for measure in self.measures)
            checks = f"none of {n_judged} checks" if n_judged > 1 else "nothing"
            if self.warnings:
                known = "; ".join(warning.rstrip(".") for warning in self.warnings)
                return f"Passed: {checks} refuses this version, so it may answer customers. Know this first: {known}."
            return f"Passed: {checks} speaks against it, so this version may answer customers."
        if len(self.reasons) == 1:
            return f"Refused because {self.reasons[0].rstrip('.')}."
        return f"Refused for {len(self.reasons)} reasons. The first: {self.reasons[0].rstrip('.')}."

    def _repr_html_(self) -> str:
        """Render for a notebook, in the words of the gate's page."""
        against = [html.line(f"- {reason}") for reason in self.reasons if len(self.reasons) > 1]
        rows = [
            (each.name, each.told_value, each.told_interval, each.told_limit, f"{each.n:,}" if each.n else "", result)
            for each in self.measures
            for result in (each.told_result,)
        ]
        measured = html.table(MEASURE_COLUMNS, rows) if rows else ""
        return html.block(html.line(self.sentence), *against, measured, *map(html.line, self.remarks))


class Verdict(BaseModel):
    """`verdict.json`: whether a release may answer, why, and exactly which files this applies to."""

    model_config = ConfigDict(frozen=True)

    format: int = VERDICT_FORMAT
    bot: str = ""
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

"""The gate's findings as one HTML page. It quotes examples, but no customer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from pipelines.schemas.verdict import MEASURE_COLUMNS, Check, Measure
from pipelines.steps.validation.report_page import render_page

SHOWN_ROWS = 500
_MAX_NOTES = 12
UNKNOWN_VERSION = "VERSION"
"""Stands for the version in commands, before it is registered."""
_TITLES = {
    "relabelled": "Labels that differ from those of the version in production",
    "replay": "Stored conversations: the turns that change",
    "cases": "Saved cases: the turns that change",
}
_AS_MEASURES = ("comparison", "comparison_on_test_set")
"""Tables whose rows are among the measures."""
_NONE = {"relabelled": "No label changed.", "replay": "No turn changes.", "cases": "No turn changes."}
_UNCHECKED = {
    "replay": ("replayed_conversations", "Nothing was replayed: no conversation is stored, so this was not checked."),
    "cases": ("cases", "Nothing was replayed: there is no saved case, so this was not checked."),
}
"""The figure that counts what an empty table was made from, and what the page says if that is nothing."""
_PAGES = ("gate/report.html", "validation/report.html", "notebook/notebook.html", "holdout/report.html")


class CustomerChange(Protocol):
    """What changes for customers, in a sentence, and the commands that show some of the conversations."""

    @property
    def sentence(self) -> str:
        """What changes, and how often."""

    def commands(self, version: str = ..., *, bot: str | None = ...) -> list[str]:
        """Return the commands that show conversations with the change, answered by a version."""


@dataclass(frozen=True)
class _Table:
    """A table as the page shows it; `nothing` replaces an empty one."""

    title: str
    columns: tuple[str, ...]
    rows: list[list[object]]
    n_more: int
    nothing: str


@dataclass(frozen=True)
class _Row:
    """A measure, and where its value, interval and limit lie on a line from 0 to 1, in percent; None without a line."""

    measure: Measure
    value: float | None
    low: float | None
    high: float | None
    limit: float | None


def describe_gate(gate: Check, *, link: Callable[[str], str] | None = None) -> str:
    """Describe the verdict and the reports in Markdown, which the MLflow UI shows on the run's front page.

    `link` returns the address of an artifact.
    """
    reasons = "".join(f"\n- {reason}" for reason in gate.reasons if len(gate.reasons) > 1)
    notes = "".join(f"\n- {note}" for note in gate.remarks[:_MAX_NOTES])
    more = f"\n- {len(gate.remarks) - _MAX_NOTES} more on the gate's page" if len(gate.remarks) > _MAX_NOTES else ""
    changed = f"\n\nWhat changes, and what was not checked:\n{notes}{more}" if notes else ""
    shown = (f"[{name}]({link(name)})" if link is not None else f"`{name}`" for name in _PAGES)
    return f"**{gate.sentence}**\n{reasons}{changed}\n\nTo read, under Artifacts: {', '.join(shown)}."


def render_gate(
    gate: Check,
    tables: Mapping[str, pd.DataFrame],
    *,
    changes: Sequence[CustomerChange] = (),
    bot: str | None = None,
    version: str = UNKNOWN_VERSION,
) -> str:
    """Render the page of all checks together.

    Parameters
    ----------
    gate
        The checks, combined. Text by authors is escaped.
    tables
        Tables of changes by name: `relabelled`, `replay`, `cases`. Comparisons are shown as measures.
    changes
        What changes for customers, the most important first.
    bot, version
        What the commands name.
    """
    return render_page(
        Path(__file__).with_name("gate_page.html.j2"),
        gate=gate,
        heads=MEASURE_COLUMNS,
        measures=[_row(measure) for measure in gate.measures if not _is_folded(measure)],
        folded=[_row(measure) for measure in gate.measures if _is_folded(measure)],
        changes=[(_sentence(change.sentence), change.commands(version, bot=bot)) for change in changes],
        reasons=[_sentence(reason) for reason in gate.reasons],
        notes=[_sentence(note) for note in gate.remarks],
        tables=[_shown(name, table, gate.figures) for name, table in tables.items() if name not in _AS_MEASURES],
        subject=f"{bot}, version {version}" if bot and version != UNKNOWN_VERSION else bot or "",
    )


def _is_folded(measure: Measure) -> bool:
    """Whether it is one of the many comparisons in which the candidate is not worse."""
    return measure.unit == "p" and measure.told_result == "passed"


def _row(measure: Measure) -> _Row:
    if measure.unit != "share":
        return _Row(measure, None, None, None, None)
    places = [
        None if place is None else 100 * min(max(place, 0.0), 1.0)
        for place in (measure.value, measure.low, measure.high, measure.limit)
    ]
    return _Row(measure, *places)


def _sentence(text: str) -> str:
    """Return a clause as a sentence."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def _shown(name: str, table: pd.DataFrame, figures: Mapping[str, float]) -> _Table:
    counted, unchecked = _UNCHECKED.get(name, ("", ""))
    nothing = _NONE.get(name, "Nothing.")
    return _Table(
        title=_TITLES.get(name, name),
        columns=tuple(str(column).replace("_", " ") for column in table.columns),
        rows=table.head(SHOWN_ROWS).astype(object).to_numpy().tolist(),
        n_more=max(0, len(table) - SHOWN_ROWS),
        nothing=nothing if figures.get(counted, 1.0) else unchecked,
    )

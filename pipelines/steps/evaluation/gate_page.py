"""The gate's findings as one HTML page. It names threads and intents, but quotes no messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipelines.schemas.verdict import Check
from pipelines.steps.validation.report_page import render_page

SHOWN_ROWS = 500
_TITLES = {
    "comparison": "Against the version in production, on the same held-out utterances",
    "replay": "Stored conversations: the turns that change",
    "cases": "Saved cases: the turns that change",
}
_NONE = {"replay": "No turn changes.", "cases": "No turn changes."}


@dataclass(frozen=True)
class _Table:
    """A table as the page shows it; `nothing` replaces an empty one."""

    title: str
    columns: tuple[str, ...]
    rows: list[list[object]]
    n_more: int
    nothing: str


def describe_gate(gate: Check) -> str:
    """Describe the outcome and the reports in Markdown, which the MLflow UI shows on the run's front page."""
    verdict = "The gate is passed." if gate.passed else "The gate is not passed:"
    reasons = "".join(f"\n- {reason}" for reason in gate.reasons)
    return (
        f"**{verdict}**\n{reasons}\n\nTo read, under Artifacts: `gate/report.html`, `validation/report.html`, "
        "`notebook/notebook.html` (the executed notebook), `holdout/thresholds.png`."
    )


def render_gate(gate: Check, tables: Mapping[str, pd.DataFrame]) -> str:
    """Render the page of all checks together and the tables of changes: `comparison`, `replay`, `cases`.

    Text by authors is escaped.
    """
    shown = [_shown(name, table) for name, table in tables.items()]
    return render_page(Path(__file__).with_name("gate_page.html.j2"), gate=gate, tables=shown)


def _shown(name: str, table: pd.DataFrame) -> _Table:
    return _Table(
        title=_TITLES.get(name, name),
        columns=tuple(str(column).replace("_", " ") for column in table.columns),
        rows=table.head(SHOWN_ROWS).astype(object).to_numpy().tolist(),
        n_more=max(0, len(table) - SHOWN_ROWS),
        nothing=_NONE.get(name, "Nothing."),
    )

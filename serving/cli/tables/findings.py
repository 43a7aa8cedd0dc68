"""The output of `intentloop validate`: grouped findings, and the diff of a repair."""

from collections.abc import Sequence

from rich.text import Text

from pipelines.schemas.findings import title_of
from pipelines.schemas.training import SEVERITIES, Finding, Severity
from serving.console import Console, line_text

SHOWN_OF_A_CHECK = 3
_STYLE_BY_SEVERITY: dict[Severity, str] = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_STYLE_BY_SIGN = {"+": "green", "-": "red", "@": "cyan"}


def print_findings(findings: Sequence[Finding], *, source: str, n_rows: int, console: Console) -> None:
    """Print findings by severity, worst first, with a few examples of each check."""
    for severity in SEVERITIES:
        groups: dict[str, list[Finding]] = {}
        for finding in findings:
            if finding.severity == severity:
                groups.setdefault(finding.check, []).append(finding)
        for check, rows in groups.items():
            title = Text(f"{severity} ", style=_STYLE_BY_SEVERITY[severity])
            console.print(title + Text(f"{title_of(check)} ({len(rows):,})", style="bold"), soft_wrap=True)
            _print_rows(rows, console)
    counts = [_count(findings, severity) for severity in SEVERITIES]
    console.print(line_text(f"{source}: {n_rows:,} examples, {', '.join(counts)}"), soft_wrap=True)
    n_repairable = sum(finding.edit is not None for finding in findings)
    if n_repairable:
        hint = f"{n_repairable:,} can be repaired by --fix, which shows what it changes; --undo reverts it"
        console.print(Text(hint), soft_wrap=True)


def print_difference(difference: str, *, console: Console) -> None:
    """Print a unified diff in its usual colours."""
    for line in difference.split("\n"):
        console.print(Text(line, style=_STYLE_BY_SIGN.get(line[:1], "")), soft_wrap=True)


def _print_rows(rows: Sequence[Finding], console: Console) -> None:
    for finding in rows[:SHOWN_OF_A_CHECK]:
        console.print(line_text(f"  {finding.row}: {finding.explanation}"), soft_wrap=True)
        fixed = " [--fix]" if finding.edit is not None else ""
        console.print(line_text(f"    -> {finding.repair}{fixed}", "dim"), soft_wrap=True)
    if len(rows) > SHOWN_OF_A_CHECK:
        more = f"  ... and {len(rows) - SHOWN_OF_A_CHECK:,} more; --out report.html shows them"
        console.print(Text(more, style="dim"), soft_wrap=True)


def _count(findings: Sequence[Finding], severity: Severity) -> str:
    count = sum(finding.severity == severity for finding in findings)
    return f"{count:,} {severity}{'' if count == 1 else 's'}"

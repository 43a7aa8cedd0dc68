"""The validation report as one HTML page that needs no network, for screens and phones, light and dark."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import SetupProblem
from pipelines.schemas.findings import title_of
from pipelines.schemas.training import SEVERITIES, Finding, Severity
from pipelines.steps.validation.report_page import render_page
from pipelines.steps.validation.validate import ValidationReport

SHOWN_OF_A_CHECK = 200
"""Limit per check: a page of ten thousand findings opens slowly, and nobody reads it to the end."""


@dataclass(frozen=True)
class Group:
    """The findings of one check, in row order, with their common severity and title."""

    severity: Severity
    title: str
    findings: tuple[Finding, ...]

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings shown on the page."""
        return self.findings[:SHOWN_OF_A_CHECK]

    @property
    def n_repairable(self) -> int:
        """Number of findings that a program can repair."""
        return sum(finding.edit is not None for finding in self.findings)


def render_report(report: ValidationReport) -> str:
    """Render the page; text by authors is escaped."""
    return render_page(
        Path(__file__).with_name("report.html.j2"),
        report=report,
        severities=SEVERITIES,
        groups=group_findings(report),
        most=max([1, *report.n_by_intent.values()]),
        marked=_marked,
    )


def write_report(report: ValidationReport, file: Path) -> None:
    """Write the page to a file; `SetupProblem` if that fails."""
    try:
        file.write_text(render_report(report), encoding="utf-8")
    except OSError as error:
        raise SetupProblem(f"cannot write {file} ({error.strerror}); choose another place") from error


def group_findings(report: ValidationReport) -> list[Group]:
    """Group the findings by check, the most severe first."""
    groups: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in report.findings:
        groups.setdefault((finding.severity, finding.check), []).append(finding)
    return [Group(severity, title_of(check), tuple(findings)) for (severity, check), findings in groups.items()]


def _marked(finding: Finding) -> tuple[str, str, str]:
    """Return an example's text before, in and after the place of the finding."""
    text, start, end = finding.text, finding.start, finding.end
    if start is None or end is None or not 0 <= start < end <= len(text):
        return text, "", ""
    return text[:start], text[start:end], text[end:]

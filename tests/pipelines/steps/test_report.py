"""The validation report as a page."""

import re

from pipelines.schemas.training import Finding
from pipelines.steps.report import render_report
from pipelines.steps.validate import ValidationReport


def finding(severity: str, explanation: str) -> Finding:
    return Finding.model_validate(
        {"severity": severity, "check": "c", "row": "greet/1", "explanation": explanation, "repair": "do it again."}
    )


SUITE = ({"expectation": "expect_x", "column": "text", "success": False, "broken_rows": 3},)


def test_render_report_names_rows_and_repairs() -> None:
    page = render_report(
        ValidationReport("bot.json", 1234, (finding("error", "wrong."), finding("warning", "odd.")), SUITE)
    )
    assert "1,234 examples" in page
    assert "1 error(s)" in page
    assert "1 warning(s)" in page
    assert "Training is stopped" in page
    for text in ("greet/1", "wrong.", "do it again.", "expect_x"):
        assert text in page


def test_render_report_without_findings_lets_training_go_on() -> None:
    page = render_report(ValidationReport("bot.json", 5, (), ()))
    assert "Training can go on." in page
    assert "<h2>Findings</h2>" not in page


def test_render_report_escapes_what_authors_wrote() -> None:
    hostile = "<script>alert(1)</script>"
    page = render_report(ValidationReport(hostile, 1, (finding("error", hostile),), ()))
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 3


def test_render_report_opens_without_a_network() -> None:
    page = render_report(ValidationReport("bot.json", 5, (finding("error", "x"),), SUITE))
    assert re.findall(r"https?://|src=|@import|<link", page) == []

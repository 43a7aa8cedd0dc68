"""The validation report as a page."""

import re
from pathlib import Path

import pytest

from pipelines.errors import SetupProblem
from pipelines.schemas.bot import AnnotatedSpan, TrainingExample
from pipelines.schemas.findings import title_of
from pipelines.schemas.training import Finding, RowEdit
from pipelines.steps.validation.report import render_report, write_report
from pipelines.steps.validation.validate import ValidationReport


def finding(severity: str, explanation: str) -> Finding:
    return Finding.model_validate(
        {"severity": severity, "check": "c", "row": "greet/1", "explanation": explanation, "repair": "do it again."}
    )


SUITE = ({"expectation": "expect_x", "column": "text", "success": False, "broken_rows": 3},)


def test_render_report_names_rows_and_repairs() -> None:
    page = render_report(
        ValidationReport("bot.json", 1234, (finding("error", "wrong."), finding("warning", "odd.")), SUITE)
    )
    assert "<b>1,234</b> examples" in page
    assert re.findall(r'<b class="(\w+)">([\d,]+)</b>\s+(\w+)', page) == [
        ("error", "1", "error"),
        ("warning", "1", "warning"),
        ("soft", "0", "notes"),
    ]
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


def test_render_report_shows_the_place_and_what_a_repair_would_do() -> None:
    before = TrainingExample(text="to <Oslo>", entities=(AnnotatedSpan(value="Oslo", begin=9, end=13, name="city"),))
    after = TrainingExample(text="to <Oslo>", entities=(AnnotatedSpan(value="Oslo", begin=4, end=8, name="city"),))
    edits = [RowEdit(intent_id="greet", position=1, before=before, after=row) for row in (after, None)]
    findings = [
        finding("error", "wrong.").model_copy(update={"text": "to <Oslo>", "start": 3, "end": 9, "edit": edit})
        for edit in edits
    ]
    page = render_report(ValidationReport("bot.json", 1, tuple(findings), (), {"greet": 1, "bye": 0}))
    assert "to <mark>&lt;Oslo&gt;</mark>" in page
    assert "would make it: to &lt;[Oslo](city)&gt;" in page
    assert "would delete the example" in page
    assert "--fix repairs\nall" in page
    assert 'style="width:100.0%"' in page


def test_render_report_of_very_many_findings_stays_readable() -> None:
    page = render_report(ValidationReport("bot.json", 1, (finding("error", "wrong."),) * 1234, ()))
    assert page.count("<article>") == 200
    assert "and 1,034 more" in page


def test_every_check_has_a_title_of_its_own() -> None:
    assert title_of("span_in_text") == "annotations outside their text"
    assert title_of("expect_column_to_exist") == "expect column to exist"


def test_write_report_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="choose another place"):
        write_report(ValidationReport("bot.json", 5, (), ()), tmp_path / "none" / "report.html")

"""The great-expectations suite: what it finds, how grave that is, and what it says where it cannot look."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines.schemas.examples import Example, LabelledSpan
from pipelines.steps.data.frame import to_frame
from pipelines.steps.validation.suite import SUITE_FILE, run_suite

pytestmark = pytest.mark.usefixtures("great_expectations")


def frame(*texts: str) -> Any:
    return to_frame([Example(id=f"a/{number}", text=text, intent="a") for number, text in enumerate(texts, start=1)])


def found(table: Any, suite_file: Path = SUITE_FILE) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.check, finding.row) for finding in run_suite(table, suite_file)[1]]


def test_run_suite_good_rows_break_nothing() -> None:
    shares: list[float] = []
    rows, findings = run_suite(
        frame("hello", "what's that? <3", "50 % & more", "caf\u00e9 \u00c5rhus \u00e2ge"),
        SUITE_FILE,
        progress=lambda share, _: shares.append(share),
    )
    assert 0 < shares[-1] < 1
    assert findings == []
    assert all(row["success"] and row["broken_rows"] == 0 for row in rows)


def test_run_suite_reports_a_column_too_many() -> None:
    rows, findings = run_suite(frame("hello").assign(extra="x"), SUITE_FILE)
    assert [row["expectation"] for row in rows if not row["success"]] == ["expect_table_columns_to_match_set"]
    assert [finding.row for finding in findings] == ["the whole table"]


def test_run_suite_sees_entities_as_a_snapshot_holds_them(tmp_path: Path) -> None:
    suite = tmp_path / "suite.json"
    no_city = {"type": "expect_column_values_to_not_match_regex", "kwargs": {"column": "entities", "regex": '"city"'}}
    suite.write_text(json.dumps({"name": "x", "expectations": [no_city]}), encoding="utf-8")
    span = LabelledSpan(start=3, end=7, type="city", value="Oslo")
    table = pd.concat(
        [frame("one", "two"), to_frame([Example(id="a/3", text="to Oslo", intent="a", entities=(span,))])]
    )
    assert found(table.reset_index(drop=True), suite) == [("error", "expect_column_values_to_not_match_regex", "a/3")]


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("caf\u00c3\u00a9 please", "text_is_decoded_right"),
        ("it\u00e2\u20ac\u2122s late", "text_is_decoded_right"),
        ("where \ufffd is it", "text_is_decoded_right"),
        ("stop\x07 it", "text_can_be_typed"),
        ("where is <b>my</b> order", "text_has_no_markup"),
        ("fish &amp; chips", "text_has_no_markup"),
    ],
)
def test_run_suite_warns_of_text_that_nobody_typed(text: str, check: str) -> None:
    assert found(frame("hello", text)) == [("warning", check, "a/2")]


def test_run_suite_says_why_an_expectation_could_not_be_checked(tmp_path: Path) -> None:
    suite = tmp_path / "suite.json"
    broken = {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "text", "regex": "("}}
    suite.write_text(json.dumps({"name": "x", "expectations": [broken]}), encoding="utf-8")
    (finding,) = run_suite(frame("hello"), suite)[1]
    assert finding.severity == "error"
    assert "could not be checked for column 'text': Invalid regular expression" in finding.explanation

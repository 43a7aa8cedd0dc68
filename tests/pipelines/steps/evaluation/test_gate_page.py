"""The gate's page: what speaks against a release, what changes, and nothing of it as markup."""

import pandas as pd

from pipelines.schemas.verdict import Check
from pipelines.steps.evaluation.gate_page import SHOWN_ROWS, describe_gate, render_gate

FAILED = Check(reasons=("the reply <b>",), notes=("replayed 2",), figures={"replay_lost": 1.0})


def test_render_gate_tells_why_and_what_changes() -> None:
    rows = [{"thread": f"<t{number}>", "intent_now": "greet"} for number in range(SHOWN_ROWS + 3)]
    page = render_gate(FAILED, {"replay": pd.DataFrame(rows), "cases": pd.DataFrame(columns=["case"])})
    assert "may not answer customers" in page
    assert "the reply &lt;b&gt;" in page
    assert "<th>intent now</th>" in page
    assert page.count("&lt;t") == SHOWN_ROWS
    assert "and 3 more" in page
    assert "No turn changes." in page
    assert "replay lost" in page
    assert "<script" not in page


def test_render_gate_that_is_passed_says_so() -> None:
    assert "Passed: this version may answer customers." in render_gate(Check(), {})


def test_describe_gate_is_short_and_names_the_pages() -> None:
    assert describe_gate(Check()).startswith("**The gate is passed.**")
    assert "- the reply <b>" in describe_gate(FAILED)
    assert "`notebook/notebook.html`" in describe_gate(FAILED)

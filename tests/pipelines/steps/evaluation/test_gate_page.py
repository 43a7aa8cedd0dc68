"""The gate's page: what speaks against a release, what changes, and nothing of it as markup."""

from dataclasses import dataclass
from functools import partial

import pandas as pd

from pipelines.registry.links import artifact_link
from pipelines.schemas.verdict import Check, Measure
from pipelines.steps.evaluation.gate_page import SHOWN_ROWS, describe_gate, render_gate

FAILED = Check(reasons=("the reply <b>",), notes=("replayed 2",), figures={"replay_lost": 1.0})


def test_render_gate_tells_why_and_what_changes() -> None:
    rows = [{"thread": f"<t{number}>", "intent_now": "greet"} for number in range(SHOWN_ROWS + 3)]
    page = render_gate(FAILED, {"replay": pd.DataFrame(rows), "cases": pd.DataFrame(columns=["case"])})
    assert "Refused because the reply &lt;b&gt;." in page
    assert "The reply &lt;b&gt;" not in page, "a single reason is the verdict"
    assert "<th>intent now</th>" in page
    assert page.count("&lt;t") == SHOWN_ROWS
    assert "and 3 more" in page
    assert "No turn changes." in page
    assert "replay lost" in page
    assert "<script" not in page


def test_render_gate_that_is_passed_says_so() -> None:
    passed = "Passed: nothing speaks against it, so this version may answer customers."
    assert passed in render_gate(Check(), {})
    assert passed in Check()._repr_html_()


MEASURES = (
    Measure(name="accuracy <held out>", value=0.842, low=0.81, high=0.87, limit=0.6, n=1526),
    Measure(name="needless fallback", value=0.31, limit=0.2, is_floor=False, n=12),
    Measure(name="CPU time", value=312.4, limit=250, is_floor=False, unit="ms", passed=False),
    Measure(name="broken replies", value=3, limit=0, is_floor=False, unit="count", n=138, passed=False),
    Measure(name="against version 11", value=0.031, unit="p"),
)


def test_measures_are_told_with_interval_limit_and_result() -> None:
    told = [(each.told_value, each.told_interval, each.told_limit, each.told_result) for each in MEASURES]
    assert told == [
        ("84.2%", "81.0% to 87.0%", "at least 60.0%", "passed"),
        ("31.0%", "", "at most 20.0%", "let pass"),
        ("312 ms", "", "at most 250 ms", "failed"),
        ("3", "", "none allowed", "failed"),
        ("p = 0.031", "", "", "shown only"),
    ]
    several = Check(reasons=("one", "two."), measures=MEASURES)
    assert several.sentence == "Refused for 2 reasons. The first: one."
    page, shown = render_gate(several, {}), several._repr_html_()
    cells = [cell for row in told for cell in row if cell] + ["accuracy &lt;held out&gt;", "1,526", several.sentence]
    for cell in cells:
        assert cell in page
        assert cell in shown
    assert "One." in page
    assert "Two." in page


def test_page_says_that_nothing_was_replayed_where_nothing_was() -> None:
    empty = {"replay": pd.DataFrame(columns=["thread"])}
    nothing = render_gate(Check(figures={"replayed_conversations": 0.0}), empty)
    assert "Nothing was replayed: no conversation is stored, so this was not checked." in nothing
    assert "No turn changes." not in nothing
    assert "No turn changes." in render_gate(Check(figures={"replayed_conversations": 5.0}), empty)


def test_page_folds_comparisons_that_passed_and_shows_each_once() -> None:
    def compared(what: str, *, passed: bool) -> Measure:
        name = f"{what}, compared with version 1: production 8, candidate 5 right alone"
        return Measure(name=name, value=0.58, limit=0.0033, unit="p", n=526, passed=passed)

    gate = Check(reasons=("dates",), measures=(compared("intents", passed=True), compared("dates", passed=False)))
    page = render_gate(gate, {"comparison": pd.DataFrame([{"subject": "intents", "chance": 0.58}])})
    shown, _, folded = page.partition('<details class="sheet folded">')
    assert "dates, compared" in shown
    assert "intents, compared" in folded
    assert page.count("intents, compared") == 1
    let_pass = Measure(name="sizes, compared", value=0.001, limit=0.0033, unit="p")
    assert '<details class="sheet folded">' not in render_gate(Check(measures=(let_pass,)), {})
    assert "p = 0.58" in folded
    assert "chance p at least 0.0033" in folded
    assert "<th>subject</th>" not in page, "the comparison is among the checks"


@dataclass(frozen=True)
class Changed:
    """What a replay says has changed."""

    sentence: str

    def commands(self, version: str = "VERSION", *, bot: str | None = None) -> list[str]:
        return [f"intentloop replay 'a <b>' --release {version} --bot {bot}"]


def test_page_tells_what_changes_for_customers_and_how_to_see_it() -> None:
    changes = [Changed("in 14 conversations the customer is now asked for <email>")]
    page = render_gate(FAILED, {}, changes=changes, bot="shop", version="12")
    assert "The gate: shop, version 12" in page
    assert "In 14 conversations the customer is now asked for &lt;email&gt;." in page
    assert "intentloop replay &#39;a &lt;b&gt;&#39; --release 12 --bot shop" in page
    assert "--release VERSION" in render_gate(FAILED, {}, changes=changes, bot="shop")


def test_describe_gate_is_short_and_links_the_pages() -> None:
    assert describe_gate(Check()).startswith("**Passed: nothing speaks against it")
    assert "**Refused because the reply <b>.**" in describe_gate(FAILED)
    assert "`notebook/notebook.html`" in describe_gate(FAILED)
    linked = describe_gate(FAILED, link=partial(artifact_link, "1", "2"))
    page = "#/experiments/1/runs/2/artifacts/gate/report.html?workflowType=machine_learning"
    assert f"[gate/report.html]({page})" in linked
    assert "\n- two" in describe_gate(Check(reasons=("one", "two")))

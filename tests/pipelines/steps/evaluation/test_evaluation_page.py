"""The page of an evaluation: its charts tell their figures, it needs no network, and it quotes nobody."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from pipelines.nlu.model import NluModel
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.steps.evaluation.charts import HEIGHT, WIDTH, cost_chart
from pipelines.steps.evaluation.evaluate import evaluate_model
from pipelines.steps.evaluation.evaluation_page import render_evaluation
from pipelines.steps.evaluation.trade_off import measure_trade_off

ROWS = [
    Example(id="1", text="hello you", intent="greet"),
    Example(id="2", text="quimbly lane stop", intent="greet"),
    Example(id="3", text="sing a song", intent=OUT_OF_SCOPE),
]


def page_of(model: NluModel, rows: list[Example]) -> str:
    evaluation = evaluate_model(model, rows)
    curve = measure_trade_off(evaluation, model.thresholds_, costs=model.costs)
    return render_evaluation(evaluation, curve, title="On <these>", threshold=model.thresholds_.confidence)


@pytest.mark.parametrize("rows", [[], ROWS[:1], ROWS[2:], ROWS], ids=["none", "one", "out of scope", "all"])
def test_page_is_whole_for_any_rows(tiny_model: NluModel, rows: list[Example]) -> None:
    page = page_of(tiny_model, rows)
    assert "On &lt;these&gt;" in page
    assert not re.findall(r'(?:src|href)="|url\(|<script|https?://', page)
    assert not any(each.text in page for each in rows)
    drawn = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(drawn) == (4 if rows else 0)
    for svg in drawn:
        for element in ElementTree.fromstring(svg).iter():
            for name, limit in (("x", WIDTH), ("y", HEIGHT)):
                assert 0 <= float(element.get(name, 0)) <= limit


def test_chart_tells_the_figures_of_every_threshold() -> None:
    curve = pd.DataFrame(
        {"confidence": [0.0, 0.5, 0.98], "cost": [0.3, np.nan, 0.1], "chosen": [False, False, True], "allowed": True}
    )
    chart = cost_chart(curve)
    assert [tip.lines[0] for tip in chart.tips] == ["threshold 0.00", "threshold 0.50", "threshold 0.98"]
    assert chart.tips[2].lines == ("threshold 0.98", "0.100 wrong answers a message", "chosen")
    covered = [(tip.x, tip.x + tip.width) for tip in chart.tips]
    assert all(end == begin for (_, end), (begin, _) in pairwise(covered)), "no gap"
    assert all(tip.box_x >= 0 and tip.box_x + tip.box_width <= WIDTH for tip in chart.tips)

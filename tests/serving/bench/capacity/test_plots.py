"""The plots of the bill and of simulated runs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from pipelines.settings import Settings
from serving.bench.capacity import plots
from serving.bench.capacity.fleet import simulate
from serving.bench.capacity.scenario import Faults, Fleet, Load, Scenario
from serving.bench.capacity.work import Limits, Work

CALM = Scenario(Load(50.0, llm_share=0.2), Fleet(2), Work(), Limits.of(Settings()), seconds=20.0)


def drawn(figure: Figure) -> Figure:
    """Lay a figure out and draw it."""
    figure.canvas.draw()
    return figure


@pytest.mark.parametrize(("value", "shown"), [(10_000, "10 k"), (3.2e6, "3.2 M"), (1e9, "1 G"), (12.0, "12")])
def test_short_number_keeps_a_unit(value: float, shown: str) -> None:
    assert plots.short_number(value) == shown


def test_crossings_find_where_the_second_becomes_cheaper() -> None:
    index = np.array([1e4, 1e5, 1e6, 1e7])
    rising, flat = pd.Series([1.0, 10.0, 100.0, 1000.0], index), pd.Series(50.0, index)
    ((messages, usd),) = plots.crossings(rising, flat)
    assert 1e5 < messages < 1e6
    assert usd == 50.0
    assert plots.crossings(flat, rising) == []
    assert plots.crossings(flat, flat + 1) == []


def test_bars_are_as_high_as_the_bill() -> None:
    bills = pd.DataFrame({"chat API": [10.0, 20.0], "database": [5.0, 5.0]}, index=[1e4, 1e5])
    figure = drawn(plots.plot_components(bills, title="a bill"))
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["$15", "$25"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["10 k", "100 k"]


def test_break_even_is_marked() -> None:
    usd = pd.DataFrame({"API": [1.0, 100.0], "own": [10.0, 10.0]}, index=[1e4, 1e6])
    (axes,) = drawn(plots.plot_break_even(usd, title="break-even")).axes
    assert len(axes.texts) == 1


def test_runs_have_a_row_for_each_column_shown() -> None:
    away = replace(CALM, faults=Faults(database_away_at=5.0, database_away_seconds=5.0))
    runs = {"calm": simulate(CALM), "away": simulate(away)}
    figure = drawn(plots.plot_runs(runs, title="runs", shown=("processes", "tries", "queue_age", "in_work")))
    assert [len(axes.lines) for axes in figure.axes] == [2] * 5
    assert len(drawn(plots.plot_llm(runs, title="questions")).axes) == 2


def test_validation_shows_both_kinds() -> None:
    names = [f"{kind} {what}" for kind in ("measured", "simulated") for what in ("per second", "p50 ms", "p95 ms")]
    runs = pd.DataFrame(np.ones((2, 6)), index=["one", "two"], columns=names)
    top, bottom = drawn(plots.plot_validation(runs, title="both")).axes
    assert len(top.patches) == 4
    assert len(bottom.lines) == 4

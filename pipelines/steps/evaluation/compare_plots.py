"""Plots and tables of two releases side by side, for the notebook."""

from collections.abc import Hashable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, StrMethodFormatter
from pandas.io.formats.style import Styler

from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.steps.evaluation.compare import Comparison
from pipelines.steps.evaluation.compare_figures import LOWER_IS_BETTER
from pipelines.steps.evaluation.evaluate import Evaluation

MAX_INTENTS = 40
_FIRST, _SECOND, _BETTER, _WORSE, _GREY = "#8a8a8a", "#3b6ea8", "#3b8a5a", "#b8433a", "#8a8a8a"
_N_BINS = 10


def style_figures(table: pd.DataFrame) -> Styler:
    """Style the table of `figure_differences`: green where the second is significantly better, red where worse."""

    def colour(row: pd.Series) -> list[str]:
        sign = -1 if row.name in LOWER_IS_BETTER else 1
        low, high = sorted((sign * row["low"], sign * row["high"]))
        return _coloured(row, _WORSE if high < 0 else _BETTER if low > 0 else "")

    signed: list[Hashable] = ["difference", "low", "high"]
    numbers: list[Hashable] = ["first", "second"]
    shown = table.rename_axis(None)
    return shown.style.format("{:.3f}", subset=numbers).format("{:+.3f}", subset=signed).apply(colour, axis=1)


def table_of_tests(comparison: Comparison) -> pd.DataFrame:
    """Return the paired tests: rows that only one release gets right, and the p-value."""
    rows = [
        {"subject": test.subject, "utterances": test.n_rows, "only first right": test.only_production,
         "only second right": test.only_candidate, "p": test.p_value}
        for test in comparison.tests
    ]  # fmt: skip
    return pd.DataFrame(rows)


def style_outcomes(first: Evaluation, second: Evaluation) -> Styler:
    """Style the shares of each outcome for both releases, in and out of scope."""
    sides = {name: side.outcomes.set_index("outcome") for name, side in (("first", first), ("second", second))}
    columns = {
        (scope, name): table[f"{column}_share"]
        for scope, column in (("in scope", "in_scope"), ("out of scope", "out_of_scope"))
        for name, table in sides.items()
    }
    return pd.DataFrame(columns).rename_axis(None).style.format("{:.1%}", na_rep="")


def style_differences(table: pd.DataFrame) -> Styler:
    """Style the table of `intent_differences`: red where the interval lies below 0, green above."""

    def colour(row: pd.Series) -> list[str]:
        return _coloured(row, _WORSE if row["high"] < 0 else _BETTER if row["low"] > 0 else "")

    shares: list[Hashable] = ["first", "second"]
    signed: list[Hashable] = ["difference", "low", "high"]
    escaped = table.style.format(escape="html")  # an intent's name is its author's
    return escaped.format("{:.0%}", subset=shares).format("{:+.0%}", subset=signed).apply(colour, axis=1)


def _coloured(row: pd.Series, colour: str) -> list[str]:
    return [f"color: {colour}" if colour and name == "difference" else "" for name in row.index]


def plot_intent_differences(table: pd.DataFrame) -> Figure:
    """Plot the non-zero differences per intent with their 95 % intervals; the 40 largest at most."""
    changed = table[table["difference"] != 0]
    shown = changed.loc[changed["difference"].abs().sort_values(ascending=False).index[:MAX_INTENTS]]
    shown = shown.sort_values("difference", ascending=False)
    figure, axes = _figure(width=8.0, height=0.28 * len(shown) + 1.6)
    if shown.empty:
        return _nothing(figure, axes, "both answer every utterance alike")
    places = np.arange(len(shown))
    difference = shown["difference"].to_numpy()
    # with very few utterances the interval may exclude an extreme difference
    spread = np.maximum(0.0, np.array([difference - shown["low"].to_numpy(), shown["high"].to_numpy() - difference]))
    colours = np.where(difference < 0, _WORSE, _BETTER).tolist()
    axes.errorbar(difference, places, xerr=spread, fmt="none", ecolor=_GREY, capsize=2, linewidth=1)
    axes.scatter(difference, places, color=colours, zorder=3)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(places, shown["intent"], fontsize=8)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set(title="Share answered rightly: second release minus first", xlabel="difference, with its 95 % interval")
    return figure


def plot_confusion_differences(table: pd.DataFrame) -> Figure:
    """Plot which confusions have become more or less frequent; at most 40 of each."""
    shown = pd.concat([table.head(MAX_INTENTS), table.tail(MAX_INTENTS)]).drop_duplicates()
    figure, axes = _figure(width=8.0, height=0.26 * len(shown) + 1.6)
    if shown.empty:
        return _nothing(figure, axes, "both make the same mistakes")
    shown = shown.sort_values("change")
    names = [f"{gold}  as  {said or 'nothing'}" for gold, said in zip(shown["gold"], shown["predicted"], strict=True)]
    axes.barh(names, shown["change"], color=np.where(shown["change"] > 0, _WORSE, _BETTER).tolist())
    axes.axvline(0, color="black", linewidth=0.8)
    axes.tick_params(axis="y", labelsize=8)
    axes.set(title="Mistakes: second release minus first", xlabel="utterances")
    return figure


def plot_costs(first: pd.DataFrame, second: pd.DataFrame) -> Figure:
    """Show what a message costs at every threshold, with either release's own; the curves are `measure_trade_off`'s."""
    figure, axes = _figure(width=7.0, height=3.8)
    for curve, label, colour in ((first, "first", _FIRST), (second, "second", _SECOND)):
        own = curve[curve["chosen"]].iloc[0]
        axes.plot(curve["confidence"], curve["cost"], color=colour, label=f"{label}: {own['cost']:.3f}")
        axes.plot(own["confidence"], own["cost"], "o", color=colour)
    axes.set(title="What a message costs, by threshold", xlabel="confidence below which the bot does not answer")
    axes.set(ylabel="cost (wrong answers)", xlim=(0, 1))
    axes.set_ylim(bottom=0)
    axes.legend(title="at its own threshold")
    return figure


def plot_calibrations(first: Evaluation, second: Evaluation) -> Figure:
    """Show whether either one's confidence means what it says, on in-scope rows."""
    figure, axes = _figure(width=5.0, height=4.5)
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", linewidth=1, label="perfect")
    for evaluation, label, colour in ((first, "first", _FIRST), (second, "second", _SECOND)):
        rows = [each for each in evaluation.predictions if each.example.intent != OUT_OF_SCOPE]
        confidence = np.array([each.confidence for each in rows])
        correct = np.array([each.is_right for each in rows])
        bins = np.minimum((confidence * _N_BINS).astype(int), _N_BINS - 1)
        means = [(confidence[bins == each].mean(), correct[bins == each].mean()) for each in np.unique(bins)]
        axes.plot([x for x, _ in means], [y for _, y in means], marker="o", color=colour, label=label)
    axes.legend(loc="lower right")
    axes.set(xlabel="mean confidence", ylabel="share right", title="Calibration", xlim=(0, 1.02), ylim=(0, 1.02))
    return figure


def plot_latencies(first: Evaluation, second: Evaluation) -> Figure:
    """Plot the cumulative share of utterances understood within a time."""
    figure, axes = _figure(width=6.5, height=3.6)
    for evaluation, label, colour in ((first, "first", _FIRST), (second, "second", _SECOND)):
        times = np.sort([each.wall_ms for each in evaluation.predictions])
        axes.plot(times, np.arange(1, len(times) + 1) / max(1, len(times)), color=colour, label=label)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set(xlabel="milliseconds", ylabel="share of utterances", title="Time to understand")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend(loc="lower right")
    return figure


def _nothing(figure: Figure, axes: Axes, text: str) -> Figure:
    axes.text(0.5, 0.5, text, ha="center", va="center")
    axes.set_axis_off()
    return figure


def _figure(*, width: float, height: float) -> tuple[Figure, Axes]:
    """Make a figure without pyplot, which would keep every figure of a long-lived process in memory."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()

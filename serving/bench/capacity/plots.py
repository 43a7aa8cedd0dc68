"""The plots of the bill and of simulated runs."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from serving.bench.capacity.outcome import Outcome

_COLOURS = ("#3b6ea8", "#a9c4e2", "#6b9e78", "#e6a23c", "#8a8a8a", "#b07aa1", "#c9c9c9", "#d9705f")
_LINES = ("#3b6ea8", "#e6a23c", "#6b9e78", "#d9705f")


def short_number(value: float) -> str:
    """Return a number of messages in few characters: 320 k."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def plot_components(bills: pd.DataFrame, *, title: str) -> Figure:
    """Plot dollars a month by component, stacked, one bar per number of messages (the index)."""
    figure = Figure(figsize=(8.5, 4.8), layout="constrained")
    axes = figure.subplots()
    places, below = np.arange(len(bills)), np.zeros(len(bills))
    for (name, usd), colour in zip(bills.items(), _COLOURS, strict=False):
        axes.bar(places, usd, bottom=below, color=colour, label=name, width=0.75)
        below += usd.to_numpy()
    for place, total in zip(places, below, strict=True):
        axes.annotate(f"${total:,.0f}", (place, total), ha="center", va="bottom", fontsize=9)
    axes.set(title=title, xlabel="messages a month", ylabel="USD a month", ylim=(0, 1.1 * below.max()))
    axes.set_xticks(places, [short_number(messages) for messages in bills.index])
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside right center", frameon=False)
    return figure


def plot_break_even(usd: pd.DataFrame, *, title: str) -> Figure:
    """Plot alternatives (the columns) over messages a month (the index), and mark where lines of two cross."""
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.subplots()
    for (name, values), colour in zip(usd.items(), _LINES, strict=False):
        axes.plot(usd.index, values, color=colour, label=name, linewidth=2)
    first = usd.columns[0]
    for other in usd.columns[1:]:
        for messages, dollars in crossings(usd[first], usd[other]):
            axes.plot([messages], [dollars], marker="o", color="black", markersize=5)
            axes.annotate(
                f"{short_number(messages)}\n${dollars:,.0f}", (messages, dollars), xytext=(6, -26),
                textcoords="offset points", fontsize=9,
            )  # fmt: skip
    axes.set(title=title, xlabel="messages a month", ylabel="USD a month", xscale="log", yscale="log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    return figure


def crossings(one: pd.Series, other: pd.Series) -> list[tuple[float, float]]:
    """Return where the second becomes cheaper than the first for good, interpolated; empty if it never does."""
    gap = (other - one).to_numpy()
    dearer = np.flatnonzero(gap > 0)
    if len(dearer) == 0 or dearer[-1] == len(gap) - 1:
        return []
    last = dearer[-1]
    share = gap[last] / (gap[last] - gap[last + 1])
    at, usd = np.log(one.index.to_numpy(dtype=float)), other.to_numpy()
    messages = np.exp(at[last] + share * (at[last + 1] - at[last]))
    return [(float(messages), float(usd[last] + share * (usd[last + 1] - usd[last])))]


def plot_runs(
    runs: Mapping[str, Outcome], *, title: str, shown: Sequence[str] = ("in_work",), until: float | None = None
) -> Figure:
    """Plot the 95th percentile of each run over time, and below columns of its seconds.

    A gap in the percentile means that nothing sent in those seconds was ever answered.
    """
    labels = {
        "in_work": "requests in work",
        "processes": "chat APIs",
        "workers": "workers",
        "queue_age": "oldest event in the queue, s",
        "tries": "requests a second",
    }
    figure = Figure(figsize=(8.5, 2.4 * (1 + len(shown)) + 0.6), layout="constrained")
    rows: Sequence[Axes] = figure.subplots(1 + len(shown), 1, sharex=True)
    step = 5.0
    for (name, run), colour in zip(runs.items(), _LINES, strict=False):
        times = run.by_time(step=step).reindex(np.arange(0, run.seconds.index[-1], step))
        rows[0].plot(times.index, times["p95"], color=colour, label=name, linewidth=1.8)
        for axes, column in zip(rows[1:], shown, strict=True):
            values = run.seconds[column]
            axes.plot(
                values.index, values.rolling(5, min_periods=1).mean() if column == "tries" else values, color=colour
            )
    rows[0].set(title=title, ylabel="p95 of answers, s", yscale="log")
    rows[0].yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    rows[0].yaxis.set_minor_formatter(NullFormatter())
    figure.legend(loc="outside lower center", ncols=len(runs), frameon=False, fontsize=9)
    for axes, column in zip(rows[1:], shown, strict=True):
        axes.set(ylabel=labels[column], ylim=(0, None))
    for axes in rows:
        axes.grid(alpha=0.3)
    rows[-1].set(xlabel="seconds", xlim=(0, until))
    return figure


def plot_llm(runs: Mapping[str, Outcome], *, title: str) -> Figure:
    """Plot what became of the questions to the language model, one panel per run, in steps of five seconds."""
    figure = Figure(figsize=(8.5, 2.1 * len(runs) + 0.8), layout="constrained")
    rows: Sequence[Axes] = np.atleast_1d(figure.subplots(len(runs), 1, sharex=True))  # type: ignore[assignment]
    for axes, (name, run) in zip(rows, runs.items(), strict=True):
        steps = run.llm.groupby((run.llm.index // 5) * 5).sum() / 5
        axes.stackplot(
            steps.index, steps.to_numpy().T, labels=steps.columns, colors=("#3b6ea8", "#e6a23c", "#d9705f", "#c9c9c9")
        )
        axes.set(title=name, ylabel="questions a second", ylim=(0, None))
        axes.title.set_fontsize(10)
    rows[-1].set(xlabel="seconds", xlim=(0, None))
    handles, labels = rows[0].get_legend_handles_labels()
    figure.suptitle(title)
    figure.legend(handles, labels, loc="outside right center", frameon=False)
    return figure


def plot_validation(runs: pd.DataFrame, *, title: str) -> Figure:
    """Plot measured and simulated answers per second, and p50 and p95, one group per run (the index)."""
    figure = Figure(figsize=(8.5, 5.2), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True)
    places = np.arange(len(runs))
    for offset, kind, colour in ((-0.2, "measured", _COLOURS[0]), (0.2, "simulated", _COLOURS[1])):
        top.bar(places + offset, runs[f"{kind} per second"], width=0.38, color=colour, label=kind)
        for name, marker in (("p50", "o"), ("p95", "^")):
            bottom.plot(places + offset, runs[f"{kind} {name} ms"], marker, color=colour, label=f"{name} {kind}")
    top.set(title=title, ylabel="answers a second")
    bottom.set(ylabel="ms", yscale="log")
    bottom.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    bottom.set_xticks(places, runs.index)
    for axes in (top, bottom):
        axes.grid(axis="y", alpha=0.3)
        axes.set_axisbelow(True)
        axes.legend(frameon=False, fontsize=9)
    return figure

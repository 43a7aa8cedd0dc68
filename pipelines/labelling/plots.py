"""Plots of mined texts, for the notebook."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipelines.labelling.mine import Mined

MAX_INTENTS = 25
_BLUE, _ORANGE, _PALE, _GREY = "#3b6ea8", "#d08a28", "#a9c4e2", "#8a8a8a"


def plot_value(mined: Mined) -> Figure:
    """Plot how fast the value of a label falls, which shows when labelling stops paying off."""
    figure, axes = _figure(width=7.0, height=3.6)
    values = np.array([item.value for item in mined.items])
    if not len(values):
        return _empty(figure, axes)
    is_agreed = np.array([item.agreed is not None for item in mined.items])
    ranks = np.arange(1, len(values) + 1)
    axes.bar(ranks, values, width=1.0, color=_BLUE, label="for a person")
    if is_agreed.any():
        axes.bar(ranks[is_agreed], values[is_agreed], width=1.0, color=_PALE, label="all who were asked agree")
    half = int(np.searchsorted(values.cumsum(), values.sum() / 2)) + 1
    axes.axvline(half + 0.5, color=_GREY, linestyle="--", linewidth=1, label=f"half of the value: {half} texts")
    axes.set(title="What a label is worth", xlabel="text, the most valuable first", ylabel="value", ylim=(0, None))
    axes.legend(frameon=False)
    return figure


def plot_intents(mined: Mined) -> Figure:
    """Plot which intents the texts are read as, and how often another witness disagrees; at most 25 intents."""
    table = mined.to_frame()
    if table.empty:
        return _empty(*_figure(width=7.0, height=3.6))
    others = table[["llm", "clarification", "shadow"]].to_numpy()
    own = table["classifier"].to_numpy()
    is_disputed = ((others != "") & (others != own[:, None])).any(axis=1)
    counts = table.assign(disputed=is_disputed).groupby("classifier")["disputed"].agg(["size", "sum"])
    counts = counts.sort_values("size").tail(MAX_INTENTS)
    figure, axes = _figure(width=7.5, height=0.26 * len(counts) + 1.6)
    axes.barh(counts.index, counts["size"], color=_PALE, label="texts")
    axes.barh(counts.index, counts["sum"], color=_ORANGE, height=0.5, label="another witness says otherwise")
    axes.tick_params(axis="y", labelsize=8)
    axes.set(title="What the newest release takes them for", xlabel="texts")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, loc="lower right")
    return figure


def _figure(*, width: float, height: float) -> tuple[Figure, Axes]:
    """Make a figure without pyplot, which would keep every figure of a long-lived process in memory."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _empty(figure: Figure, axes: Axes) -> Figure:
    axes.text(0.5, 0.5, "nothing is worth a label", ha="center", va="center")
    axes.set_axis_off()
    return figure

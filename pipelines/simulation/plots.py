"""The plot of a simulated month."""

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter


def plot_month(weeks: pd.DataFrame, *, title: str) -> Figure:
    """Plot a month: the accuracy of each release, the language model's share, and the labels.

    `weeks` has one row per week: `accuracy` (of the release that answers, on the test rows), `understood` (share of the
    week's messages answered rightly, with the language model's help), `llm_share`, `by_person`, `agreed`.
    """
    figure = Figure(figsize=(7.5, 7.5), layout="constrained")
    top, middle, bottom = figure.subplots(3, 1, sharex=True)
    _lines(
        top,
        weeks,
        {"accuracy": "release alone, on test rows", "understood": "customers answered rightly"},
        legend="lower right",
    )
    top.set(title=title, ylabel="share", ylim=(min(0.5, weeks[["accuracy", "understood"]].min().min() - 0.05), 1.0))
    _lines(middle, weeks, {"llm_share": "messages that the language model was asked about"}, legend="upper right")
    middle.set(ylabel="share", ylim=(0.0, None))
    places = np.arange(len(weeks))
    bottom.bar(places, weeks["by_person"], color="#3b6ea8", label="labelled by a person")
    bottom.bar(places, weeks["agreed"], bottom=weeks["by_person"], color="#a9c4e2", label="accepted where all agree")
    most = (weeks["by_person"] + weeks["agreed"]).max()
    bottom.set(ylabel="texts", xlabel="week", ylim=(0, 1.4 * max(most, 1)))  # room for the legend
    bottom.set_xticks(places, [f"{week + 1}" for week in weeks.index])
    bottom.legend(frameon=False, loc="upper right")
    return figure


def _lines(
    axes: Axes, weeks: pd.DataFrame, label_by_column: dict[str, str], *, legend: Literal["upper right", "lower right"]
) -> None:
    for (column, label), colour in zip(label_by_column.items(), ("#3b6ea8", "#e6a23c"), strict=False):
        axes.plot(np.arange(len(weeks)), weeks[column], marker="o", color=colour, label=label)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend(frameon=False, loc=legend)
    axes.grid(axis="y", alpha=0.3)

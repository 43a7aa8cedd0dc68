"""Plots and styled tables of an exploration, for the notebook."""

from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from pandas.io.formats.style import Styler

from pipelines.exploration.explore import Exploration

if TYPE_CHECKING:
    from pandas.io.formats.style_render import CSSDict

MAX_OVERLAPPING = 25
_BLUE, _PALE, _GREY = "#3b6ea8", "#a9c4e2", "#8a8a8a"


def plot_sizes(exploration: Exploration) -> Figure:
    """Plot the number of examples and of distinct wordings per intent."""
    table = exploration.intents.sort_values("examples")
    figure, axes = _figure(width=8.0, height=0.2 * len(table) + 1.4)
    axes.barh(table.index, table["examples"], color=_PALE, label="examples")
    axes.barh(table.index, table["wordings"], color=_BLUE, height=0.45, label="different wordings")
    axes.axvline(table["examples"].median(), color=_GREY, linestyle="--", linewidth=1, label="median")
    axes.tick_params(axis="y", labelsize=8)
    axes.margins(y=0.01)
    axes.set(title="Examples per intent", xlabel="examples")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def plot_overlap(exploration: Exploration) -> Figure:
    """Plot the overlap of the intents that overlap most, at most 25, each next to those it overlaps."""
    names = _most_overlapping(exploration.overlap)
    figure, axes = _figure(width=max(6.0, 0.36 * len(names) + 3), height=max(4.0, 0.32 * len(names) + 2.4))
    if not names:
        axes.text(0.5, 0.5, "no intent overlaps another", ha="center", va="center")
        axes.set_axis_off()
        return figure
    shares = exploration.overlap.loc[names, names].to_numpy(copy=True)
    np.fill_diagonal(shares, np.nan)
    image = axes.imshow(shares, cmap="Blues", vmin=0)
    for row, place in np.argwhere(np.nan_to_num(shares) >= 0.05):
        colour = "white" if shares[row, place] > 0.6 * np.nanmax(shares) else "black"
        axes.text(place, row, f"{100 * shares[row, place]:.0f}", ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set(title="Overlap: % of nearest neighbours in another intent", xlabel="neighbours' intent", ylabel="intent")
    figure.colorbar(image, ax=axes, shrink=0.6, format=PercentFormatter(1.0, decimals=0))
    return figure


def plot_own_confidence(exploration: Exploration) -> Figure:
    """Plot a histogram of the held-out confidence in the right intent."""
    figure, axes = _figure(width=7.0, height=3.6)
    axes.hist(exploration.confidences, bins=np.linspace(0, 1, 26).tolist(), color=_BLUE)
    tried = exploration.intents["tried"].sum()
    understood = (exploration.intents["understood"] * exploration.intents["tried"]).sum()
    told = f"{understood / tried:.0%} of {tried:,} understood" if tried else "no intent has a second example"
    axes.set(
        title=f"Confidence in the right intent, held out ({told})",
        xlabel="confidence",
        ylabel="examples",
    )
    return figure


def style_intents(exploration: Exploration) -> Styler:
    """Return the table of intents with bars, the most overlapping first."""
    table = exploration.intents.sort_values("overlap", ascending=False)
    table["of"] = [_range(*row) for row in table[["tried", "low", "high"]].itertuples(index=False)]
    names = ["examples", "wordings", "median_words", "annotated", "understood", "of", "overlap", "mostly_with"]
    shares: list[Hashable] = ["annotated", "understood", "overlap"]
    escaped = table[names].style.format(escape="html").format_index(escape="html")
    styled = escaped.format("{:.0%}", subset=shares, na_rep="").format("{:.0f}", subset=["median_words"])
    return styled.bar(subset=["overlap"], color="#e6a23c88", vmin=0, vmax=1).bar(
        subset=["understood"], color="#5b9bd588", vmin=0, vmax=1
    )


def _range(tried: float, low: float, high: float) -> str:
    return f"{tried:,.0f}: {low:.0%} to {high:.0%}" if tried else "a single example: unknown"


def style_rows(table: pd.DataFrame, *, count: int = 20) -> Styler:
    """Return the first rows of a table for reading, with wide texts and without redundant columns."""
    head = table.head(count).drop(columns=["intent", "other_intent", "own_confidence"], errors="ignore")
    shares: list[Hashable] = [name for name in head if name in ("similarity", "confidence")]
    texts: list[Hashable] = [name for name in head if str(name).endswith(("text", "example"))]
    left: list[CSSDict] = [{"selector": "td, th", "props": "text-align: left; vertical-align: top"}]
    escaped = head.style.format(escape="html")  # texts are untrusted
    styled = escaped.format("{:.0%}", subset=shares).hide(axis="index").set_table_styles(left)
    return styled.set_properties(subset=texts, **{"min-width": "15em"})


def _most_overlapping(overlap: pd.DataFrame) -> list[str]:
    """Return the intents that overlap most, each next to the one it overlaps most."""
    shares = (overlap.to_numpy() + overlap.to_numpy().T) / 2
    np.fill_diagonal(shares, 0.0)
    most = [place for place in np.argsort(-shares.max(axis=1, initial=0.0), kind="stable") if shares[place].any()]
    left = most[:MAX_OVERLAPPING]
    ordered: list[int] = []
    while left:
        following = max(left, key=lambda place: shares[ordered[-1], place]) if ordered else left[0]
        ordered.append(following)
        left.remove(following)
    return [overlap.index[place] for place in ordered]


def _figure(*, width: float, height: float) -> tuple[Figure, Axes]:
    """Make a figure without pyplot, which would keep every figure of a long-lived process in memory."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()

"""Plots of an evaluation, for the notebook and for MLflow."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Figure
from matplotlib.ticker import PercentFormatter

from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.steps.evaluation.evaluate import Evaluation
from pipelines.steps.evaluation.predictions import GRADES, Grade

MAX_CONFUSED = 25
_SCOPES = {"in_scope": "in scope", "out_of_scope": "out of scope"}
_BLUE, _RED, _GREY, _ORANGE = "#3b6ea8", "#b8433a", "#8a8a8a", "#d08a28"
_GREEN, _LIGHT_BLUE, _LIGHT_GREY = "#3b8a5a", "#9dbbdb", "#cfcfcf"
_COLOUR_BY_GRADE: dict[Grade, str] = {
    "answered right": _GREEN,
    "answered wrong": _RED,
    "asked, right one offered": _LIGHT_BLUE,
    "asked, not offered": _BLUE,
    "refused needlessly": _ORANGE,
    "refused rightly": _LIGHT_GREY,
}


def plot_outcomes(evaluation: Evaluation) -> Figure:
    """Plot the shares of messages answered, asked about and refused, by grade."""
    figure, axes = _figure(width=8.0, height=2.8)
    table = evaluation.outcomes.set_index("outcome")
    names = {name: label for name, label in _SCOPES.items() if table[name].sum()}
    left = np.zeros(len(names))
    for grade in GRADES:
        shares = table.loc[grade, [f"{name}_share" for name in names]].to_numpy(dtype=float)
        if shares.any():
            told = ", ".join(f"{share:.1%}" for share in shares)
            axes.barh(list(names.values()), shares, left=left, color=_COLOUR_BY_GRADE[grade], label=f"{grade}: {told}")
            left += shares
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set(title="What becomes of a message", xlabel="share of utterances", xlim=(0, 1))
    axes.invert_yaxis()
    if names:
        figure.legend(loc="outside lower center", ncols=3, fontsize=8)
    return figure


def plot_confusion(evaluation: Evaluation) -> Figure:
    """Plot the confusion matrix of the intents with mistakes; at most 25."""
    involved = _most_confused(evaluation)
    figure, axes = _figure(width=max(6.0, 0.42 * len(involved) + 3), height=max(4.0, 0.36 * len(involved) + 2.5))
    if not involved:
        axes.text(0.5, 0.5, "no utterance was taken for another intent", ha="center", va="center")
        axes.set_axis_off()
        return figure
    column = {intent: number for number, intent in enumerate(involved)}
    counts = np.zeros((len(involved), len(involved)))
    for prediction in evaluation.predictions:
        gold, predicted = prediction.example.intent, prediction.intent
        if gold in column and predicted in column:
            counts[column[gold], column[predicted]] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, line in enumerate(counts):
        for place in np.flatnonzero(line).tolist():
            colour = "white" if shares[row, place] > 0.6 else "black"
            axes.text(place, row, f"{int(line[place])}", ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(range(len(involved)), involved, rotation=60, ha="right", fontsize=8)
    axes.set_yticks(range(len(involved)), involved, fontsize=8)
    axes.set(xlabel="understood as", ylabel="really", title="Intents with mistakes (number of utterances)")
    return figure


def plot_confidence(evaluation: Evaluation, *, threshold: float) -> Figure:
    """Plot the distribution of confidence where the model is right, wrong, and out of scope."""
    figure, axes = _figure(width=7.0, height=4.0)
    groups: dict[str, list[float]] = {"right": [], "wrong": [], "out of scope": []}
    for prediction in evaluation.predictions:
        gold = prediction.example.intent
        name = "out of scope" if gold == OUT_OF_SCOPE else "right" if prediction.intent == gold else "wrong"
        groups[name].append(prediction.confidence)
    shown = [(name, values) for name, values in groups.items() if values]
    colours = {"right": _BLUE, "wrong": _RED, "out of scope": _GREY}
    if shown:
        axes.hist(
            [values for _, values in shown],
            bins=np.linspace(0, 1, 26).tolist(),
            stacked=True,
            label=[f"{name} ({len(values)})" for name, values in shown],
            color=[colours[name] for name, _ in shown],
        )
    axes.axvline(threshold, color="black", linestyle="--", linewidth=1, label=f"threshold {threshold:.2f}")
    axes.set(xlabel="confidence of the top intent", ylabel="utterances", title="How sure the model is")
    axes.legend()
    return figure


def plot_calibration(evaluation: Evaluation, *, n_bins: int = 10) -> Figure:
    """Plot the share of right answers against confidence, on in-scope rows."""
    figure, axes = _figure(width=5.0, height=4.5)
    in_scope = [p for p in evaluation.predictions if p.example.intent != OUT_OF_SCOPE]
    confidence = np.array([prediction.confidence for prediction in in_scope])
    correct = np.array([prediction.is_right for prediction in in_scope])
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", linewidth=1, label="perfect")
    if len(in_scope):
        bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
        used = np.unique(bins)
        means = [(confidence[bins == b].mean(), correct[bins == b].mean(), (bins == b).sum()) for b in used]
        sizes = 20 + 200 * np.array([count for *_, count in means]) / len(in_scope)
        axes.scatter([m[0] for m in means], [m[1] for m in means], s=sizes, color=_BLUE, label="size: share of rows")
        axes.legend(loc="lower right")
    axes.set(xlabel="mean confidence", ylabel="share right", title="Calibration", xlim=(0, 1.02), ylim=(0, 1.02))
    return figure


def plot_trade_off(curve: pd.DataFrame) -> Figure:
    """Plot the curve of `measure_trade_off`: the cost per message above, the shares it is made of below."""
    figure = Figure(figsize=(7.5, 6.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    chosen = curve[curve["chosen"]].iloc[0]
    x = curve["confidence"]
    above.plot(x, curve["cost"], color=_BLUE, label="with the limit of the out-of-scope score")
    if not np.allclose(curve["cost"], curve["cost_without_limit"], equal_nan=True):
        above.plot(x, curve["cost_without_limit"], color=_BLUE, linestyle=":", label="without that limit")
    above.plot(
        chosen["confidence"], chosen["cost"], "o", color="black", zorder=3, label=f"chosen: {chosen['cost']:.3f}"
    )
    above.set(title="What a message costs, by threshold", ylabel="cost (wrong answers)")
    shares = {
        "wrong": ("answered wrongly", _RED),
        "needless": ("refused needlessly", _GREY),
        "asked": ("asked which is meant", _BLUE),
        "outside": ("out of scope, yet answered", _ORANGE),
    }
    for name, (label, colour) in shares.items():
        if curve[name].notna().any():
            below.plot(x, curve[name], color=colour, label=f"{label}: {chosen[name]:.1%}")
    below.set(xlabel="confidence below which the bot does not answer", ylabel="share of utterances", xlim=(0, 1))
    below.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    forbidden = curve.loc[~curve["allowed"], "confidence"]
    if len(forbidden):
        above.axvspan(
            forbidden.iloc[0], 1.0, color=_GREY, alpha=0.15, label="not taken: refuses too many who were understood"
        )
        below.axvspan(forbidden.iloc[0], 1.0, color=_GREY, alpha=0.15)
    for axes in (above, below):
        axes.axvline(chosen["confidence"], color="black", linestyle="--", linewidth=1)
        axes.set_ylim(bottom=0)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    return figure


def _most_confused(evaluation: Evaluation) -> list[str]:
    involved: list[str] = []
    for gold, predicted in zip(evaluation.confusions["gold"], evaluation.confusions["predicted"], strict=True):
        involved += [intent for intent in (gold, predicted) if intent and intent not in involved]
    return sorted(involved[:MAX_CONFUSED])


def _figure(*, width: float, height: float) -> tuple[Figure, Axes]:
    """Make a figure without pyplot, which would keep every figure of a long-lived process in memory."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()

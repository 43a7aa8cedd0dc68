"""The plot of a drift check."""

from matplotlib.figure import Figure

from pipelines.drift.drift import LARGE, SMALL, Drift


def plot_drift(drift: Drift) -> Figure:
    """Plot the indices week by week, with the bounds of the usual reading."""
    figure = Figure(figsize=(7.0, 3.8), layout="constrained")
    axes = figure.subplots()
    weeks = drift.weeks["week"].tolist()
    for name, label in (("psi_intents", "intents"), ("psi_confidence", "confidence")):
        axes.plot(weeks, drift.weeks[name], marker="o", label=f"PSI of {label}")
    axes.plot(weeks, drift.weeks["unknown_words"], marker="x", linestyle=":", label="share of new words")
    for bound in (SMALL, LARGE):
        axes.axhline(bound, color="#8a8a8a", linewidth=0.8, linestyle="--")
    axes.set(ylabel="index or share", title="Messages in production against the training", ylim=(0, None))
    axes.legend(fontsize=8)
    return figure

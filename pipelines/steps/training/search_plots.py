"""The plot of a hyper-parameter search."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipelines.steps.training.search import SearchResult

_BLUE, _RED, _BLACK = "#3b6ea8", "#b8433a", "#000000"
_MEASURED = ("accuracy", "gain", "gain_error", "is_best")


def plot_search(result: SearchResult) -> Figure:
    """Plot the accuracy of the candidates by each parameter tried; the default and the best are marked."""
    tried = [name for name in result.table.columns if name not in _MEASURED] or ["accuracy"]
    n_columns = min(3, len(tried))
    n_rows = -(-len(tried) // n_columns)
    figure = Figure(figsize=(4.0 * n_columns, 3.0 * n_rows), layout="constrained")
    panels = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True).flatten().tolist()
    for panel, name in zip(panels, tried, strict=False):
        _draw(panel, result, name)
    for panel in panels[len(tried) :]:
        panel.set_axis_off()
    panels[0].set_ylabel("held-out utterances understood")
    panels[0].legend(fontsize=7)
    figure.suptitle(f"{len(result.table)} candidates, {result.where}", fontsize=9)
    return figure


def _draw(axes: Axes, result: SearchResult, name: str) -> None:
    table = result.table
    axes.scatter(table[name], table["accuracy"], s=18, color=_BLUE)
    marked = {"default": (table.iloc[:1], _BLACK), "best": (table[table["is_best"]], _RED)}
    for label, (rows, colour) in marked.items():
        axes.scatter(rows[name], rows["accuracy"], s=60, facecolors="none", edgecolors=colour, label=label)
    axes.set_xlabel(name)

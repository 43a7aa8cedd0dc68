"""Logging of a hyper-parameter search to MLflow."""

from matplotlib.figure import Figure
from mlflow import MlflowClient

from pipelines.steps.search import Found
from pipelines.steps.search_plots import plot_search


def log_search(run_id: str, found: Found) -> Figure:
    """Log the table, the plot, the best choices as parameters, and what should be known; give the plot."""
    client, figure = MlflowClient(), plot_search(found)
    client.log_text(run_id, found.table.to_csv(index=False), "search/candidates.csv")
    client.log_figure(run_id, figure, "search/candidates.png")
    for name, value in found.best.items():
        client.log_param(run_id, f"best_{name}", value)
    for name in ("accuracy", "gain"):
        client.log_metric(run_id, f"search_{name}", float(found.table.loc[found.table["is_best"], name].iloc[0]))
    client.set_tag(run_id, "search", "; ".join((found.where, *found.notes)))
    return figure

"""The record of a scoring in MLflow: its size and its routes. The rows stay in the file, they name conversations."""

from pipelines.registry.runs import Runs
from pipelines.scoring.score import Summary
from pipelines.settings import Settings


def log_scoring(bot: str, settings: Settings, summary: Summary, *, version: str) -> str:
    """Log a scoring as a run in the bot's experiment of scores; return its page's URL, empty for a store without pages.

    Raises RegistryUnavailable if the MLflow server does not answer.
    """
    runs, n = Runs(settings.resolved_tracking_uri), summary.n_messages
    run_id = runs.begin(
        bot,
        kind="scores",
        source="intentloop score",
        name=f"{bot} v{version} · {n:,} messages · {summary.n_moved:,} would change",
        tags={"version": version, "since": f"{summary.since:%Y-%m-%d %H:%M}", "file": summary.file.name},
    )
    figures = {"messages": n, "messages_moved": summary.n_moved}
    routes = {f"route/{name}": count / n for name, count in summary.count_by_route.items() if n}
    runs.log_metrics(run_id, figures | routes)
    runs.end(run_id, succeeded=True)
    return runs.url(run_id)

"""`intentloop score`: apply a release to the logged messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.arguments import BotOption, chosen_version, read_settings
from serving.cli.drift import read_since
from serving.clock import utc_now
from serving.terminal import echo

if TYPE_CHECKING:
    from pipelines.registry.reference import Reference
    from pipelines.scoring.score import Summary
    from pipelines.settings import Settings

_PACKAGES = ("pyarrow", "sklearn")


def score(
    since: Annotated[str, typer.Option(help="How far back: `7d`, `4w`, or a date.")],
    version: Annotated[
        str | None, typer.Option("--version", help="Version to score with. Default: the promoted one.")
    ] = None,
    release_folder: Annotated[
        Path | None, typer.Option(help="Release folder to score with.", exists=True, file_okay=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Parquet file to write. Default: one under INTENTLOOP_HOME/scores.", dir_okay=False),
    ] = None,
    bot: BotOption = None,
) -> None:
    """Compute what a release makes of the logged messages: intent, confidence, number of values, and route.

    Writes one row per message, without the text. Uses all processors, or the Dask cluster INTENTLOOP_DASK_SCHEDULER.
    Given the same options, an interrupted run resumes where it stopped; `7d` and `4w` then still mean the time they
    meant at the start.

    Example: `intentloop score --since 2026-11-01 --version 7 --out scores.parquet`
    """
    from dataclasses import replace
    from functools import partial

    from pipelines.priority import give_way
    from serving.local.home import require_packages
    from serving.processes.child import is_listening
    from serving.progress import share_reporter

    require_packages(_PACKAGES, extra="train", purpose="scoring")
    settings, reference = read_settings(), chosen_version(bot, version)
    name = reference.bot
    now = utc_now()
    begin = read_since(since, now=now.replace(hour=0, minute=0, second=0, microsecond=0))
    if is_listening(settings.host, settings.api_port):
        give_way()
    from pipelines.errors import RegistryUnavailable
    from pipelines.scoring.run import log_scoring
    from pipelines.scoring.score import Job, find_unfinished, score_log
    from serving.replay.score import score_messages

    if release_folder is not None and version is not None:
        raise typer.BadParameter("give either a version or a release folder, not both")
    with _opened(settings, reference, folder=release_folder) as (folder, named):
        target = out or settings.home / "scores" / f"{name}-{named}-since-{begin:%Y-%m-%d}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        job = Job(bot=name, since=begin, until=now, release_folder=folder, out=target, asked=since)
        if out is None:
            job = replace(job, out=find_unfinished(job) or target)
        with share_reporter("Scoring") as progress:
            summary = score_log(
                job,
                partial(score_messages, public_shortcuts=frozenset(settings.public_shortcuts)),
                mongo_uri=settings.resolved_mongo_uri,
                database=settings.mongo_database,
                scheduler=settings.dask_scheduler,
                progress=progress,
            )
    if summary.since != begin:
        echo(f"resumed an earlier run: messages since {summary.since:%Y-%m-%d %H:%M} UTC")
    for line in _describe(summary, named=named):
        echo(line)
    try:
        page = log_scoring(name, settings, summary, version=named)
    except RegistryUnavailable as error:  # the scores are on the disk; MLflow only lists them
        echo(f"note: not recorded in MLflow: {error}", err=True)
    else:
        echo(f"recorded in MLflow: {page or settings.resolved_tracking_uri}")


@contextmanager
def _opened(settings: "Settings", reference: "Reference", *, folder: Path | None) -> Iterator[tuple[Path, str]]:
    """Yield the folder of the release and its version."""
    from pipelines.registry.client import Registry
    from pipelines.registry.fetch import downloaded, find_version

    if folder is not None:
        yield folder, folder.name
        return
    registry = Registry(settings.resolved_tracking_uri)
    found = find_version(registry, reference, default_alias=settings.release_alias)
    with downloaded(registry, found, bot=reference.bot) as place:
        yield place, found.version


def _describe(summary: "Summary", *, named: str) -> Iterator[str]:
    from pipelines.shares import describe_share

    again = f", {summary.n_resumed:,} of them by an earlier run" if summary.n_resumed else ""
    yield f"{summary.n_messages:,} messages scored with version {named}{again}: {summary.file}"
    if not summary.n_messages:
        return
    routes = sorted(summary.count_by_route.items(), key=lambda row: -row[1])
    for route, count in routes:
        yield f"  {route:<9} {describe_share(count / summary.n_messages, n=summary.n_messages)}"
    moved = describe_share(summary.n_moved / summary.n_messages, n=summary.n_messages)
    yield f"{summary.n_moved:,} would take another route than they did: {moved}"

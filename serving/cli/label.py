"""`intentloop label`: turn customer messages into training examples."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.arguments import BotOption, chosen_bot, read_settings, release_of
from serving.clock import utc_now

if TYPE_CHECKING:
    from pipelines.labelling.mine import Mined
    from pipelines.progress import Progress
    from pipelines.registry.release import Release
    from pipelines.schemas.labels import LabelItem
    from pipelines.settings import Settings
    from serving.store.client import Database
    from serving.store.mining import Miner

_PACKAGES = ("pandas", "sklearn")


def label(
    bot: BotOption = None,
    mine: Annotated[
        bool, typer.Option("--mine", help="First search the log for texts that are worth a label.")
    ] = False,
    days: Annotated[float, typer.Option(help="With --mine: how far back, in days.", min=0, max=36500)] = 28.0,
    version: Annotated[
        str | None,
        typer.Option("--version", help="With --mine: version to read them with. Default: the newest one."),
    ] = None,
    release_folder: Annotated[
        Path | None, typer.Option(help="With --mine: release folder to read them with.", exists=True, file_okay=False)
    ] = None,
    accept_agreed: Annotated[
        bool,
        typer.Option(
            "--accept-agreed",
            help="Accept texts on which a version trained since, the language model and the customer agree.",
        ),
    ] = False,
    decide: Annotated[
        Path | None,
        typer.Option(
            "--decide",
            help='JSONL of decisions, in the form that --list --json prints; "was": "accepted" corrects a label.',
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="Only list the most valuable texts.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: one JSON object per line.")] = False,
    limit: Annotated[int, typer.Option(help="Maximum number of texts.", min=1, max=1000)] = 50,
) -> None:
    """Label the customer messages that would teach the model most.

    Shows one text after the other, the most valuable first, with what the trained model, the language model and the
    customer said about it; near-duplicates are decided together. The next training learns from the labels, except for
    one group in five, which is held out and reported as `production_...` by each training. One process at a time
    searches a bot's log; exit code 3: another one is doing it.

    Example: `intentloop label --mine --accept-agreed`
    """
    from rich.console import Console

    from serving.cli.label_session import LabelSession, read_decisions, user_name
    from serving.store.client import Database
    from serving.store.labels import Labels

    if as_json and not show:
        raise typer.BadParameter("it is a format of --list; add --list", param_hint="--json")
    asks = not (accept_agreed or decide is not None or show)
    if asks and not mine and not sys.stdin.isatty():
        raise typer.BadParameter("there is no terminal to ask at; use --list, --decide, --accept-agreed or --mine")
    settings, name = read_settings(), chosen_bot(bot)
    decisions = read_decisions(decide) if decide is not None else []
    database = Database.from_settings(settings)
    with asyncio.Runner() as runner, closing(database):
        runner.run(_require_bot(database, name))
        labels = Labels(database)
        session = LabelSession(labels, runner.run, bot=name, by=user_name(), console=Console())
        if mine:
            miner = partial(_mine, settings, name, days=days, version=version, folder=release_folder)
            _fill(runner, database, name, miner, by=user_name())
        if accept_agreed:
            accepted = runner.run(labels.accept_agreed(name, by=f"agreement, for {user_name()}", now=utc_now()))
            typer.echo(f"{len(accepted):,} accepted because everyone asked agrees")
        problems = session.decide_filed(decisions)
        if decide is not None or (asks and sys.stdin.isatty()):
            typer.echo(str(session.tally if decide is not None else session.run(limit=limit)))
        if show:
            _show(runner.run(labels.page(name, limit=limit)), runner.run(labels.counts(name)), as_json=as_json)
    if problems:
        typer.echo(
            f"intentloop: {len(problems):,} of {len(decisions):,} decisions in {decide} could not be applied:", err=True
        )
        for problem in problems:
            typer.echo(f"  - {problem}", err=True)
        raise typer.Exit(1)


async def _require_bot(database: "Database", bot: str) -> None:
    from pipelines.errors import NotFound
    from serving.store.bots import has_intents

    if not await has_intents(database, bot=bot):
        raise NotFound("bot", bot, hint="import one with `intentloop import FILE --bot NAME`")


def _fill(runner: asyncio.Runner, database: "Database", bot: str, miner: "Miner[Mined]", *, by: str) -> None:
    """Mine the log into the queue, unless another process is doing it."""
    from pipelines.errors import MiningBusy
    from serving.jobs.process import EXIT_BUSY
    from serving.local.home import require_packages
    from serving.progress import share_reporter
    from serving.store.mining import fill_queue

    require_packages(_PACKAGES, extra="train", purpose="mining the log")
    try:
        with share_reporter("Mining") as progress:
            mined, stored = runner.run(fill_queue(database, bot, miner, by=by, progress=progress))
    except MiningBusy as error:
        typer.echo(f"intentloop: {error}", err=True)
        raise typer.Exit(EXIT_BUSY) from error
    typer.echo(str(mined))
    typer.echo(f"{stored.added:,} texts added to the queue, {stored.refreshed:,} updated")


def _mine(
    settings: "Settings", bot: str, *, days: float, version: str | None, folder: Path | None, progress: "Progress"
) -> "Mined":
    """Mine the log with the newest version, and with the shadow if there is one."""
    progress(0.0, "loading the newest version")
    newest, shadow = _load_releases(settings, bot, version=version, folder=folder)
    from pipelines.labelling.mine import mine_log

    since = utc_now() - timedelta(days=days)
    return mine_log(settings, bot=bot, newest=newest, shadow=shadow, since=since, now=utc_now(), progress=progress)


def _load_releases(
    settings: "Settings", bot: str, *, version: str | None, folder: Path | None
) -> "tuple[Release, Release | None]":
    """Load the named release, else the newest one whether promoted or not, and the shadow."""
    from pipelines.errors import ModelNotLoaded
    from pipelines.registry.client import Registry
    from pipelines.registry.fetch import fetch_release

    if version is not None or folder is not None:
        return release_of(bot, version=version, folder=folder), None
    registry, found = Registry(settings.resolved_tracking_uri), {}
    for alias in ("candidate", settings.release_alias, "shadow"):
        with suppress(ModelNotLoaded):
            found[alias] = registry.find(bot, alias=alias)
    newest = found.get("candidate") or found.get(settings.release_alias)
    if newest is None:
        raise ModelNotLoaded(bot, "candidate")
    shadow = found.get("shadow")
    release = fetch_release(registry, newest, bot=bot)
    if shadow is None or shadow.version == newest.version:
        return release, None
    return release, fetch_release(registry, shadow, bot=bot)


def _show(items: "Sequence[LabelItem]", counts: dict[str, int], *, as_json: bool) -> None:
    from rich.console import Console

    from serving.cli.label_session import line_of, table_of

    if as_json:
        for item in items:
            typer.echo(line_of(item))
        return
    Console().print(table_of(items))
    typer.echo(", ".join(f"{count:,} {name}" for name, count in counts.items()))

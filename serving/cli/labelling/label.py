"""`intentloop label`: turn customer messages into training examples."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from serving.cli.arguments import BotOption, chosen_bot, read_settings
from serving.clock import utc_now
from serving.terminal import echo

if TYPE_CHECKING:
    from pipelines.labelling.mine import Mined
    from pipelines.settings import Settings
    from serving.store.client import Database
    from serving.store.labelling.mining import Miner

_PACKAGES = ("pandas", "sklearn")


def label(
    bot: BotOption = None,
    mine: Annotated[
        bool, typer.Option("--mine", help="First search the log for texts that are worth a label.")
    ] = False,
    days: Annotated[float, typer.Option(help="With --mine: how far back, in days.", min=0, max=36500)] = 28.0,
    version: Annotated[
        str | None,
        typer.Option("--version", help="With --mine: version to read them with. Default: the newest that passed."),
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
            help="JSONL of decisions: the lines of --list --json or --decided --json, edited. Applied twice, it "
            "changes nothing.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="Only list the most valuable texts.")] = False,
    show_decided: Annotated[
        bool, typer.Option("--decided", help="List what was decided, the latest first; --json makes lines to correct.")
    ] = False,
    status: Annotated[
        Literal["accepted", "rejected", "skipped"] | None,
        typer.Option("--status", help="With --decided: only these. Default: all."),
    ] = None,
    intent: Annotated[
        str | None, typer.Option("--intent", help="With --decided: only those of this intent; `__oos__` for none.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --list or --decided: one JSON object per line.")
    ] = False,
    limit: Annotated[int, typer.Option(help="Maximum number of texts.", min=1, max=1000)] = 50,
) -> None:
    """Label the customer messages that would teach the model most.

    Shows one text after the other, the most valuable first, with what the trained model, the language model and the
    customer said about it; near-duplicates are decided together. The next training learns from the labels, except for
    one group in five, which is held out and reported as `production_...` by each training. One process at a time
    searches a bot's log; exit code 3: another one is doing it. To correct decisions, save the lines of `--decided
    --json`, change them and give the file to `--decide`.

    Example: `intentloop label --mine --accept-agreed`
    """
    from serving.cli.labelling.session import LabelSession, read_decisions, user_name
    from serving.cli.tables.labels import print_decided, print_open, say_what_follows
    from serving.console import Console
    from serving.store.client import Database
    from serving.store.labelling.labels import Labels

    if as_json and not (show or show_decided):
        raise typer.BadParameter("it is a format of --list; add --list or --decided", param_hint="--json")
    if (status or intent) and not show_decided:
        raise typer.BadParameter(
            "it selects decided texts; add --decided", param_hint="--status" if status else "--intent"
        )
    asks = not (accept_agreed or decide is not None or show or show_decided)
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
            echo(f"{len(accepted):,} accepted because everyone asked agrees")
        problems = session.decide_filed(decisions)
        if decide is not None or (asks and sys.stdin.isatty()):
            echo(str(session.tally if decide is not None else session.run(limit=limit)))
        say_what_follows(settings, name, session.corrected)
        if show:
            runner.run(print_open(labels, name, limit=limit, as_json=as_json))
        if show_decided:
            runner.run(print_decided(labels, name, status=status, intent_id=intent, limit=limit, as_json=as_json))
    if problems:
        _end_with_problems(problems, f"{len(problems):,} of {len(decisions):,} decisions in {decide}")


def _check_lists(*, shows: bool, as_json: bool, shows_decided: bool, status: str | None, intent: str | None) -> None:
    """Refuse options of lists that are not asked for."""
    if as_json and not shows:
        raise typer.BadParameter("it is a format of --list; add --list or --decided", param_hint="--json")
    for name, value in (("--status", status), ("--intent", intent)):
        if value is not None and not shows_decided:
            raise typer.BadParameter("it selects decided texts; add --decided", param_hint=name)


def _end_with_problems(problems: "Sequence[str]", what: str) -> None:
    echo(f"intentloop: {what} could not be applied:", err=True)
    for problem in problems:
        echo(f"  - {problem}", err=True)
    raise typer.Exit(1)


async def _require_bot(database: "Database", bot: str) -> None:
    from pipelines.errors import no_such_bot
    from serving.store.drafts.bots import has_intents

    if not await has_intents(database, bot=bot):
        raise no_such_bot(bot)


def _fill(runner: asyncio.Runner, database: "Database", bot: str, miner: "Miner[Mined]", *, by: str) -> None:
    """Mine the log into the queue, unless another process is doing it."""
    from pipelines.errors import MiningBusy
    from serving.jobs.process import EXIT_BUSY
    from serving.local.home import require_packages
    from serving.progress import share_reporter
    from serving.store.labelling.mining import fill_queue

    require_packages(_PACKAGES, extra="train", purpose="mining the log")
    try:
        with share_reporter("Mining") as progress:
            mined, stored = runner.run(fill_queue(database, bot, miner, by=by, progress=progress))
    except MiningBusy as error:
        echo(f"intentloop: {error}", err=True)
        raise typer.Exit(EXIT_BUSY) from error
    echo(str(mined))
    echo(f"{stored.added:,} texts added to the queue, {stored.refreshed:,} updated")


def _mine(settings: "Settings", bot: str, **options: Any) -> "Mined":
    from serving.cli.labelling.mining import mine_newest  # once the packages for it are known to be there

    return mine_newest(settings, bot, **options)

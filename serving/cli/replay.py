"""`intentloop replay`: re-run a stored conversation on any release."""

from pathlib import Path
from typing import Annotated

import typer

from serving.cli.arguments import BotOption, chosen_version, read_settings, release_of, with_database
from serving.terminal import echo


def replay(
    thread: Annotated[str, typer.Argument(help="Thread id, as the channel set it.")],
    release: Annotated[
        str | None, typer.Option("--release", help="Version to re-run it on. Default: the promoted one.")
    ] = None,
    release_folder: Annotated[
        Path | None, typer.Option(help="Release folder to re-run it on instead.", exists=True, file_okay=False)
    ] = None,
    bot: BotOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per turn.")] = False,
) -> None:
    """Re-run a stored conversation on any release and show what changes.

    Nothing is sent anywhere: answers of tools and of the LLM come from the log. Exit code 1: at least one turn differs.

    Example: `intentloop replay visitor-7 --release 3`
    """
    from serving.cli.tables.replays import print_replay, replay_as_json, replay_stored, unset_endpoints
    from serving.console import Console

    settings, name = read_settings(), chosen_version(bot, release).bot
    found = release_of(bot, version=release, folder=release_folder)
    turns = with_database(lambda database: replay_stored(database, settings, bot=name, thread_id=thread, release=found))
    for sentence in unset_endpoints(turns):
        echo(f"note: {sentence}", err=True)
    if as_json:
        echo(replay_as_json(turns))
    else:
        print_replay(turns, version=found.version, console=Console())
    if any(turn.differences for turn in turns):
        raise typer.Exit(1)

"""`intentloop replay`: re-run a stored conversation on any release."""

from pathlib import Path
from typing import Annotated

import typer

from serving.cli.arguments import BotOption, chosen_bot, read_settings, release_of, with_database


def replay(
    thread: Annotated[str, typer.Argument(help="Thread id, as the channel gave it.")],
    release: Annotated[
        str | None, typer.Option("--release", help="Version that answers now; the promoted one if not given.")
    ] = None,
    release_folder: Annotated[
        Path | None, typer.Option(help="Release folder that answers instead.", exists=True, file_okay=False)
    ] = None,
    bot: BotOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a turn.")] = False,
) -> None:
    """Work a stored conversation out again with any release, and show what would be different.

    Nothing is sent anywhere: what tools and the LLM answered is taken from the log. Exit code 1 says that some turn
    differs.

    Example: `intentloop replay visitor-7 --release 3`
    """
    from rich.console import Console

    from serving.cli.replay_tables import print_replay, replay_as_json, replay_stored

    settings, name = read_settings(), chosen_bot(bot)
    found = release_of(bot, version=release, folder=release_folder)
    turns = with_database(lambda database: replay_stored(database, settings, bot=name, thread_id=thread, release=found))
    if as_json:
        typer.echo(replay_as_json(turns))
    else:
        print_replay(turns, version=found.version, console=Console())
    if any(turn.differences for turn in turns):
        raise typer.Exit(1)

"""Import and export drafts: `intentloop import` and `export`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from serving.cli.arguments import BotOption, chosen_bot, read_bot_file, with_database


def import_(
    file: Annotated[Path, typer.Argument(help="Bot file (JSON); `-` reads standard input.", allow_dash=True)],
    bot: BotOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete intents and entities that are not in the file.")
    ] = False,
) -> None:
    """Load a bot file into the database, as drafts. Files of ai-chatbot-framework work too, of every version.

    So do the lines that `mongoexport` writes. Imports everything or nothing. Annotations with wrong offsets are
    corrected, and each correction is reported.

    Example: `intentloop import data/sample/bot.json --replace`
    """
    from rich.console import Console

    from serving.progress import ProgressView
    from serving.store.bots import import_bot

    content = read_bot_file(file)
    name = chosen_bot(bot)
    with ProgressView(Console(stderr=True)) as view, view.step("Import", expected_seconds=2) as step:
        report = with_database(
            lambda db: import_bot(db, content, bot=name, source=str(file), replace=replace, progress=step.report)
        )
        step.note = "done"
    for sentence in (*report.notes, *report.repairs):
        typer.echo(sentence, err=True)
    for kind in ("intents", "entities"):
        counts = [f"{getattr(report, f'{kind}_{what}')} {what}" for what in ("created", "updated", "deleted")]
        typer.echo(f"{kind}: {', '.join(counts)}")
    if report.repairs:
        typer.echo(f"annotations: {len(report.repairs)} did not fit their texts, see above")


def export(
    file: Annotated[Path, typer.Argument(help="Where to write; `-` prints it.", allow_dash=True)] = Path("-"),
    bot: BotOption = None,
) -> None:
    """Write a bot's drafts to a bot file: the same JSON that was imported.

    Example: `intentloop export my_bot.json`
    """
    from pipelines.errors import SetupProblem
    from pipelines.files import write_whole
    from serving.store.bots import export_bot

    name = chosen_bot(bot)
    content = with_database(lambda db: export_bot(db, bot=name))
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    if str(file) == "-":
        typer.echo(text, nl=False)
        return
    try:
        write_whole(file, text.encode())
    except OSError as error:
        raise SetupProblem(f"cannot write {file} ({error.strerror}); choose another place") from error
    typer.echo(f"{len(content['intents'])} intents and {len(content['entities'])} entities written to {file}")

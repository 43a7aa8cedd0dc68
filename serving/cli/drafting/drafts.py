"""Import and export drafts: `intentloop import` and `export`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from serving.cli.arguments import BotOption, chosen_bot, read_data, read_settings, with_database
from serving.terminal import echo, one_line


def import_(
    file: Annotated[
        Path, typer.Argument(help="Bot file (JSON) or table of texts; `-` reads standard input.", allow_dash=True)
    ],
    bot: BotOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete intents, entities and examples that are not in the file.")
    ] = False,
    adds: Annotated[
        bool,
        typer.Option(
            "--add/--replace-examples",
            help="Table: keep the examples of its intents that it does not hold (the default), or delete them.",
        ),
    ] = True,
    text_column: Annotated[
        str | None, typer.Option(help="Table: column of the texts, by name or number from 1.", show_default="found")
    ] = None,
    intent_column: Annotated[
        str | None, typer.Option(help="Table: column of the intents, by name or number from 1.", show_default="found")
    ] = None,
    heading: Annotated[
        bool | None,
        typer.Option(
            "--heading/--no-heading", help="Table: whether the first row names the columns.", show_default="found"
        ),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Table: tag of the texts' language, such as `de`.", show_default="guessed")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Table: show what would be made of it, and change nothing.")
    ] = False,
) -> None:
    """Load a bot file or a table of labelled texts into the database, as drafts.

    Bot files are ours, and those of ai-chatbot-framework, of every version; the lines that `mongoexport` writes too.
    Annotations with wrong offsets are corrected, and each correction is reported.

    A table is CSV, TSV, JSONL, JSON rows or Parquet, one row per text with its intent, with or without annotated
    entities. What a bot needs beyond that is created, replies to be written among it. Imports everything or nothing.

    Example: `intentloop import rows.csv --bot library`
    """
    from pipelines.botfile.read import parse_content
    from pipelines.importing.read import table_in
    from serving.cli.drafting.import_table import TableOptions, import_table_file

    data, source = read_data(file), str(file)
    table = table_in(data, source=source, has_heading=heading)
    options = TableOptions(
        text_column=text_column,
        intent_column=intent_column,
        language=language,
        mode="replace" if replace else "add" if adds else "replace_examples",
        is_preview=preview,
    )
    if table is not None:
        import_table_file(table, bot=chosen_bot(bot), options=options)
        return
    if not adds or preview or any(said is not None for said in (text_column, intent_column, heading, language)):
        raise typer.BadParameter("options for tables do not apply to a bot file", param_hint=source)
    _import_bot_file(parse_content(data, source=source), bot=chosen_bot(bot), source=source, replace=replace)


def _import_bot_file(content: object, *, bot: str, source: str, replace: bool) -> None:
    from pipelines.botfile.unpack import unpack
    from pipelines.schemas.bot import BotFile
    from pipelines.templates.suspicious import suspicious_places
    from serving.cli.drafting.import_table import print_drafts
    from serving.console import Console
    from serving.progress import ProgressView
    from serving.store.drafts.bots import import_bot

    with ProgressView(Console(stderr=True)) as view, view.step("Import", expected_seconds=2) as step:
        report = with_database(
            lambda db: import_bot(db, content, bot=bot, source=source, replace=replace, progress=step.report)
        )
        step.note = "done"
    for sentence in (*report.notes, *report.repairs):
        echo(sentence, err=True)
    for sentence in suspicious_places(BotFile.model_validate(unpack(content, source=source).wire)):
        echo(f"warning: {one_line(sentence)}", err=True)
    print_drafts(report)
    if report.repairs:
        echo(f"annotations: {len(report.repairs)} did not fit their texts, see above")


def export(
    file: Annotated[Path, typer.Argument(help="Where to write; `-` prints it.", allow_dash=True)] = Path("-"),
    bot: BotOption = None,
) -> None:
    """Write a bot's drafts to a bot file: the same JSON that was imported.

    A file that ends in `.csv`, `.tsv` or `.jsonl` becomes a table of the examples, which imports again.

    Example: `intentloop export my_bot.json`
    """
    from pipelines.errors import SetupProblem
    from pipelines.files import write_whole
    from pipelines.importing.export import TABLE_ENDINGS
    from serving.store.drafts.bots import export_bot

    name = chosen_bot(bot)
    content = with_database(lambda db: export_bot(db, bot=name))
    if file.suffix.lower() in TABLE_ENDINGS:
        _export_table(content, bot=name, file=file)
        return
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    if str(file) == "-":
        echo(text, nl=False)
        return
    try:
        write_whole(file, text.encode())
    except OSError as error:
        raise SetupProblem(f"cannot write {file} ({error.strerror}); choose another place") from error
    echo(f"{len(content['intents'])} intents and {len(content['entities'])} entities written to {file}")


def _export_table(content: dict[str, Any], *, bot: str, file: Path) -> None:
    from pipelines.errors import SetupProblem
    from pipelines.files import write_whole
    from pipelines.importing.export import write_table
    from pipelines.importing.keep import read_kept

    kept = read_settings().out_of_scope_of(bot)
    data, n_rows = write_table(content, read_kept(kept) if kept is not None else [], file=file)
    try:
        write_whole(file, data)
    except OSError as error:
        raise SetupProblem(f"cannot write {file} ({error.strerror}); choose another place") from error
    echo(f"{n_rows:,} rows written to {file}")

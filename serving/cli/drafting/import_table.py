"""`intentloop import` of a table: what it holds, what was made of it, what the data gate finds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.errors import SetupProblem
from pipelines.importing.bot import ExampleCounts, Mode
from pipelines.importing.rows import SHOWN_ROWS, ImportedRows, import_rows
from pipelines.importing.table import Table, counted
from serving.cli.arguments import read_settings, with_database
from serving.store.drafts.bots import ImportReport
from serving.terminal import echo

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from serving.console import Console

_CHARACTERS_SHOWN = 70


@dataclass(frozen=True)
class TableOptions:
    """What the user says about a table, and what to do with it."""

    text_column: str | None
    intent_column: str | None
    language: str | None
    mode: Mode
    is_preview: bool


def import_table_file(table: Table, *, bot: str, options: TableOptions) -> None:
    """Import a table into a bot's drafts, or only show what would be made of it."""
    from serving.console import Console

    console = Console()
    rows = import_rows(
        table,
        text_column=options.text_column,
        intent_column=options.intent_column,
        language=options.language,
    )
    _print_reading(rows)
    if options.is_preview:
        _print_preview(rows, console)
        echo("this was a preview, nothing has changed")
        return
    wire = _import(rows, bot=bot, mode=options.mode)
    _keep_out_of_scope(rows, bot=bot, settings=read_settings(), mode=options.mode)
    _print_findings(wire, rows, bot=bot, console=console)
    echo(f"next: `intentloop train --bot {bot} --promote`")


def print_drafts(report: ImportReport) -> None:
    """Print what became of intents and entities, and of the bot's own fields."""
    for kind in ("intents", "entities"):
        states = ("created", "updated", "unchanged", "deleted")
        counts = [f"{getattr(report, f'{kind}_{state}'):,} {state}" for state in states]
        echo(f"{kind}: {', '.join(counts)}")
    if report.fields:
        echo(f"fields of the bot: {', '.join(report.fields)} changed")


def _import(rows: ImportedRows, *, bot: str, mode: Mode) -> dict[str, Any]:
    from serving.console import Console
    from serving.progress import ProgressView
    from serving.store.tables import import_table

    with ProgressView(Console(stderr=True)) as view, view.step("Import", expected_seconds=2) as step:
        report = with_database(lambda database: import_table(database, rows, bot=bot, mode=mode, progress=step.report))
        step.note = "done"
    for note in report.notes:
        echo(f"- {note}")
    print_drafts(report.drafts)
    echo(f"examples: {_described(report.examples)}")
    if report.test_set is not None:
        echo(f"for testing: {report.test_set.name} has {counted(report.test_set.n_rows, 'row')}, never learnt from")
    return report.wire


def _described(counts: ExampleCounts) -> str:
    said = [f"{counts.added:,} added"]
    if counts.moved:
        said.append(f"{counts.moved:,} moved to where the file has them")
    if counts.changed:
        said.append(f"{counts.changed:,} annotated anew")
    if counts.removed:
        said.append(f"{counts.removed:,} deleted")
    if counts.kept:
        said.append(f"{counts.kept:,} that are not in the file kept (--replace-examples deletes them)")
    return ", ".join(said)


def _keep_out_of_scope(rows: ImportedRows, *, bot: str, settings: "Settings", mode: Mode) -> None:
    """Write out-of-scope rows to where trainings find them."""
    from pipelines.importing.keep import keep_rows
    from pipelines.settings import OUT_OF_SCOPE_FOLDER

    if not rows.out_of_scope:
        return
    file = settings.home / OUT_OF_SCOPE_FOLDER / f"{bot}.jsonl"
    try:
        n_new = keep_rows(rows.out_of_scope, file, replaces=mode == "replace")
    except OSError as error:
        raise SetupProblem(f"cannot write {file} ({error.strerror}); the examples have been imported") from error
    echo(f"out of scope: {counted(len(rows.out_of_scope), 'row')}, {n_new:,} of them new, kept in {file}")
    if settings.out_of_scope_file not in (None, file):
        echo(f"- trainings read {settings.out_of_scope_file} instead, as INTENTLOOP_OUT_OF_SCOPE_FILE says")


def _print_reading(rows: ImportedRows) -> None:
    echo(f"{rows.table.source}: {rows.table.layout}")
    echo("; ".join(f"{use}: {name}" for use, name in rows.uses()))
    echo(rows.size())
    for note in rows.notes:
        echo(f"- {note}")


def _print_preview(rows: ImportedRows, console: "Console") -> None:
    from rich.table import Table as Grid

    grid = Grid("intent", "name", "examples", f"first {SHOWN_ROWS}", expand=False)
    for intent, examples in rows.examples.items():
        first = "\n".join(_shortened(row.text) for row in examples[:SHOWN_ROWS])
        grid.add_row(*map(_plain, (intent, rows.name_by_id[intent], f"{len(examples):,}", first)))
    console.print(grid)


def _plain(text: str) -> Any:
    from rich.text import Text

    return Text(text)


def _shortened(text: str) -> str:
    return text if len(text) <= _CHARACTERS_SHOWN else f"{text[:_CHARACTERS_SHOWN]}..."


def _print_findings(wire: dict[str, Any], rows: ImportedRows, *, bot: str, console: "Console") -> None:
    """Print what `intentloop validate` would say."""
    from serving.cli.tables.findings import print_findings
    from serving.console import Console
    from serving.local.home import TRAINING_PACKAGES, require_packages
    from serving.progress import ProgressView

    try:
        require_packages(TRAINING_PACKAGES, extra="train", purpose="checking the examples")
    except SetupProblem as error:
        echo(f"imported, but not checked: {error}", err=True)
        return
    from pipelines.steps.validation.data_gate import DataGate

    settings = read_settings()
    source = f"bot {bot!r}"
    gate = DataGate(source, endpoints=settings.endpoints, public_shortcuts=settings.public_shortcuts)
    with ProgressView(Console(stderr=True)) as view, view.step("Check", expected_seconds=3) as step:
        report = gate.check(wire, progress=step.report)
        step.note = "done"
    print_findings(report.findings, source=source, n_rows=report.n_rows, console=console)

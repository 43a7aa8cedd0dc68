"""`intentloop validate`: check a bot before it is trained."""

from pathlib import Path
from typing import Annotated

import typer

from serving.cli.arguments import BotOption, read_settings
from serving.terminal import echo


def validate(
    file: Annotated[Path | None, typer.Argument(help="Bot file to check. Default: the drafts in the database.")] = None,
    bot: BotOption = None,
    fix: Annotated[bool, typer.Option("--fix", help="Make the safe repairs and show them.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Undo the last --fix.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write all findings to this HTML page.", dir_okay=False)] = None,
) -> None:
    """Check a bot before it is trained: examples, annotations, parameters, templates, tools.

    Each finding names its place and its repair. Exit code 1: there are errors, which stop a training.

    Example: `intentloop validate my_bot.json --out report.html`
    """
    from serving.cli.drafting.sources import drafts_of
    from serving.cli.tables.findings import print_difference, print_findings
    from serving.console import Console
    from serving.local.home import TRAINING_PACKAGES, require_packages
    from serving.progress import share_reporter

    if fix and undo:
        raise typer.BadParameter("--fix and --undo exclude each other")
    settings, console = read_settings(), Console()
    drafts = drafts_of(file, bot=bot, home=settings.home)
    if undo:
        echo(drafts.undo())
        return
    require_packages(TRAINING_PACKAGES, extra="train", purpose="validation")
    from pipelines.steps.validation.data_gate import DataGate
    from pipelines.steps.validation.repair import difference
    from pipelines.steps.validation.report import write_report

    wire = drafts.read()
    for sentence in drafts.notes():
        echo(sentence, err=True)
    gate = DataGate(
        drafts.name,
        endpoints=settings.endpoints,
        public_shortcuts=settings.public_shortcuts,
        logged=drafts.logged_shapes(settings),
    )
    with share_reporter("Validation") as progress:
        report = gate.check(wire, progress=progress)
    if fix and any(finding.edit for finding in report.findings):
        repaired = gate.repair(wire, report)
        drafts.repair(wire, repaired.wire)
        print_difference(difference(wire, repaired.wire), console=console)
        echo(f"{len(repaired.findings):,} repaired; --undo reverts it\n")
        report = gate.check(repaired.wire)
    print_findings(report.findings, source=drafts.name, n_rows=report.n_rows, console=console)
    if out is not None:
        write_report(report, out)
    if report.errors:
        raise typer.Exit(1)

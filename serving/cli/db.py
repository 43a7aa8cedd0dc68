"""The database's own commands: `intentloop db`."""

from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.arguments import patiently
from serving.cli.hints import HintingCommand, HintingGroup
from serving.terminal import echo

if TYPE_CHECKING:
    from serving.store.client import Database
    from serving.store.upkeep.check import Finding

db_app = typer.Typer(
    name="db",
    cls=HintingGroup,
    help="Prepare the database, migrate it, check it, and repair it without losing a document.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@db_app.command("check", cls=HintingCommand)
def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="Do what the check says a repair does; without it, nothing is changed.")
    ] = False,
) -> None:
    """Look for messages with two turns, missing or foreign indexes, views, and a clock that has jumped.

    Says of each what a repair does. A repair deletes nothing: documents that cannot stay are moved whole to the
    collection `quarantine`. The platform may run meanwhile. Exits with 1 if a problem is left.

    Example: `intentloop db check --repair`
    """
    if not patiently(lambda database: _check(database, repairs=repair)):
        raise typer.Exit(1)


@db_app.command("init", cls=HintingCommand)
def init() -> None:
    """Make all collections and indexes, as a task of its own before the platform is started or updated.

    Changes nothing that is there, and any number of processes may do it at once. Where this was not done, the chat API
    makes what it needs itself. Exits with 1 if an index cannot be made.

    Example: `intentloop db init`
    """
    from serving.progress import share_reporter
    from serving.store.upkeep.prepare import prepare
    from serving.store.versions import NUMBER

    with share_reporter("Preparing") as progress:
        prepared = patiently(lambda database: prepare(database, progress=progress))
    echo(
        f"{len(prepared.made)} collection(s) and {prepared.n_indexes_made} index(es) were made; "
        f"{prepared.n_indexes} indexes are there; the schema is {prepared.number}"
    )
    if prepared.number < NUMBER:
        echo(f"schema {NUMBER} is the newest: run `intentloop db migrate`")
    for problem in prepared.problems:
        echo(f"FAIL  {problem}")
    if prepared.problems:
        raise typer.Exit(1)


@db_app.command("migrate", cls=HintingCommand)
def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count the documents that would be changed.")] = False,
) -> None:
    """Bring the documents of earlier versions into the form of this one, while the platform goes on answering.

    Works a few documents at a time. It may be ended and repeated at any moment. Repeat it once the last process of the
    earlier version has ended.

    Example: `intentloop db migrate --dry-run`
    """
    from serving.progress import share_reporter
    from serving.store.upkeep import migrations
    from serving.store.versions import NUMBER

    with share_reporter("Migrating") as progress:
        progress(0.0, "counting")
        steps = patiently(
            migrations.pending if dry_run else lambda database: migrations.migrate(database, progress=progress)
        )
    for step in steps:
        echo(f"schema {step.migration.number}: {step.migration.what}: {step.n_documents:,} document(s)")
    if dry_run:
        echo("nothing was changed" if steps else "nothing needs to be changed")
    else:
        echo(f"the schema is {NUMBER}" + ("" if steps else "; no document had to be changed"))


async def _check(database: "Database", *, repairs: bool) -> bool:
    """Print what is found and what is done about it; return whether no problem is left."""
    from serving.clock import utc_now
    from serving.store.upkeep.check import DatabaseCheck

    checking = DatabaseCheck(database)
    findings = await checking.look(utc_now())
    for finding in findings:
        _print(finding)
        if repairs and finding.repair is not None:
            echo(f"      done: {await finding.repair(utc_now())}")
    if repairs:
        findings = await checking.look(utc_now())
    problems = [finding for finding in findings if finding.is_problem]
    repairable = sum(finding.repair is not None for finding in problems)
    if not problems:
        echo("no problem is left" if repairs else "no problem was found")
    elif repairs:
        echo(f"{len(problems)} problem(s) are left")
    else:
        hint = f"; `intentloop db check --repair` repairs {repairable} of them" if repairable else ""
        echo(f"{len(problems)} problem(s) were found, nothing was changed{hint}")
    return not problems


def _print(finding: "Finding") -> None:
    mark = "FAIL" if finding.is_problem else "note"
    echo(f"{mark}  {finding.place}: {finding.what}")
    who = "a repair" if finding.repair is not None else "->"
    echo(f"      {who} {finding.remedy}")

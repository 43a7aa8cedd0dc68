"""The database's own commands: `intentloop db`."""

from typing import TYPE_CHECKING, Annotated

import typer

from serving.cli.arguments import read_settings, with_database
from serving.cli.hints import HintingCommand, HintingGroup
from serving.terminal import echo

if TYPE_CHECKING:
    from serving.store.client import Database
    from serving.store.upkeep.check import Finding

_PATIENCE_SECONDS = 600.0

db_app = typer.Typer(
    name="db",
    cls=HintingGroup,
    help="Check the database, and repair it without losing a document.",
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
    import asyncio

    from serving.store.client import Database

    with_database(lambda usual: usual.ping())  # a database that is not there is said at once

    async def run() -> bool:
        database = Database.from_settings(read_settings(), timeout_seconds=_PATIENCE_SECONDS)
        try:
            return await _check(database, repairs=repair)
        finally:
            database.close()

    if not asyncio.run(run()):
        raise typer.Exit(1)


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

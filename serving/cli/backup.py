"""`intentloop backup` and `restore`: the whole database as files, and back."""

from pathlib import Path
from typing import Annotated

import typer

from serving.cli.arguments import patiently
from serving.terminal import echo


def backup(
    to: Annotated[Path, typer.Argument(help="A new folder, or a new file that ends in `.zip`.")],
) -> None:
    """Write the whole database into a folder or a ZIP file, while the platform answers.

    It holds what the database holds, customers' words and secrets of channels included: keep it as safe. Releases are
    no part of it; they are in MLflow. The guide "The database" says what is in it, and of which moment.

    Example: `intentloop backup 2026-11-29.zip`
    """
    from importlib.metadata import PackageNotFoundError, version

    from serving.progress import share_reporter
    from serving.store.backup.export import export

    try:
        program = version("intentloop")
    except PackageNotFoundError:
        program = "not installed"
    with share_reporter("Backup") as progress:
        manifest = patiently(lambda database: export(database, to, program=program, progress=progress))
    echo(f"{manifest.n_documents:,} documents of {len(manifest.parts)} collections are in {to}")
    if not manifest.drafts_are_settled:
        echo("authors went on changing drafts: those are of several moments; take another backup when they rest")


def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="What `intentloop backup` has written.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Destroy what the database holds; it is named first.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only verify the backup.")] = False,
) -> None:
    """Write a backup into an empty database; INTENTLOOP_MONGO_DATABASE names it. Stop the platform before.

    Nothing is written before every file was verified. Repeat the command if it was interrupted: until it is done, the
    platform does not start on this database.

    Example: `INTENTLOOP_MONGO_DATABASE=restored intentloop restore 2026-11-29.zip`
    """
    from serving.progress import share_reporter
    from serving.store.backup.manifest import open_backup
    from serving.store.backup.restore import contents, describe, write_back
    from serving.store.versions import NUMBER

    with open_backup(source) as opened:
        manifest = opened.manifest
        made = f"of {manifest.began_at:%Y-%m-%d %H:%M:%S} UTC, schema {manifest.schema_number}"
        if check:
            with share_reporter("Verifying") as progress:
                opened.verify(progress)
            echo(f"{source} is whole: {manifest.n_documents:,} documents {made}")
            return
        if replace and (there := patiently(contents, in_any_state=True)):
            echo(f"destroying {describe(there)}")
        with share_reporter("Restoring") as progress:
            done = patiently(
                lambda database: write_back(database, opened, replaces=replace, progress=progress),
                in_any_state=True,
            )
    expired = f"; {done.n_expired:,} had expired and were left out" if done.n_expired else ""
    echo(f"{done.n_documents:,} documents {made}, are in the database{expired}")
    if manifest.schema_number < NUMBER:
        echo(f"schema {NUMBER} is the newest: run `intentloop db migrate`")
    for problem in done.problems:
        echo(f"FAIL  {problem}")
    if done.problems:
        raise typer.Exit(1)

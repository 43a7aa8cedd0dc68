"""The `intentloop` command with all its subcommands.

A command imports what it needs when it runs, so that `--help` is quick.
"""

import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from serving.cli import (
    backup,
    drift,
    evaluate,
    forget,
    releases,
    replay,
    retrain,
    run,
    score,
    task,
    train,
    validate,
)
from serving.cli.bench import bench_app
from serving.cli.channel import channel_app
from serving.cli.db import db_app
from serving.cli.drafting import drafts
from serving.cli.hints import HintingCommand, HintingGroup
from serving.cli.keys import keys_app
from serving.cli.labelling import label
from serving.cli.test_set import test_set_app
from serving.processes.child import ONE_THREAD
from serving.terminal import echo

app = typer.Typer(
    name="intentloop",
    cls=HintingGroup,
    help="A chatbot platform whose language understanding is trained, tested, versioned and promoted.\n\n"
    "New here? `intentloop up` starts everything on this machine; `intentloop doctor` says what is missing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(bench_app, name="bench", rich_help_panel="Data and training")
app.add_typer(test_set_app, name="test-set", rich_help_panel="Data and training")
app.add_typer(channel_app, name="channel", rich_help_panel="Run")
app.add_typer(db_app, name="db", rich_help_panel="Run")
app.add_typer(keys_app, name="keys", rich_help_panel="Run")


def _print_version(wanted: bool) -> None:
    from importlib.metadata import PackageNotFoundError, version

    if wanted:
        try:
            echo(f"intentloop {version('intentloop')}")
        except PackageNotFoundError:
            echo("intentloop, not installed (running from a checkout)")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Handle the options before a command."""
    for variable, value in ONE_THREAD.items():
        os.environ.setdefault(variable, value)


_COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    "Run": (run.up, run.serve, run.worker, run.doctor, backup.backup, backup.restore),
    "Data and training": (
        drafts.import_,
        drafts.export,
        validate.validate,
        train.train,
        retrain.retrain,
        evaluate.evaluate,
        replay.replay,
        label.label,
        drift.drift,
        score.score,
        forget.forget,
    ),
    "Releases": (releases.releases, releases.promote, releases.rollback),
}
for _panel, _commands in _COMMANDS.items():
    for _command in _commands:
        app.command(_command.__name__.rstrip("_"), cls=HintingCommand, rich_help_panel=_panel)(_command)
app.command("task", hidden=True)(task.task)


def main() -> None:
    """Run the command line. An expected error becomes one message and exit code 1."""
    from pipelines.errors import BotError

    try:
        app()
    except BotError as error:
        echo(f"intentloop: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

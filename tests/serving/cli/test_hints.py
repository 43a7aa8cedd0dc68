"""What somebody is told who calls a command or an option by another name."""

import pytest
from typer.testing import CliRunner

from serving.cli.main import _COMMANDS, app

runner = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("start", "use `intentloop up`"),
        ("status", "use `intentloop doctor`"),
        ("deploy 3", "use `intentloop promote`"),
        ("versions", "use `intentloop releases`"),
        ("version", "use `intentloop --version`"),
        ("mine", "use `intentloop label --mine`"),
        ("trian", "Did you mean 'train'"),
        ("evaluate rows.jsonl --release 3", "intentloop evaluate has none; use the option --version"),
        ("replay me --version=3", "intentloop replay has none; use the option --release"),
        ("promote --version 3", "intentloop promote has none; use the argument version"),
        ("export --out bot.json", "intentloop export has none; use the argument file"),
        ("drift --days 7", "intentloop drift has none; use the option --since"),
        ("label --mine --since 4w", "intentloop label has none; use the option --days"),
        ("train --folds 5", "intentloop train has none; use the option --cross-validate"),
        ("train --promot", "No such option: --promot"),
    ],
)
def test_another_name_is_answered_with_the_right_one(line: str, said: str) -> None:
    done = runner.invoke(app, line.replace("intentloop", "").split(), prog_name="intentloop")
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


@pytest.mark.parametrize("command", sorted(each.__name__.rstrip("_") for part in _COMMANDS.values() for each in part))
def test_every_help_page_gives_an_example(command: str) -> None:
    done = runner.invoke(app, [command, "--help"], prog_name="intentloop")
    assert done.exit_code == 0
    assert f"intentloop {command}" in " ".join(done.output.split()).partition("Example:")[2]

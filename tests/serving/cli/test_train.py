"""The options of `intentloop train` are the parameters of a training."""

from pathlib import Path
from typing import Any

import pytest
import typer.main
from annotated_types import Ge, Le, Lt

from pipelines.schemas.training import TrainParams
from serving.cli.main import app
from tests.support.command_line import intentloop
from tests.support.servers import free_port

FIELDS = TrainParams.model_fields
OPTIONS = {
    option.name: option
    for option in typer.main.get_command(app).commands["train"].params  # type: ignore[attr-defined]
    if option.name in FIELDS
}


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_train_option_has_the_default_of_its_parameter(name: str) -> None:
    assert OPTIONS[name].default in (None, FIELDS[name].default)


def bounds(name: str) -> tuple[Any, Any]:
    found: dict[type, Any] = {type(bound): bound for bound in FIELDS[name].metadata}
    least = found[Ge].ge if Ge in found else None
    most = found[Le].le if Le in found else found[Lt].lt - 1 if Lt in found else None
    return least, most


@pytest.mark.parametrize("name", ["cross_validate", "min_accuracy", "replays", "max_lost_goals", "seed"])
def test_train_option_has_the_bounds_of_its_parameter(name: str) -> None:
    option: Any = OPTIONS[name]
    assert (option.min, option.max) == bounds(name)


@pytest.mark.parametrize("command", ["import", "validate", "train"])
def test_a_file_of_another_platform_gets_one_sentence_from_every_command(command: str, tmp_path: Path) -> None:
    file = tmp_path / "nlu.yml"
    file.write_text("nlu:\n- intent: open\n  examples: |\n    - are you open\n", encoding="utf-8")
    arguments = [command, "--source", str(file)] if command == "train" else [command, str(file)]
    done = intentloop(*arguments, INTENTLOOP_MONGO_URI=f"mongodb://127.0.0.1:{free_port()}")
    assert (done.returncode, done.stdout) == (1, "")
    first, second = done.stderr.splitlines()
    assert first == f"intentloop: {file} cannot be used, 1 problem(s) to repair:"
    assert second.startswith("  - this is a Rasa NLU file; it cannot be imported yet.")

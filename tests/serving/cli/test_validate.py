"""`intentloop validate`, run as a user runs it: on a file and on the drafts in a real database."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.botfile.check import check_content
from tests.support.bots import TINY_BOT_WIRE
from tests.support.command_line import intentloop
from tests.support.servers import mongo_server

pytestmark = pytest.mark.slow  # great-expectations takes seconds to import


def faulty() -> dict[str, Any]:
    """Give the tiny bot with an annotation outside its text and a text that stands there twice."""
    wire: dict[str, Any] = copy.deepcopy(TINY_BOT_WIRE)
    rows = wire["intents"][0]["trainingData"]
    rows[0]["entities"][0].update(begin=400, end=408)
    rows.append(copy.deepcopy(rows[2]))
    return wire


def test_validate_file_finds_repairs_and_takes_it_back(tmp_path: Path) -> None:
    file, page, home = tmp_path / "bot.json", tmp_path / "report.html", str(tmp_path / "home")
    content = json.dumps(faulty(), indent=1)
    file.write_text(content, encoding="utf-8")
    found = intentloop("validate", str(file), "--out", str(page), INTENTLOOP_HOME=home)
    assert found.returncode == 1, found.stderr
    assert "error annotations outside their text (1)\n  track_order/1: characters 400 to 408" in found.stdout
    assert "2 can be repaired by --fix" in found.stdout
    assert "annotations outside their text" in page.read_text(encoding="utf-8")
    assert "Validation: checked (" in found.stderr
    assert file.read_text(encoding="utf-8") == content

    fixed = intentloop("validate", str(file), "--fix", INTENTLOOP_HOME=home)
    assert fixed.returncode == 0, fixed.stderr
    assert '-     "begin": 400,' in fixed.stdout
    assert '+     "begin": 18,' in fixed.stdout
    assert "2 repaired; --undo reverts it" in fixed.stdout
    assert json.loads(file.read_text(encoding="utf-8")) == TINY_BOT_WIRE

    undone = intentloop("validate", str(file), "--undo", INTENTLOOP_HOME=home)
    assert (undone.returncode, undone.stderr) == (0, "")
    assert file.read_text(encoding="utf-8") == content
    again = intentloop("validate", str(file), "--undo", INTENTLOOP_HOME=home)
    assert again.returncode == 1
    assert again.stderr.startswith("intentloop: there is no repair of")


def test_validate_tells_what_an_import_would_read_differently(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    first_version = {**TINY_BOT_WIRE["intents"][2], "trainingData": None, "labeledSentences": None}
    file.write_text(json.dumps([first_version, *TINY_BOT_WIRE["intents"][1:2]]), encoding="utf-8")
    told = intentloop("validate", str(file), INTENTLOOP_HOME=str(tmp_path / "home")).stderr
    expected = check_content(json.loads(file.read_text(encoding="utf-8")), source="f").notes
    assert expected
    assert all(note in told for note in expected)


@pytest.fixture
def database_uri(tmp_path: Path) -> Iterator[str]:
    with mongo_server("nx-27017", tmp_path / "nx") as uri:
        yield uri


def test_validate_drafts_are_repaired_and_put_back(database_uri: str, new_name: str, tmp_path: Path) -> None:
    variables = {"INTENTLOOP_MONGO_URI": database_uri, "INTENTLOOP_HOME": str(tmp_path)}
    wire = faulty()
    wire["intents"][0]["trainingData"][0] = copy.deepcopy(TINY_BOT_WIRE["intents"][0]["trainingData"][0])
    intentloop("import", "-", "--bot", new_name, stdin=json.dumps(wire), **variables)
    fixed = intentloop("validate", "--bot", new_name, "--fix", **variables)
    assert fixed.returncode == 0, fixed.stderr
    assert "1 repaired" in fixed.stdout
    exported = intentloop("export", "--bot", new_name, **variables)
    assert json.loads(exported.stdout)["intents"] == TINY_BOT_WIRE["intents"]
    undone = intentloop("validate", "--bot", new_name, "--undo", **variables)
    assert undone.returncode == 0, undone.stderr
    assert json.loads(intentloop("export", "--bot", new_name, **variables).stdout)["intents"] == wire["intents"]


@pytest.mark.parametrize("arguments", [("--fix", "--undo"), ("x.json", "--bot", "shop"), ("--bot", "A B")])
def test_validate_wrong_usage_is_exit_code_two(arguments: tuple[str, ...]) -> None:
    done = intentloop("validate", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_validate_file_that_is_no_bot_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bot.json"
    file.write_text('{"intents": [{"name": "x"}]}', encoding="utf-8")
    done = intentloop("validate", str(file))
    assert done.returncode == 1
    assert 'intent 1 ("x"), intentId: Field required' in done.stderr
    assert "Traceback" not in done.stderr

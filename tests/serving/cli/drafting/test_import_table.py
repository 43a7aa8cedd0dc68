"""`intentloop import rows.csv`, as a user types it."""

import json
from pathlib import Path

import pytest

from tests.support.command_line import intentloop

ROWS = "utterance,label\n" + "".join(
    f"{text},{label}\n"
    for label, texts in {
        "Opening hours": ("when are you open", "are you open on [sunday](day)", "opening hours please"),
        "Say goodbye": ("bye now", "see you later", "have a nice day"),
        "oos": ("what is the weather like", "order me a pizza"),
    }.items()
    for text in texts
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_a_table_becomes_a_bot(mongo_uri: str, new_name: str, file: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    place = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_HOME": str(home)}
    done = intentloop("import", str(file), "--bot", new_name, **place)
    assert done.returncode == 0, done.stderr
    for said in (
        "text: utterance; intent: label",
        "6 examples of 2 intents, 1 annotation; 2 out of scope, 0 for testing",
        "intents: 5 created, 0 updated, 0 unchanged, 0 deleted",
        "examples: 6 added",
        "out of scope: 2 rows, 2 of them new",
        "intents with few examples",  # a finding of the data gate
        f"intentloop train --bot {new_name} --promote",
    ):
        assert said in done.stdout
    kept = (home / "out-of-scope" / f"{new_name}.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["text"] for line in kept.splitlines()] == ["what is the weather like", "order me a pizza"]
    exported = intentloop("export", "--bot", new_name, **place)
    assert {intent["intentId"] for intent in json.loads(exported.stdout)["intents"]} >= {"opening_hours", "say_goodbye"}


def test_a_preview_shows_and_changes_nothing(file: Path, tmp_path: Path) -> None:
    nowhere = {"INTENTLOOP_MONGO_URI": "mongodb://127.0.0.1:1", "INTENTLOOP_HOME": str(tmp_path / "home")}
    done = intentloop("import", str(file), "--preview", **nowhere)
    assert done.returncode == 0, done.stderr
    for said in ("say_goodbye", "Say goodbye", "have a nice day", "out of scope", "nothing has changed"):
        assert said in done.stdout
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (
            "one,two\nsome text here,other text here\nmore text here,even more text\n",
            (),
            "say which with --text-column",
        ),
        (ROWS, ("--intent-column", "labels"), "there is no column 'labels'"),
        (ROWS + '"never closed,x\na,b,c\n', (), "opens a quote"),
        ("just a text", (), "no comma, semicolon, tab or bar"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(
    content: str, options: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(content, encoding="utf-8")
    done = intentloop("import", str(file), "--preview", *options)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "rows.csv cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_options_for_tables_are_refused_for_a_bot_file(tmp_path: Path) -> None:
    file = tmp_path / "bot.json"
    file.write_text('{"intents": []}', encoding="utf-8")
    done = intentloop("import", str(file), "--preview")
    assert done.returncode == 2
    assert "options for tables" in done.stderr


def test_examples_are_exported_as_a_table(mongo_uri: str, new_name: str, file: Path, tmp_path: Path) -> None:
    place = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_HOME": str(tmp_path / "home")}
    assert intentloop("import", str(file), "--bot", new_name, **place).returncode == 0
    out = tmp_path / "out.csv"
    done = intentloop("export", str(out), "--bot", new_name, **place)
    assert done.stdout.endswith(f"rows written to {out}\n"), done.stderr
    lines = out.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "text,intent,entities,split"
    assert "order me a pizza,__oos__,[],train" in lines

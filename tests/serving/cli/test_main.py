import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from serving.cli.channel import channel_app
from serving.cli.main import app, bench_app
from tests.support.bots import TINY_BOT
from tests.support.command_line import ROOT, intentloop
from tests.support.servers import free_port

WIRE: dict[str, Any] = json.loads(json.dumps(TINY_BOT.to_wire()))


def test_help_teaches() -> None:
    done = intentloop("--help")
    assert done.returncode == 0
    for command in ("up", "serve", "worker", "channel", "train", "import", "export", "doctor", "bench"):
        assert f" {command} " in done.stdout
    for described in (*app.registered_commands, *bench_app.registered_commands, *channel_app.registered_commands):
        assert described.callback is not None
        assert "Example: `" in str(described.callback.__doc__)


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    heavy = ("mlflow", "pandas", "numpy", "motor", "fastapi", "uvicorn", "openai", "onnxruntime", "boto3", "rich.table")
    code = f"import sys, serving.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_version() -> None:
    assert intentloop("--version").stdout.startswith("intentloop")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",), ("up", "--nonsense"), ("import",), ("export", "--bot", "a:b"),
        ("train", "--cases", "no/such/folder"), ("train", "--seed", "4294967296"), ("train", "--cross-validate", "1"),
        ("label", "--mine", "--days", "1e300"),
    ],
)  # fmt: skip
def test_wrong_usage_is_exit_code_two(arguments: tuple[str, ...]) -> None:
    done = intentloop(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_training_without_its_packages_is_one_sentence() -> None:
    code = "import sys; sys.modules['papermill'] = None; import serving.cli.main; serving.cli.main.main()"
    done = subprocess.run([sys.executable, "-c", code, "train"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr.startswith("intentloop: training needs papermill, which is not installed")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"INTENTLOOP_API_PORT": "eighty"}, "invalid setting: INTENTLOOP_API_PORT: Input should be a valid integer"),
        ({"INTENTLOOP_ENDPOINTS": "{"}, "a setting cannot be read: "),
    ],
)
def test_setting_that_cannot_be_used_is_one_sentence(variables: dict[str, str], sentence: str) -> None:
    done = intentloop("doctor", **variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"intentloop: {sentence}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "line 1, column 2"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"[]", "a bot file is a JSON object"),
        (
            b"nlu:\n- intent: open\n  examples: |\n    - are you open\n",
            "this is a Rasa NLU file; it cannot be imported yet",
        ),
        (b'{"intents": [{"tag": "open", "patterns": ["are you open"]}]}', "this is a file of tags and patterns; it"),
        (b"[" * 100_000, "nested too deeply"),
        (None, "cannot be read"),
    ],
)
def test_import_of_a_file_that_is_no_bot_says_why(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    file = tmp_path / "bot.json"
    if content is not None:
        file.write_bytes(content)
    done = intentloop("import", str(file), INTENTLOOP_MONGO_URI=f"mongodb://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_import_without_a_database_is_one_sentence(tmp_path: Path) -> None:
    uri = f"mongodb://127.0.0.1:{free_port()}"
    done = intentloop(
        "import", "-", stdin=json.dumps(WIRE), INTENTLOOP_MONGO_URI=uri, INTENTLOOP_MONGO_TIMEOUT_SECONDS="0.3"
    )
    assert done.returncode == 1
    begun, *_, ended, sentence = done.stderr.splitlines()
    assert (begun, ended.partition(" (")[0]) == ("Import ...", "Import: failed")
    assert sentence.startswith("intentloop: the database did not answer")


def test_export_gives_back_what_was_imported(mongo_uri: str, new_name: str, tmp_path: Path) -> None:
    file, out = tmp_path / "bot.json", tmp_path / "out.json"
    file.write_text(json.dumps(WIRE), encoding="utf-8-sig")
    imported = intentloop("import", str(file), "--bot", new_name, INTENTLOOP_MONGO_URI=mongo_uri)
    assert imported.returncode == 0
    begun, *others, ended = imported.stderr.splitlines()
    assert (begun, ended.startswith("Import: ")) == ("Import ...", True)
    assert all(line[:4].endswith("%") for line in others), "nothing was to repair"
    assert f"intents: {len(WIRE['intents'])} created, 0 updated, 0 unchanged, 0 deleted" in imported.stdout
    exported = intentloop("export", str(out), "--bot", new_name, INTENTLOOP_MONGO_URI=mongo_uri)
    assert exported.returncode == 0
    assert json.loads(out.read_text(encoding="utf-8")) == WIRE
    printed = intentloop("export", "--bot", new_name, INTENTLOOP_MONGO_URI=mongo_uri)
    assert json.loads(printed.stdout) == WIRE


def test_import_reports_each_repair(mongo_uri: str, new_name: str) -> None:
    wire = json.loads(json.dumps(WIRE))
    example = next(row for intent in wire["intents"] for row in intent["trainingData"] if row["entities"])
    example["entities"][0]["begin"] += 1
    done = intentloop("import", "-", "--bot", new_name, stdin=json.dumps(wire), INTENTLOOP_MONGO_URI=mongo_uri)
    assert done.returncode == 0
    assert "repaired to" in done.stderr
    assert "annotations: 1 did not fit their texts" in done.stdout


def test_export_of_an_unknown_bot_says_what_to_do(mongo_uri: str, new_name: str) -> None:
    done = intentloop("export", "--bot", new_name, INTENTLOOP_MONGO_URI=mongo_uri)
    assert done.returncode == 1
    assert f"there is no bot '{new_name}'; import one" in done.stderr


def test_evaluate_measures_a_release_folder(tiny_release_folder: Path, tmp_path: Path) -> None:
    rows = [
        {"id": "1", "text": "where is my order", "intent": "track_order"},
        {"id": "2", "text": "hello there", "intent": "greet"},
        {"id": "3", "text": "\u16a0\u16a1", "intent": "__oos__"},
    ]
    file, out = tmp_path / "rows.jsonl", tmp_path / "predictions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = intentloop("evaluate", str(file), "--release-folder", str(tiny_release_folder), "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "3 utterances" in done.stdout
    assert "100.0 % (34.2-100.0 %, n = 2)" in done.stdout
    predictions = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["final_intent"]) for row in predictions] == [
        ("1", "track_order"), ("2", "greet"), ("3", "__oos__"),
    ]  # fmt: skip


def test_evaluate_without_rows_or_a_registry_is_one_sentence(tiny_release_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("\n", encoding="utf-8")
    done = intentloop("evaluate", str(file), "--release-folder", str(tiny_release_folder))
    assert done.returncode == 1
    assert "it has no row" in done.stderr
    assert "Traceback" not in done.stderr
    silent = intentloop("evaluate", str(file), MLFLOW_TRACKING_URI=f"http://127.0.0.1:{free_port()}")
    assert silent.returncode == 1
    assert len(silent.stderr.splitlines()) == 1

"""`intentloop test-set` as a data scientist uses it."""

import asyncio
import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.errors import BotError, DataRejected, NotFound
from serving.cli.main import app
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from tests.support.bots import TINY_BOT_WIRE

pytestmark = pytest.mark.integration


@pytest.fixture
def bot(mongo_uri: str, new_name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the name of a bot in the database that the commands use."""
    monkeypatch.setenv("INTENTLOOP_MONGO_URI", mongo_uri)
    monkeypatch.setenv("INTENTLOOP_MONGO_DATABASE", "intentloop_test")
    with closing(Database(mongo_uri, name="intentloop_test", timeout_seconds=5.0)) as database:
        asyncio.run(import_bot(database, TINY_BOT_WIRE, bot=new_name, source="test"))
    return new_name


def run(*arguments: str, bot: str) -> str:
    done = CliRunner().invoke(app, ["test-set", *arguments, "--bot", bot], catch_exceptions=True)
    if isinstance(done.exception, BotError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def write(file: Path, *rows: object) -> str:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(file)


GREETING = {"text": "a very good day", "intent": "greet"}
ORDER = {
    "id": "o", "text": "any news on ORD-77", "intent": "track_order",
    "entities": [{"begin": 12, "end": 18, "name": "order_id"}],
}  # fmt: skip
OTHER = {"text": "x", "intent": "of_another_bot"}


def test_rows_go_in_and_come_out_and_versions_are_listed(bot: str, tmp_path: Path) -> None:
    assert "has no test set; add one with" in run("list", bot=bot)
    file = write(tmp_path / "test.jsonl", GREETING, ORDER)
    said = run("import", file, bot=bot)
    assert said.startswith(f"test set 1 of bot '{bot}' is new: 2 rows, SHA-256 ")
    assert "has these rows already; nothing changed" in run("import", file, bot=bot)
    table = tmp_path / "test.csv"
    table.write_text('\ufefftext,intent,by\n"hi, you",greet,Kim\nsing a song,__oos__,Kim\n', encoding="utf-8")
    assert "test set 2" in run("import", str(table), bot=bot)
    newest, former = run("list", bot=bot).splitlines()
    assert newest.split()[:2] == ["2", "2"]
    assert newest.endswith("counts")
    assert not former.endswith("counts")
    assert [json.loads(line)["text"] for line in run("export", bot=bot).splitlines()] == ["hi, you", "sing a song"]
    out = tmp_path / "out.jsonl"
    assert "2 rows of test set 1 written to" in run("export", str(out), "--number", "1", bot=bot)
    (_, order) = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert order["entities"] == [{"start": 12, "end": 18, "type": "order_id", "value": "ORD-77"}]
    assert "test set 3" in run("import", str(out), bot=bot), "what was exported can be imported"
    assert "has no test set from now on" in run("clear", bot=bot)
    assert "nothing changed" in run("clear", bot=bot)
    with pytest.raises(NotFound, match="test set 'newest'"):
        run("export", bot=bot)


def test_rows_of_a_few_unknown_intents_are_told(bot: str, tmp_path: Path) -> None:
    said = run("import", write(tmp_path / "test.jsonl", GREETING, ORDER, OTHER), bot=bot)
    assert "1 rows of" in said
    assert "the bot has no intent 'of_another_bot'" in said


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (json.dumps(OTHER), "1 of its 1 utterances are of intents that the bot does not have ('of_another_bot')"),
        ("", "it has no row"),
        ("text,intent", "line 1 is no JSON object"),
        ('{"intent": "greet"}', "row 1: it has no field 'text'"),
        ('{"text": "hi", "intent": ""}', "row 1: it names no intent; write '__oos__'"),
        ('{"text": " ", "intent": "greet"}', "row 1: its text is empty"),
        (
            '{"text": "hi", "intent": "greet", "entities": [{"start": 0, "end": 9, "type": "x"}]}',
            "lies outside its text",
        ),
        ('{"text": "hi", "intent": "greet", "entities": [{"start": 0, "type": "x"}]}', "row 1: it has no field 'end'"),
        ('["hi", "greet"]', "row 1: it is no object with `text` and `intent`"),
    ],
)
def test_faults_are_named_and_nothing_is_stored(content: str, problem: str, bot: str, tmp_path: Path) -> None:
    file = tmp_path / "test.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DataRejected) as caught:
        run("import", str(file), bot=bot)
    assert problem in str(caught.value)
    assert "has no test set" in run("list", bot=bot)


def test_table_without_the_columns_is_refused(bot: str, tmp_path: Path) -> None:
    file = tmp_path / "test.tsv"
    file.write_text("utterance\tintent\nhi\tgreet\n", encoding="utf-8")
    with pytest.raises(DataRejected, match="it has no column 'text'; it has 'utterance', 'intent'"):
        run("import", str(file), bot=bot)


def test_bot_that_is_not_there_has_no_test_set(bot: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="bot"):
        run("import", write(tmp_path / "test.jsonl", GREETING), bot=f"{bot}-no")

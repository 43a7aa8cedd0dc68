"""Reading a bot from files and from a real database over its socket."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest

from pipelines.errors import DataRejected, NotFound, StoreUnavailable
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from pipelines.steps.data.extract import (
    add_out_of_scope,
    extract_examples,
    extract_from_file,
    extract_from_mongo,
    read_examples,
)
from pipelines.steps.data.frame import COLUMNS
from tests.support.bots import TINY_BOT, TINY_BOT_WIRE
from tests.support.servers import free_port, mongo_server

N_EXAMPLES = sum(len(intent.training_data) for intent in TINY_BOT.intents)


@pytest.fixture
def bot_json(tmp_path: Path) -> Path:
    file = tmp_path / "bot.json"
    file.write_text(json.dumps(TINY_BOT_WIRE), encoding="utf-8")
    return file


def lines(file: Path, *rows: str) -> Path:
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


def test_extract_from_file_gives_a_row_for_each_example(bot_json: Path) -> None:
    found = extract_from_file(bot_json)
    assert found.bot_file == TINY_BOT
    assert tuple(found.frame.columns) == COLUMNS
    assert len(found.frame) == N_EXAMPLES
    first = found.frame.iloc[0]
    assert (first["example_id"], first["intent"], first["origin"]) == ("track_order/1", "track_order", "author")
    assert first["entities"] == (LabelledSpan(start=18, end=26, type="order_id", value="ORD-1042"),)


def test_extract_from_file_takes_the_files_own_test_set(tmp_path: Path) -> None:
    row = {"text": "to Oslo", "intent": "greet", "entities": [{"value": "Oslo", "begin": 3, "end": 7, "name": "city"}]}
    file = lines(tmp_path / "bot.json", json.dumps({**TINY_BOT_WIRE, "testSet": [row, {**row, "text": "to Rome"}]}))
    test_set = extract_from_file(file).test_set
    assert test_set is not None
    assert (test_set.version.number, test_set.version.name) == (0, "the bot file's test set")
    assert [(row.id, row.text, row.intent) for row in test_set.rows] == [
        ("test/1", "to Oslo", "greet"),
        ("test/2", "to Rome", "greet"),
    ]
    assert test_set.rows[0].entities == (LabelledSpan(start=3, end=7, type="city", value="Oslo"),)
    assert extract_from_file(file).frame["text"].tolist().count("to Oslo") == 0, "never among the examples"


def test_extract_from_file_corrects_offsets_as_an_import_does_and_says_so(tmp_path: Path) -> None:
    wire = json.loads(json.dumps(TINY_BOT_WIRE))
    wire["intents"][0]["trainingData"][0]["entities"][0].update(begin=400, end=408)
    found = extract_from_file(lines(tmp_path / "bot.json", json.dumps(wire)))
    assert found.bot_file == TINY_BOT
    (sentence,) = found.converted
    assert sentence.startswith('intent "track_order", example 1: ')
    assert found.notes == ()


def test_extract_from_file_bot_without_examples_gives_no_rows(tmp_path: Path) -> None:
    found = extract_from_file(lines(tmp_path / "bot.json", '{"intents": [{"name": "a", "intentId": "a"}]}'))
    assert found.frame.empty
    assert tuple(found.frame.columns) == COLUMNS


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "  - it is empty"),
        (b"{", "  - it cannot be read as JSON, line 1, column 2"),
        (b"\xff", "  - byte 0 is not UTF-8"),
        (b"[" * 200_000, "  - it is nested too deeply"),
        (b'{"intents": [{"name": "a", "intentId": "a", "note": "\\ud800"}]}', "a lone surrogate"),
        (b'{"intents": [], "note": NaN}', "NaN and Infinity are not JSON"),
        (
            b'{"intents": [], "note": %s}' % (b"9" * 5000),
            "  - line 1, column 25: a number with 5,000 digits is too large",
        ),
        (b"[]", "  - a bot file is a JSON object"),
        (b'{"intents": [{"intentId": "a"}]}', '  - intent 1 ("a"), name: Field required'),
        (b"nlu:\n- intent: book\n", "  - this is a Rasa NLU file; it cannot be imported yet"),
        (b'{"intents": [{"name": "a", "intentId": "x"}, {"name": "b", "intentId": "x"}]}', "repeated: x"),
    ],
)
def test_extract_from_file_names_what_is_wrong(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "bot.json"
    file.write_bytes(content)
    with pytest.raises(DataRejected) as caught:
        extract_from_file(file)
    assert sentence in str(caught.value)
    assert str(file) in str(caught.value)


def test_extract_from_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="No such file"):
        extract_from_file(tmp_path / "none.json")


def test_read_examples_names_each_bad_line_and_its_field(tmp_path: Path) -> None:
    file = lines(
        tmp_path / "rows.jsonl",
        '{"id": "1", "text": "hi\u2028there", "intent": "greet"}',
        "",
        '{"id": "2", "text": "hi"}',
        "{",
        '{"id": "4", "text": "hi", "intent": "x", "entities": [{"start": 1, "end": 3, "type": "t", "value": "v"}]}',
    )
    with pytest.raises(DataRejected) as caught:
        read_examples(file)
    assert [problem[:22] for problem in caught.value.problems] == [
        "line 3: intent: Field ",
        "line 4: Invalid JSON: ",
        "line 5: Value error, e",
    ]
    assert "span [1, 3) of 't' lies outside its text of 2 characters" in str(caught.value)


def test_read_examples_keeps_order_and_skips_empty_lines(tmp_path: Path) -> None:
    rows = [Example(id=str(n), text=f"text {n}", intent="a").model_dump_json() for n in range(3)]
    assert [row.id for row in read_examples(lines(tmp_path / "rows.jsonl", "", *rows, " ", ""))] == ["0", "1", "2"]


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_read_examples_unreadable_file(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "rows.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataRejected, match="cannot be read"):
        read_examples(file)


def test_add_out_of_scope_drops_labels_and_marks_rows(tmp_path: Path, bot_json: Path) -> None:
    frame = extract_from_file(bot_json).frame
    row = '{"id": "o1", "text": "sing", "intent": "greet", "entities": [{"start":0,"end":4,"type":"t","value":"v"}]}'
    both = add_out_of_scope(frame, lines(tmp_path / "oos.jsonl", row))
    assert len(both) == len(frame) + 1
    assert both.iloc[-1].tolist() == ["o1", OUT_OF_SCOPE, "sing", (), "out-of-scope file"]
    assert add_out_of_scope(frame, None) is frame


def test_extract_reads_the_files_that_the_parameters_name(tmp_path: Path, bot_json: Path, settings: Settings) -> None:
    oos = lines(tmp_path / "oos.jsonl", '{"id": "o1", "text": "sing", "intent": "__oos__"}')
    found = extract_examples(TrainParams(source=str(bot_json), out_of_scope_file=oos), settings)
    assert len(found.frame) == N_EXAMPLES + 1
    assert found.source == str(bot_json)


def test_extract_of_a_path_is_the_bot_file(bot_json: Path, settings: Settings) -> None:
    found = extract_examples(bot_json, settings)
    assert found.frame.equals(extract_from_file(bot_json).frame)
    assert extract_examples(str(bot_json)).bot_file == TINY_BOT


def test_extract_shows_itself_in_a_notebook(bot_json: Path) -> None:
    page = extract_examples(bot_json)._repr_html_()
    assert f"{N_EXAMPLES} examples, {len(TINY_BOT.intents)} intents" in page
    assert "where is my order ORD-1042" in page
    assert "{&quot;start&quot;: 18, &quot;end&quot;: 26, &quot;type&quot;: &quot;order_id&quot;" in page


@pytest.fixture(scope="module")
def database_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mongo_server("nx-27017", tmp_path_factory.mktemp("nx")) as uri:
        yield uri


def store(uri: str, bot: str, wire: dict[str, Any]) -> None:
    """Write a bot's drafts as the import does, in reverse, so that only `position` can bring back the order."""
    with pymongo.MongoClient[dict[str, Any]](uri, w="majority", journal=True) as client:
        for kind, field, name in (("intents", "intent", "intentId"), ("entities", "entity", "name")):
            rows = [
                {"_id": f"{bot}:{row[name]}", "bot": bot, "position": position, field: row}
                for position, row in enumerate(wire[kind])
            ]
            client["intentloop"][kind].insert_many(rows[::-1])


@pytest.mark.integration
def test_extract_from_mongo_gives_what_the_file_gives(database_uri: str, bot_json: Path) -> None:
    store(database_uri, "shop", TINY_BOT_WIRE)
    with pymongo.MongoClient[dict[str, Any]](database_uri, w="majority", journal=True) as client:
        client["intentloop"]["bots"].insert_one({"_id": "other", "fields": {"language": "de"}})
    store(database_uri, "other", {"intents": [{"name": "x", "intentId": "x"}], "entities": [{"name": "y"}]})
    found = extract_from_mongo(database_uri, "intentloop", "shop")
    assert found.bot_file == TINY_BOT
    assert found.frame.equals(extract_from_file(bot_json).frame)
    assert found.source == "bot 'shop' in MongoDB"
    assert extract_from_mongo(database_uri, "intentloop", "other").bot_file.language == "de"


@pytest.mark.integration
def test_extract_mongo_is_the_default_source(database_uri: str, settings: Settings) -> None:
    store(database_uri, "third", TINY_BOT_WIRE)
    there = settings.model_copy(update={"mongo_uri": database_uri})
    assert len(extract_examples(TrainParams(bot="third"), there).frame) == N_EXAMPLES


@pytest.mark.integration
def test_extract_from_mongo_unknown_bot_says_how_to_import(database_uri: str) -> None:
    with pytest.raises(NotFound, match="there is no bot 'nobody'; import one"):
        extract_from_mongo(database_uri, "intentloop", "nobody")


@pytest.mark.integration
def test_extract_from_mongo_rejects_a_draft_that_is_no_intent(database_uri: str) -> None:
    store(database_uri, "broken", {"intents": [{"intentId": "x", "trainingData": [{}]}], "entities": [{"name": "y"}]})
    with pytest.raises(DataRejected) as caught:
        extract_from_mongo(database_uri, "intentloop", "broken")
    assert caught.value.problems == (
        "intents.0.name: Field required",
        "intents.0.trainingData.0.text: Field required",
    )


@pytest.mark.parametrize("uri", ["http://127.0.0.1", "mongodb://", "mongodb://[", "mongodb://127.0.0.1:99999"])
def test_extract_from_mongo_bad_uri_is_the_operators_fault(uri: str) -> None:
    with pytest.raises(StoreUnavailable, match="check INTENTLOOP_MONGO_URI"):
        extract_from_mongo(uri, "intentloop", "shop")


@pytest.mark.slow
def test_extract_from_mongo_dead_database_is_told_in_seconds() -> None:
    with pytest.raises(StoreUnavailable, match="ServerSelectionTimeoutError"):
        extract_from_mongo(f"mongodb://127.0.0.1:{free_port()}", "intentloop", "shop")

"""Whatever is given as a bot file: read if it can be, named if it is something else."""

import gzip
import io
import json
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.botfile.check import check_content
from pipelines.botfile.read import parse_content, read_content
from pipelines.botfile.spans import repair_spans
from pipelines.errors import DataRejected

INTENT: dict[str, Any] = {
    "name": "Open",
    "intentId": "open",
    "trainingData": [{"text": "are you open", "entities": []}],
}
CITY: dict[str, Any] = {"name": "city", "entity_values": [{"value": "Lyon", "synonyms": []}]}


def reason(data: bytes, *, name: str = "given.json") -> str:
    """Return the one sentence with which a file is refused."""
    with pytest.raises(DataRejected) as caught:
        check_content(parse_content(data, source=name), source=name)
    (problem,) = caught.value.problems
    return problem


def of_a_later_version(archive: bytes) -> bytes:
    """Say in the directory of a zip archive that a version of the format is needed which nobody reads yet."""
    place = archive.index(b"PK\x01\x02") + 6
    return archive[:place] + b"\x63\x00" + archive[place + 2 :]


def zipped(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, "{}")
    return held.getvalue()


def packed(*names: str) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return held.getvalue()


JSON_OF_OTHERS: list[tuple[str, Any]] = [
    ("a Rasa NLU file", {"rasa_nlu_data": {"common_examples": [{"text": "open?", "intent": "hours", "entities": []}]}}),
    (
        "a project of Azure's CLU (conversational language understanding)",
        {"projectFileVersion": "2022-05-01", "assets": {"intents": [{"category": "hours"}], "utterances": []}},
    ),
    (
        "a project of Azure's CLU (conversational language understanding)",
        {"metadata": {"projectKind": "Conversation"}, "assets": {}},
    ),
    ("a LUIS app", {"luis_schema_version": "7.0.0", "intents": [{"name": "hours"}], "entities": [], "utterances": []}),
    ("a LUIS app", {"culture": "de-de", "intents": [{"name": "h"}], "utterances": [{"text": "?", "intent": "h"}]}),
    ("a Watson Assistant workspace", {"intents": [{"intent": "h", "examples": [{"text": "open?"}]}], "entities": []}),
    ("a Watson Assistant workspace", {"name": "w", "intents": [], "dialog_nodes": []}),
    ("a Watson Assistant workspace", {"name": "skill", "workspace": {"intents": [], "actions": []}}),
    ("a Watson Assistant workspace", [{"intent": "hours", "examples": [{"text": "open?"}]}]),
    ("an Alexa skill", {"interactionModel": {"languageModel": {"intents": []}}}),
    ("a bot of Amazon Lex", {"metadata": {"importType": "LEX", "schemaVersion": "1.0"}, "resource": {"name": "b"}}),
    ("a bot of Amazon Lex", {"intents": [{"name": "Hours", "sampleUtterances": ["open?"], "slots": []}]}),
    ("an agent of Dialogflow CX", {"agent": {"displayName": "a"}, "flows": [], "intents": []}),
    ("an agent of Dialogflow CX", {"intents": [{"displayName": "hours", "trainingPhrases": [{"parts": []}]}]}),
    ("a Dialogflow agent", {"description": "", "language": "en", "defaultTimezone": "Europe/Paris"}),
    ("a Dialogflow intent", {"name": "hours", "auto": True, "userSays": [], "responses": []}),
    ("a Dialogflow intent", {"id": "1", "name": "hours", "responses": [{"resetContexts": False, "messages": []}]}),
    ("a Dialogflow intent", [{"data": [{"text": "in "}, {"text": "Lyon", "alias": "city", "meta": "@city"}]}]),
    ("a Snips NLU dataset", {"language": "en", "intents": {"hours": {"utterances": [{"data": []}]}}, "entities": {}}),
    ("an NLP.js corpus", {"name": "c", "locale": "en-US", "data": [{"intent": "h", "utterances": ["open?"]}]}),
    ("a file of Botpress", {"name": "hours", "utterances": {"en": ["open?"]}, "slots": [], "contexts": ["global"]}),
    ("a file of Botpress", {"qnas": [{"id": "1", "data": {"questions": {"en": []}, "answers": {}}}]}),
    ("a Wit.ai file", {"data": {"expressions": [{"text": "open?"}]}}),
    ("a Wit.ai file", [{"text": "open?", "entities": [], "intent": "hours", "traits": []}]),
    ("a file of tags and patterns", {"intents": [{"tag": "hello", "patterns": ["hi"], "responses": ["Hi!"]}]}),
    ("a file of tags and patterns", [{"tag": "hello", "patterns": ["hi"], "responses": ["Hi!"]}]),
    ("a file of tags and patterns", {"intents": [{"tag": "x", "questions": ["hi"], "responses": []}]}),
    ("a ChatterBot corpus", {"conversations": [["Hi", "Hello!"]]}),
    ("training data of a language model (prompts and answers)", [{"instruction": "greet", "output": "Hi"}]),
    ("a list of an entity's values", [{"value": "Lyon", "synonyms": ["Lugdunum"]}]),
    ("a Voiceflow project", {"version": {"name": "v"}, "diagrams": {}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content"), JSON_OF_OTHERS)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_json_of_another_platform_is_named(kind: str, content: Any, mark: str) -> None:
    problem = reason((mark + json.dumps(content, indent=1)).encode())
    assert problem.startswith(f"this is {kind}; it cannot be imported yet")
    assert "writing-bots.md" in problem


TEXTS_OF_OTHERS: list[tuple[str, str]] = [
    ("a Rasa NLU file", 'version: "2.0"\n\nnlu:\n- intent: hours\n  examples: |\n    - open in [Lyon](city)?\n'),
    ("a Rasa NLU file", "nlu:\n- lookup: city\n  examples: |\n    - Lyon\n"),
    ("a Rasa NLU file (Markdown)", "## intent:hours\n- are you open in [Lyon](city)\n"),
    ("a Rasa domain", "version: '3.1'\nintents:\n  - hours\nresponses:\n  utter_hi:\n  - text: Hi\n"),
    ("a Rasa domain", "responses:\n  utter_hi:\n  - text: Hi\n"),
    ("a file of Rasa stories or rules", "version: '3.1'\nstories:\n- story: a\n  steps:\n  - intent: hours\n"),
    ("a file of Rasa stories or rules", "rules:\n- rule: a\n  steps: []\n"),
    ("a file of Rasa stories (Markdown)", "## happy path\n* hours\n  - utter_hours\n"),
    ("a Rasa configuration", "language: en\npipeline:\n- name: WhitespaceTokenizer\n"),
    ("a ChatterBot corpus", "categories:\n- greetings\nconversations:\n- - Hi\n  - Hello!\n"),
    ("a Snips NLU file", "---\ntype: intent\nname: hours\nutterances:\n  - open?\n"),
    ("a Rasa domain", "slots:\n  city:\n    type: text\n"),
    ("a Rasa domain", "intents:\n- hours\n- goodbye\n"),
    ("a file of tags and patterns", "intents:\n- tag: hello\n  patterns:\n  - hi\n"),
    ("a JavaScript file", "module.exports = { intents: [] }\n"),
    ("an AIML file", '<?xml version="1.0"?>\n<aiml version="2.0"><category></category></aiml>'),
    ("an XML file", '<?xml version="1.0"?><bot/>'),
    ("a Chatito or Chatette file", "%[hours]('training': '10')\n    ~[are] you open\n"),
]


@pytest.mark.parametrize(("kind", "text"), TEXTS_OF_OTHERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_of_another_platform_is_named(kind: str, text: str, encoding: str) -> None:
    problem = reason(text.encode(encoding), name="given.txt")
    assert problem.startswith(f"this is {kind}; it cannot be imported yet")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("a table (CSV)", "text,intent\nare you open,hours\n"),
        ("a table (CSV)", "Question;Answer\r\nAre you open?;Yes\r\n"),
        ("a table (CSV)", "utterance\tlabel\nopen?\thours\n"),
        ("a table (CSV)", 'are you open,hours\n"when, please",hours\nbye,goodbye\nhello,greet\n'),
        ("a list of labelled texts", '[{"text": "open?", "label": "hours"}, {"text": "closed?", "label": "hours"}]'),
        ("a list of labelled texts", '{"train": [["are you open", "hours"]], "test": [["bye", "goodbye"]]}'),
    ],
)
def test_a_table_leads_to_the_command_that_reads_it(kind: str, text: str) -> None:
    problem = reason(text.encode(), name="given.txt")
    assert problem == f"this is {kind}; `intentloop import FILE --bot NAME` makes a bot of it"


def test_a_text_that_is_named_like_a_table_leads_there_too() -> None:
    assert reason(b"# hours\n- are you open\n", name="rows.csv").startswith("this is a table (CSV); `intentloop import")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("a Dialogflow agent", zipped("package.json", "agent.json", "intents/hours.json")),
        ("a Dialogflow agent", zipped("my-agent/agent.json", "my-agent/entities/city.json")),
        ("an agent of Dialogflow CX", zipped("agent.json", "flows/Default Start Flow/flow.json")),
        ("a bot of Amazon Lex", zipped("Manifest.json", "Bot.json", "BotLocales/en_US/BotLocale.json")),
        ("an app of Wit.ai", zipped("shop/app.json", "shop/utterances/utterances-1.json")),
        ("a Rasa project", zipped("domain.yml", "data/nlu.yml")),
        ("an Excel workbook", zipped("[Content_Types].xml", "xl/workbook.xml")),
        ("a bot of Botpress", packed("bot.config.json", "intents/hours.json")),
    ],
)
def test_archive_of_another_platform_is_named(kind: str, data: bytes) -> None:
    assert reason(data, name="given.zip").startswith(f"this is {kind}; it cannot be imported yet")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (zipped("bot.json"), "this is a zip archive; unpack it"),
        (of_a_later_version(zipped("bot.json")), "this is a zip archive; unpack it"),
        (zipped("bot.json")[:40], "this is a damaged zip archive; download it again"),
        (packed("bot.json"), "this is a compressed archive (gzip); unpack it"),
        (gzip.compress(b"{}"), "this is a compressed file (gzip); unpack it"),
        (b"\x15\x00\x00\x00\x02name\x00\x06\x00\x00\x00hours\x00\x00", "this is a dump of a MongoDB database"),
        (b"%PDF-1.7", "this is a PDF document"),
        (b"\x89PNG\r\n", "this is a picture"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "this is an HTML page; download the file itself"),
        (b"\n <html><head></head></html>", "this is an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "this is a pointer to a file in Git LFS"),
        (b'{"_id": ObjectId("5ae0"), "intentId": "open"}', "this is a MongoDB shell's output; export"),
        (b'{"message": "Not Found", "status": "404"}', "this is a web service's error message; download"),
        (b'{"messages": [{"role": "user", "content": "hi"}]}\n{"messages": [{"role": "user", "content": "hi"}]}\n',
         "this is training data of a language model (chats); it cannot be imported yet"),
        (b'{"prompt": "hi", "completion": "hello"}\n', "this is training data of a language model (prompts"),
        (b'[{"thread_id": "1", "bot_message": [], "nlu": {}}]', "this is a log of conversations; import the bot"),
        (b"", "it is empty"),
        (b" \r\n\t", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (b"\0\0\0\0\0\0", "it is empty"),
        (b"hello there", "this is a text; it cannot be imported yet"),
        ("Grüße aus Köln".encode("latin-1"), "byte 2 is not UTF-8; save the file as UTF-8"),
        ("Text;Absicht;intent\nGrüße;x;hallo\n".encode("cp1252"), "this is a table (CSV)"),
        (b'{"intents": [}', "it cannot be read as JSON, line 1, column 14"),
        (b'{"intents": [{"intentId": "a", "name": "a"},]}', "it cannot be read as JSON, line 1, column"),
        (b"5", "a bot file is a JSON object"),
        (b'"open"', "a bot file is a JSON object"),
        (b"null", "a bot file is a JSON object"),
        (b"[[]]", "a bot file is a JSON object"),
        (b"{}", "it has neither `intents` nor `entities`"),
        (b'{"a": 1}', "it has neither `intents` nor `entities`"),
        (b'[{"a": 1}, {"a": 2}]', "it has neither `intents` nor `entities` but `a`; a bot file is a JSON object"),
        (b'{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}', "but `a`, `b`, `c`, `d`, `e`, ...; a bot file is"),
        (b'{"intentId": "a", "name": "a"}\n{"level": 3}\n', "document 2 is neither an intent"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"intents": ' + b"[" * 700 + b"]" * 700 + b"}", "nested"),
    ],
)  # fmt: skip
def test_what_is_no_bot_file_is_one_sentence(data: bytes, sentence: str) -> None:
    assert sentence in reason(data)


@pytest.mark.parametrize("names", [("domain.yml", "config.yml"), ("agent.json",), ("bot.json",)])
def test_a_folder_is_named(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).write_text("{}", encoding="utf-8")
    with pytest.raises(DataRejected) as caught:
        read_content(tmp_path)
    kinds = {"domain.yml": "a Rasa project", "agent.json": "a Dialogflow agent", "bot.json": "name the bot file in it"}
    assert kinds[names[0]] in caught.value.problems[0]


def lines(*documents: Any) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in documents).encode()


@pytest.mark.parametrize(
    "data",
    [
        json.dumps([INTENT, CITY]).encode(),
        json.dumps({"intents": [INTENT], "entities": [CITY]}).encode(),
        json.dumps({"intents": [INTENT], "entities": [CITY]}).encode("utf-8-sig"),
        json.dumps({"intents": [INTENT], "entities": [CITY]}).encode("utf-16"),
        lines(INTENT, CITY),
        lines(CITY, INTENT).replace(b"\n", b"\r\n\r\n"),
        lines([INTENT], [CITY]),
        lines(INTENT) + b"\xef\xbb\xbf" + lines(CITY),
        lines({"intents": [INTENT]}, {"entities": [CITY]}),
        json.dumps({"_id": {"$oid": "5a"}, **INTENT}, indent=2).encode() + json.dumps(CITY, indent=2).encode(),
        lines({"_id": {"$oid": "5a"}, **INTENT}, {"_id": {"$oid": "5b"}, **CITY}),
    ],
)
def test_every_way_of_writing_a_bot_gives_the_same_bot(data: bytes) -> None:
    found = check_content(parse_content(data, source="f"), source="f")
    assert found.wire["intents"] == [INTENT]
    assert found.wire["entities"] == [CITY]
    assert (found.added, found.notes) == (frozenset(), ())


def test_a_single_document_of_a_collection_is_a_bot() -> None:
    assert check_content(INTENT, source="f").wire == {"intents": [INTENT], "entities": []}
    assert check_content(CITY, source="f").wire == {"intents": [], "entities": [CITY]}


def test_the_bots_own_document_brings_its_configuration() -> None:
    bot = {"_id": {"$oid": "5c"}, "name": "default", "nlu_config": {"pipeline_type": "llm"}}
    found = check_content([bot, INTENT], source="f").wire
    assert found == {"intents": [INTENT], "entities": [], "nlu_config": {"pipeline_type": "llm"}}


def test_stories_of_the_time_before_intents_are_intents() -> None:
    story = {"_id": {"$oid": "5a"}, "storyName": "Open", "intentName": "open", "speechResponse": "9 to 5"}
    assert check_content([story], source="f").wire["intents"] == [
        {"name": "Open", "intentId": "open", "speechResponse": "9 to 5"}
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("hours.LU", "a LUIS file (.lu)"),
        ("brain.rive", "a RiveScript file"),
        ("anything.yaml", "a YAML file"),
    ],
)
def test_a_text_may_be_told_by_its_name_alone(name: str, kind: str) -> None:
    assert reason(b"# hours\n- are you open\n", name=name).startswith(f"this is {kind}; it cannot be imported yet")


_NAMES = st.sampled_from(
    ["intents", "entities", "intentId", "name", "text", "trainingData", "parameters", "type", "value", "begin", "end",
     "data", "utterances", "responses", "metadata", "resource", "workspace", "messages", "conversations", "locale",
     "qnas", "tag", "entity_values", "synonyms", "storyName", "intentName", "_id", "$oid", "$date", "$numberInt",
     "nlu_config", "assets"]
)  # fmt: skip
_LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 12) | st.floats(allow_nan=False) | st.sampled_from(["", "a", "town"])
)
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=5), max_leaves=25
)


@given(content=_JSON)
def test_any_json_is_a_bot_file_or_refused_with_a_reason(content: Any) -> None:
    try:
        found = check_content(content, source="f")
    except DataRejected:
        return
    repair_spans(found.wire.get("intents", []), entities=found.wire.get("entities", []))
    assert check_content(found.wire, source="f").wire == found.wire


@pytest.mark.parametrize("rows", [True, {"a": 1}, "xy"])
@pytest.mark.parametrize("name", ["intents", "entities"])
def test_a_part_of_a_bot_in_an_array_that_is_no_list_is_named(name: str, rows: object) -> None:
    with pytest.raises(DataRejected, match=f"`{name}` of document 2 is no list"):
        check_content([{"intents": []}, {name: rows}], source="f")


@given(data=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_json_or_refused_with_a_reason(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"\x1f\x8b", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"["):
        with suppress(DataRejected):
            parse_content(start + data, source="f")


def test_number_with_thousands_of_digits_is_named_with_its_place() -> None:
    data = b'{"intents": [\n {"name": "n", "intentId": "x", "k": -' + b"9" * 10_000 + b"}]}"
    with pytest.raises(DataRejected, match=r"line 2, column 39: a number with 10,000 digits is too large"):
        parse_content(data, source="f.json")

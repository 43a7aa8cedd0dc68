"""Rows as a bot: what is missing is made up, and what authors wrote stays."""

import json
from typing import Any

import pytest

from pipelines.botfile.check import check_content
from pipelines.botfile.spans import repair_spans
from pipelines.importing.bot import Mode, bot_of, merge_rows
from pipelines.importing.keep import keep_rows
from pipelines.importing.read import table_in
from pipelines.importing.rows import ImportedRows, import_rows
from pipelines.importing.wording import is_unwritten
from pipelines.steps.validation.data_gate import DataGate

ROWS = (
    "text,intent\nhow do I fly from [Oslo](city:origin) to [Rome](city:destination),Book a flight\n"
    "is there a flight from [Bonn](city:origin) to [Oslo](city:destination),Book a flight\n"
    "what is my flight {{ x }}%},{{ odd }} label\nstop,unsubscribe\nis my bag there,bags\npizza please,oos\n"
)


def rows_of(content: str, **options: str | None) -> ImportedRows:
    table = table_in(content.encode(), source="rows.csv")
    assert table is not None
    return import_rows(table, **options)


def intents_of(wire: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {intent["intentId"]: intent for intent in wire["intents"]}


def texts_of(wire: dict[str, Any]) -> dict[str, list[str]]:
    return {name: [row["text"] for row in one.get("trainingData", [])] for name, one in intents_of(wire).items()}


def test_a_bot_made_of_rows_is_one_that_can_be_trained() -> None:
    wire = bot_of(rows_of(ROWS, language="en"))
    checked = check_content(json.loads(json.dumps(wire)), source="rows.csv")
    assert checked.wire == wire
    assert repair_spans(wire["intents"], entities=wire["entities"])[1] == ()
    assert DataGate("rows.csv").check(wire).errors == ()
    assert wire["language"] == "en"


def test_what_is_missing_is_made_up() -> None:
    intents = intents_of(bot_of(rows_of(ROWS)))
    assert list(intents)[-3:] == ["fallback", "cancel", "init_conversation"]
    assert all(intent["speechResponse"] for intent in intents.values())
    assert is_unwritten(intents["bags"]["speechResponse"])
    assert "Bags" in intents["bags"]["speechResponse"]
    assert not is_unwritten(intents["fallback"]["speechResponse"])
    assert "stop" not in [row["text"] for row in intents["cancel"]["trainingData"]], "that is another intent's here"
    assert not any(sign in intents["odd_label"]["speechResponse"] for sign in "{}")


def test_marks_make_entities_with_values_and_parameters_with_cues() -> None:
    wire = bot_of(rows_of(ROWS))
    assert wire["entities"] == [
        {"name": "city", "entity_values": [{"value": name, "synonyms": []} for name in ("Oslo", "Rome", "Bonn")]}
    ]
    assert intents_of(wire)["book_a_flight"]["parameters"] == [
        {"name": "origin", "type": "city", "required": False, "cues": ["from"]},
        {"name": "destination", "type": "city", "required": False, "cues": ["to"]},
    ]


def test_order_numbers_are_an_open_entity_and_synonyms_are_kept() -> None:
    content = "text,intent\n" + "".join(f"where is [ORD-{n}](order),track\n" for n in range(5))
    content += 'to [NYC]{"entity": "city", "value": "New York"} please,fly\nto [New York](city) now,fly\n'
    content = content.replace('{"entity": "city", "value": "New York"}', "(city:New York)")
    assert bot_of(rows_of(content))["entities"] == [
        {"name": "order", "entity_values": []},
        {"name": "city", "entity_values": [{"value": "New York", "synonyms": ["NYC"]}]},
    ]


AUTHORED: dict[str, Any] = {
    "language": "de",
    "mystery": 1,
    "intents": [
        {
            "intentId": "hours", "name": "Opening hours", "speechResponse": "9 to 5", "odd": [1],
            "trainingData": [{"text": "when are you open", "entities": []}, {"text": "hours", "entities": []}],
        },
        {"intentId": "bye", "name": "Bye", "speechResponse": "Bye!", "trainingData": [{"text": "see you at 5"}]},
        {"intentId": "handover", "name": "Person", "speechResponse": "One moment."},
        {"intentId": "cancel", "name": "Cancel", "speechResponse": "Gone."},
    ],
    "entities": [
        {"name": "day", "entity_values": [{"value": "monday", "synonyms": ["mon"]}]},
        {"name": "order", "entity_values": [], "pattern": "ORD-\\\\d+"},
    ],
}  # fmt: skip
NEW = (
    "text,intent\nWhen are you open,opening HOURS\nopen on [sunday](day),Opening hours\nsee you at 5,hours\n"
    "ciao,bye\nwhere is [ORD-1](order),track\n"
)


@pytest.mark.parametrize(
    ("mode", "hours", "bye", "kept"),
    [
        ("add", ["When are you open", "hours", "open on sunday", "see you at 5"], ["ciao"], True),
        ("replace_examples", ["When are you open", "open on sunday", "see you at 5"], ["ciao"], True),
        ("replace", ["When are you open", "open on sunday", "see you at 5"], ["ciao"], False),
    ],
)
def test_rows_come_into_a_bot_that_exists(mode: Mode, hours: list[str], bye: list[str], kept: bool) -> None:
    before = json.dumps(AUTHORED)
    merged = merge_rows(AUTHORED, rows_of(NEW), mode=mode)
    intents = intents_of(merged.wire)
    assert json.dumps(AUTHORED) == before, "it is not changed"
    assert (texts_of(merged.wire)["hours"], texts_of(merged.wire)["bye"]) == (hours, bye)
    assert (intents["hours"]["speechResponse"], intents["hours"]["odd"]) == ("9 to 5", [1])
    assert ("handover" in intents) == kept
    assert intents["cancel"]["speechResponse"] == "Gone."
    assert (merged.wire["language"], merged.wire["mystery"]) == ("de", 1)
    counts = merged.counts
    assert (counts.added, counts.moved) == (3, 1)
    assert (counts.kept, counts.removed) == ((1, 0) if mode == "add" else (0, 1))


def test_entities_gain_values_and_those_with_a_pattern_stay_open() -> None:
    day, order = merge_rows(AUTHORED, rows_of(NEW)).wire["entities"]
    assert [value["value"] for value in day["entity_values"]] == ["monday", "sunday"]
    assert order == AUTHORED["entities"][1]


@pytest.mark.parametrize("mode", ["add", "replace_examples", "replace"])
def test_the_same_rows_again_change_nothing(mode: Mode) -> None:
    once = merge_rows(AUTHORED, rows_of(NEW), mode=mode).wire
    again = merge_rows(once, rows_of(NEW), mode=mode)
    assert again.wire == once
    assert (again.counts.added, again.counts.moved, again.counts.changed, again.counts.removed) == (0, 0, 0, 0)


def test_annotations_stay_where_the_rows_have_none_and_change_where_they_have() -> None:
    annotated = bot_of(rows_of("text,intent\nto [Oslo](city) please,fly\nbye,bye\n"))
    plain = merge_rows(annotated, rows_of("text,intent\nto Oslo please,fly\nbye,bye\n"))
    assert plain.wire["intents"] == annotated["intents"]
    other = merge_rows(annotated, rows_of("text,intent\nto [Oslo](town) please,fly\nbye,bye\n"))
    assert other.counts.changed == 1
    assert [span["name"] for span in intents_of(other.wire)["fly"]["trainingData"][0]["entities"]] == ["town"]


def test_texts_for_testing_or_out_of_scope_are_no_examples_any_more() -> None:
    bot = bot_of(rows_of("text,intent\none two,a\nthree four,a\nfive six,b\nseven eight,b\n"))
    merged = merge_rows(bot, rows_of("text,intent,split\none two,a,test\nfive six,oos,train\nseven eight,b,train\n"))
    assert texts_of(merged.wire) | {"cancel": []} == {
        "a": ["three four"], "b": ["seven eight"], "fallback": [], "cancel": [], "init_conversation": [],
    }  # fmt: skip
    assert merged.counts.moved == 2


def test_kept_rows_are_added_once(tmp_path: Any) -> None:
    file = tmp_path / "folder" / "bot.jsonl"
    first, second = rows_of(ROWS).out_of_scope, rows_of(ROWS.replace("oos", "none") + "taxi please,oos\n").out_of_scope
    assert (keep_rows(first, file), keep_rows(second, file)) == (1, 1)
    assert [json.loads(line)["text"] for line in file.read_text().splitlines()] == ["pizza please", "taxi please"]
    assert {json.loads(line)["intent"] for line in file.read_text().splitlines()} == {"__oos__"}
    keep_rows(first, file, replaces=True)
    assert len(file.read_text().splitlines()) == 1

"""Files of ai-chatbot-framework 1: what they left unsaid is said."""

import copy
from typing import Any

import pytest

from pipelines.botfile.check import check_content
from pipelines.schemas.bot import BotFile
from tests.support.bots import example


def intent(intent_id: str, examples: list[str], *parameters: dict[str, Any], **fields: Any) -> dict[str, Any]:
    rows = [example(each) for each in examples]
    return {"name": intent_id, "intentId": intent_id, "parameters": list(parameters), "trainingData": rows, **fields}


def asks(name: str, type: str | None = "free_text", **fields: Any) -> dict[str, Any]:
    return {"name": name, "type": type, "required": True, "prompt": f"{name}?", **fields}


ID = {"_id": {"$oid": "5ae0dd474ae5357959ad5f1d"}}
RENT = intent("rent", ["rent a [canoe](boat)", "a [raft](boat) please"], asks("boat"), asks("notes"))


def types(wire: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the type of each parameter, `+` for one that takes whole answers."""
    bot = BotFile.model_validate(wire)
    return {
        one.intent_id: {each.name: each.type + "+" * each.free_text for each in one.parameters} for one in bot.intents
    }


def names(wire: dict[str, Any]) -> list[str]:
    return [entity["name"] for entity in wire.get("entities") or []]


@pytest.mark.parametrize("type", ["free_text", None, ""])
@pytest.mark.parametrize("wrap", [lambda row: [{**row, **ID}], lambda row: {"intents": [row]}, lambda row: row])
def test_a_parameter_takes_the_values_marked_with_its_name(type: str | None, wrap: Any) -> None:
    given = wrap(intent("rent", ["rent a [canoe](boat)"], asks("boat", type), asks("notes")))
    before = copy.deepcopy(given)
    found = check_content(given, source="f")
    assert types(found.wire) == {"rent": {"boat": "boat+", "notes": "free_text"}}
    assert found.wire["entities"] == [{"name": "boat", "entity_values": []}]
    assert found.added == {"boat"}
    assert "boat" in found.notes[0]
    assert "rent" in found.notes[0]
    assert given == before


def test_a_parameter_without_type_is_free_text() -> None:
    row = intent("rent", ["rent a [canoe](boat)"], {"name": "boat", "required": True})
    assert types(check_content({"intents": [row]}, source="f").wire) == {"rent": {"boat": "boat+"}}


def test_the_parameters_of_other_intents_take_the_same_values() -> None:
    wash = intent("wash", ["wash it", "clean it"], asks("boat"), asks("soap"))
    assert types(check_content([RENT, wash], source="f").wire)["wash"] == {"boat": "boat+", "soap": "free_text"}


def test_a_parameter_whose_name_marks_nothing_stays_free_text() -> None:
    wire = {"intents": [intent("tell", ["i want to complain", "a complaint"], asks("story"))], "entities": []}
    found = check_content(wire, source="f")
    assert (found.wire, found.added, found.notes) == (wire, frozenset(), ())


def test_a_declared_entity_leaves_the_author_the_choice() -> None:
    wire = {"intents": [RENT], "entities": [{"name": "boat", "entity_values": [{"value": "canoe"}]}]}
    assert check_content(wire, source="f").wire == wire


def test_a_declared_entity_of_a_first_file_fills_the_parameter_of_its_name() -> None:
    wire = {"intents": [{**RENT, **ID}], "entities": [{"name": "boat", "entity_values": [{"value": "canoe"}]}]}
    found = check_content(wire, source="f")
    assert types(found.wire) == {"rent": {"boat": "boat+", "notes": "free_text"}}
    assert found.wire["entities"] == wire["entities"]
    assert (found.added, len(found.notes)) == (frozenset(), 1)


@pytest.mark.parametrize("wire", [{"intents": [RENT], "entities": None}, {"intents": None, "entities": []}])
def test_a_part_that_is_null_is_left_out(wire: dict[str, Any]) -> None:
    found = check_content(wire, source="f").wire
    assert len(found.get("intents", ())) == len(wire["intents"] or ())


@pytest.mark.parametrize("name", ["text", "date", "sys.date"])
def test_an_entity_does_not_take_the_name_of_a_type_in_use(name: str) -> None:
    other = intent("visit", ["come over", "visit me"], asks("day", "date"), asks("why", "text"))
    row = intent("rent", [f"rent a [canoe]({name})".replace("sys.date", "x")], asks(name))
    for each in row["trainingData"]:
        each["entities"][0]["name"] = name
    found = check_content([row, other], source="f")
    entity = f"{name.replace('.', '_')}_value"
    assert types(found.wire) == {"rent": {name: f"{entity}+"}, "visit": {"day": "date", "why": "text"}}
    assert names(found.wire) == [entity]
    assert [span["name"] for each in found.wire["intents"][0]["trainingData"] for span in each["entities"]] == [entity]


def test_an_entity_may_have_the_name_of_a_type_that_nothing_uses() -> None:
    row = intent("rent", ["a canoe for [tomorrow](date)", "[friday](date)"], asks("date"))
    assert types(check_content([row], source="f").wire) == {"rent": {"date": "date+"}}


@pytest.mark.parametrize(
    ("rows", "is_added"),
    [
        ([intent("rent", ["rent a [canoe](boat)"])], True),
        ([intent("rent", ["rent a canoe"], asks("kind", "boat"))], True),
        ([intent("rent", ["rent a [canoe](boat)"], asks("kind", "boat"))], True),
        (
            [intent("rent", ["rent a [canoe](boat)"], asks("kind", "boat")), {"name": "boat", "entity_values": []}],
            False,
        ),
        ([intent("rent", ["rent a canoe"], asks("day", "date"), asks("sure", "boolean"), asks("why", "text"))], False),
    ],
)
def test_entities_that_a_first_file_does_not_declare_are_added(rows: list[Any], is_added: bool) -> None:
    found = check_content([{**ID, **row} for row in rows], source="f")
    assert found.added == ({"boat"} if is_added else frozenset())
    assert len(found.notes) == is_added
    # of ours, or of the second version, a name that nothing declares is a mistake to be shown
    intents, entities = [row for row in rows if "intentId" in row], [row for row in rows if "intentId" not in row]
    wire = {"intents": intents, "entities": entities}
    assert check_content(wire, source="f").wire == wire


def test_fields_that_a_first_file_omits_need_not_be_there() -> None:
    bare = {"name": "Bare", "intentId": "bare", **ID}
    nulls = {"name": "n", "intentId": "n", "parameters": None, "trainingData": None, "apiDetails": None, **ID}
    rows = [{"text": "open", "entities": None}, {"text": "closed\n"}]
    found = check_content([bare, nulls, {"name": "r", "intentId": "r", "trainingData": rows}], source="f")
    bot = BotFile.model_validate(found.wire)
    assert [len(one.training_data) for one in bot.intents] == [0, 0, 2]
    assert "_id" not in str(found.wire)


def test_canonical_numbers_and_ids_are_read() -> None:
    span = {"value": "canoe", "begin": {"$numberInt": "7"}, "end": {"$numberLong": "12"}, "name": "boat"}
    row = {
        "name": "Rent",
        "intentId": "rent",
        "created": {"$date": {"$numberLong": "0"}},
        "parameters": [{"id": {"$oid": "5ae0dd474ae5357959ad5f1e"}, "name": "boat", "type": "free_text"}],
        "trainingData": [{"text": "rent a canoe", "entities": [span]}],
        **ID,
    }
    (found,) = check_content([row], source="f").wire["intents"]
    assert found["parameters"][0]["id"] == "5ae0dd474ae5357959ad5f1e"
    assert found["created"] == "1970-01-01T00:00:00.000Z"
    assert found["trainingData"][0]["entities"] == [{"value": "canoe", "begin": 7, "end": 12, "name": "boat"}]

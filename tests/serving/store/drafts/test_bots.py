import copy
import json
import time
from typing import Any

import pytest

from pipelines.errors import DataRejected, NotFound, StoreUnavailable
from serving.store.client import Database
from serving.store.drafts.bots import check_bot_file, export_bot, has_intents, has_own_examples, import_bot
from tests.support.bots import TINY_BOT
from tests.support.commands import CommandWatch

# What ai-chatbot-framework writes, and the ways in which its older files differ.
FOREIGN: dict[str, Any] = {
    "intents": [
        {
            "name": "Book", "intentId": "book", "userDefined": True, "apiTrigger": True,
            "apiDetails": {"url": "http://x/{{ parameters.city }}", "requestType": "post", "headers": None,
                           "isJson": False, "jsonData": "{}", "mystery": {"a": [1, 2.5, None]}},
            "speechResponse": "{{ result.text }}###ok",
            "parameters": [{"id": "65", "name": "city", "required": True, "type": None, "prompt": None}],
            "labeledSentences": [{"id": "1", "data": ["old"]}],
            "trainingData": [{"text": "to Rome", "entities": [{"value": "Rome", "begin": 3, "end": 7, "name": "city"}]},
                             {"text": "book it", "entities": None}],
        },
        {"name": "Bare", "intentId": "bare"},
        {"name": "Nulls", "intentId": "nulls", "apiDetails": None, "parameters": None, "trainingData": None},
    ],
    "entities": [{"name": "city", "entity_values": [{"value": "Rome", "synonyms": None, "extra": 1}]},
                 {"name": "open"}],
    "exported_by": {"version": 3},
}  # fmt: skip


def by_name(bot: dict[str, Any]) -> dict[str, Any]:
    intents = {row["intentId"]: row for row in bot["intents"]}
    return {**bot, "intents": intents, "entities": {row["name"]: row for row in bot["entities"]}}


async def test_export_bot_gives_back_what_was_imported(database: Database, new_name: str) -> None:
    report = await import_bot(database, copy.deepcopy(FOREIGN), bot=new_name, source="f.json")
    assert (report.intents_created, report.entities_created, report.repairs) == (3, 2, ())
    assert await export_bot(database, bot=new_name) == FOREIGN
    assert await has_intents(database, bot=new_name)


async def test_export_bot_of_a_whole_bot_is_the_same_file(database: Database, new_name: str) -> None:
    wire = json.loads(json.dumps(TINY_BOT.to_wire()))
    await import_bot(database, wire, bot=new_name, source="f.json")
    assert await export_bot(database, bot=new_name) == wire


async def test_import_bot_upserts_by_intent_id(database: Database, new_name: str) -> None:
    await import_bot(database, copy.deepcopy(FOREIGN), bot=new_name, source="f.json")
    other = {
        "intents": [{"name": "Bare", "intentId": "bare", "speechResponse": "hi"}, {"name": "n", "intentId": "new"}]
    }
    report = await import_bot(database, other, bot=new_name, source="g.json")
    assert (report.intents_created, report.intents_updated, report.intents_deleted) == (1, 1, 0)
    found = by_name(await export_bot(database, bot=new_name))
    assert list(found["intents"]) == ["book", "bare", "nulls", "new"]
    assert found["intents"]["bare"]["speechResponse"] == "hi"
    assert found["exported_by"] == {"version": 3}


async def test_import_bot_says_what_has_changed(database: Database, new_name: str) -> None:
    await import_bot(database, copy.deepcopy(FOREIGN), bot=new_name, source="f.json")
    changed = copy.deepcopy(FOREIGN) | {"language": "de", "exported_by": {"version": 4}}
    changed["intents"].reverse()  # an order is no content
    changed["intents"][0]["speechResponse"] = "hi"
    changed["entities"].append({"name": "day"})
    report = await import_bot(database, changed, bot=new_name, source="f.json", replace=True)
    assert (report.intents_created, report.intents_updated, report.intents_unchanged) == (0, 1, 2)
    assert (report.entities_created, report.entities_updated, report.entities_unchanged) == (1, 0, 2)
    assert sorted(report.fields) == ["exported_by", "language"]
    assert [row["intentId"] for row in (await export_bot(database, bot=new_name))["intents"]] == [
        row["intentId"] for row in changed["intents"]
    ]


async def test_import_bot_replace_deletes_the_rest(database: Database, new_name: str) -> None:
    await import_bot(database, copy.deepcopy(FOREIGN), bot=new_name, source="f.json")
    other = {"intents": [{"name": "n", "intentId": "new"}], "entities": []}
    report = await import_bot(database, other, bot=new_name, source="g.json", replace=True)
    assert (report.intents_deleted, report.entities_deleted) == (3, 2)
    found = await export_bot(database, bot=new_name)
    assert (found["intents"], found["entities"]) == ([{"name": "n", "intentId": "new"}], [])


async def test_import_bot_keeps_bots_with_similar_names_apart(database: Database, new_name: str) -> None:
    one, two = {"intents": [{"name": "n", "intentId": "b:c"}]}, {"intents": [{"name": "n", "intentId": "c"}]}
    await import_bot(database, one, bot=new_name, source="f")
    await import_bot(database, two, bot=f"{new_name}:b", source="f")
    assert (await export_bot(database, bot=new_name))["intents"] == one["intents"]
    assert (await export_bot(database, bot=f"{new_name}:b"))["intents"] == two["intents"]


async def test_import_bot_stores_repaired_spans(database: Database, new_name: str) -> None:
    bot = copy.deepcopy(FOREIGN)
    bot["intents"][0]["trainingData"][0]["entities"][0].update(begin=0, end=4)
    report = await import_bot(database, bot, bot=new_name, source="f")
    assert len(report.repairs) == 1
    assert (await export_bot(database, bot=new_name))["intents"] == FOREIGN["intents"]


async def test_import_bot_with_a_fault_writes_nothing(database: Database, new_name: str) -> None:
    bot = copy.deepcopy(FOREIGN)
    del bot["intents"][2]["name"]
    with pytest.raises(DataRejected, match='intent 3 \\("nulls"\\), name: Field required'):
        await import_bot(database, bot, bot=new_name, source="f.json")
    assert not await has_intents(database, bot=new_name)


async def test_import_bot_cut_short_puts_back_what_was_there(
    database: Database, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await import_bot(database, copy.deepcopy(FOREIGN), bot=new_name, source="f.json")
    call, count = Database.call, 0

    async def fail_once(self: Database, what: str, operation: Any) -> Any:
        nonlocal count
        count += what == "write drafts"
        if what == "write drafts" and count == 3:
            operation.close() if hasattr(operation, "close") else operation.cancel()
            raise StoreUnavailable(what)
        return await call(self, what, operation)

    monkeypatch.setattr(Database, "call", fail_once)
    monkeypatch.setattr("serving.store.drafts.plan.AT_ONCE", 1)  # each draft in a call of its own
    other = {"intents": [{"name": f"n{number}", "intentId": f"new{number}"} for number in range(5)]}
    with pytest.raises(StoreUnavailable):
        await import_bot(database, other, bot=new_name, source="g.json", replace=True)
    assert await export_bot(database, bot=new_name) == FOREIGN


async def test_export_bot_unknown_is_not_found(database: Database, new_name: str) -> None:
    with pytest.raises(NotFound):
        await export_bot(database, bot=new_name)


def _with(path: list[Any], value: Any) -> dict[str, Any]:
    bot = copy.deepcopy(FOREIGN)
    place: Any = bot
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return bot


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([], "a bot file is a JSON object"),
        ({}, "neither `intents` nor `entities`"),
        (_with(["intents"], {}), "intents: Input should be a valid tuple"),
        (_with(["intents", 0, "trainingData", 1, "text"], 7), 'intent 1 ("book"), example 2, text: '),
        (_with(["intents", 0, "trainingData", 0, "entities", 0, "begin"], "x"), "example 1, annotation 1, begin: "),
        (_with(["entities", 0, "entity_values", 0, "value"], None), 'entity 1 ("city"), value 1, value: '),
        (_with(["intents", 1, "intentId"], "book"), "intentId must be unique; repeated: book"),
        (_with(["intents", 1, "$where"], 1), 'intent 2 ("bare"), $where: a field\'s name'),
        (_with(["intents", 1, "a.b"], 1), "a field's name"),
        (_with(["intents", 1, "name"], "\ud800"), "lone surrogate"),
        (_with(["intents", 1, "speechResponse"], "ok \udc00"), "lone surrogate"),
        (_with(["intents", 1, "extra"], float("nan")), "NaN"),
        (_with(["intents", 1, "extra"], 2**70), "too large"),
    ],
)
def test_check_bot_file_names_the_place(content: Any, sentence: str) -> None:
    with pytest.raises(DataRejected) as caught:
        check_bot_file(content, source="f.json")
    assert sentence in str(caught.value)


def test_check_bot_file_refuses_bottomless_nesting() -> None:
    deep: Any = 1
    for _ in range(80):
        deep = [deep]
    with pytest.raises(DataRejected, match="nested"):
        check_bot_file({"intents": [], "extra": deep}, source="f.json")


async def test_import_again_writes_only_what_changed(database: Database, new_name: str, commands: CommandWatch) -> None:
    await import_bot(database, copy.deepcopy(FOREIGN), bot=new_name, source="f")
    changed = copy.deepcopy(FOREIGN)
    changed["intents"][1]["userDefined"] = 1
    await import_bot(database, copy.deepcopy(changed), bot=new_name, source="f")
    changed["intents"][1]["userDefined"] = True  # equal to 1 for Python, not in a file
    commands.names.clear()
    report = await import_bot(database, copy.deepcopy(changed), bot=new_name, source="f")
    assert (report.intents_updated, report.intents_unchanged) == (1, len(changed["intents"]) - 1)
    assert (report.entities_updated, report.entities_unchanged) == (0, len(changed["entities"]))
    assert report.fields == ()
    # the intent, the journal's sign of life, and the revisions, claimed and given up
    assert commands.names.count("update") == 4
    assert (await export_bot(database, bot=new_name))["intents"][1]["userDefined"] is True


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("speechResponse", "x" * 17_000_000, "intent 'big': 16.2 MB is more than the 16 MB"),
        ("extra", [1] * 1_600_000, "intent 'big': 18.8 MB is more than the 16 MB"),  # 4.6 MB of JSON
    ],
)
async def test_import_bot_says_which_intent_is_too_large_and_writes_nothing(
    database: Database, new_name: str, field: str, value: object, said: str
) -> None:
    intents = [{"name": "Small", "intentId": "small"}, {"name": "Big", "intentId": "big", field: value}]
    with pytest.raises(DataRejected, match=said):
        await import_bot(database, {"intents": intents}, bot=new_name, source="f.json")
    assert not await has_intents(database, bot=new_name)


async def test_import_bot_says_that_a_bot_s_own_fields_are_too_large(database: Database, new_name: str) -> None:
    with pytest.raises(DataRejected, match=r"what the file says of the bot: 16.2 MB is more than the 16 MB"):
        await import_bot(database, {"intents": [], "about": "x" * 17_000_000}, bot=new_name, source="f.json")


async def test_import_bot_waits_no_more_than_a_few_times_as_long_as_it_works(database: Database, new_name: str) -> None:
    """Five hundred intents took 8.7 s of which 8 s were pauses; the ratio does not depend on the machine."""
    examples = [{"text": f"example {number} of an intent", "entities": []} for number in range(40)]
    intents = [{"name": f"N{n}", "intentId": f"i{n}", "trainingData": examples} for n in range(500)]
    began, busy = time.monotonic(), [0.0]
    call = database.call

    async def timed(what: str, operation: Any) -> Any:
        started = time.monotonic()
        try:
            return await call(what, operation)
        finally:
            busy[0] += time.monotonic() - started

    database.call = timed  # type: ignore[method-assign]
    report = await import_bot(database, {"intents": intents}, bot=new_name, source="f.json")
    assert report.intents_created == 500
    assert time.monotonic() - began < 5 * busy[0] + 3


async def test_has_own_examples_counts_neither_the_built_in_intents_nor_empty_ones(
    database: Database, new_name: str
) -> None:
    built_in = {"name": "Cancel", "intentId": "cancel", "trainingData": [{"text": "stop that"}]}
    empty = {"name": "Order", "intentId": "order", "trainingData": []}
    await import_bot(database, {"intents": [built_in, empty], "entities": []}, bot=new_name, source="test")
    assert not await has_own_examples(database, bot=new_name)
    taught = {**empty, "trainingData": [{"text": "a pizza please"}]}
    await import_bot(database, {"intents": [built_in, taught], "entities": []}, bot=new_name, source="test")
    assert await has_own_examples(database, bot=new_name)
    reads_all = {"intents": [built_in], "entities": [], "llm": {"mode": "zero_shot", "model": "any"}}
    await import_bot(database, reads_all, bot=f"{new_name}-llm", source="test")
    assert await has_own_examples(database, bot=f"{new_name}-llm")

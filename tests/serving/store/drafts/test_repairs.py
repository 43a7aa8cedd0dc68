"""Repairs of drafts in a real database: written where nobody edited meanwhile, and taken back to what was there."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.errors import DraftChanged, NotFound
from pipelines.schemas.keys import DRAFT_UNDO
from serving.store.client import Database
from serving.store.drafts.bots import export_bot, import_bot
from serving.store.drafts.repairs import repair_drafts, undo_repair
from tests.support.bots import TINY_BOT_WIRE

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def edited(wire: dict[str, Any], number: int, **fields: Any) -> dict[str, Any]:
    after = copy.deepcopy(wire)
    after["intents"][number].update(fields)
    return after


@pytest.fixture
async def before(database: Database, new_name: str) -> dict[str, Any]:
    await import_bot(database, copy.deepcopy(TINY_BOT_WIRE), bot=new_name, source="f.json")
    return await export_bot(database, bot=new_name)


async def test_repair_drafts_writes_what_differs_and_undo_puts_it_back(
    database: Database, new_name: str, before: dict[str, Any]
) -> None:
    after = edited(edited(before, 0, name="other"), 2, trainingData=[{"text": "hi", "z": 1, "a": None}])
    changed = await repair_drafts(database, before, after, bot=new_name, now=NOW)
    assert changed == (before["intents"][0]["intentId"], before["intents"][2]["intentId"])
    assert await export_bot(database, bot=new_name) == after
    assert await undo_repair(database, bot=new_name) == changed
    restored = await export_bot(database, bot=new_name)
    assert restored == before
    assert [list(intent) for intent in restored["intents"]] == [list(intent) for intent in before["intents"]]
    with pytest.raises(NotFound, match="undone already"):
        await undo_repair(database, bot=new_name)


async def test_repair_drafts_after_an_edit_writes_nothing(
    database: Database, new_name: str, before: dict[str, Any]
) -> None:
    intent_id = before["intents"][0]["intentId"]
    await import_bot(database, {"intents": [{**before["intents"][0], "name": "mine"}]}, bot=new_name, source="f")
    meanwhile = await export_bot(database, bot=new_name)
    with pytest.raises(DraftChanged, match=f"in {intent_id}.*validate it again") as caught:
        await repair_drafts(database, before, edited(edited(before, 0, a=1), 1, a=1), bot=new_name, now=NOW)
    assert caught.value.places == (intent_id,)
    assert await export_bot(database, bot=new_name) == meanwhile
    with pytest.raises(NotFound):
        await undo_repair(database, bot=new_name)


async def test_undo_repair_after_an_edit_writes_nothing(
    database: Database, new_name: str, before: dict[str, Any]
) -> None:
    after = edited(edited(before, 0, name="other"), 1, name="another")
    await repair_drafts(database, before, after, bot=new_name, now=NOW)
    await import_bot(database, {"intents": [{**after["intents"][1], "name": "mine"}]}, bot=new_name, source="f")
    meanwhile = await export_bot(database, bot=new_name)
    with pytest.raises(DraftChanged, match="nothing was written"):
        await undo_repair(database, bot=new_name)
    assert await export_bot(database, bot=new_name) == meanwhile


async def test_undo_repair_leaves_other_drafts_as_they_are_now(
    database: Database, new_name: str, before: dict[str, Any]
) -> None:
    await repair_drafts(database, before, edited(before, 0, name="other"), bot=new_name, now=NOW)
    await import_bot(database, {"intents": [{**before["intents"][1], "name": "mine"}]}, bot=new_name, source="f")
    await undo_repair(database, bot=new_name)
    assert await export_bot(database, bot=new_name) == edited(before, 1, name="mine")


async def test_undo_repair_that_stopped_half_way_puts_back_what_was_written(
    database: Database, new_name: str, before: dict[str, Any]
) -> None:
    after = edited(edited(before, 0, name="other"), 1, name="another")
    await repair_drafts(database, before, after, bot=new_name, now=NOW)
    await import_bot(database, {"intents": [before["intents"][1]]}, bot=new_name, source="as if never written")
    await undo_repair(database, bot=new_name)
    assert await export_bot(database, bot=new_name) == before


async def test_repair_drafts_keeps_the_last_repair_only(
    database: Database, new_name: str, before: dict[str, Any]
) -> None:
    first = edited(before, 0, name="first")
    second = edited(first, 1, name="second")
    await repair_drafts(database, before, first, bot=new_name, now=NOW)
    await repair_drafts(database, first, second, bot=new_name, now=NOW)
    assert await undo_repair(database, bot=new_name) == (before["intents"][1]["intentId"],)
    assert await export_bot(database, bot=new_name) == first
    assert await database.collection(DRAFT_UNDO).find_one({"bot": new_name}) is None

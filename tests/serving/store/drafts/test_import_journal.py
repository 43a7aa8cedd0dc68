"""Imports that are killed at any moment."""

import asyncio
import copy
from typing import Any

import pytest

import serving.store.drafts.import_journal as journal
from pipelines.errors import ImportUnderWay, NotFound
from serving.store.client import Database
from serving.store.drafts.bots import export_bot, import_bot
from serving.store.drafts.import_journal import ImportJournal, restore_killed_imports
from serving.store.drafts.revisions import Revisions


class Killed(BaseException):
    """What a process that is killed does not get to handle."""


def bot_file(words: str, *, count: int) -> dict[str, Any]:
    examples = [{"text": f"{words} {number}", "entities": []} for number in range(60)]
    intents = [{"name": f"N{n}", "intentId": f"i{n}", "trainingData": examples} for n in range(count)]
    return {"intents": intents, "entities": [{"name": "city", "entity_values": [{"value": words}]}], "about": words}


async def import_killed_at(database: Database, content: Any, *, bot: str, step: int) -> bool:
    """Import until after this number of calls to the database and one more; return whether that was reached."""
    call, calls = database.call, [0]

    async def counted(what: str, operation: Any) -> Any:
        answer = await call(what, operation)
        calls[0] += 1
        if calls[0] > step:
            raise Killed
        return answer

    database.call = counted  # type: ignore[method-assign]
    try:
        await import_bot(database, copy.deepcopy(content), bot=bot, source="f.json", replace=True)
    except Killed:
        return True
    finally:
        database.call = call  # type: ignore[method-assign]
    return False


@pytest.fixture(autouse=True)
def short_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take an import for dead soon."""
    monkeypatch.setattr(journal, "SILENT_SECONDS", 0.05)
    monkeypatch.setattr("serving.store.drafts.reading.LONGEST_PAUSE_SECONDS", 0.0)


async def test_import_killed_at_any_step_leaves_the_bot_as_it_was_or_whole(database: Database, new_name: str) -> None:
    old, new = bot_file("old words", count=12), bot_file("new words", count=9)
    await import_bot(database, copy.deepcopy(old), bot=new_name, source="f.json")
    step = 0
    while await import_killed_at(database, new, bot=new_name, step=step):
        found = await export_bot(database, bot=new_name)
        assert found in (old, new), f"half imported after {step} calls"
        if found == new:
            await import_bot(database, copy.deepcopy(old), bot=new_name, source="f.json", replace=True)
        step += 1
    assert step > 15
    assert await export_bot(database, bot=new_name) == new


async def test_first_import_that_is_killed_leaves_no_bot(database: Database, new_name: str) -> None:
    step = 0
    while await import_killed_at(database, bot_file("words", count=12), bot=new_name, step=step):
        if new_name in await restore_killed_imports(database):
            with pytest.raises(NotFound):
                await export_bot(database, bot=new_name)
        step += 1


async def test_import_beside_a_living_one_waits_its_turn(database: Database, new_name: str) -> None:
    mine = await ImportJournal.open(database, new_name, [("bots", new_name, None)])
    beating = asyncio.create_task(_beat(mine))
    with pytest.raises(ImportUnderWay, match="is being imported by another process"):
        await import_bot(database, bot_file("words", count=1), bot=new_name, source="f.json")
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    await mine.close()
    await import_bot(database, bot_file("words", count=1), bot=new_name, source="f.json")


async def _beat(mine: ImportJournal) -> None:
    while True:
        await mine.beat()
        await asyncio.sleep(0.002)


async def test_import_that_was_taken_for_dead_writes_nothing_more(database: Database, new_name: str) -> None:
    mine = await ImportJournal.open(database, new_name, [("bots", new_name, None)])
    revisions = Revisions(database)
    assert await revisions.claim_all(await revisions.read_or_make(new_name), {}, importing=mine.token)
    assert await restore_killed_imports(database) == [new_name]
    with pytest.raises(ImportUnderWay):
        await mine.beat()

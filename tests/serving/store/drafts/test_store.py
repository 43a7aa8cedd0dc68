"""Single drafts, changed by many at once, beside imports, and by writers that are killed half-way."""

import asyncio
import copy
from typing import Any

import pytest

import serving.store.drafts.import_journal as journal
import serving.store.drafts.store as drafts_store
from pipelines.errors import DataRejected, EditConflict, ImportUnderWay, NotFound
from pipelines.schemas.keys import DRAFT_REVISIONS, INTENTS
from serving.store.client import Database
from serving.store.drafts.bots import export_bot, import_bot
from serving.store.drafts.import_journal import ImportJournal
from serving.store.drafts.kinds import ENTITY, INTENT, Wire
from serving.store.drafts.store import Drafts


def bot_file(count: int, *, words: str = "hello") -> dict[str, Any]:
    intents = [
        {"name": f"N{n}", "intentId": f"i.{n}", "trainingData": [{"text": f"{words} {n}", "entities": []}]}
        for n in range(count)
    ]
    return {"intents": intents, "entities": [{"name": "city"}], "about": words}


def reply(text: str, *, known: str | None = None) -> Any:
    """Return an edit that sets a reply, if it is what an editor has seen."""

    def edit(intent: Wire | None) -> Wire | None:
        assert intent is not None
        if known is not None and intent.get("speechResponse") != known:
            raise EditConflict(intent, etag=None)
        return {**intent, "speechResponse": text}

    return edit


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts_store, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(journal, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr("serving.store.drafts.reading.LONGEST_PAUSE_SECONDS", 0.0)


async def test_parallel_changes_of_different_intents_lose_none(database: Database, new_name: str) -> None:
    await import_bot(database, bot_file(50), bot=new_name, source="f.json")
    editors = [Drafts(database) for _ in range(50)]  # as in processes of their own
    await asyncio.gather(
        *(editors[n].change(INTENT, new_name, f"i.{n}", reply(f"reply {n}")) for n in range(50)),
    )
    found = (await export_bot(database, bot=new_name))["intents"]
    assert [intent["speechResponse"] for intent in found] == [f"reply {n}" for n in range(50)]


async def test_parallel_changes_of_one_intent_are_done_once(database: Database, new_name: str) -> None:
    wire = bot_file(1)
    wire["intents"][0]["speechResponse"] = "first"
    await import_bot(database, wire, bot=new_name, source="f.json")
    editors = [Drafts(database) for _ in range(50)]
    outcomes = await asyncio.gather(
        *(editors[n].change(INTENT, new_name, "i.0", reply(f"reply {n}", known="first")) for n in range(50)),
        return_exceptions=True,
    )
    lost = [outcome for outcome in outcomes if isinstance(outcome, EditConflict)]
    won = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert (len(won), len(lost)) == (1, 49)
    assert won[0].after is not None
    stored = await Drafts(database).get(INTENT, new_name, "i.0")
    assert stored == won[0].after
    assert all(outcome.current == stored for outcome in lost)


async def test_change_makes_and_deletes(database: Database, new_name: str) -> None:
    await import_bot(database, bot_file(2), bot=new_name, source="f.json")
    drafts = Drafts(database)
    made = await drafts.change(INTENT, new_name, "$odd. name", lambda intent: {"name": "x", "intentId": "$odd. name"})
    assert made.before is None
    await drafts.change(INTENT, new_name, "i.0", lambda intent: None)
    found = await export_bot(database, bot=new_name)
    assert [intent["intentId"] for intent in found["intents"]] == ["i.1", "$odd. name"]
    with pytest.raises(NotFound):
        await drafts.get(INTENT, new_name, "i.0")
    head = await drafts.head(new_name)
    assert len(head.of(INTENTS)) == 2


async def test_change_without_a_bot_says_so(database: Database, new_name: str) -> None:
    with pytest.raises(NotFound, match="no bot"):
        await Drafts(database).change(INTENT, new_name, "x", lambda intent: {"intentId": "x"})
    assert await database.collection(DRAFT_REVISIONS).find_one({"_id": new_name}) is None


async def test_draft_of_an_older_version_can_be_read_and_changed(database: Database, new_name: str) -> None:
    for number, intent in enumerate(bot_file(2)["intents"]):
        document = {"_id": f"{new_name}:i.{number}", "bot": new_name, "position": number, "intent": intent}
        await database.collection(INTENTS).insert_one(document)
    drafts = Drafts(database)
    assert [entry.revision for entry in (await drafts.head(new_name)).of(INTENTS)] == [None, None]
    editors = [Drafts(database) for _ in range(5)]
    outcomes = await asyncio.gather(
        *(editor.change(INTENT, new_name, "i.1", reply("new", known=None)) for editor in editors)
    )
    assert all(outcome.after is not None for outcome in outcomes)
    assert (await export_bot(database, bot=new_name))["intents"][1]["speechResponse"] == "new"
    assert (await drafts.change(INTENT, new_name, "i.0", lambda intent: None)).after is None
    assert len((await export_bot(database, bot=new_name))["intents"]) == 1


async def test_change_that_was_killed_at_any_step_is_done_or_not(database: Database, new_name: str) -> None:
    await import_bot(database, bot_file(2), bot=new_name, source="f.json")
    drafts, step = Drafts(database), 0
    while await _killed(database, drafts.change(INTENT, new_name, "i.1", reply(f"at {step}")), step=step):
        await drafts.change(INTENT, new_name, "i.1", reply(f"after {step}"))
        assert (await export_bot(database, bot=new_name))["intents"][1]["speechResponse"] == f"after {step}"
        step += 1
    assert step >= 4


async def test_deletion_that_was_killed_can_be_repeated(database: Database, new_name: str) -> None:
    drafts, step, is_over = Drafts(database), 0, False
    while not is_over:
        await import_bot(database, bot_file(2), bot=new_name, source="f.json", replace=True)
        is_over = not await _killed(database, drafts.change(INTENT, new_name, "i.1", lambda intent: None), step=step)
        await drafts.change(INTENT, new_name, "i.1", lambda intent: None)
        assert len((await export_bot(database, bot=new_name))["intents"]) == 1
        step += 1
    assert step >= 4


async def _killed(database: Database, work: Any, *, step: int) -> bool:
    """Do some work until after this number of calls to the database and one more."""
    call, calls = database.call, [0]

    async def counted(what: str, operation: Any) -> Any:
        answer = await call(what, operation)
        calls[0] += 1
        if calls[0] > step:
            raise _Killed
        return answer

    database.call = counted  # type: ignore[method-assign]
    try:
        await work
    except _Killed:
        return True
    finally:
        database.call = call  # type: ignore[method-assign]
    return False


class _Killed(BaseException):
    """What a process that is killed does not get to handle."""


async def test_change_beside_an_import_is_refused(database: Database, new_name: str) -> None:
    await import_bot(database, bot_file(2), bot=new_name, source="f.json")
    drafts = Drafts(database)
    mine = await ImportJournal.open(database, new_name, [("bots", new_name, None)])
    assert await drafts.revisions.claim_all(await drafts.head(new_name), {}, importing=mine.token)
    beating = asyncio.create_task(_beat(mine))
    with pytest.raises(ImportUnderWay):
        await drafts.change(INTENT, new_name, "i.0", reply("x"))
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    await drafts.revisions.end_import(new_name, importing=mine.token)
    await mine.close()
    await drafts.change(INTENT, new_name, "i.0", reply("x"))


async def _beat(mine: ImportJournal) -> None:
    while True:
        await mine.beat()
        await asyncio.sleep(0.01)


async def test_edits_beside_imports_are_in_the_end_what_was_said_last(database: Database, new_name: str) -> None:
    """Imports and edits go on at once; an edit that was accepted is there, or was replaced by a later import."""
    await import_bot(database, bot_file(8), bot=new_name, source="f.json")
    drafts, accepted = Drafts(database), 0

    async def edit(number: int) -> None:
        nonlocal accepted
        for turn in range(6):
            try:
                await drafts.change(INTENT, new_name, f"i.{number}", reply(f"edit {turn}"))
                accepted += 1
            except ImportUnderWay:
                await asyncio.sleep(0.02)

    async def importing() -> None:
        for turn in range(3):
            await import_bot(database, bot_file(8, words=f"turn {turn}"), bot=new_name, source="f.json", replace=True)

    await asyncio.gather(*(edit(number) for number in range(4)), importing())
    head, found = await drafts.head(new_name), await export_bot(database, bot=new_name)
    assert accepted > 0
    assert head.importing is None
    assert len(found["intents"]) == 8
    for intent in found["intents"]:
        assert intent["trainingData"][0]["text"].startswith("turn 2")
    last = {f"i.{number}": await drafts.change(INTENT, new_name, f"i.{number}", reply("last")) for number in range(8)}
    assert all(change.after is not None for change in last.values())


async def test_import_does_not_overwrite_what_was_edited_after_it_has_read(database: Database, new_name: str) -> None:
    await import_bot(database, bot_file(3), bot=new_name, source="f.json")
    seen: list[Any] = []

    def require(before: Any, _: Any) -> None:
        seen.append(before)
        if len(seen) == 1:
            raise_later.append(True)

    raise_later: list[bool] = []
    call, drafts = database.call, Drafts(database)

    async def edited_in_between(what: str, operation: Any) -> Any:
        if what == "begin import" and len(seen) == 1:
            database.call = call  # type: ignore[method-assign]
            await drafts.change(INTENT, new_name, "i.1", reply("in between"))
        return await call(what, operation)

    database.call = edited_in_between  # type: ignore[method-assign]
    part = {"intents": [bot_file(1)["intents"][0] | {"speechResponse": "of the file"}]}
    await import_bot(database, part, bot=new_name, source="f.json", require=require)
    assert len(seen) == 2  # it has begun anew
    assert seen[1]["intents"][1]["speechResponse"] == "in between"
    found = (await export_bot(database, bot=new_name))["intents"]
    assert [intent.get("speechResponse") for intent in found] == ["of the file", "in between", None]


async def test_change_that_is_too_large_is_refused(database: Database, new_name: str) -> None:
    await import_bot(database, bot_file(1), bot=new_name, source="f.json")
    drafts = Drafts(database)
    before = copy.deepcopy(await export_bot(database, bot=new_name))
    with pytest.raises(DataRejected, match=r"17\.0 MB is more than the 16 MB"):
        await drafts.change(INTENT, new_name, "i.0", reply("x" * 17 * 2**20))
    assert await export_bot(database, bot=new_name) == before


async def test_change_many_changes_all(database: Database, new_name: str) -> None:
    await import_bot(database, bot_file(40), bot=new_name, source="f.json")
    drafts = Drafts(database)
    edits = {f"i.{n}": reply(f"r{n}") for n in range(40)} | {"new": lambda intent: {"name": "n", "intentId": "new"}}
    changes = await drafts.change_many(INTENT, new_name, edits)
    assert len(changes) == 41
    assert changes[40].before is None
    found = (await export_bot(database, bot=new_name))["intents"]
    assert [intent.get("speechResponse") for intent in found] == [f"r{n}" for n in range(40)] + [None]
    assert await drafts.find(ENTITY, new_name, "city") == {"name": "city"}

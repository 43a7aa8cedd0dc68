"""The budget of queries: what the platform sends, and that an index bounds what the database reads for it."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.registry.release import Release
from pipelines.schemas.keys import COLLECTIONS
from pipelines.settings import Settings
from serving.channels.graph_api import threads_of_sender
from serving.dialogue.messages import UserMessage
from serving.dialogue.turn import handle_turn
from serving.forget.store import Eraser
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.labelling.labels import Labels
from serving.store.schema import Schema
from serving.store.threads.inbox import Inbox, InboxItem
from serving.store.threads.turns import TurnLog
from serving.store.upkeep.check import DatabaseCheck
from serving.store.upkeep.retention import Retention
from serving.store.work.jobs import Jobs
from tests.conftest import WATCH
from tests.support.admin import AdminApi, open_admin
from tests.support.bots import TINY_BOT_WIRE
from tests.support.commands import CommandWatch
from tests.support.fixed import FixedReleases
from tests.support.labels import label_item
from tests.support.queries import (
    BEGIN,
    SCANS,
    SMALL,
    SORTED,
    WIDE,
    Measured,
    Shape,
    row_of,
    rows_in,
    shapes_of,
    table,
    with_table,
)
from tests.support.records import claim_of, now

COPIES = 30
GUIDE = Path(__file__).parents[3] / "serving" / "docs" / "database.md"
_BY_CHANCE = 4
"""Rows of the guide that a run may lack: whether calls go out together hangs on the moment."""
_MARGIN = 10
"""Documents that a query may look at beyond twice those that it returns."""
BOT = "default"


@pytest.fixture
async def admin(settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str) -> AsyncIterator[AdminApi]:
    more = {"mongo_uri": mongo_uri, "mongo_database": f"queries_{new_name}", "mongo_timeout_seconds": 60.0}
    async with open_admin(settings.model_copy(update=more), FixedReleases({BOT: tiny_release})) as admin:
        yield admin
        await admin.services.database.drop()


async def say(admin: AdminApi, thread: str, message_id: str, text: str) -> None:
    message = UserMessage(thread_id=thread, message_id=message_id, text=text, bot=BOT, channel="rest")
    await handle_turn(message, admin.services)


def event(number: int) -> InboxItem:
    thread, moment = "facebook:p:1", now()
    return InboxItem.new(
        BOT, thread, f"e{number}", channel="facebook", event="{}", happened_at=moment, place=number, now=moment
    )


async def talk(admin: AdminApi) -> None:
    database, schema = admin.services.database, admin.services.ledger.schema
    for message_id, text in (("m1", "hello"), ("m1", "hello"), ("m2", "i want to buy a tent"), ("m3", "2")):
        await say(admin, "ann", message_id, text)
    await say(admin, "bob", "m1", "xyzzy plugh")
    await say(admin, "bob", "m2", "track my order")
    for number in range(30):
        await say(admin, "long", f"m{number}", "hello")
    await say(admin, "long", "m0", "hello")  # its state no longer remembers that
    await say(admin, "odd:id", "m", "hi")
    log = TurnLog(database, ttl=timedelta(days=1))
    await log.claim(claim_of(BOT, 1, "c1", thread=f"{BOT}:dead", thread_id="dead"))
    await asyncio.gather(*(say(admin, f"t{number}", "m", "hi") for number in range(4)))
    inbox = Inbox(database, schema)
    sent = [event(0), event(1)]
    await inbox.accept(sent)
    await inbox.due_threads(now(), limit=10)
    await inbox.not_due(now())
    await inbox.due(now())
    await inbox.backlog()
    await inbox.newest_moment("facebook")
    await inbox.heal_misfits()
    await inbox.open_of(sent[0].thread_hash)
    claimed = await inbox.claim(sent[0], until=now() + timedelta(minutes=1))
    assert claimed is not None


async def browse(admin: AdminApi) -> None:
    """Read everything that pages and programs list, and change some of it."""
    database, client = admin.services.database, admin.owner
    await import_bot(database, TINY_BOT_WIRE, bot=BOT, source="test")
    items = [label_item(BOT, f"text {number}", value=number % 3) for number in range(5)]
    await Labels(database).store(items)
    bot = f"/api/v1/bots/{BOT}"
    first = items[0].key
    places = [
        "/health/ready", "/api/v1/bots", bot, f"{bot}/draft", f"{bot}/draft/difference", f"{bot}/draft/findings",
        f"{bot}/intents", f"{bot}/intents/greet", f"{bot}/entities", f"{bot}/examples", f"{bot}/test-set",
        f"{bot}/conversations", f"{bot}/conversations?limit=1",
        f"{bot}/conversations?text=hello&intent=greet&route=intent",
        f"{bot}/conversations?thread_id=ann", f"{bot}/conversations/ann", f"{bot}/analytics", f"{bot}/labels",
        f"{bot}/labels?limit=1", f"{bot}/labels?status=accepted", f"{bot}/labels/counts", f"{bot}/labels/{first}",
        f"{bot}/trainings", f"{bot}/tasks", f"{bot}/releases/journal", f"{bot}/channels", f"{bot}/channels/facebook",
        f"{bot}/settings", f"{bot}/settings/llm/usage", f"{bot}/access", f"{bot}/visitor-keys", f"{bot}/widget-keys",
        f"{bot}/privacy", f"{bot}/users/ann", "/api/v1/members", "/api/v1/keys", "/api/v1/audit",
        f"/api/v1/audit?bot={BOT}", "/admin/chatlogs", f"{bot}/users/ann/export",
    ]  # fmt: skip
    codes = {place: (await client.get(place)).status_code for place in places}
    assert {place: code for place, code in codes.items() if code >= 500 and place != "/health/ready"} == {}
    answered = [place for place, code in codes.items() if code == 200]
    assert len(answered) > 25, codes
    page = (await client.get(f"{bot}/conversations", params={"limit": 1})).json()
    await client.get(f"{bot}/conversations", params={"limit": 1, "cursor": page["next"]})
    page = (await client.get(f"{bot}/labels", params={"limit": 1})).json()
    await client.get(f"{bot}/labels", params={"limit": 1, "cursor": page["next"]})
    shown = await client.get(f"{bot}/intents/greet")
    await client.put(f"{bot}/intents/greet", json=shown.json(), headers={"If-Match": shown.headers["ETag"]})
    decision = {"action": "accept", "intent_id": "greet", "revision": 0}
    await client.post(f"{bot}/labels/{first}/decision", json=decision)
    labels = Labels(database)
    await labels.accept_agreed(BOT, by="a", now=now())
    await labels.decided(BOT, offset=0, limit=5)
    await labels.alike(items[1])
    await labels.counts(BOT)
    await client.post("/api/v1/keys", json={"name": "k", "roles": {"*": "viewer"}}, headers={"Idempotency-Key": "k1"})
    await (await admin.as_("labeller", bot=BOT)).get(f"{bot}/labels")
    await client.put("/api/v1/members/m1", json={"name": "M", "roles": {"*": "viewer"}})
    jobs = Jobs(database)
    await jobs.unfinished("chat API")
    await jobs.recent(BOT, limit=3)
    await admin.services.ledger.turns.newest_threads(BOT, count=3)
    await admin.services.ledger.turns.some_of_thread(f"{BOT}:long", after=3, limit=5)


async def keep_up(admin: AdminApi) -> None:
    """Do what runs in the background, and forget somebody."""
    database, ledger = admin.services.database, admin.services.ledger
    await Retention(database, Schema(database)).sweep(now())
    await DatabaseCheck(database).look(now())
    await ledger.find_orphans()
    eraser = Eraser(database)
    await eraser.find_threads(threads_of_sender("1"))
    traces = await eraser.look(BOT, ["bob"])
    await eraser.erase(traces)


async def run_everything(admin: AdminApi) -> list[dict[str, Any]]:
    """Return every command that a run through the platform has sent."""
    WATCH.kept = []
    try:
        await talk(admin)
        await browse(admin)
        await keep_up(admin)
        return WATCH.kept
    finally:
        WATCH.kept = None


async def crowd(database: Database, crowded: Database) -> None:
    """Fill a database that nobody works on with every document that grows with the messages, and copies of each.

    The copies are of other bots and threads.
    """
    await Schema(crowded).ensure()
    for name in sorted(COLLECTIONS - SMALL.keys()):
        documents = await database.collection(name).find({}).to_list(None)
        copies = [_copy(document, number) for document in documents for number in range(COPIES)]
        if copies:
            await crowded.collection(name).insert_many([*documents, *copies])


def _copy(document: dict[str, Any], number: int) -> dict[str, Any]:
    found = {field: _renamed(value, number) for field, value in document.items()}
    if found["_id"] == document["_id"]:
        found["_id"] = f"{document['_id']}~{number}"
    return found


def _renamed(value: Any, number: int) -> Any:
    if isinstance(value, str):
        return value.replace(BOT, f"other{number}")
    if isinstance(value, Mapping):
        return {key: _renamed(each, number) for key, each in value.items()}
    return [_renamed(each, number) for each in value] if isinstance(value, list) else value


async def measure(database: Database, shape: Shape) -> Measured:
    """Count what lies within the bounds that the filter gives the index, and what fits the whole filter.

    Where the server's own planner uses that index, it must say the same. SecantusDB's does so for one field or the
    fields of one compound index, and not with conditions beside them.
    """
    collection = database.collection(shape.collection)
    read = await collection.count_documents(shape.bounds)
    finding: dict[str, Any] = {"find": shape.collection, "filter": shape.bounds}
    said = await database._database.command({"explain": finding, "verbosity": "executionStats"})
    is_explained = "IXSCAN" in str(said["queryPlanner"]["winningPlan"])
    if is_explained:
        assert said["executionStats"]["totalDocsExamined"] <= read
    return Measured(read, await collection.count_documents(shape.example["filter"]), is_explained=is_explained)


@pytest.mark.slow
@pytest.mark.parametrize("mongo_uri", ["secantusdb"], indirect=True)
async def test_every_query_is_bounded_by_an_index_and_in_the_guide(
    admin: AdminApi, commands: CommandWatch, mongo_uri: str, new_name: str
) -> None:
    shapes = shapes_of(await run_everything(admin))
    growing = [shape for shape in shapes if shape.collection not in SMALL]
    places = {each.place: each for each in growing}
    assert len(places) > 50
    assert {place for place, each in places.items() if each.index is None and not each.is_ordered} == set(SCANS)
    assert {place for place, each in places.items() if each.is_sorted_in_memory and place not in SCANS} == set(SORTED)
    crowded = Database(mongo_uri, name=f"crowd_{new_name}", timeout_seconds=60.0)
    await crowd(admin.services.database, crowded)
    assert commands.problems == []
    found = {shape: await measure(crowded, shape) for shape in growing if shape.index is not None}
    commands.problems.clear()  # the platform itself explains nothing
    await crowded.drop()
    crowded.close()
    assert sum(each.is_explained for each in found.values()) > 25
    wide = {each.place for each, read in found.items() if read.n_read > 2 * read.n_found + _MARGIN}
    assert wide <= set(WIDE) <= set(places)
    fresh = table((shape, found.get(shape)) for shape in shapes)
    guide = await asyncio.to_thread(GUIDE.read_text, encoding="utf-8")
    if os.environ.get("WRITE_QUERIES"):
        guide = with_table(guide, fresh)
        await asyncio.to_thread(GUIDE.write_text, guide, encoding="utf-8")
    sent = {row_of(shape) for shape in shapes}
    assert sent - rows_in(guide) == set(), f"see {BEGIN}"
    assert len(rows_in(guide) - sent) <= _BY_CHANCE


def shape(collection: str, query: dict[str, Any], **more: Any) -> Shape:
    return shapes_of([{"find": collection, "filter": query, **more}])[0]


def test_the_budget_sees_what_no_index_serves() -> None:
    assert shape("turns", {"_id": {"$in": ["a"]}, "status": "done"}).index == "_id"
    assert shape("turns", {"text": "hello"}).index is None
    assert shape("turns", {"message_key": {"$gte": "a", "$lt": "b"}}).index == "message_key"
    assert shape("turns", {"holder": {"$ne": "a"}}).index is None
    assert shape("turns", {"holder": {"$gt": ""}}).index is None  # it is sparse
    assert shape("turns", {"holder": {"$gt": "", "$exists": True}}).index == "holder"
    assert shape("labels", {"status": "open", "value": 1}).index is None  # no prefix
    queue = {"bot": "b", "status": "open"}
    assert not shape("labels", queue, sort={"value": -1}).is_sorted_in_memory
    assert shape("labels", queue, sort={"text": 1}).is_sorted_in_memory
    assert shape("turns", {}, sort={"expires_at": -1}, limit=1).is_ordered
    assert not shape("turns", {}, sort={"expires_at": -1}).is_ordered
    [update] = shapes_of([{"update": "states", "updates": [{"q": {"_id": 1, "turn": 2}, "u": {}}]}])
    assert (update.command, update.text, update.index) == ("update", "_id, turn", "_id")

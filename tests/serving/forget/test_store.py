import json
from datetime import timedelta

import pytest

from pipelines.schemas.keys import thread_key
from pipelines.schemas.labels import LabelItem, Source
from pipelines.schemas.turns import LabelRecord
from serving.channels.graph_api import threads_of_sender
from serving.forget.store import DraftPlace, Eraser
from serving.store.bots import import_bot
from serving.store.client import Database
from serving.store.forgotten import Deletion
from serving.store.inbox import Inbox, InboxItem
from serving.store.labels import Labels
from serving.store.schema import Schema
from serving.store.turns import TurnLog
from tests.support.bots import intent
from tests.support.records import claim_of, now, turn_record

MESSENGER = "facebook:page1:8841"
HOUR = timedelta(hours=1)
SAID = "deliver it to quimbly lane"


def label(bot: str, text: str, *threads: str) -> LabelItem:
    sources = tuple(
        Source(thread_id=each, turn=1, message_id="m", said_at=now() - timedelta(days=2), release="1")
        for each in threads
    )
    fields = {"value": 0.5, "cluster": "c", "week": "2026-W48", "bound_for": "train", "created_at": now()}
    return LabelItem(bot=bot, text=text, sources=sources, **fields)


@pytest.fixture
async def full(database: Database, new_name: str) -> Database:
    """Give a database that knows two people: one on Messenger, and one who said some of the same."""
    schema, log = Schema(database), TurnLog(database, ttl=timedelta(days=1))
    await schema.ensure()
    key = thread_key(new_name, MESSENGER)
    theirs = {"thread": key, "thread_id": MESSENGER}
    meant = LabelRecord(message_id="m0", text="quimbly again", intent_id="greet", offered=("greet",))
    await log.append(turn_record(new_name, 1, "m1", text=SAID, **theirs))
    await log.append(turn_record(new_name, 2, "m2", text="Hello", label=meant, **theirs))
    message = json.dumps({"text": "buy quimbly a tent"})
    await log.claim(claim_of(new_name, 3, "m3", message=message, **theirs))
    await log.append(turn_record(new_name, 1, "m1", text="hello "))
    event = {"event": json.dumps({"text": "quimbly waits"}), "channel": "facebook", "happened_at": now(), "place": 0}
    await Inbox(database, schema).accept([InboxItem.new(new_name, MESSENGER, "m4", now=now(), **event)])
    items = [label(new_name, SAID, MESSENGER), label(new_name, "good day", MESSENGER, "t")]
    await Labels(database).store(items)
    return database


async def test_find_threads_finds_a_sender_on_every_channel(full: Database, new_name: str) -> None:
    eraser = Eraser(full)
    assert (await eraser.find_threads(threads_of_sender("8841")))[new_name] == {MESSENGER}
    assert (await eraser.find_threads(threads_of_sender("t")))[new_name] == {"t"}
    assert new_name not in await eraser.find_threads(threads_of_sender("884"))
    assert new_name not in await eraser.find_threads(threads_of_sender("8.*"))


async def test_look_gathers_every_text_and_knows_what_others_said(full: Database, new_name: str) -> None:
    traces = await Eraser(full).look(new_name, [MESSENGER])
    assert traces.counts == {"turns": 3, "inbox": 1, "labels": 2}
    mine = {SAID, "quimbly again", "buy quimbly a tent", "quimbly waits"}
    assert set(traces.first_said_at) == mine | {"Hello", "good day"}
    assert traces.first_said_at[SAID] < now() - timedelta(days=1)  # the label remembers an earlier time
    assert traces.shared == {"Hello", "good day"}


async def test_erase_leaves_nothing_of_them_and_all_of_others(full: Database, new_name: str) -> None:
    eraser = Eraser(full)
    await eraser.erase(await eraser.look(new_name, [MESSENGER]))
    left = [
        document
        for name in ("turns", "states", "inbox", "labels")
        for document in await full.collection(name).find({"bot": new_name}).to_list(None)
    ]
    assert "quimbly" not in str(left)
    assert "8841" not in str(left)
    assert len(left) == 2
    (shared,) = await Labels(full).page(new_name)
    assert [source.thread_id for source in shared.sources] == ["t"]
    assert (await eraser.look(new_name, [MESSENGER])).counts == {}


async def test_drafts_lose_the_examples_that_were_copied(database: Database, new_name: str) -> None:
    rows = ["hello there", "Deliver it  to quimbly lane", "good morning"]
    await import_bot(database, {"intents": [intent("greet", "Hi!", rows)]}, bot=new_name, source="test")
    eraser = Eraser(database)
    assert await eraser.find_drafts(new_name, {SAID}) == [DraftPlace("greet", 2)]
    await eraser.erase_drafts(new_name, {SAID})
    assert await eraser.find_drafts(new_name, {SAID, "hello there"}) == [DraftPlace("greet", 1)]


async def test_miner_that_read_a_thread_before_it_was_forgotten_stores_nothing_of_it(
    database: Database, new_name: str
) -> None:
    deletion = Deletion(database, [thread_key(new_name, MESSENGER)])
    await deletion.begin(now=now(), until=now() + HOUR)
    await deletion.finish(now=now())
    mined = [label(new_name, SAID, MESSENGER), label(new_name, "good day", MESSENGER, "t")]
    assert (await Labels(database).store(mined)).added == 1
    (stored,) = await Labels(database).page(new_name)
    assert [source.thread_id for source in stored.sources] == ["t"]
    later = label(new_name, SAID, MESSENGER)
    later = later.model_copy(update={"sources": (later.sources[0].model_copy(update={"said_at": now() + HOUR}),)})
    assert (await Labels(database).store([later])).added == 1  # a new conversation

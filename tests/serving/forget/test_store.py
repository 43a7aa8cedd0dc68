import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from pipelines.schemas.examples import Example
from pipelines.schemas.keys import thread_key, turn_key
from pipelines.schemas.labels import LabelItem, Source
from pipelines.schemas.turns import LabelRecord
from serving.channels.graph_api import threads_of_sender
from serving.forget.store import DraftPlace, Eraser
from serving.store.access.idempotency import Earlier, Idempotency, KeptResponse
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.drafts.test_sets import TestSets
from serving.store.labelling.labels import Labels
from serving.store.schema import Schema
from serving.store.threads.forgotten import Deletion, ForgottenThreads
from serving.store.threads.inbox import Inbox, InboxItem
from serving.store.threads.persons import PERSONAL, PersonalData
from serving.store.threads.turns import TurnLog
from serving.store.upkeep.quarantine import Quarantine
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
    event = json.dumps({"text": "quimbly waits"})
    sent = InboxItem.new(
        new_name, MESSENGER, "m4", channel="facebook", event=event, happened_at=now(), place=0, now=now()
    )
    await Inbox(database, schema).accept([sent])
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


async def test_erase_empties_kept_responses_and_their_requests_are_still_not_done_again(
    full: Database, new_name: str
) -> None:
    requests, eraser = Idempotency(full), Eraser(full)
    await requests.begin(new_name, "digest", now=now())
    decided = KeptResponse(200, {"etag": '"1"'}, json.dumps({"text": SAID}))
    await requests.end(new_name, "digest", decided, now=now())
    await eraser.erase(await eraser.look(new_name, [MESSENGER]))
    kept = await full.collection("idempotency").find_one({"_id": new_name})
    assert kept is not None
    assert "quimbly" not in str(kept)
    assert isinstance(kept["expires_at"], datetime)  # it still expires
    assert await requests.begin(new_name, "digest", now=now()) == Earlier(is_same=True, is_done=True, response=None)


async def test_drafts_lose_the_examples_that_were_copied(database: Database, new_name: str) -> None:
    rows = ["hello there", "Deliver it  to quimbly lane", "good morning"]
    await import_bot(database, {"intents": [intent("greet", "Hi!", rows)]}, bot=new_name, source="test")
    eraser = Eraser(database)
    assert await eraser.find_drafts(new_name, {SAID}) == [DraftPlace("greet", 2)]
    await eraser.erase_drafts(new_name, {SAID})
    assert await eraser.find_drafts(new_name, {SAID, "hello there"}) == [DraftPlace("greet", 1)]


async def test_test_sets_lose_the_rows_that_were_copied(database: Database, new_name: str) -> None:
    rows = [Example(id=str(number), text=text, intent="greet") for number, text in enumerate(("hello there", SAID))]
    await TestSets(database).add(new_name, rows, now=now())
    eraser = Eraser(database)
    (place,) = await eraser.find_drafts(new_name, {SAID})
    assert (str(place), place) == ("test set 1, row 2", DraftPlace("greet", 2, "test set 1"))
    ((moment, texts),) = await eraser.test_set_texts(new_name)
    assert moment <= now()
    assert texts == {"hello there", SAID}
    await eraser.erase_drafts(new_name, {SAID})
    assert await eraser.find_drafts(new_name, {SAID}) == []


async def test_miner_that_read_a_thread_before_it_was_forgotten_stores_nothing_of_it(
    database: Database, new_name: str
) -> None:
    deletion = Deletion(database, [thread_key(new_name, MESSENGER)], ttl=HOUR)
    await deletion.begin(now=now())
    await deletion.finish(now=now())
    mined = [label(new_name, SAID, MESSENGER), label(new_name, "good day", MESSENGER, "t")]
    assert (await Labels(database).store(mined)).added == 1
    (stored,) = await Labels(database).page(new_name)
    assert [source.thread_id for source in stored.sources] == ["t"]
    later = label(new_name, SAID, MESSENGER)
    ended = await ForgottenThreads(database).deletions(only_ended=True)
    assert (await Labels(database).store([later], before=ended)).added == 1  # a new conversation


async def test_what_cannot_be_read_is_forgotten_too(full: Database, new_name: str) -> None:
    await import_bot(full, {"intents": [intent("greet", "Hi!", ["hello"])]}, bot=new_name, source="test")
    for name, field in (("turns", "text"), ("turns", "created_at"), ("inbox", "event"), ("labels", "value")):
        theirs = {"thread_id": MESSENGER} if name == "turns" else {"bot": new_name}
        for document in await full.collection(name).find(theirs).to_list(None):
            await full.collection(name).replace_one({"_id": document["_id"]}, {**document, field: {"a": "x"}})
    undo = {"_id": f"{new_name}:greet", "bot": new_name, "before": "{"}
    await full.collection("draft_undo").insert_one(undo)
    await full.collection("intents").insert_one({"_id": f"{new_name}:x", "bot": new_name, "intent": 5})
    eraser = Eraser(full)
    traces = await eraser.look(new_name, [MESSENGER])
    assert SAID in traces.first_said_at
    assert await eraser.find_drafts(new_name, {"nothing"}) == []
    await eraser.erase_drafts(new_name, {"nothing"})
    await eraser.erase(traces)
    assert (await eraser.look(new_name, [MESSENGER])).counts == {}
    assert await full.collection("labels").find({"bot": new_name}).to_list(None) == []
    assert await full.collection("turns").count_documents({"bot": new_name}) == 1  # of somebody else


async def test_export_has_everything_that_is_erased(full: Database, new_name: str) -> None:
    key = thread_key(new_name, MESSENGER)
    state = {"_id": key, "bot": new_name, "thread_id": MESSENGER, "turn": 2, "state": json.dumps({"context": {"a": 1}})}
    await full.collection("states").insert_one(state)
    aside = {"_id": turn_key(key, 9), "text": "quimbly aside", "label": {"text": "quimbly meant"}}
    await Quarantine(full).copy("turns", aside, reason="odd", now=now())
    wire = {"intents": [intent("greet", "Hello!", ["Deliver it  to quimbly lane", "others"])]}
    await import_bot(full, wire, bot=new_name, source="a test")
    record = {"_id": thread_key(new_name, "greet"), "bot": new_name, "before": json.dumps(wire["intents"][0])}
    await full.collection("draft_undo").insert_one(record)
    rows = [Example(id="1", text=SAID.upper(), intent="greet"), Example(id="2", text="others", intent="greet")]
    await TestSets(full).add(new_name, rows, now=now())
    task = {
        "_id": f"{new_name}:1",
        "bot": new_name,
        "kind": "validate",
        "result": json.dumps({"says": f"{SAID}: twice"}),
    }
    await full.collection("tasks").insert_one(task)
    data = PersonalData(full, new_name)
    assert await data.thread_ids("8841", threads_of_sender("8841")) == ["8841", MESSENGER]
    exported = [row async for row in data.all(["8841", MESSENGER])]
    counts = Counter(name for name, _ in exported)
    assert set(counts) == set(PERSONAL)
    texts = json.dumps(exported)
    for said in (
        SAID,
        "quimbly again",
        "buy quimbly a tent",
        "quimbly waits",
        "quimbly aside",
        "quimbly meant",
        "good day",
    ):
        assert said in texts
    assert '"t"' not in texts.replace('"thread_id": "t"', "")
    assert not any(
        source["thread_id"] == "t" for name, row in exported if name == "labels" for source in row["sources"]
    )
    eraser = Eraser(full)
    traces = await eraser.look(new_name, [MESSENGER])
    assert {name: counts[name] for name in traces.counts} == traces.counts
    assert {"quimbly aside", "quimbly meant"} <= traces.first_said_at.keys()
    assert len(await eraser.find_drafts(new_name, {SAID})) == sum(
        counts[name] for name in ("intents", "draft_undo", "test_sets")
    )
    await eraser.erase(traces)
    await eraser.erase_drafts(new_name, {SAID})
    assert [row async for row in data.all(["8841", MESSENGER])] == []
    assert await data.thread_ids("8841", threads_of_sender("8841")) == ["8841"]


async def test_person_is_found_wherever_in_the_log(database: Database, new_name: str) -> None:
    await Schema(database).ensure()
    keys = [thread_key(new_name, f"t{n}") for n in range(9)]
    records = [turn_record(new_name, 1, "m", thread=key, thread_id=f"t{n}") for n, key in enumerate(keys)]
    await TurnLog(database, ttl=timedelta(days=1)).append_all(records)
    for n in range(9):
        assert await PersonalData(database, new_name, portion=4).thread_ids("x", f"^t{n}$") == [f"t{n}", "x"]

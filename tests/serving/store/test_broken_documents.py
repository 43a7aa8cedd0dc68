"""One document that this program did not write so must not keep the others of its collection from being used."""

import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import PyMongoError

from pipelines.errors import DataRejected, DocumentUnreadable, NotFound
from pipelines.schemas.examples import Example
from pipelines.schemas.keys import (
    HEALTH,
    INBOX,
    INTEGRATIONS,
    INTENTS,
    JOBS,
    LABELS,
    LLM_USAGE,
    PROMOTIONS,
    SHADOWS,
    TEST_SETS,
    TURNS,
    job_key,
    message_key,
    promotion_key,
    thread_hash,
    thread_key,
    turn_key,
    usage_key,
)
from pipelines.schemas.labels import Decision
from pipelines.steps.data.extract import extract_from_mongo
from pipelines.steps.data.labels import read_items
from pipelines.steps.data.test_set import read_test_set
from pipelines.steps.data.turns import read_turns
from serving.store.client import Database, Document
from serving.store.drafts.bots import export_bot, import_bot
from serving.store.drafts.test_sets import TestSets
from serving.store.integrations import Integration, IntegrationStore
from serving.store.labelling.labels import Labels
from serving.store.releases.promotions import Promotions
from serving.store.releases.shadows import ShadowCount, ShadowCounts
from serving.store.schema import Schema
from serving.store.threads.inbox import Inbox, InboxItem
from serving.store.threads.turns import TurnLog
from serving.store.upkeep.retention import Retention
from serving.store.usage import Reservation, TokenBudget
from serving.store.work.jobs import Jobs
from tests.serving.store.releases.test_promotions import move
from tests.support.bots import TINY_BOT_WIRE
from tests.support.labels import label_item
from tests.support.records import claim_of, now, turn_record
from tests.support.strange_documents import FEW, STRANGE, mangled

HOUR = timedelta(hours=1)
THREAD = "facebook:t"
EXPIRY = "expires_at"


class Broken:
    """Breaks documents of a collection, one field at a time, and gives back what they were."""

    def __init__(self, database: Database, collection: str) -> None:
        self.documents = database.collection(collection)

    async def each_way(
        self, key: str, *, without: tuple[str, ...] = (), values: tuple[Any, ...] = STRANGE
    ) -> AsyncIterator[tuple[str, Any]]:
        """Store a document in every broken form in turn; yields the field and its value."""
        sound = await self.documents.find_one({"_id": key})
        assert sound is not None
        for field in sound.keys() - {"_id", *without}:
            for value in values:
                try:
                    await self.documents.replace_one({"_id": key}, mangled(sound, field, value), upsert=True)
                except PyMongoError:  # this engine cannot hold such a value
                    continue
                yield field, value
        await self.documents.replace_one({"_id": key}, sound, upsert=True)


async def test_the_journal_of_promotions_goes_on(database: Database, new_name: str) -> None:
    journal = Promotions(database)
    for number in (1, 2, 3):
        await journal.append(move(new_name, str(number)))
    for broken in (2, 3):
        async for field, value in Broken(database, PROMOTIONS).each_way(promotion_key(new_name, broken), values=FEW):
            found = {entry.number for entry in await journal.recent(new_name) if isinstance(entry.number, int)}
            assert {1, 2, 3} - {broken} <= found, (field, value)
            assert await journal.append(move(new_name, "4")) == 4, (field, value)
            await database.collection(PROMOTIONS).delete_one({"_id": promotion_key(new_name, 4)})


async def test_shadows_are_counted_without_a_broken_one(database: Database, new_name: str) -> None:
    counts = ShadowCounts(database)
    for intent in ("a", "b"):
        await counts.add(ShadowCount(bot=new_name, shadow="2", against="1", intent_id=intent, turns=1), now=now())
    async for field, value in Broken(database, SHADOWS).each_way(f"{new_name}:2:1:a", values=FEW):
        assert "b" in {count.intent_id for count in await counts.of(new_name, "2")}, (field, value)


async def test_a_job_that_cannot_be_read_has_failed_and_the_next_one_runs(database: Database, new_name: str) -> None:
    jobs = Jobs(database)
    await jobs.request(new_name, by="ada", now=now(), backend="workers")
    running = await jobs.claim((await jobs.recent(new_name, limit=1))[0], holder="h", until=now() + HOUR, now=now())
    assert running is not None
    other, _ = await jobs.request(f"{new_name}-2", by="ada", now=now(), backend="workers")
    async for field, value in Broken(database, JOBS).each_way(job_key(new_name, 1)):
        unfinished = await jobs.unfinished("workers")
        assert other in unfinished, (field, value)
        (newest,) = await jobs.recent(new_name, limit=1)
        following, is_new = await jobs.request(new_name, by="ada", now=now(), backend="workers")
        assert is_new == newest.is_over, (field, value)
        if is_new:  # nothing readable is taken for broken
            assert following.number == 2, (field, value)
            await database.collection(JOBS).delete_one({"_id": job_key(new_name, 2)})
        else:
            assert await jobs.change(newest, share=0.5) is not None, (field, value)


async def test_what_is_no_job_is_put_aside(database: Database, new_name: str) -> None:
    key = f"{new_name}:5 of them"
    await database.collection(JOBS).insert_one({"_id": key, "bot": new_name})
    job, is_new = await Jobs(database).request(new_name, by="ada", now=now())
    assert (job.number, is_new) == (1, True)
    assert await database.collection(JOBS).find_one({"_id": key}) is None
    assert await database.collection("quarantine").find_one({"document_id": key}) is not None


async def test_the_labelling_queue_goes_on(
    database: Database, mongo_uri: str, new_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    await import_bot(database, TINY_BOT_WIRE, bot=new_name, source="test")
    labels = Labels(database)
    good = label_item(new_name, "a good one", agreed="greet", value=2.0)
    bad = label_item(new_name, "a secret one", agreed="greet", cluster=good.cluster)
    await labels.store([good, bad])
    async for field, value in Broken(database, LABELS).each_way(bad.id, without=("bot",), values=FEW):
        at = (field, value)
        assert good.key in {item.key for item in await labels.page(new_name)}, at
        assert good.key in {item.key for item in read_items(mongo_uri, "intentloop_test", new_name)}, at
        await labels.alike(good)
        await labels.decided(new_name, offset=0, limit=9)
        assert (await labels.counts(new_name))["open"] >= 1, at
        with suppress(NotFound):
            await labels.get(new_name, bad.key)
    assert extract_from_mongo(mongo_uri, "intentloop_test", new_name).frame is not None
    assert "a secret one" not in caplog.text
    assert bad.id in caplog.text
    decided = await labels.decide(new_name, good.key, Decision(status="accepted", intent_id="greet"), by="a", now=now())
    assert decided.status == "accepted"


async def test_accepting_what_is_agreed_on_leaves_out_a_broken_one(database: Database, new_name: str) -> None:
    await import_bot(database, TINY_BOT_WIRE, bot=new_name, source="test")
    labels = Labels(database)
    items = [label_item(new_name, text, agreed="greet") for text in ("one", "two", "three")]
    await labels.store(items)
    document = await database.collection(LABELS).find_one({"_id": items[1].id})
    assert document is not None
    await database.collection(LABELS).replace_one({"_id": items[1].id}, mangled(document, "sources", "x"))
    accepted = await labels.accept_agreed(new_name, by="ada", now=now())
    assert {item.text for item in accepted} == {"one", "three"}


@pytest.mark.parametrize("period", ["hour", "month"])
async def test_a_counter_of_tokens_that_counts_nothing_begins_anew(
    database: Database, new_name: str, period: str
) -> None:
    budget = TokenBudget(database, tokens_per_hour=1000, tokens_per_month=1000, now=now)
    assert isinstance(await budget.reserve(new_name, 10), Reservation)
    key = usage_key(new_name, f"{now():%Y-%m-%dT%H}" if period == "hour" else f"{now():%Y-%m}")
    async for field, value in Broken(database, LLM_USAGE).each_way(key, without=(EXPIRY,)):
        if isinstance(value, int) and value > 1000 and not isinstance(value, bool):
            continue  # a count, and too many
        reserved = await budget.reserve(new_name, 10)
        assert isinstance(reserved, Reservation), (field, value)
        await budget.settle(reserved, 0)
        stored = await database.collection(LLM_USAGE).find_one({"_id": key})
        assert stored is not None
        assert 0 <= stored["tokens"] <= 1000, (field, value)


async def test_settings_of_a_channel_that_cannot_be_read_are_named(database: Database, new_name: str) -> None:
    store = IntegrationStore(database)
    sound = Integration(bot=new_name, channel="facebook", settings={"verify": "v"})
    sound = await store.put(sound)
    said: set[str] = set()
    async for field, value in Broken(database, INTEGRATIONS).each_way(thread_key(new_name, "facebook")):
        try:
            found = await store.find(new_name, "facebook")
        except DocumentUnreadable as error:
            said.add(str(error))
            continue
        assert isinstance(found, Integration), (field, value)
    assert said
    assert all(repr(new_name) in sentence and "set-facebook" in sentence for sentence in said)
    assert await store.find(new_name, "facebook") == sound


async def test_a_test_set_that_cannot_be_read_is_named_and_a_new_one_can_be_stored(
    database: Database, mongo_uri: str, new_name: str
) -> None:
    store = TestSets(database)
    for text in ("one", "two"):
        await store.add(new_name, [Example(id="1", text=text, intent="greet")], now=now())
    following = [Example(id="1", text="three", intent="greet")]
    place = (mongo_uri, "intentloop_test", new_name)
    said: set[str] = set()
    async for field, value in Broken(database, TEST_SETS).each_way(
        f"{new_name}:0000000002", without=("bot", "kind"), values=FEW
    ):
        assert 1 in {version.number for version in await store.versions(new_name)}, (field, value)
        try:
            read = read_test_set(*place)
        except DataRejected as error:
            said.add(str(error))
        else:
            assert read is None or read.version.number == 2, (field, value)
        version, is_new = await store.add(new_name, following, now=now())
        assert (version.number, is_new) == (3, True), (field, value)
        found = await store.newest(new_name)
        assert found is not None
        assert found.rows[0].text == "three"
        await database.collection(TEST_SETS).delete_one({"_id": f"{new_name}:0000000003"})
    assert said
    assert all("import" in sentence for sentence in said)


async def test_rows_of_a_test_set_that_cannot_be_read_are_named(
    database: Database, mongo_uri: str, new_name: str
) -> None:
    store = TestSets(database)
    version, _ = await store.add(new_name, [Example(id="1", text="one", intent="greet")], now=now())
    key = f"{new_name}:{version.sha256}:0000"
    said: set[str] = set()
    async for field, value in Broken(database, TEST_SETS).each_way(key, without=("bot", "kind", "sha256"), values=FEW):
        await store.all(new_name)
        try:
            assert read_test_set(mongo_uri, "intentloop_test", new_name) is not None, (field, value)
        except DataRejected as error:
            said.add(str(error))
        await store.erase(new_name, {"another"})
    assert said
    assert all("import it again" in sentence for sentence in said)


async def test_what_is_known_of_the_clock_may_be_broken(database: Database, new_name: str) -> None:
    retention = Retention(database, Schema(database))
    await retention.believe(now())
    async for _field, _value in Broken(database, HEALTH).each_way("clock"):
        await retention.sweep(now())
    await retention.believe(now())


@pytest.mark.parametrize("collection", [INTENTS, "entities"])
async def test_a_broken_draft_is_named_and_an_import_mends_it(
    database: Database, mongo_uri: str, new_name: str, collection: str
) -> None:
    await import_bot(database, TINY_BOT_WIRE, bot=new_name, source="test")
    document = await database.collection(collection).find_one({"bot": new_name})
    assert document is not None
    n_named = 0
    async for _ in Broken(database, collection).each_way(document["_id"], without=("bot",), values=FEW):
        try:
            extract_from_mongo(mongo_uri, "intentloop_test", new_name)
            await export_bot(database, bot=new_name)
        except DataRejected as error:
            n_named += document["_id"] in str(error)
            await import_bot(database, TINY_BOT_WIRE, bot=new_name, source="test")
            extract_from_mongo(mongo_uri, "intentloop_test", new_name)
    assert n_named


def event(bot: str, message_id: str, *, place: int) -> InboxItem:
    moment = now()
    return InboxItem.new(
        bot, THREAD, message_id, channel="facebook", event="{}", happened_at=moment, place=place, now=moment
    )


async def test_the_other_events_of_a_thread_are_worked_on(database: Database, new_name: str) -> None:
    inbox = Inbox(database, Schema(database))
    first, second = event(new_name, "m1", place=0), event(new_name, "m2", place=1)
    other = InboxItem.new(
        new_name, "facebook:u", "m", channel="facebook", event="{}", happened_at=now(), place=0, now=now()
    )
    await inbox.accept([first, second, other])
    async for field, value in Broken(database, INBOX).each_way(first.key):
        at = (field, value)
        found = [item.key for item in await inbox.open_of(first.thread_hash)]
        assert second.key in found, at
        await inbox.heal_misfits()
        assert other.thread_hash in await inbox.due_threads(now() + HOUR, limit=1000), at
        await inbox.not_due(now())
        await inbox.backlog()
        await inbox.newest_moment("facebook")
        items = [item for item in await inbox.open_of(first.thread_hash) if item.key == first.key]
        for item in items:  # whoever works on it can claim it and finish it
            claimed = await inbox.claim(item, until=now() + HOUR) if item.is_open else item
            assert claimed is not None, at
            await inbox.beat(claimed)
            await inbox.close(claimed, sent=0)
        left = [item for item in await inbox.open_of(first.thread_hash) if item.is_open and item.key == first.key]
        assert left == [], at


@pytest.mark.parametrize("key", ["5", "x:y", 5])
async def test_an_event_without_a_thread_leaves_the_inbox(database: Database, new_name: str, key: Any) -> None:
    inbox = Inbox(database, Schema(database))
    sound = event(new_name, "m1", place=0)
    await inbox.accept([sound])
    document = await database.collection(INBOX).find_one({"_id": sound.key})
    assert document is not None
    await database.collection(INBOX).replace_one({"_id": key}, {**document, "_id": key}, upsert=True)
    assert [item.key for item in await inbox.open_of(sound.thread_hash)] == [sound.key]
    assert await database.collection(INBOX).find_one({"_id": key}) is None
    assert await database.collection("quarantine").find_one({"document_id": str(key)}) is not None


async def test_turns_are_read_for_training_without_a_broken_one(
    database: Database, mongo_uri: str, new_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    log = TurnLog(database, ttl=timedelta(days=1))
    nlu = {"text": "a secret", "ranking": [{"intent_id": "greet", "confidence": 0.9}], "entities": []}
    for number in (1, 2):
        assert await log.append(turn_record(new_name, number, f"m{number}", nlu=nlu, text="a secret"))
    since = now() - HOUR
    async for field, value in Broken(database, TURNS).each_way(turn_key(thread_key(new_name, "t"), 1), values=FEW):
        turns = read_turns(mongo_uri, "intentloop_test", new_name, since=since)
        assert 2 in turns["turn"].tolist(), (field, value)
        assert turns["said_at"].dt.tz is not None
        assert all(isinstance(text, str) for text in turns["text"]), (field, value)
        await log.newest_threads(new_name, count=5)
        await log.of_thread_id(new_name, "t")
    assert "a secret" not in caplog.text
    assert thread_hash(thread_key(new_name, "t"))[:12] in caplog.text


@pytest.mark.parametrize("key", ["5", "x:y", 5])
async def test_a_claim_under_a_key_of_no_turn_does_not_keep_others_from_being_finished(
    database: Database, new_name: str, key: Any
) -> None:
    log = TurnLog(database, ttl=timedelta(days=1))
    claim = claim_of(new_name, 1, "m1", holder="gone", beat=0)
    assert await log.claim(claim)
    document = await database.collection(TURNS).find_one({"message_key": message_key(claim.thread, "m1")})
    assert document is not None
    strange: Document = {**document, "_id": key, "message_key": message_key(claim.thread, "m2")}
    await database.collection(TURNS).replace_one({"_id": key}, strange, upsert=True)
    assert claim in [each for each in await log.open_claims(limit=1000) if each.bot == new_name]
    assert await log.of_message(claim.thread, "m2") is None
    assert await log.append(turn_record(new_name, 2, "m2"))


async def test_the_fault_is_named_once_a_read_and_quotes_nothing(
    database: Database, new_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Promotions(database)
    for number in range(1, 9):
        await journal.append(move(new_name, str(number), why="a secret"))
    rows = database.collection(PROMOTIONS)
    for number in range(1, 8):
        document = await rows.find_one({"_id": promotion_key(new_name, number)})
        assert document is not None
        await rows.replace_one({"_id": document["_id"]}, {**document, "kind": "a secret"})
    with caplog.at_level(logging.ERROR):
        assert [entry.number for entry in await journal.recent(new_name)] == [8]
    (line,) = caplog.messages
    assert line.startswith("promotions: 7 document(s) cannot be read: ")
    assert promotion_key(new_name, 1) in line
    assert "(kind)" in line
    assert "secret" not in caplog.text

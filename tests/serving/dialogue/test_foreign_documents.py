"""Documents that this program did not write so: a thread goes on, and nothing of them is lost."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from pipelines.registry.release import Release
from pipelines.schemas.keys import STATES, TURNS, thread_hash, thread_key
from pipelines.settings import Settings
from serving.store.client import Database, Document
from tests.support.chat import Chat, open_chat
from tests.support.records import claim_of

MISSING = object()
STRANGE: tuple[Any, ...] = (MISSING, None, "x", "", "3", -1, 3.5, True, [], [1], [{}], {}, {"a": 1}, "{", 2**40)
IDENTITY = ("_id", "message_key", "expires_at")


@pytest.fixture
async def chat(settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str) -> AsyncIterator[Chat]:
    changed = settings.model_copy(update={"mongo_uri": mongo_uri, "mongo_database": "intentloop_test"})
    async with open_chat(changed, tiny_release, bot=new_name) as chat:
        yield chat


async def mangled(database: Database, name: str, document: Document, field: str, value: Any) -> None:
    """Store a document with one field changed."""
    changed = {key: old for key, old in document.items() if key != field}
    if value is not MISSING:
        changed[field] = value
    await database.collection(name).replace_one({"_id": document["_id"]}, changed)


async def document_of(database: Database, name: str, key: str) -> Document:
    document = await database.collection(name).find_one({"_id": key})
    assert document is not None
    return document


async def kept_of(database: Database, key: str) -> list[Document]:
    """Give what was put aside of a thread."""
    found = await database.collection("quarantine").find({"thread": key}).to_list(None)
    return [json.loads(each["document"]) for each in found]


@pytest.mark.parametrize(
    "field", ["turn", "state", "recent", "channel", "earlier", "bot", "thread_id", "updated_at", "v"]
)
async def test_a_thread_goes_on_whatever_a_field_of_its_state_is(chat: Chat, database: Database, field: str) -> None:
    for number, value in enumerate(STRANGE):
        thread = f"{field}-{number}"
        await chat.say("i want to buy a tent", thread=thread, message_id="m1")
        key = thread_key(chat.bot, thread)
        await mangled(database, STATES, await document_of(database, STATES, key), field, value)
        again = await chat.send("i want to buy a tent", thread=thread, message_id="m1")
        assert (again.turn, again.replies[0].text) == (1, "How many?"), value
        answer = await chat.send("two", thread=thread)
        assert (answer.turn, answer.intent_id) == (2, "order_product"), value
        assert await document_of(database, STATES, key)


async def test_a_state_that_cannot_be_read_is_kept_whole_and_named(
    chat: Chat, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await chat.say("i want to buy a tent")
    key = thread_key(chat.bot, "t")
    before = await document_of(database, STATES, key)
    await mangled(database, STATES, before, "recent", MISSING)
    await mangled(database, STATES, {**await document_of(database, STATES, key), "v": 99}, "new", {"a": 1})
    with caplog.at_level(logging.ERROR):
        answer = await chat.send("two")
    assert answer.form is not None
    assert answer.form.slots["product"] == "tent"  # the form was open
    (kept,) = await kept_of(database, key)
    assert kept["state"] == before["state"]
    assert "new" in kept
    assert thread_hash(key)[:12] in caplog.text
    assert "tent" not in caplog.text


TURN_FIELDS = (
    "thread", "bot", "thread_id", "turn", "message_id", "channel", "message", "text", "release", "intent_id",
    "confidence", "route", "why", "nlu", "tool", "replies", "answer", "state", "created_at", "timings_ms", "label",
    "llm", "status", "v",
)  # fmt: skip


@pytest.mark.parametrize("field", TURN_FIELDS)
async def test_a_thread_goes_on_whatever_a_field_of_its_last_turn_is(
    chat: Chat, database: Database, field: str
) -> None:
    for number, value in enumerate((*STRANGE, "handed over")):
        thread = f"{field}-{number}"
        await chat.say("i want to buy a tent", thread=thread, message_id="m1")
        key = thread_key(chat.bot, thread)
        turn = await document_of(database, TURNS, f"{key}:0000000001")
        await mangled(database, TURNS, turn, field, value)
        await database.collection(STATES).delete_one({"_id": key})  # the log is ahead of the state
        again = await chat.send("i want to buy a tent", thread=thread, message_id="m1")
        assert again.turn == 1, value
        answer = await chat.send("two", thread=thread, message_id="m2")
        assert (answer.turn, answer.message_id) == (2, "m2"), value
        assert await document_of(database, TURNS, turn["_id"])
        assert len(await chat.services.ledger.turns.of_thread_id(chat.bot, thread)) >= 1


@pytest.mark.parametrize("field", ["message", "tool", "plan", "token", "holder", "beat", "until", "turn", "message_id"])
async def test_a_thread_goes_on_whatever_a_field_of_an_orphaned_claim_is(
    chat: Chat, database: Database, field: str
) -> None:
    own = chat.services.ledger._holder  # a claim of this process that it does not work on needs no waiting
    for number, value in enumerate(STRANGE):
        if field == "holder" and value is not MISSING:
            continue  # another process's, which is waited for
        thread = f"{field}-{number}"
        key = thread_key(chat.bot, thread)
        claim = claim_of(chat.bot, 1, "m1", thread=key, thread_id=thread, holder=own, beat=0)
        assert await chat.services.ledger.turns.claim(claim)
        stored = await document_of(database, TURNS, f"{key}:0000000001")
        await mangled(database, TURNS, stored, field, value)
        answer = await chat.send("hello", thread=thread, message_id="m2")
        assert (answer.turn, answer.replies[0].text) == (2, "Hello!"), value

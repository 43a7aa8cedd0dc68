"""Whoever may choose a thread's id reaches no thread of another channel with it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import JsonValue

from pipelines.registry.release import Release
from pipelines.schemas.keys import thread_key
from pipelines.schemas.turns import TurnRecord
from pipelines.settings import Settings
from serving.store.client import Database, Document
from tests.support.chat import Chat, open_chat
from tests.support.records import now, turn_record

CUSTOMER = "facebook:1001:2002"
SPELLINGS = (
    CUSTOMER, f"rest:{CUSTOMER}", f"rest/{CUSTOMER}", f" {CUSTOMER}", f"{CUSTOMER} ", "Facebook:1001:2002",
    "facebook%3A1001%3A2002", "facebook\uff1a1001\uff1a2002", "f\u0430cebook:1001:2002", "facebook:1001:2002:",
)  # fmt: skip


@pytest.fixture
async def chat(settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str) -> AsyncIterator[Chat]:
    changed = settings.model_copy(update={"mongo_uri": mongo_uri, "mongo_database": "intentloop_test"})
    async with open_chat(changed, tiny_release, bot=new_name) as chat:
        yield chat


async def say(chat: Chat, text: str, *, channel: str = "rest", thread: str = CUSTOMER, **fields: Any) -> JsonValue:
    """Send a message; give the product that its form knows."""
    response = await chat.send(text, thread=thread, channel=channel, **fields)
    assert response.thread_id == thread
    return response.form and response.form.slots.get("product")


async def make_old(database: Database, chat: Chat, *channels: str, thread: str = CUSTOMER) -> str:
    """Rewrite a thread as an earlier version left it, with a turn of each channel; its key."""
    key = thread_key(chat.bot, thread)
    state = '{"context": {"username": "Ann"}}'
    records = [
        turn_record(chat.bot, turn, f"old-{turn}", thread=key, thread_id=thread, channel=channel, state=state)
        for turn, channel in enumerate(channels, start=1)
    ]
    await chat.services.ledger.turns.append_all(records)
    document: Document = {"_id": key, "bot": chat.bot, "thread_id": thread, "turn": len(channels), "state": state}
    times = {"updated_at": now(), "expires_at": now() + timedelta(days=1)}
    recent = [{"message_id": record.message_id, "turn": record.turn} for record in records]
    await database.collection("states").insert_one({**document, "recent": recent, **times})
    return key


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_rest_does_not_reach_a_customers_form(chat: Chat, spelling: str) -> None:
    assert await say(chat, "i want to buy a tent", channel="facebook") == "tent"
    await say(chat, "cancel", thread=spelling)
    assert await say(chat, "two", thread=spelling) is None
    assert await say(chat, "two", channel="facebook") == "tent"


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_rest_prepares_no_thread_for_a_customer_who_has_yet_to_write(chat: Chat, spelling: str) -> None:
    assert await say(chat, "i want to buy a tent", thread=spelling) == "tent"
    assert await say(chat, "two", channel="facebook") is None
    assert await say(chat, "two", thread=spelling) == "tent"


async def test_messages_of_two_channels_with_the_same_ids_are_two(chat: Chat) -> None:
    mine = await chat.send("hello", thread=CUSTOMER, message_id="m1")
    theirs = await chat.send("i want to buy a tent", thread=CUSTOMER, message_id="m1", channel="facebook")
    assert (mine.turn, theirs.turn, mine.intent_id == theirs.intent_id) == (1, 1, False)


async def test_rest_threads_with_a_colon_from_before_go_on(chat: Chat, database: Database) -> None:
    key = await make_old(database, chat, "rest", "rest", thread="tenant:42")
    greeted = await chat.say("/init_conversation", thread="tenant:42", is_trusted=True)
    assert greeted[0] == "Hi Ann"
    assert await chat.services.ledger.turns.last_number(key) == 3
    again = await chat.services.ledger.open(chat.bot, "tenant:42", "old-1")
    assert isinstance(again, TurnRecord)  # it was answered before, by the earlier version
    assert len(await chat.services.ledger.turns.of_thread_id(chat.bot, "tenant:42")) == 3


@pytest.mark.parametrize("channels", [("facebook", "facebook"), ("facebook", "rest"), ("rest", "facebook", "rest")])
async def test_threads_of_a_platform_from_before_stay_its_own(
    chat: Chat, database: Database, channels: tuple[str, ...]
) -> None:
    await make_old(database, chat, *channels)
    greeted = await chat.say("/init_conversation", thread=CUSTOMER, is_trusted=True)
    assert greeted[0] != "Hi Ann"
    greeted = await chat.say("/init_conversation", thread=CUSTOMER, is_trusted=True, channel="facebook")
    assert greeted[0] == "Hi Ann"


async def test_customer_does_not_inherit_what_somebody_prepared_before(chat: Chat, database: Database) -> None:
    key = await make_old(database, chat, "rest", "rest")
    greeted = await chat.say("/init_conversation", thread=CUSTOMER, is_trusted=True, channel="facebook")
    assert greeted[0] != "Hi Ann"
    assert await chat.services.ledger.turns.last_number(key) == 3


async def test_stranger_does_not_hold_up_a_customer(chat: Chat) -> None:
    async with chat.services.thread_locks.hold(f"{chat.bot}:rest%2Ffacebook%3A1001%3A2002"):
        assert await say(chat, "i want to buy a tent", channel="facebook") == "tent"

"""ai-chatbot-framework's test chat: the whole state, kept apart from customers and from other authors."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.store.drafts.bots import import_bot
from tests.fakes.tool_server import ToolServer, tool_server
from tests.support.admin import AdminApi, open_admin
from tests.support.bots import TINY_BOT_WIRE
from tests.support.fixed import FixedReleases

URL = "/api/admin/test/chat"
KEYS = {
    "thread_id", "user_message", "bot_message", "nlu", "context", "intent", "parameters", "extracted_parameters",
    "missing_parameters", "complete", "current_node", "date",
}  # fmt: skip


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def admin(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, tool: ToolServer
) -> AsyncIterator[AdminApi]:
    more = {"mongo_uri": mongo_uri, "mongo_database": f"compat_{new_name}", "endpoints": {"shop": tool.url}}
    async with open_admin(settings.model_copy(update=more), FixedReleases({"default": tiny_release})) as admin:
        await import_bot(admin.services.database, TINY_BOT_WIRE, bot="default", source="test")
        yield admin


async def say(client: httpx2.AsyncClient, text: str, **context: Any) -> dict[str, Any]:
    response = await client.post(URL, json={"thread_id": "test-user", "text": text, "context": context})
    assert response.status_code == 200, response.text
    state: dict[str, Any] = response.json()
    assert state.keys() == KEYS
    return state


async def test_the_page_begins_a_chat(admin: AdminApi) -> None:
    state = await say(admin.owner, "/init_conversation", username="Admin")
    assert state["bot_message"] == [{"text": "Hi Admin"}, {"text": "What can I do for you?"}]
    assert state["user_message"] == {
        "thread_id": "test-user", "text": "/init_conversation", "channel": "rest", "context": {"username": "Admin"},
    }  # fmt: skip
    assert state["nlu"] == {"entities": {}, "intent": {"intent": "init_conversation", "confidence": 1.0}}
    assert (state["intent"], state["context"]) == ({"id": "init_conversation"}, {"username": "Admin"})
    assert (state["complete"], state["current_node"], state["missing_parameters"]) == (True, None, [])


async def test_a_form_is_filled_over_several_turns(admin: AdminApi) -> None:
    asked = await say(admin.owner, "i want to buy a tent")
    assert asked["intent"] == {"id": "order_product"}
    assert asked["nlu"]["entities"]["product"] == "tent"
    assert [each.keys() for each in asked["parameters"]] == [{"name", "type", "required"}] * 2
    assert (asked["extracted_parameters"], asked["missing_parameters"]) == ({"product": "tent"}, ["quantity"])
    assert (asked["complete"], asked["current_node"]) == (False, "quantity")
    done = await say(admin.owner, "two")
    assert (done["complete"], done["current_node"], done["missing_parameters"]) == (True, None, [])
    assert done["extracted_parameters"]["product"] == "tent"


async def test_tools_are_called(admin: AdminApi, tool: ToolServer) -> None:
    state = await say(admin.owner, "where is my order ORD-1042")
    assert state["bot_message"] == [{"text": "Order ORD-1042 is shipped."}]
    assert len(tool.received) == 1


async def test_any_intent_can_be_called_and_the_draft_answers(admin: AdminApi) -> None:
    changed = {**TINY_BOT_WIRE, "intents": [dict(each) for each in TINY_BOT_WIRE["intents"]]}
    greet = next(each for each in changed["intents"] if each["intentId"] == "greet")
    greet["speechResponse"] = "Good day!"
    await import_bot(admin.services.database, changed, bot="default", source="test")
    assert (await say(admin.owner, "/greet"))["bot_message"] == [{"text": "Good day!"}]


async def test_chats_are_kept_apart(admin: AdminApi) -> None:
    await say(admin.owner, "i want to buy a tent")
    other = await admin.as_("author", bot="default")
    assert "product" not in (await say(other, "two"))["extracted_parameters"]
    database = admin.services.database
    for name in ("states", "turns", "labels"):
        assert await database.collection(name).count_documents({}) == 0, name


async def test_what_is_missing_or_too_long_gets_the_right_status(admin: AdminApi) -> None:
    good = {"thread_id": "t", "text": "hello", "context": {}}
    for name in ("thread_id", "text"):
        assert (await admin.owner.post(URL, json={key: good[key] for key in good.keys() - {name}})).status_code == 422
    assert (await admin.owner.post(URL, json={**good, "text": "x" * 5000})).status_code == 422
    assert (await (await admin.as_("labeller")).post(URL, json=good)).status_code == 403


async def test_without_a_draft_the_release_that_answers_is_tried(admin: AdminApi) -> None:
    for name in ("bots", "intents", "entities"):
        await admin.services.database.collection(name).delete_many({})
    assert (await say(admin.owner, "hello"))["bot_message"] == [{"text": "Hello!"}]

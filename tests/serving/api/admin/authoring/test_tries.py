"""Trying a draft or a release, apart from customers."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.store.drafts.bots import import_bot
from tests.fakes.tool_server import ToolServer, answer, tool_server
from tests.support.admin import AdminApi, open_admin
from tests.support.bots import TINY_BOT_WIRE, intent, parameter
from tests.support.fixed import FixedReleases

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
URL = "/api/v1/bots/default/try"
JSON = {"Content-Type": "application/json"}
SECRET = "sk-canary0123456789"


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def admin(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, tool: ToolServer
) -> AsyncIterator[AdminApi]:
    more = {"mongo_uri": mongo_uri, "mongo_database": f"try_{new_name}", "endpoints": {"shop": tool.url}}
    seventh = replace(tiny_release, version="7")
    releases = FixedReleases({"default": tiny_release}, registered={("default", "7"): seventh, ("new", "7"): seventh})
    async with open_admin(settings.model_copy(update=more), releases) as admin:
        yield admin


async def attempt(client: httpx2.AsyncClient, text: str, *, url: str = URL, **fields: Any) -> dict[str, Any]:
    response = await client.post(url, json={"text": text, **fields})
    assert response.status_code == 200, response.text
    tried: dict[str, Any] = response.json()
    return tried


async def test_turn_is_explained_and_shows_the_call_without_sending_it(admin: AdminApi, tool: ToolServer) -> None:
    tried = await attempt(admin.owner, "where is my order ORD-1042")
    assert (tried["release"], tried["understanding"], tried["turn"]) == ("1", "1", 1)
    assert tried["decision"]["intent_id"] == "track_order"
    assert (tried["decision"]["route"], tried["decision"]["decided_by"]) == ("intent", "model")
    assert tried["ranking"][0]["intent_id"] == "track_order"
    assert tried["explanation"]["verdict"].startswith("Answered as track_order")
    assert [(slot["name"], slot["value"], slot["origin"]) for slot in tried["slots"]] == [
        ("order_id", "ORD-1042", "tagger")
    ]
    span = tried["entities"][0]
    assert "where is my order ORD-1042"[span["start"] : span["end"]] == "ORD-1042"
    assert tried["tool"]["url"] == f"{tool.url}/orders/ORD-1042?order_id=ORD-1042"
    assert (tried["tool"]["is_called"], tried["needs_tool_answer"], tried["replies"]) == (False, True, [])
    assert tool.received == []
    said = await attempt(admin.owner, "where is my order ORD-1042", tool_answer={"status": "lost"})
    assert said["replies"] == [{"text": "Order ORD-1042 is lost."}]
    assert tool.received == []


async def test_tool_is_called_for_real_on_request(admin: AdminApi, tool: ToolServer) -> None:
    tried = await attempt(admin.owner, "where is my order ORD-1042", tools="called")
    assert tried["replies"] == [{"text": "Order ORD-1042 is shipped."}]
    assert tried["tool"]["is_called"]
    assert [request.target for request in tool.received] == ["/orders/ORD-1042?order_id=ORD-1042"]
    tool.behaviours = [answer("{}", status="404 Not Found")]
    failed = await attempt(admin.owner, "where is my order ORD-1042", tools="called")
    assert (failed["tool"]["problem"], failed["tool"]["answer"]) == ("it answered with status 404", "{}")
    assert tool.received[0].headers["idempotency-key"] != tool.received[1].headers["idempotency-key"]


async def test_conversation_goes_on_by_its_thread_or_by_a_state_that_is_sent_back(admin: AdminApi) -> None:
    first = await attempt(admin.owner, "i want to buy a tent")
    assert first["form"]["asking"] == "quantity"
    second = await attempt(admin.owner, "2", thread_id=first["thread_id"])
    assert (second["turn"], second["decision"]["route"]) == (2, "form")
    assert second["explanation"]["verdict"].startswith("Form: the form of order_product took the text. ")
    assert {slot["name"]: slot["origin"] for slot in second["slots"]}["product"] == "earlier turn"
    assert second["replies"][0]["text"] == "Ordered: 2 x tent."
    branch = await attempt(admin.owner, "three", state=first["state"])
    assert branch["replies"][0]["text"] == "Ordered: 3 x tent." or branch["form"]["slots"]["quantity"] == "three"
    assert branch["thread_id"] != first["thread_id"]
    other = await attempt(admin.owner, "2", thread_id=first["thread_id"], url="/api/v1/bots/new/try", release=7)
    assert other["turn"] == 1  # another bot's conversation


async def test_draft_answers_over_the_newest_understanding(admin: AdminApi) -> None:
    wire = {
        **TINY_BOT_WIRE,
        "intents": [
            *(
                {**row, "speechResponse": "Hello from the draft!"} if row["intentId"] == "greet" else row
                for row in TINY_BOT_WIRE["intents"]
            ),
            intent("return_item", "Returned.", ["send it back"], parameters=[parameter("item", "Which?")]),
        ],
    }
    await import_bot(admin.services.database, wire, bot="default", source="a test")
    tried = await attempt(admin.owner, "hello", release="draft")
    assert (tried["release"], tried["understanding"]) == ("draft", "7")
    assert tried["replies"] == [{"text": "Hello from the draft!"}]
    assert tried["unknown_intents"] == ["return_item"]
    assert (await attempt(admin.owner, "hello"))["replies"] == [{"text": "Hello!"}]
    new = await attempt(admin.owner, "/return_item", release="draft")
    assert (new["decision"]["decided_by"], new["replies"]) == ("shortcut", [{"text": "Which?"}])
    assert new["explanation"] is None
    strict = {**wire, "thresholds": {"confidence": 1.0}}
    await import_bot(admin.services.database, strict, bot="default", source="a test")
    refused = await attempt(admin.owner, "hello", release="draft")
    assert refused["decision"]["route"] == "fallback"
    assert refused["explanation"]["thresholds"]["confidence"] == 1.0


async def test_secrets_of_a_tool_are_masked(admin: AdminApi, tool: ToolServer) -> None:
    details = {
        "url": f"{{{{ endpoints.shop }}}}/send?api_key={SECRET}&token={{{{ secrets.SHOP_TOKEN }}}}",
        "requestType": "POST",
        "headers": [
            {"headerKey": "Authorization", "headerValue": f"Bearer {SECRET}"},
            {"headerKey": "X-Shop", "headerValue": "{{ secrets.SHOP_TOKEN }}"},
            {"headerKey": "X-Plain", "headerValue": "plain"},
        ],
        "isJson": True,
        "jsonData": '{"password": "PASSWORD", "what": "{{ parameters.what }}"}'.replace("PASSWORD", SECRET),
    }
    wire = {"intents": [intent("send", "Sent.", ["send it"], apiTrigger=True, apiDetails=details)]}
    wire["intents"].append(intent("fallback", "Sorry?", []))
    wire["intents"][0]["parameters"] = [parameter("what", "What?", type="free_text")]
    await import_bot(admin.services.database, wire, bot="default", source="a test")
    first = await attempt(admin.owner, "/send", release="draft")
    response = await admin.owner.post(
        URL, json={"text": "my shoes", "release": "draft", "thread_id": first["thread_id"], "tool_answer": None}
    )
    tried = response.json()
    assert SECRET not in response.text
    headers = {header["name"]: header["value"] for header in tried["tool"]["headers"]}
    assert headers == {"Authorization": "***", "X-Shop": "***", "X-Plain": "plain"}
    assert tried["tool"]["body"] == {"password": "***", "what": "my shoes"}
    assert tried["tool"]["url"].endswith("/send?api_key=***&token=***")
    assert tried["replies"] == [{"text": "Sent."}]


async def test_nothing_of_a_try_reaches_what_customers_leave(admin: AdminApi) -> None:
    database = admin.services.database
    await attempt(admin.owner, "hello my secret name is Zaphod")
    counts = {name: await database.collection(name).count_documents({}) for name in await database.collections()}
    assert {name for name, n in counts.items() if n} - {"health", "forgotten"} == {"try_states", "audit_log"}
    assert "Zaphod" not in str(await admin.audit())
    assert admin.services.releases.observed == []  # type: ignore[attr-defined]


async def test_wrong_requests_are_answered_in_words(admin: AdminApi) -> None:
    viewer, author = await admin.as_("labeller"), await admin.as_("author", bot="default")
    assert (await viewer.post(URL, json={"text": "hi"})).status_code == 403
    assert (await author.post(URL, json={"text": "hi"})).status_code == 200
    for body, status in (
        ({}, 422),
        ({"text": "hi", "release": "canary"}, 422),
        ({"text": "hi", "release": 8}, 404),
        ({"text": "hi", "release": "00000007"}, 200),
        ({"text": "hi", "release": True}, 422),
        ({"text": "hi", "tools": "maybe"}, 422),
        ({"text": "hi", "tool_anwser": {}}, 422),
        ({"text": "x" * 40_000}, 422),
        ({"text": "hi", "state": {"forms": 3}}, 422),
        ({"text": "hi", "thread_id": "a\nb"}, 422),
        ({"text": "hi", "context": {"x": "y" * 40_000}}, 422),
        ({"text": "hi \ud800 \x00", "thread_id": "$where"}, 200),
        ({"text": ""}, 200),
    ):
        answered = await author.post(URL, content=json.dumps(body), headers=JSON)
        assert answered.status_code == status, (body, answered.text)
    assert (await admin.owner.post("/api/v1/bots/nobody/try", json={"text": "hi"})).status_code == 503
    nobody = await admin.owner.post("/api/v1/bots/nobody/try", json={"text": "hi", "release": "draft"})
    assert nobody.status_code == 404

"""Previews of an intent that need not be stored."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from pipelines.schemas.phrases import PLACEHOLDERS_BY_PHRASE
from pipelines.settings import Settings
from tests.fakes.tool_server import ToolServer, answer, tool_server
from tests.support.admin import AdminApi, open_admin
from tests.support.bots import intent, parameter
from tests.support.fixed import FixedReleases

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
URL = "/api/v1/bots/shop/draft/preview"
SECRET = "sk-canary0123456789"


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def admin(settings: Settings, mongo_uri: str, new_name: str, tool: ToolServer) -> AsyncIterator[AdminApi]:
    more = {"mongo_uri": mongo_uri, "mongo_database": f"preview_{new_name}", "endpoints": {"shop": tool.url}}
    async with open_admin(settings.model_copy(update=more), FixedReleases({})) as admin:
        made = await admin.owner.post("/api/v1/bots", json={"name": "shop", "language": "de"})
        assert made.status_code == 201, made.text
        yield admin


async def preview(admin: AdminApi, wire: dict[str, Any], **fields: Any) -> dict[str, Any]:
    response = await admin.owner.post(URL, json={"intent": wire, **fields})
    assert response.status_code == 200, response.text
    shown: dict[str, Any] = response.json()
    return shown


async def test_texts_of_an_untrained_bot_are_rendered_in_its_language(admin: AdminApi) -> None:
    reply = "{{ parameters.sum | money('EUR') }} ### {{ parameters.nmae }}"
    wire = intent("pay", reply, [], parameters=[parameter("sum", "Wie viel?", type="money")])
    shown = await preview(admin, wire, parameters={"sum": 12.5})
    said, question = shown["texts"]
    assert (said["place"], said["messages"], said["missing"]) == (
        "speechResponse",
        ["12,50\N{NO-BREAK SPACE}€"],
        ["nmae"],
    )
    assert (question["place"], question["messages"]) == ("sum.prompt", ["Wie viel?"])
    assert shown["tool"] is None
    broken = await preview(admin, intent("pay", "{{ parameters.sum", []))
    assert broken["texts"][0]["messages"] == [None]
    assert broken["texts"][0]["problem"]


async def test_a_tool_is_shown_and_only_on_request_called(admin: AdminApi, tool: ToolServer) -> None:
    wire = intent("order", "Number {{ result.id }}.", [], parameters=[parameter("size", "", type="text")],
        apiTrigger=True, apiDetails={"url": "{{ endpoints.shop }}/orders", "requestType": "POST", "isJson": True,
            "headers": [{"headerKey": "X-Key", "headerValue": SECRET}],
            "jsonData": '{"size": {{ parameters.size }}}'})  # fmt: skip
    shown = await preview(admin, wire, parameters={"size": "gro\u00df"})
    assert (shown["tool"]["method"], shown["tool"]["body"], shown["tool"]["is_called"]) == (
        "POST",
        {"size": "gro\u00df"},
        False,
    )
    assert SECRET not in str(shown)
    assert tool.received == []
    tool.behaviours = [answer('{"id": 7}')]
    called = await preview(admin, wire, parameters={"size": "klein"}, tool="called")
    assert (called["tool"]["result"], called["texts"][0]["messages"]) == ({"id": 7}, ["Number 7."])
    assert len(tool.received) == 1
    assert called["endpoints"] == ["shop"]
    log = await admin.owner.get("/api/v1/audit", params={"action": "Preview an intent"})
    assert [entry["target"] for entry in log.json()["items"]] == ["order"]


async def test_a_tool_that_fails_shows_what_it_answered_and_who_can_do_what(admin: AdminApi, tool: ToolServer) -> None:
    wire = intent("order", "Ordered.", [], apiTrigger=True,
        apiDetails={"url": "{{ endpoints.shop }}/orders", "requestType": "POST", "isJson": True})  # fmt: skip
    tool.behaviours = [answer('{"detail": "no such size"}', status="422 No")]
    refused = await preview(admin, wire, tool="called")
    assert refused["tool"]["problem"] == "it answered with status 422"
    assert refused["tool"]["answer"] == '{"detail": "no such size"}'
    private = {**wire, "apiDetails": {**wire["apiDetails"], "url": "http://127.0.0.1:9/orders"}}
    dead_end = await preview(admin, private, tool="called")
    assert "(INTENTLOOP_TOOL_ALLOWED_HOSTS=127.0.0.1)" in dead_end["tool"]["problem"]
    place = str(admin.app.state.settings.home.resolve() / "settings.env")
    assert place in dead_end["tool"]["problem"]
    author = await (await admin.as_("author")).post(URL, json={"intent": private, "tool": "called"})
    assert place not in author.json()["tool"]["problem"], "only an operator may know where it is"
    assert "settings.env of the server's home folder" in author.json()["tool"]["problem"]


async def test_what_a_bot_says_unasked_is_shown_in_its_language(admin: AdminApi) -> None:
    shown = (await admin.owner.get("/api/v1/bots/shop")).json()
    assert (shown["phrases"], shown["built_in_phrases"]["done"]) == ({}, "Erledigt.")
    assert set(shown["built_in_phrases"]) == set(PLACEHOLDERS_BY_PHRASE)


async def test_broken_json_is_told_with_its_place(admin: AdminApi) -> None:
    body = '{"size": {{ parameters.size }},}'
    details = {"url": "https://shop.example/orders", "requestType": "POST", "isJson": True, "jsonData": body}
    size = parameter("size", "", type="text")
    wire = intent("order", "", [], apiTrigger=True, parameters=[size], apiDetails=details)
    shown = await preview(admin, wire, parameters={"size": "x"})
    (fault,) = shown["faults"]
    assert (fault["field"], fault["offset"]) == ("jsonData", body.rindex(","))
    assert "comma" in fault["detail"]
    assert shown["tool"] is None

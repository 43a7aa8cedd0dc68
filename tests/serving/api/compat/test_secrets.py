"""Secrets planted wherever the admin API takes one are in no response, log line, export or audit entry."""

import json
import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.store.drafts.bots import export_bot, import_bot
from serving.store.integrations import IntegrationStore
from tests.fakes.graph_server import failure
from tests.fakes.llm_server import fails
from tests.fakes.tool_server import ToolServer, answer, tool_server
from tests.support.admin import TOKEN, AdminApi, open_admin
from tests.support.bots import TINY_BOT_WIRE
from tests.support.fixed import FixedReleases

CANARY = re.compile(rb"canary[0-9a-f]{6}|a-token-of-the-operator|intentloop_[0-9a-f]{10}_[0-9a-f]{20}")
ANYWAY = {"If-Match": "*"}
BOT = "/api/v1/bots/default"
TOOL = {
    "url": "https://u:canary000001@shop.test/?api_key=canary000002&q={{ parameters.q }}",
    "requestType": "POST",
    "isJson": True,
    "headers": [{"headerKey": "Authorization", "headerValue": "Bearer canary000003"}],
    "jsonData": '{"password": "canary000004"}',
    "client_secret": "canary000005",
}
INTENT: dict[str, Any] = {
    "name": "Buy", "intentId": "buy", "speechResponse": "Done.", "apiTrigger": True, "apiDetails": TOOL,
    "parameters": [],
}  # fmt: skip
SETTINGS = {"verify": "canary000006", "secret": "canary000007", "page_access_token": "canary000008"}
PAGES = {"settings": {"page_access_tokens": {"7": "canary000009"}}}
CONFIG = {"llm_settings": {"base_url": "https://llm.example/v1", "api_key": "canary00000a"}}
FILE = {
    "intents": [INTENT | {"intentId": "sell"}],
    "entities": [],
    "nlu_config": {"pipeline_type": "llm", "llm_settings": {"model_name": "m", "api_key": "canary00000b"}},
}


@pytest.fixture
async def platform() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def admin(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, platform: ToolServer
) -> AsyncIterator[AdminApi]:
    more = {
        "mongo_uri": mongo_uri,
        "mongo_database": f"secrets_{new_name}",
        "facebook_api_url": f"{platform.url}/v24.0",
        "llm_base_url": f"{platform.url}/v1",
        "openai_api_key": "canary00000c",
        "facebook_app_secret": "canary00000d",
    }
    async with open_admin(settings.model_copy(update=more), FixedReleases({"default": tiny_release})) as admin:
        await import_bot(admin.services.database, TINY_BOT_WIRE, bot="default", source="test")
        yield admin


async def planting(admin: AdminApi, platform: ToolServer) -> list[httpx2.Response]:
    """Send a secret wherever one can be sent, rightly and wrongly; give every response."""
    owner, file = admin.owner, {"file": ("canary.json", json.dumps(FILE).encode(), "application/json")}
    platform.behaviours = [failure(190, message="canary00000e"), answer("{}"), fails("401 No", message="canary00000f")]
    wrong = {"is_enabled": True, "settings": {"secret": "***canary000010", "canary000011": "canary000012"}}
    endpoint = {"llm_endpoint": {"base_url": "https://u:canary000013@llm.example", "key": "canary000014"}}
    return [
        await owner.post("/admin/intents/", json=INTENT),
        await owner.post("/admin/intents/", json=INTENT | {"parameters": "canary000015"}),
        await owner.put("/admin/intents/buy", json=INTENT),
        await owner.put(f"{BOT}/intents/buy", json=INTENT, headers=ANYWAY),
        await owner.put(f"{BOT}/intents/buy", json=INTENT, headers={"If-Match": '"stale"'}),
        await owner.post("/admin/bots/default/import", files=file),
        await owner.put("/admin/integrations/facebook", json={"status": True, "settings": SETTINGS}),
        await owner.put("/admin/integrations/facebook", json={"settings": {"secret": ["canary000016"]}}),
        await owner.patch(f"{BOT}/channels/facebook", json=PAGES, headers=ANYWAY),
        await owner.patch(f"{BOT}/channels/facebook", json=PAGES, headers={"If-Match": '"stale"'}),
        await owner.put(f"{BOT}/channels/facebook", json=wrong, headers=ANYWAY),
        await owner.post(f"{BOT}/channels/facebook/test"),
        await owner.put("/admin/bots/default/config", json=CONFIG),
        await owner.patch(f"{BOT}/settings", json=endpoint, headers=ANYWAY),
        await owner.post(f"{BOT}/settings/llm/test", json={"model": "m"}),
        await owner.post("/admin/test/chat", json={"thread_id": "t", "text": "/buy", "context": {}}),
        await owner.get("/admin/chatlogs/", params={"page": "canary000017"}),
    ]


async def reading(admin: AdminApi) -> list[httpx2.Response]:
    """Read everything that may show what was planted, as different people."""
    places = [
        "/admin/intents/", "/admin/intents/buy", "/admin/bots/default/config", "/admin/bots/default/export",
        "/admin/integrations/", "/admin/integrations/facebook", "/admin/entities/", f"{BOT}/channels",
        f"{BOT}/channels/facebook", f"{BOT}/settings", f"{BOT}/intents", f"{BOT}/intents/buy", f"{BOT}/draft",
        BOT, "/api/v1/bots", "/api/v1/keys", "/api/v1/audit", "/openapi.json", "/health/ready", "/nowhere",
    ]  # fmt: skip
    clients = [admin.owner, await admin.as_("viewer", bot="default"), await admin.client("Bearer canary000018")]
    return [await client.get(place) for client in clients for place in places]


async def test_planted_secrets_come_out_nowhere(
    admin: AdminApi, platform: ToolServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="serving")
    caplog.set_level(logging.DEBUG, logger="pipelines")
    responses = [*await planting(admin, platform), *await reading(admin)]
    assert {200, 401, 404, 412, 422} <= {response.status_code for response in responses}
    assert not [response.status_code for response in responses if response.status_code >= 500]
    shown = {
        f"{response.request.method} {response.request.url.path}": found
        for response in responses
        if (found := CANARY.findall(response.content + str(dict(response.headers)).encode()))
    }
    assert shown == {}
    entries = await admin.audit(limit=200)
    assert len(entries) >= 5
    assert CANARY.findall(str([entry.model_dump() for entry in entries]).encode()) == []
    assert CANARY.findall(caplog.text.encode()) == []
    assert TOKEN not in caplog.text


async def test_what_was_planted_is_what_is_used(admin: AdminApi, platform: ToolServer) -> None:
    """Masking must not be losing: after every write above, the secrets are still there."""
    await planting(admin, platform)
    for place in ("/admin/intents/buy", "/admin/integrations/facebook"):
        shown = (await admin.owner.get(place)).json()
        assert (await admin.owner.put(place, json=shown)).status_code == 200
    stored = await export_bot(admin.services.database, bot="default")
    assert next(each for each in stored["intents"] if each["intentId"] == "buy")["apiDetails"] == TOOL
    found = await IntegrationStore(admin.services.database).find("default", "facebook")
    assert found is not None
    assert found.settings == SETTINGS | {"page_access_tokens": {"7": "canary000009"}}

"""Every documented call of ai-chatbot-framework, replayed: one after the other as its clients send them.

The table of `serving/docs/moving-here.md` is what this test sees; `pytest -s` prints it.
"""

import hashlib
import hmac
import json
from typing import Any

import httpx2
import pytest

from tests.support.admin import AdminApi
from tests.support.bots import TINY_BOT_WIRE
from tests.support.docs import ROOT

GUIDE = ROOT / "serving" / "docs" / "moving-here.md"
INTENT = {"name": "Hours", "intentId": "hours", "speechResponse": "9 to 5", "parameters": [], "apiTrigger": False}
ENTITY: dict[str, Any] = {"name": "size", "entity_values": []}
EVENT = b'{"object": "page", "entry": []}'
SIGNED = {"X-Hub-Signature-256": "sha256=" + hmac.new(b"s", EVENT, hashlib.sha256).hexdigest()}
CHALLENGE = {"hub.mode": "subscribe", "hub.verify_token": "v", "hub.challenge": "17"}
CHAT = {"thread_id": "test-user", "text": "hello", "context": {}}
FACEBOOK = {"status": True, "settings": {"verify": "v", "secret": "s", "page_access_token": "t"}}
BOT = {"file": ("bot.json", json.dumps(TINY_BOT_WIRE).encode(), "application/json")}

# as the path is documented, what is sent, and for a second row of a call what is special about it
CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("GET", "/", {}, ""),
    ("GET", "/ready", {}, ""),
    ("GET", "/static/widget/script.js", {}, ""),
    ("POST", "/admin/bots/default/import", {"files": BOT}, ""),
    ("POST", "/admin/bots/default/import", {"files": {"file": ("x", b"{")}}, "no JSON"),
    ("GET", "/admin/bots/default/export", {}, ""),
    ("GET", "/admin/bots/default/config", {}, ""),
    ("GET", "/admin/bots/nowhere/config", {}, "unknown bot"),
    ("PUT", "/admin/bots/default/config", {"json": {"pipeline_type": "traditional"}}, ""),
    ("PUT", "/admin/bots/nowhere/config", {"json": {}}, "unknown bot"),
    ("POST", "/admin/intents/", {"json": INTENT}, ""),
    ("POST", "/admin/intents/", {"json": INTENT}, "the same `intentId` again"),
    ("POST", "/admin/intents/", {"json": {}}, "empty"),
    ("GET", "/admin/intents/", {}, ""),
    ("GET", "/admin/intents/hours", {}, ""),
    ("GET", "/admin/intents/nothing", {}, "unknown"),
    ("PUT", "/admin/intents/hours", {"json": INTENT}, ""),
    ("PUT", "/admin/intents/nothing", {"json": INTENT | {"intentId": "nothing"}}, "unknown"),
    ("POST", "/admin/train/hours/data", {"json": [{"text": "are you open", "entities": []}]}, ""),
    ("GET", "/admin/train/hours/data", {}, ""),
    ("GET", "/admin/train/nothing/data", {}, "unknown"),
    ("DELETE", "/admin/intents/hours", {}, ""),
    ("DELETE", "/admin/intents/hours", {}, "unknown"),
    ("DELETE", "/admin/intents/fallback", {}, "needed by every bot"),
    ("POST", "/admin/entities/", {"json": ENTITY}, ""),
    ("GET", "/admin/entities/", {}, ""),
    ("GET", "/admin/entities/size", {}, ""),
    ("PUT", "/admin/entities/size", {"json": ENTITY}, ""),
    ("DELETE", "/admin/entities/size", {}, ""),
    ("GET", "/admin/entities/size", {}, "unknown"),
    ("POST", "/admin/train/build_models", {"json": {}}, ""),
    ("POST", "/admin/test/chat", {"json": CHAT}, ""),
    ("POST", "/admin/test/chat", {"json": {"text": "hello"}}, "without `thread_id`"),
    ("GET", "/admin/integrations/", {}, ""),
    ("GET", "/admin/integrations/facebook", {}, ""),
    ("GET", "/admin/integrations/slack", {}, "unknown"),
    ("PUT", "/admin/integrations/facebook", {"json": FACEBOOK}, ""),
    ("PUT", "/admin/integrations/facebook", {"json": {"status": "perhaps"}}, "wrong"),
    ("POST", "/bots/channels/rest/webbook", {"json": CHAT}, ""),
    ("POST", "/bots/channels/rest/webbook", {"json": CHAT | {"text": ""}}, "empty text"),
    ("GET", "/admin/chatlogs/", {"params": {"page": 1, "limit": 10}}, ""),
    ("GET", "/admin/chatlogs/test-user", {}, ""),
    ("GET", "/admin/chatlogs/nobody", {}, "unknown"),
    ("GET", "/bots/channels/facebook/webhook", {"params": CHALLENGE}, ""),
    ("GET", "/bots/channels/facebook/webhook", {"params": CHALLENGE | {"hub.verify_token": "x"}}, "wrong token"),
    ("POST", "/bots/channels/facebook/webhook", {"content": EVENT, "headers": SIGNED}, ""),
    ("POST", "/bots/channels/facebook/webhook", {"content": EVENT}, "no signature"),
]


def shape_of(response: httpx2.Response) -> str:
    """Say what the body is made of."""
    if not response.headers.get("content-type", "").startswith("application/json"):
        return response.headers.get("content-type", "").partition(";")[0]
    body = response.json()
    if isinstance(body, list):
        return f"list of {_names(body[0])}" if body else "empty list"
    return _names(body)


def _names(value: Any) -> str:
    return ", ".join(f"`{name}`" for name in value) if isinstance(value, dict) else type(value).__name__


async def replayed(admin: AdminApi, prefix: str, *, trains: bool) -> list[str]:
    rows = []
    for method, path, sent, special in CALLS:
        if path.endswith("/build_models") and not trains:
            continue
        response = await admin.owner.request(method, prefix + path, **sent)
        call = f"{method} `{path}`" + (f", {special}" if special else "")
        rows.append(f"| {call} | {response.status_code} | {shape_of(response)} |")
    return rows


@pytest.mark.parametrize("prefix", ["", "/api"])
async def test_every_documented_call_answers_as_the_guide_says(admin: AdminApi, prefix: str) -> None:
    rows = await replayed(admin, prefix, trains=not prefix)
    print("\n".join(["", "| call | status | body |", "| --- | --- | --- |", *rows]))  # noqa: T201
    told = [
        line for line in GUIDE.read_text(encoding="utf-8").splitlines() if line.startswith(("| GET ", "| P", "| D"))
    ]
    assert rows == [row for row in told if not prefix or "build_models" not in row]
    assert not any(f"| {status} |" in row for row in rows for status in (500, 501, 502))


async def test_what_it_left_open_is_closed(admin: AdminApi) -> None:
    stranger = await admin.client()
    for method, path, sent, _ in CALLS:
        if path.startswith("/admin/"):
            assert (await stranger.request(method, path, **sent)).status_code == 401, (method, path)

"""Widget keys, visitors and frames: who gets through the door of the chat routes."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import jwt
import pytest

from pipelines.errors import no_such_bot
from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.store.threads.states import StoredThread
from tests.support.admin import AdminApi, open_admin
from tests.support.commands import CommandWatch
from tests.support.fixed import FixedReleases

BOT = "/api/v1/bots/default"
SHOP, EVIL = "https://shop.example", "https://evil.example"


@pytest.fixture
async def admin(settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str) -> AsyncIterator[AdminApi]:
    more = {"mongo_uri": mongo_uri, "mongo_database": f"door_{new_name}"}
    releases = FixedReleases({"default": tiny_release, "other": tiny_release})
    async with open_admin(settings.model_copy(update=more), releases) as admin:
        yield admin


@pytest.fixture
async def page(admin: AdminApi) -> httpx2.AsyncClient:
    return await admin.client()


async def widget_key(admin: AdminApi, *origins: str) -> dict[str, Any]:
    made = await admin.owner.post(f"{BOT}/widget-keys", json={"name": "shop", "origins": origins or [SHOP]})
    assert made.status_code == 201, made.text
    key: dict[str, Any] = made.json()
    return key


async def set_access(admin: AdminApi, **fields: Any) -> None:
    changed = await admin.owner.put(f"{BOT}/access", json=fields, headers={"If-Match": "*"})
    assert changed.status_code == 200, changed.text


async def say(
    page: httpx2.AsyncClient,
    *,
    key: str = "",
    origin: str | None = SHOP,
    token: str = "",
    path: str = f"{BOT}/messages",
    **fields: Any,
) -> httpx2.Response:
    sent = {"Origin": origin, "X-Widget-Key": key, "X-Visitor-Token": token}
    body = {"thread_id": "t", "text": "hello", **fields}
    return await page.post(path, json=body, headers={name: value for name, value in sent.items() if value})


async def preflight(page: httpx2.AsyncClient, origin: str, path: str = f"{BOT}/messages") -> httpx2.Response:
    asked = {
        "Origin": origin, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-widget-key,x-visitor-token",
    }  # fmt: skip
    return await page.options(path, headers=asked)


COMPAT = "/bots/channels/rest/webbook"


@pytest.mark.parametrize("path", [f"{BOT}/messages", COMPAT])
async def test_a_bot_that_requires_a_key_answers_pages_with_one_on_its_origins(
    admin: AdminApi, page: httpx2.AsyncClient, path: str
) -> None:
    assert (await say(page, origin=EVIL, path=path)).headers["access-control-allow-origin"] == "*"
    key = (await widget_key(admin, SHOP, "https://*.shop.example"))["key"]
    assert (await say(page, origin=EVIL, path=path)).status_code == 200, "a key alone closes nothing"
    await set_access(admin, widget_keys="required")
    for origin in (SHOP, "https://www.shop.example"):
        answer = await say(page, key=key, origin=origin, path=path)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert "origin" in answer.headers["vary"].lower()
        asked = await preflight(page, origin, path)
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, origin)
        assert "x-widget-key" in asked.headers["access-control-allow-headers"].lower()
    for other in (EVIL, "null", "https://shop.example.evil.example", None):
        refused = await say(page, key=key, origin=other, path=path)
        assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
        assert "access-control-allow-origin" not in refused.headers
        if other is not None:
            assert (await preflight(page, other, path)).status_code == 400
    for wrong in ("", "widget_" + "0" * 32, key[:-1], key.upper()):
        refused = await say(page, key=wrong, path=path)
        assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized")
        assert refused.headers["access-control-allow-origin"] == SHOP  # so that the page can read why
    assert (await say(page, origin=EVIL, path="/api/v1/bots/other/messages")).status_code == 200


async def test_a_revoked_key_is_refused_and_origins_change_without_a_new_key(
    admin: AdminApi, page: httpx2.AsyncClient
) -> None:
    first, second = await widget_key(admin), await widget_key(admin)
    await set_access(admin, widget_keys="required")
    url = f"{BOT}/widget-keys/{first['id']}"
    shown = await admin.owner.get(url)
    changes = {"name": "new", "origins": [EVIL]}
    assert (await admin.owner.put(url, json=changes)).status_code == 428
    stale = await admin.owner.put(url, json=changes, headers={"If-Match": '"stale"'})
    assert (stale.status_code, stale.json()["current"]) == (412, shown.json())
    changed = await admin.owner.put(url, json=changes, headers={"If-Match": shown.headers["etag"]})
    assert (changed.status_code, changed.json()["key"], changed.json()["origins"]) == (200, first["key"], [EVIL])
    assert (await say(page, key=first["key"], origin=EVIL)).status_code == 200
    assert (await say(page, key=first["key"], origin=SHOP)).status_code == 403
    assert (await admin.owner.delete(url, headers={"If-Match": shown.headers["etag"]})).status_code == 412
    assert (await admin.owner.delete(url, headers={"If-Match": changed.headers["etag"]})).status_code == 204
    assert (await say(page, key=first["key"], origin=EVIL)).status_code == 401
    assert (await say(page, key=second["key"])).status_code == 200
    assert [key["id"] for key in (await admin.owner.get(f"{BOT}/widget-keys")).json()["items"]] == [second["id"]]
    assert (await admin.owner.get(url)).status_code == 404
    assert (await admin.owner.delete(url, headers={"If-Match": "*"})).status_code == 404


async def test_keys_and_access_are_refused_when_they_would_shut_everybody_out(admin: AdminApi) -> None:
    for fields in ({"widget_keys": "required"}, {"visitors": "required"}, {"frame_ancestors": ["*"]}, {"typo": 1}):
        refused = await admin.owner.put(f"{BOT}/access", json=fields, headers={"If-Match": "*"})
        assert refused.status_code == 422, fields
    for origins in ([], ["*"], ["shop.example"], ["https://shop.example/chat"]):
        assert (await admin.owner.post(f"{BOT}/widget-keys", json={"name": "x", "origins": origins})).status_code == 422
    for role in ("viewer", "labeller", "author"):
        client = await admin.as_(role)
        assert (await client.post(f"{BOT}/widget-keys", json={"name": "x", "origins": [SHOP]})).status_code == 403
    operator = await admin.as_("operator", bot="other")
    assert (await operator.post(f"{BOT}/widget-keys", json={"name": "x", "origins": [SHOP]})).status_code == 403


async def test_the_check_asks_no_database(admin: AdminApi, page: httpx2.AsyncClient, commands: CommandWatch) -> None:
    key = (await widget_key(admin))["key"]
    await set_access(admin, widget_keys="required")
    await say(page, key=key)
    with commands.own() as asked:
        await say(page, key=key)
    assert "find" in asked
    with commands.own() as asked:
        await say(page, key="wrong")
    assert asked == []


async def test_another_process_follows_within_seconds(
    admin: AdminApi, settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str
) -> None:
    own = settings.model_copy(update={"mongo_uri": mongo_uri, "mongo_database": f"door_{new_name}"})
    async with open_admin(own, FixedReleases({"default": tiny_release})) as second:
        page = await second.client()
        assert (await say(page)).status_code == 200
        await widget_key(admin)
        await set_access(admin, widget_keys="required")
        await second.services.policies.refresh()  # what it does every two seconds
        assert (await say(page)).status_code == 401


# visitors


def token(secret: str, *, thread: str = "t", sub: str = "user-42", **claims: Any) -> str:
    ends = datetime.now(UTC) + timedelta(minutes=5)
    return jwt.encode({"aud": "default", "sub": sub, "thread": thread, "exp": ends, **claims}, secret, "HS256")


async def visitor_key(admin: AdminApi, **fields: Any) -> dict[str, Any]:
    made = await admin.owner.post(f"{BOT}/visitor-keys", json={"name": "the shop's server", **fields})
    assert made.status_code == 201, made.text
    key: dict[str, Any] = made.json()
    return key


async def context_of(admin: AdminApi, thread: str) -> dict[str, Any]:
    stored = await admin.services.ledger.open("default", thread, "none")
    assert isinstance(stored, StoredThread)
    context: dict[str, Any] = json.loads(stored.state or "{}").get("context", {})
    return context


async def test_a_signed_visitor_is_known_to_templates_and_owns_the_thread(
    admin: AdminApi, page: httpx2.AsyncClient
) -> None:
    secret = (await visitor_key(admin))["secret"]
    await set_access(admin, visitors="optional")
    mine = token(secret, name="Grace")
    first = await say(page, token=mine, message_id="m1", context={"page": "cart"})
    assert first.status_code == 200
    assert await context_of(admin, "t") == {"page": "cart", "visitor": {"id": "user-42", "name": "Grace"}}
    assert (await say(page, token=mine, message_id="m1")).json() == first.json()
    others = token(secret, sub="user-43")
    for fields in ({"token": others}, {"token": ""}, {"token": others, "message_id": "m1"}, {"message_id": "m1"}):
        refused = await say(page, **fields)
        assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized"), fields
        assert "Hello" not in refused.text
    assert (await say(page, token=mine)).status_code == 200
    copied = await say(page, token=mine, thread_id="of another tab")
    assert copied.status_code == 401
    assert "another conversation" in copied.json()["detail"]


async def test_nobody_forges_a_visitor(admin: AdminApi, page: httpx2.AsyncClient) -> None:
    forged = {"visitor": {"id": "user-42"}}
    assert (await say(page, thread_id="old", context=forged)).status_code == 200, "visitors are off: a name like any"
    secret = (await visitor_key(admin))["secret"]
    await set_access(admin, visitors="optional")
    refused = await say(page, thread_id="new", context=forged)
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_input")
    assert (await say(page, thread_id="old")).status_code == 200
    assert await context_of(admin, "old") == {}, "what was said while visitors were off proves nothing"
    assert (await say(page, thread_id="new", token=token("visitor_" + "0" * 64, thread="new"))).status_code == 401
    assert (await say(page, thread_id="new", token=token(secret, thread="new"))).status_code == 200
    await set_access(admin, visitors="required")
    assert (await say(page, thread_id="anonymous")).status_code == 401


async def test_visitor_keys_are_shown_once_and_can_be_rotated(
    admin: AdminApi, page: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Idempotency-Key": "once"}
    made = await admin.owner.post(f"{BOT}/visitor-keys", json={"name": "a"}, headers=headers)
    old = made.json()
    again = await admin.owner.post(f"{BOT}/visitor-keys", json={"name": "a"}, headers=headers)
    assert again.status_code == 409
    new = await visitor_key(admin)
    await set_access(admin, visitors="required")
    for secret in (old["secret"], new["secret"]):
        assert (await say(page, token=token(secret, thread=secret[-9:]), thread_id=secret[-9:])).status_code == 200
    listed = await admin.owner.get(f"{BOT}/visitor-keys")
    assert [key["secret"] for key in listed.json()["items"]] == ["***", "***"]
    assert (await admin.owner.delete(f"{BOT}/visitor-keys/{old['id']}")).status_code == 204
    assert (await say(page, token=token(old["secret"]))).status_code == 401
    written = "".join(entry.model_dump_json() for entry in await admin.audit())
    assert not [secret for secret in (old["secret"], new["secret"]) if secret in written]
    assert "the shop's server" in written


async def test_a_visitor_key_may_be_one_of_the_operators_secrets(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTENTLOOP_SECRET_VISITORS", "s" * 40)
    own = settings.model_copy(update={"mongo_uri": mongo_uri, "mongo_database": f"door_{new_name}"})
    async with open_admin(own, FixedReleases({"default": tiny_release})) as admin:
        page = await admin.client()
        assert (await visitor_key(admin, secret="secret:VISITORS"))["secret"] == "secret:VISITORS"
        await visitor_key(admin, secret="secret:VISITORS")
        refused = await admin.owner.post(f"{BOT}/visitor-keys", json={"name": "x", "secret": "hunter2"})
        assert (refused.status_code, "hunter2" in refused.text) == (422, False)
        await set_access(admin, visitors="required")
        assert (await say(page, token=token("s" * 40))).status_code == 200
        assert "s" * 40 not in (await admin.owner.get(f"{BOT}/visitor-keys")).text
        missing = await visitor_key(admin, secret="secret:UNSET")
        unchecked = await say(page, token=token("s" * 40), thread_id="t")
        assert unchecked.status_code == 503
        assert "UNSET" not in unchecked.text
        await admin.owner.delete(f"{BOT}/visitor-keys/{missing['id']}")
        assert (await say(page, token=token("s" * 40))).status_code == 200


async def test_a_policy_that_cannot_be_read_closes_its_bot_alone(admin: AdminApi, page: httpx2.AsyncClient) -> None:
    await widget_key(admin)
    policies = admin.services.database.collection("policies")
    await policies.replace_one({"_id": "default"}, {"_id": "default", "revision": 99, "policy": "{"})
    await admin.services.policies.refresh()
    assert (await say(page)).status_code == 401
    assert (await say(page, path="/api/v1/bots/other/messages")).status_code == 200


async def test_pages_of_named_origins_may_frame_the_chat_page(admin: AdminApi, page: httpx2.AsyncClient) -> None:
    html = {"Accept": "text/html"}
    shut = await page.get("/", headers=html)
    assert "frame-ancestors 'none'" in shut.headers["content-security-policy"]
    assert shut.headers["x-frame-options"] == "DENY"
    await set_access(admin, frame_ancestors=[SHOP, "https://*.shop.example"])
    framed = await page.get("/", headers=html)
    assert f"frame-ancestors {SHOP} https://*.shop.example" in framed.headers["content-security-policy"]
    assert "x-frame-options" not in framed.headers
    for path in ("/docs", "/health/live"):
        assert "frame-ancestors 'none'" in (await page.get(path)).headers["content-security-policy"]


async def test_the_chat_page_of_each_bot_has_its_title_and_says_why_it_does_not_answer(
    admin: AdminApi, page: httpx2.AsyncClient
) -> None:
    for name in ("shop", "other"):
        made = await admin.owner.post("/api/v1/bots", json={"name": name, "title": f"{name} <b>& co"})
        assert made.status_code == 201, made.text
    opened = await page.get("/chat/other")
    assert opened.status_code == 200
    assert "<title>other &lt;b&gt;&amp; co</title>" in opened.text
    assert 'data-messages="../api/v1/bots/other/messages" data-kept=".other">' in opened.text
    assert "script-src 'sha256-" in opened.headers["content-security-policy"]
    assert "no release of it is live" in (await page.get("/chat/shop")).text
    assert "frame-ancestors 'none'" in opened.headers["content-security-policy"]
    releases = admin.services.releases
    assert isinstance(releases, FixedReleases)
    releases.error_by_bot["nobody"] = no_such_bot("nobody")
    for path in ("/chat/nobody", "/chat/Not%20a%20name<i>", "/?bot=A<i>"):
        unknown = await page.get(path, headers={"Accept": "text/html"})
        assert unknown.status_code == 404
        assert "There is no bot called" in unknown.text
        assert "<i>" not in unknown.text.split("<script>")[0]
    asked = await page.get("/?bot=other", headers={"Accept": "text/html"})
    assert (asked.status_code, asked.headers["location"]) == (307, "chat/other")


async def test_the_chat_page_of_a_closed_bot_says_whom_it_answers(admin: AdminApi, page: httpx2.AsyncClient) -> None:
    await visitor_key(admin)
    await set_access(admin, visitors="required", frame_ancestors=[SHOP])
    closed = await page.get("/", headers={"Accept": "text/html"})
    assert "answers only visitors who are signed in" in closed.text
    framed = await page.get("/chat/default")
    assert f"frame-ancestors {SHOP}" in framed.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in (await page.get("/chat/other")).headers["content-security-policy"]
    await widget_key(admin)
    await set_access(admin, widget_keys="required")
    assert "answers only in pages that have a widget key" in (await page.get("/chat/default")).text

"""What is said of a request that cannot be used."""

from typing import Any

import httpx2
import pytest

from pipelines.settings import BOT_NAME_RULE
from tests.support.admin import AdminApi

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("/bots", {"name": "My bot"}, f"name: {BOT_NAME_RULE}"),
        ("/bots/My bot/intents", {"name": "Hi", "intentId": "hi"}, f"path.bot: {BOT_NAME_RULE}"),
        ("/keys", {"name": "x", "roles": {"*": "viewer", "no bot": "viewer"}}, "`*` means all bots"),
        ("/keys", {"name": "a\nb", "roles": {"*": "viewer"}}, "name: write one line, without control characters"),
        ("/keys", ["x"], "write an object: {...}"),
        ("/members", {"name": "x", "roles": {"*": "viewer"}, "email": "anna"}, "email: an e-mail address has a name"),
        (
            "/bots/shop/intents",
            {"name": "Hi", "intentId": "hi", "trainingData": ["hello"]},
            'trainingData.0: write an object, such as {"text": "what a customer writes"}',
        ),
        ("/bots/shop/tasks/x!/cancel", {}, "path.task_id: it is not written as /docs describes"),
    ],
)
async def test_a_field_that_cannot_be_used_is_described_in_words(
    admin: AdminApi, path: str, body: Any, detail: str
) -> None:
    refused = await admin.owner.post(f"/api/v1{path}", json=body)
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_input")
    assert detail in refused.json()["detail"]
    assert "pattern" not in refused.text


async def test_a_forgotten_content_type_is_named(admin: AdminApi) -> None:
    body = b'{"name": "shop"}'
    for headers in ({}, {"Content-Type": "application/x-www-form-urlencoded"}):
        refused = await admin.owner.post("/api/v1/bots", content=body, headers=headers)
        assert (refused.status_code, refused.json()["error"]) == (422, "invalid_input")
        assert "`Content-Type: application/json`" in refused.json()["detail"]
    assert (await admin.owner.post("/api/v1/bots", content=body, headers=JSON)).status_code == 201
    empty = await admin.owner.post("/api/v1/bots", content=b"")
    assert (empty.status_code, empty.json()["error"]) == (400, "malformed")


async def test_a_wrong_path_and_a_wrong_method_say_what_there_is(admin: AdminApi) -> None:
    said: list[httpx2.Response] = [await admin.owner.get("/api/v1/nothing"), await admin.owner.put("/api/v1/bots")]
    assert [(each.status_code, each.json()) for each in said] == [
        (404, {"error": "not_found", "detail": "there is no such route; /docs lists them"}),
        (405, {"error": "method_not_allowed", "detail": "this route takes GET, POST; /docs shows what each does"}),
    ]


async def test_an_editor_who_is_late_is_told_what_happened_not_who_did_it(admin: AdminApi) -> None:
    place = "/api/v1/bots/shop/privacy"
    etag = (await admin.owner.get(place)).headers["etag"]
    assert (await admin.owner.put(place, json={"redact": ["phone"]}, headers={"If-Match": etag})).status_code == 200
    late = await admin.owner.put(place, json={"redact": []}, headers={"If-Match": etag})
    assert (late.status_code, late.json()["current"]["redact"]) == (412, ["phone"])
    assert late.json()["detail"] == "this was changed after you read it, so nothing was written; merge, and send again"

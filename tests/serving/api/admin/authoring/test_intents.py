"""Intents and entities over HTTP: what editors see of one another, and what is refused."""

import asyncio
import json
from typing import Any

import pytest

from serving.store.drafts.bots import export_bot
from tests.support.admin import AdminApi

BOTS = "/api/v1/bots"
GREET: dict[str, Any] = {
    "name": "Greet",
    "intentId": "greet",
    "speechResponse": "Hello!",
    "trainingData": [{"text": "hi there", "entities": []}],
}


@pytest.fixture
async def shop(admin: AdminApi) -> str:
    """Give the path of a new bot with one intent."""
    made = await admin.owner.post(BOTS, json={"name": "shop", "title": "The shop"})
    assert made.status_code == 201, made.text
    made = await admin.owner.post(f"{BOTS}/shop/intents", json=GREET)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"{BOTS}/shop/intents/greet"
    return f"{BOTS}/shop"


async def test_intent_comes_back_as_it_was_sent(admin: AdminApi, shop: str) -> None:
    shown = await admin.owner.get(f"{shop}/intents/greet")
    assert shown.json() == {key: value for key, value in GREET.items() if key != "trainingData"}
    assert (await admin.owner.get(f"{shop}/intents/greet?examples=true")).json() == GREET
    again = await admin.owner.put(
        f"{shop}/intents/greet", json=shown.json() | {"x": [1, None]}, headers={"If-Match": shown.headers["etag"]}
    )
    assert again.status_code == 200
    assert again.headers["etag"] != shown.headers["etag"]
    stored = (await export_bot(admin.services.database, bot="shop"))["intents"]
    assert {**GREET, "x": [1, None]} in stored  # the examples have stayed


async def test_second_editor_is_told_with_both_versions(admin: AdminApi, shop: str) -> None:
    url = f"{shop}/intents/greet"
    etag = (await admin.owner.get(url)).headers["etag"]
    first = await admin.owner.patch(url, json={"speechResponse": "first"}, headers={"If-Match": etag})
    assert (first.status_code, first.json()["speechResponse"]) == (200, "first")
    second = await admin.owner.patch(url, json={"speechResponse": "second"}, headers={"If-Match": etag})
    assert second.status_code == 412
    assert second.json()["error"] == "edit_conflict"
    assert second.json()["current"]["speechResponse"] == "first"
    assert second.headers["etag"] == first.headers["etag"]
    merged = await admin.owner.patch(url, json={"speechResponse": "both"}, headers={"If-Match": second.headers["etag"]})
    assert merged.status_code == 200
    assert (await admin.owner.patch(url, json={"speechResponse": "x"})).status_code == 428
    assert (await admin.owner.patch(url, json={"speechResponse": "x"}, headers={"If-Match": "*"})).status_code == 200


async def test_editors_of_definition_and_examples_do_not_meet(admin: AdminApi, shop: str) -> None:
    url = f"{shop}/intents/greet"
    etag = (await admin.owner.get(url)).headers["etag"]
    added = await admin.owner.post(f"{url}/examples", json={"examples": [{"text": "good day"}]})
    assert added.json()["added"] == 1
    edited = await admin.owner.patch(url, json={"speechResponse": "Good day!"}, headers={"If-Match": etag})
    assert edited.status_code == 200
    whole = (await admin.owner.get(f"{url}?examples=true")).json()
    assert ([row["text"] for row in whole["trainingData"]], whole["speechResponse"]) == (
        ["hi there", "good day"],
        "Good day!",
    )
    stale = await admin.owner.put(url, json=GREET, headers={"If-Match": etag})  # with examples: they have changed
    assert stale.status_code == 412
    assert len(stale.json()["current"]["trainingData"]) == 2
    assert (await admin.owner.delete(url, headers={"If-Match": etag})).status_code == 412


async def test_parallel_edits_of_different_intents_lose_none(admin: AdminApi, shop: str) -> None:
    intents = [{"name": f"N{n}", "intentId": f"i{n}"} for n in range(50)]
    made = await admin.owner.patch(f"{shop}/draft", json={"intents": intents}, headers={"If-Match": "*"})
    assert made.json()["intents_created"] == 50
    urls = [f"{shop}/intents/i{n}" for n in range(50)]
    etags = [(await admin.owner.get(url)).headers["etag"] for url in urls]
    edits = [
        admin.owner.patch(url, json={"speechResponse": url}, headers={"If-Match": etag})
        for url, etag in zip(urls, etags, strict=True)
    ]
    assert {each.status_code for each in await asyncio.gather(*edits)} == {200}
    stored = {row["intentId"]: row for row in (await export_bot(admin.services.database, bot="shop"))["intents"]}
    assert [stored[f"i{n}"]["speechResponse"] for n in range(50)] == urls
    one = [admin.owner.patch(urls[0], json={"speechResponse": f"{n}"}, headers={"If-Match": "*"}) for n in range(5)]
    assert {each.status_code for each in await asyncio.gather(*one)} == {200}
    etag = (await admin.owner.get(urls[0])).headers["etag"]
    same = [
        admin.owner.patch(urls[0], json={"speechResponse": f"new {n}"}, headers={"If-Match": etag}) for n in range(50)
    ]
    outcomes = await asyncio.gather(*same)
    won = [each for each in outcomes if each.status_code == 200]
    assert len(won) == 1
    assert all(
        each.status_code == 412 and each.json()["current"] == won[0].json() for each in outcomes if each not in won
    )


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"intentId": ""}, "intentId"),
        ({"intentId": "a/b"}, "intentId"),
        ({"intentId": "a\nb"}, "intentId"),
        ({"intentId": "__oos__"}, "intentId"),
        ({"intentId": "x" * 300}, "intentId"),
        ({"intentId": None}, "intentId"),
        ({"name": 7}, "name"),
        ({"trainingData": "hello"}, "trainingData"),
        ({"trainingData": [{"text": None}]}, "text"),
        ({"trainingData": [{"text": "to Rome", "entities": [{"value": "Oslo", "begin": 3, "end": 7, "name": "c"}]}]},
         "example 1"),
        ({"parameters": [{"name": "x", "pattern": "("}]}, "pattern"),
        ({"apiDetails": {"url": "http://x", "headers": [{"headerKey": "a", "headerValue": "***"}]}}, "masked"),
        ({"$where": 1}, "field's name"),
        ({"extra": {"a.b": 1}}, "field's name"),
        ({"extra": {"a\0b": 1}}, "field's name"),
        ({"extra": 2**70}, "too large"),
        ({"speechResponse": "x" * 17 * 2**20}, "16 MB"),
    ],
)  # fmt: skip
async def test_what_no_reader_could_use_is_refused(
    admin: AdminApi, shop: str, change: dict[str, Any], place: str
) -> None:
    before = await export_bot(admin.services.database, bot="shop")
    sent = {**GREET, "intentId": "other", **change}
    answer = await admin.owner.post(f"{shop}/intents", json=sent)
    assert answer.status_code == 422, answer.text
    assert place in answer.json()["detail"]
    assert await export_bot(admin.services.database, bot="shop") == before


@pytest.mark.parametrize(
    ("pattern", "reason"), [("([a-z", "at character 2"), ("x*", "empty text"), ("a{9999}", "size")]
)
async def test_entity_whose_pattern_no_training_can_use_is_refused_where_it_is_written(
    admin: AdminApi, shop: str, pattern: str, reason: str
) -> None:
    entity = {"name": "code", "pattern": pattern}
    refused = [
        await admin.owner.post(f"{shop}/entities", json=entity),
        await admin.owner.put(f"{shop}/draft", json={"intents": [GREET], "entities": [entity]}),
    ]
    for answer in refused:
        assert answer.status_code == 422, answer.text
        assert f"pattern: the pattern {pattern!r}" in answer.json()["detail"]
        assert reason in answer.json()["detail"]
    made = await admin.owner.post(f"{shop}/entities", json={"name": "code", "pattern": "[a-z]+"})
    assert made.status_code == 201
    edited = await admin.owner.put(f"{shop}/entities/code", json=entity, headers={"If-Match": made.headers["etag"]})
    assert edited.status_code == 422
    assert reason in edited.json()["detail"]


@pytest.mark.parametrize("body", ['{"name": "x", "intentId": "y", "extra": NaN}', "[" * 100_000, "[]", "", '"x"', "{"])
async def test_what_is_no_intent_at_all_is_refused(admin: AdminApi, shop: str, body: str) -> None:
    answer = await admin.owner.post(f"{shop}/intents", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json().keys() == {"error", "detail"}


async def test_annotation_counted_in_utf16_is_moved(admin: AdminApi, shop: str) -> None:
    await admin.owner.post(f"{shop}/entities", json={"name": "city"})
    spans = [{"value": "Rome", "begin": 5, "end": 9, "name": "city"}]  # as JavaScript counts behind an emoji
    sent = {**GREET, "intentId": "go", "trainingData": [{"text": "\U0001f600 to Rome", "entities": spans}]}
    made = await admin.owner.post(f"{shop}/intents", json=sent)
    assert made.status_code == 201
    assert made.json()["trainingData"][0]["entities"][0]["begin"] == 5
    spans = [{"value": "Rome", "begin": 6, "end": 10, "name": "city"}]
    added = await admin.owner.post(
        f"{shop}/intents/go/examples", json={"examples": [{"text": "\U0001f600 in Rome", "entities": spans}]}
    )
    assert added.json()["n_repairs"] == 1
    assert "repaired to 5 to 9" in added.json()["repairs"][0]


async def test_names_that_are_taken_missing_or_needed(admin: AdminApi, shop: str) -> None:
    owner, any_version = admin.owner, {"If-Match": "*"}
    assert (await owner.post(f"{shop}/intents", json=GREET)).status_code == 409
    assert (await owner.post(BOTS, json={"name": "shop"})).status_code == 409
    assert (await owner.get(f"{shop}/intents/none")).status_code == 404
    assert (await owner.get(f"{BOTS}/none/intents")).status_code == 404
    assert (await owner.get(f"{BOTS}/none/intents/greet")).status_code == 404
    assert (await owner.post(f"{BOTS}/none/intents", json=GREET)).status_code == 404
    assert (
        await owner.put(f"{shop}/intents/none", json={**GREET, "intentId": "none"}, headers=any_version)
    ).status_code == 404
    assert (
        await owner.put(f"{shop}/intents/greet", json={**GREET, "intentId": "x"}, headers=any_version)
    ).status_code == 422
    for name in ("fallback", "cancel", "init_conversation"):
        kept = await owner.delete(f"{shop}/intents/{name}", headers=any_version)
        assert (kept.status_code, "system=true" in kept.json()["detail"]) == (409, True)
    assert (await owner.delete(f"{shop}/intents/cancel?system=true", headers=any_version)).status_code == 204
    assert (await owner.delete(f"{shop}/intents/greet", headers=any_version)).status_code == 204
    assert (await owner.delete(f"{shop}/intents/greet", headers=any_version)).status_code == 404


async def test_entity_is_edited_and_not_deleted_while_it_is_used(admin: AdminApi, shop: str) -> None:
    owner, url = admin.owner, f"{shop}/entities/city"
    made = await owner.post(f"{shop}/entities", json={"name": "city", "entity_values": [{"value": "Rome"}]})
    assert made.status_code == 201
    spans = [{"value": "Rome", "begin": 3, "end": 7, "name": "city"}]
    await owner.post(f"{shop}/intents/greet/examples", json={"examples": [{"text": "to Rome", "entities": spans}]})
    listed = (await owner.get(f"{shop}/entities")).json()["items"]
    assert listed == [{"name": "city", "value_count": 1, "pattern": None, "lookup": False, "used_by": ["greet"]}]
    assert (await owner.get(f"{shop}/entities?brief=true")).json()["items"] == [{**listed[0], "used_by": None}]
    assert (await owner.get(f"{shop}/entities?text=ROM")).json()["items"] == listed
    assert (await owner.get(f"{shop}/entities?text=oslo")).json()["items"] == []
    etag = made.headers["etag"]
    changed = await owner.put(url, json={"name": "city", "lookup": True}, headers={"If-Match": etag})
    assert (changed.status_code, changed.json()) == (200, {"name": "city", "lookup": True})
    assert (await owner.put(url, json={"name": "city"}, headers={"If-Match": etag})).status_code == 412
    kept = await owner.delete(url, headers={"If-Match": "*"})
    assert (kept.status_code, "greet" in kept.json()["detail"]) == (409, True)
    assert (await owner.delete(f"{url}?used=true", headers={"If-Match": "*"})).status_code == 204
    assert (await owner.get(url)).status_code == 404


async def test_intents_are_listed_searched_and_paged(admin: AdminApi, shop: str) -> None:
    intents = [
        {"name": f"Étude {n}", "intentId": f"i{n}", "speechResponse": "unheard" if n % 2 else ""} for n in range(25)
    ]
    await admin.owner.patch(f"{shop}/draft", json={"intents": intents}, headers={"If-Match": "*"})
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await admin.owner.get(f"{shop}/intents?limit=7{cursor}")).json()
        seen += [row["intent_id"] for row in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ["fallback", "cancel", "init_conversation", "greet", *(f"i{n}" for n in range(25))]
    found = (await admin.owner.get(f"{shop}/intents", params={"text": "E\u0301TUDE 7"})).json()["items"]
    assert [row["intent_id"] for row in found] == ["i7"]
    found = (await admin.owner.get(f"{shop}/intents", params={"text": "UNHEARD"})).json()["items"]
    assert len(found) == 12
    assert (await admin.owner.get(f"{shop}/intents?cursor=nonsense")).status_code == 422
    assert (await admin.owner.get(f"{shop}/intents?limit=0")).status_code == 422


async def test_secret_of_a_tool_is_masked_and_kept(admin: AdminApi, shop: str) -> None:
    headers = [{"headerKey": "Authorization", "headerValue": "Bearer canary-12345678"}]
    tool = {"url": "https://x.example/a", "headers": headers}
    made = await admin.owner.post(f"{shop}/intents", json={**GREET, "intentId": "call", "apiDetails": tool})
    assert made.status_code == 201
    url = f"{shop}/intents/call"
    shown = await admin.owner.get(url)
    assert "canary" not in shown.text + made.text + (await admin.owner.get(f"{shop}/draft")).text
    put = await admin.owner.put(url, json=shown.json() | {"name": "Call"}, headers={"If-Match": shown.headers["etag"]})
    assert put.status_code == 200
    stale = await admin.owner.put(url, json=shown.json(), headers={"If-Match": shown.headers["etag"]})
    assert (stale.status_code, "canary" in stale.text) == (412, False)
    stored = await export_bot(admin.services.database, bot="shop")
    assert stored["intents"][-1]["apiDetails"]["headers"] == headers
    draft = await admin.owner.get(f"{shop}/draft")
    again = await admin.owner.put(f"{shop}/draft", json=draft.json(), headers={"If-Match": draft.headers["etag"]})
    assert again.status_code == 200, again.text
    assert (await export_bot(admin.services.database, bot="shop"))["intents"][-1]["apiDetails"]["headers"] == headers
    assert "canary" not in json.dumps([entry.model_dump(mode="json") for entry in await admin.audit()])


async def test_id_with_strange_characters_can_be_edited(admin: AdminApi, shop: str) -> None:
    name = "a.b $c%20 ü?#"
    made = await admin.owner.post(f"{shop}/intents", json={**GREET, "intentId": name})
    url = made.headers["location"]
    assert (await admin.owner.get(url)).json()["intentId"] == name
    assert (await admin.owner.patch(url, json={"name": "x"}, headers={"If-Match": "*"})).status_code == 200

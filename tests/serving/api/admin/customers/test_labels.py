"""The labelling queue over HTTP."""

import asyncio
import base64
import csv
import io
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from pipelines.schemas.labels import Proposal
from pipelines.settings import Settings
from serving.api.admin.customers import label_queue, labels
from serving.api.app import create_app
from serving.api.errors import install_error_handlers
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.labelling.labels import Labels
from tests.support.admin import AdminApi, admin_access
from tests.support.bots import TINY_BOT_WIRE
from tests.support.labels import label_item
from tests.support.records import now

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
TOKEN = {"Authorization": "Bearer a-token-of-the-operator"}


@pytest.fixture
async def client(database: Database, new_name: str) -> AsyncIterator[httpx2.AsyncClient]:
    await import_bot(database, TINY_BOT_WIRE, bot=new_name, source="test")
    app = FastAPI()
    app.state.services = SimpleNamespace(database=database, now=now)
    app.state.access = admin_access(database, now=now)
    app.include_router(label_queue.router)
    app.include_router(labels.router)
    install_error_handlers(app)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    url = f"http://admin.test/api/v1/bots/{new_name}"
    async with httpx2.AsyncClient(transport=transport, base_url=url, headers=TOKEN) as client:
        yield client


async def test_page_shows_the_most_valuable_first_and_decides(
    client: httpx2.AsyncClient, database: Database, new_name: str
) -> None:
    items = [label_item(new_name, f"text {number}", value=float(number)) for number in range(3)]
    await Labels(database).store(items)
    page = (await client.get("/labels", params={"limit": 2})).json()
    assert [label["text"] for label in page["labels"]] == ["text 2", "text 1"]
    assert page["counts"]["open"] == 3
    assert page["labels"][0]["proposals"][0] == {"by": "llm", "intent_id": "greet", "confidence": None}
    place = f"/labels/{items[2].key}"
    decided = await client.post(f"{place}/decision", json={"status": "accepted", "intent_id": "greet", "by": "ada"})
    assert (decided.status_code, decided.json()["destination"], decided.json()["decided_by"]) == (200, "train", "ada")
    late = await client.post(f"{place}/decision", json={"status": "rejected"})
    assert late.status_code == 409
    assert late.json()["detail"].startswith(
        f"label {items[2].key} is accepted by ada meanwhile, so nothing was written"
    )
    assert (await client.get(place)).json() == decided.json()
    for intent, found in (("greet", [decided.json()]), ("cancel", [])):
        page = (await client.get("/labels", params={"status": "accepted", "intent": intent})).json()
        assert page["labels"] == found


async def test_accept_agreed_accepts_what_all_agree_on(
    client: httpx2.AsyncClient, database: Database, new_name: str
) -> None:
    await Labels(database).store([label_item(new_name, "hey there", agreed="greet"), label_item(new_name, "hm what")])
    accepted = (await client.post("/labels/accept-agreed", json={"by": "ada"})).json()["labels"]
    assert [(label["text"], label["intent_id"]) for label in accepted] == [("hey there", "greet")]
    assert (await client.post("/labels/accept-agreed", json={})).json() == {"labels": []}


async def test_wrong_requests_are_answered_in_words(client: httpx2.AsyncClient) -> None:
    decision = f"/labels/{'0' * 24}/decision"
    for method, path, body, status in (
        ("GET", "/labels?status=done", None, 422),
        ("GET", "/labels?limit=100000", None, 422),
        ("GET", "/labels/$where", None, 422),
        ("GET", f"/labels/{'0' * 24}", None, 404),
        ("POST", decision, {"status": "accepted"}, 422),
        ("POST", decision, {"status": "accepted", "intent_id": "gret"}, 404),
        ("POST", decision, {"status": "accepted", "intent_id": "\ud800"}, 422),
        ("POST", decision, {"status": "rejected", "intent": "greet"}, 422),
        ("POST", decision, {"status": "rejected", "by": "\x1b[2Jada"}, 422),
        ("POST", "/labels/accept-agreed", {"by": ""}, 422),
        ("POST", decision, {"status": {"$ne": 1}}, 422),
    ):
        content = None if body is None else json.dumps(body)
        answer = await client.request(method, path, content=content, headers={"Content-Type": "application/json"})
        assert (path, body, answer.status_code) == (path, body, status)
        assert answer.json().keys() == {"error", "detail"}


async def test_queue_is_closed_to_strangers_in_the_whole_app(client: httpx2.AsyncClient, settings: Settings) -> None:
    app = create_app(settings)
    paths = [path for path in app.openapi()["paths"] if "/labels" in path]
    assert len(paths) == 8
    assert (await client.get("/labels", headers={"Authorization": ""})).status_code == 401


async def all_pages(client: httpx2.AsyncClient, **params: Any) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    for _ in range(20):
        page = (await client.get("/labels", params={**params, **({"cursor": cursor} if cursor else {})})).json()
        found += [label["text"] for label in page["labels"]]
        cursor = page["next"]
        if cursor is None:
            return found
    raise AssertionError("the list never ends")


async def test_pages_by_cursor_stay_whole_while_labels_are_decided(
    client: httpx2.AsyncClient, database: Database, new_name: str
) -> None:
    items = [label_item(new_name, f"text {number}", value=float(number // 3)) for number in range(10)]
    await Labels(database).store(items)
    in_order = [item.text for item in sorted(items, key=lambda item: (-item.value, item.id))]
    assert await all_pages(client, limit=4) == in_order
    first = (await client.get("/labels", params={"limit": 4})).json()
    gone = first["labels"][0]["key"]
    assert (await client.post(f"/labels/{gone}/decision", json={"status": "skipped"})).status_code == 200
    second = (await client.get("/labels", params={"limit": 4, "cursor": first["next"]})).json()
    assert [label["text"] for label in second["labels"]] == in_order[4:8]
    for value in ("1", "NaN", "1e999", "9" * 400, '"x"'):
        cursor = base64.urlsafe_b64encode(f'[{value}, "x"]'.encode()).decode().rstrip("=")
        assert (await client.get("/labels", params={"cursor": cursor})).status_code == 422, value
    assert (await client.get("/labels/counts")).json()["open"] == 9


async def test_labels_are_found_by_who_proposed_what(
    client: httpx2.AsyncClient, database: Database, new_name: str
) -> None:
    shadow = (Proposal(by="shadow", intent_id="cancel"), Proposal(by="llm", intent_id="greet"))
    await Labels(database).store([label_item(new_name, "hi"), label_item(new_name, "stop", proposals=shadow)])
    for params, texts in (
        ({"source": "shadow"}, ["stop"]),
        ({"source": "llm"}, ["hi", "stop"]),
        ({"source": "clarification"}, []),
        ({"intent": "cancel"}, ["hi", "stop"]),
        ({"intent": "cancel", "source": "shadow"}, ["stop"]),
        ({"intent": "greet", "source": "shadow"}, []),
        ({"intent": "greet", "status": "rejected"}, []),
    ):
        assert sorted(await all_pages(client, **params)) == texts, params


async def test_edit_and_undo_need_the_version_that_was_seen(
    client: httpx2.AsyncClient, database: Database, new_name: str
) -> None:
    item = label_item(new_name, "hello you")
    await Labels(database).store([item])
    place = f"/labels/{item.key}/decision"
    seen = (await client.get(f"/labels/{item.key}")).headers["etag"]
    greet = {"status": "accepted", "intent_id": "greet"}
    assert (await client.put(place, json=greet)).status_code == 428
    decided = await client.put(place, json=greet, headers={"If-Match": seen})
    assert (decided.status_code, decided.json()["intent_id"]) == (200, "greet")
    late = await client.put(place, json={"status": "rejected"}, headers={"If-Match": seen})
    assert (late.status_code, late.headers["etag"]) == (412, decided.headers["etag"])
    assert late.json()["current"] == decided.json()
    changed = await client.put(place, json={**greet, "intent_id": "cancel"}, headers={"If-Match": late.headers["etag"]})
    assert changed.json()["intent_id"] == "cancel"
    opened = await client.delete(place, headers={"If-Match": changed.headers["etag"]})
    assert (opened.json()["status"], opened.json()["decided_by"]) == ("open", None)
    assert (await client.put(place, json={"status": "skipped"}, headers={"If-Match": "*"})).json()[
        "status"
    ] == "skipped"
    for body, status in (({"status": "accepted"}, 422), ({"status": "open"}, 422), ({**greet, "intent_id": "x"}, 404)):
        assert (await client.put(place, json=body, headers={"If-Match": "*"})).status_code == status
    assert (await client.delete(f"/labels/{'0' * 24}/decision", headers={"If-Match": "*"})).status_code == 404


async def test_two_editors_of_one_label_at_once(client: httpx2.AsyncClient, database: Database, new_name: str) -> None:
    item = label_item(new_name, "hello you")
    await Labels(database).store([item])
    etag = {"If-Match": (await client.get(f"/labels/{item.key}")).headers["etag"]}
    edits = [{"status": "accepted", "intent_id": name} for name in ("greet", "cancel")]
    answers = await asyncio.gather(
        *(client.put(f"/labels/{item.key}/decision", json=edit, headers=etag) for edit in edits)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_many_are_decided_each_on_its_own(client: httpx2.AsyncClient, database: Database, new_name: str) -> None:
    items = [label_item(new_name, f"text {number}") for number in range(3)]
    await Labels(database).store(items)
    decisions = [
        {"key": items[0].key, "status": "accepted", "intent_id": "greet"},
        {"key": items[1].key, "status": "rejected", "was": "skipped"},
        {"key": "0" * 24, "status": "rejected"},
        {"key": items[2].key, "status": "accepted", "intent_id": "fallback"},
    ]
    answer = await client.post("/labels/decisions", json={"decisions": decisions})
    results = answer.json()["results"]
    assert [result["outcome"] for result in results] == ["decided", "conflict", "not_found", "invalid"]
    assert results[0]["label"]["decided_by"] == "admin token"
    assert all(result["detail"] for result in results[1:])
    for body in (
        {"decisions": []},
        {"decisions": decisions * 51},
        {"decisions": [{**decisions[0], "status": "accept"}]},
    ):
        assert (await client.post("/labels/decisions", json=body)).status_code == 422


async def test_export_has_every_label_and_nothing_a_spreadsheet_would_run(
    client: httpx2.AsyncClient, database: Database, new_name: str
) -> None:
    texts = ["=HYPERLINK(1)", 'say "hi", you', *(f"text {number}" for number in range(205))]
    items = [label_item(new_name, text) for text in texts]
    await Labels(database).store(items)
    lines = (await client.get("/labels/export", params={"status": "open"})).text.splitlines()
    assert {json.loads(line)["text"] for line in lines} == set(texts)
    table = await client.get("/labels/export", params={"status": "open", "format": "csv"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = {row["text"] for row in csv.DictReader(io.StringIO(table.text))}
    assert rows == {"'=HYPERLINK(1)", *texts[1:]}
    assert (await client.get("/labels/export")).text == ""


async def test_only_the_shared_token_speaks_for_others(admin: AdminApi) -> None:
    database = admin.services.database
    await import_bot(database, TINY_BOT_WIRE, bot="default", source="test")
    items = [label_item("default", "hello"), label_item("default", "hi")]
    await Labels(database).store(items)
    labeller = await admin.as_("labeller", bot="default")
    for client, item, name in ((labeller, items[0], "labeller of default"), (admin.owner, items[1], "ada")):
        url = f"/api/v1/bots/default/labels/{item.key}/decision"
        decided = await client.post(url, json={"status": "rejected", "by": "ada"})
        assert decided.json()["decided_by"] == name
    assert "hello" not in str([entry.model_dump(exclude={"action"}) for entry in await admin.audit()])


async def test_queue_is_filled_by_a_task(admin: AdminApi) -> None:
    url = "/api/v1/bots/default/labels/mine"
    labeller, author = await admin.as_("labeller"), await admin.as_("author")
    assert (await labeller.post(url, json={})).status_code == 403
    for body in ({"days": 0}, {"days": 1e9}, {"version": "../1"}, {"since": 1}):
        assert (await author.post(url, json=body)).status_code == 422
    begun = await author.post(url, json={"days": 7})
    assert (begun.status_code, begun.json()["kind"]) == (202, "mine")
    assert (await author.get(begun.headers["location"])).json()["request"] == {"days": 7.0, "version": None}
    assert (await author.post(f"{begun.headers['location']}/cancel")).status_code in (202, 409)

"""The labelling queue over HTTP."""

import json
from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx2
import pytest
from fastapi import FastAPI

from pipelines.settings import Settings
from serving.api import labels
from serving.api.app import create_app
from serving.api.errors import install_error_handlers
from serving.store.bots import import_bot
from serving.store.client import Database
from serving.store.labels import Labels
from tests.support.bots import TINY_BOT_WIRE
from tests.support.labels import label_item
from tests.support.records import now

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
TOKEN = {"Authorization": "Bearer a-token-of-the-operator"}


@pytest.fixture
async def client(database: Database, new_name: str) -> AsyncIterator[httpx2.AsyncClient]:
    await import_bot(database, TINY_BOT_WIRE, bot=new_name, source="test")
    app = FastAPI()
    app.state.admin_token, app.state.services = "a-token-of-the-operator", SimpleNamespace(database=database, now=now)
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
    assert len(paths) == 4
    assert (await client.get("/labels", headers={"Authorization": ""})).status_code == 403

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.api.app import create_app
from serving.store.client import Database
from serving.store.schema import Schema
from tests.fakes.tool_server import ToolServer, tool_server
from tests.support.damage import drop_message_index
from tests.support.fixed import FixedReleases
from tests.support.servers import free_port

OURS = "/api/v1/bots/default/messages"
COMPAT = "/bots/channels/rest/webbook"
HELLO = {"thread_id": "t", "text": "hello"}


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
def app_settings(settings: Settings, mongo_uri: str, tool: ToolServer, new_name: str) -> Settings:
    more = {"mongo_uri": mongo_uri, "mongo_database": f"app_{new_name}", "endpoints": {"shop": tool.url}}
    return settings.model_copy(update=more)


async def http_client(settings: Settings, releases: FixedReleases) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(settings, releases=releases)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://chat.test") as client,
    ):
        yield client


@pytest.fixture
def releases(tiny_release: Release) -> FixedReleases:
    return FixedReleases({"default": tiny_release})


@pytest.fixture
async def client(app_settings: Settings, releases: FixedReleases) -> AsyncIterator[httpx2.AsyncClient]:
    async for client in http_client(app_settings, releases):
        yield client


@pytest.fixture
async def client_without_database(settings: Settings, releases: FixedReleases) -> AsyncIterator[httpx2.AsyncClient]:
    more = {"mongo_uri": f"mongodb://127.0.0.1:{free_port()}", "mongo_timeout_seconds": 0.3}
    async for client in http_client(settings.model_copy(update=more), releases):
        yield client


def is_error(response: httpx2.Response, status: int) -> bool:
    body = response.json()
    return response.status_code == status and body.keys() == {"error", "detail"} and all(map(str, body.values()))


async def test_messages_answers_in_our_shape(client: httpx2.AsyncClient) -> None:
    response = await client.post(OURS, json={**HELLO, "message_id": "m1"})
    assert response.status_code == 200
    body = response.json()
    confidence = body.pop("confidence")
    assert 0.4 < confidence <= 1
    assert body == {
        "thread_id": "t",
        "message_id": "m1",
        "turn": 1,
        "replies": [{"text": "Hello!"}],
        "intent_id": "greet",
        "form": None,
        "release": "1",
        "is_handed_over": False,
    }


async def test_messages_repeats_an_answer_byte_for_byte(client: httpx2.AsyncClient) -> None:
    first = await client.post(OURS, json={**HELLO, "message_id": "m1"})
    second = await client.post(OURS, json={**HELLO, "message_id": "m1"})
    assert first.content == second.content


async def test_messages_tells_how_far_a_form_is(client: httpx2.AsyncClient) -> None:
    body = (await client.post(OURS, json={"thread_id": "t", "text": "i want to buy a tent"})).json()
    assert body["form"] == {
        "intent_id": "order_product",
        "slots": {"product": "tent"},
        "missing": ["quantity"],
        "asking": "quantity",
        "is_complete": False,
    }


@pytest.mark.parametrize("path", [COMPAT, "/bots/channels/rest/webhook"])
async def test_compat_answers_a_list_of_texts(client: httpx2.AsyncClient, path: str) -> None:
    response = await client.post(
        path, json={"thread_id": "t", "text": "/init_conversation", "context": {"username": "A"}}
    )
    assert (response.status_code, response.json()) == (200, [{"text": "Hi A"}, {"text": "What can I do for you?"}])


async def test_compat_takes_json_whatever_its_content_type_says(client: httpx2.AsyncClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        response = await client.post(COMPAT, content=json.dumps(HELLO), headers={"Content-Type": kind})
        assert response.json() == [{"text": "Hello!"}]


async def test_compat_answers_an_empty_text_with_the_fallback(client: httpx2.AsyncClient) -> None:
    response = await client.post(COMPAT, json={"thread_id": "t", "text": "", "context": {}})
    assert response.json() == [{"text": "Sorry, I did not understand."}]


async def test_customers_may_call_only_the_shortcuts_that_are_allowed(client: httpx2.AsyncClient) -> None:
    body = (await client.post(OURS, json={"thread_id": "t", "text": "/cancel"})).json()
    assert (body["intent_id"], body["confidence"]) == ("cancel", None)
    body = (await client.post(OURS, json={"thread_id": "t", "text": "/secret_intent"})).json()
    assert body["intent_id"] != "secret_intent"


HOSTILE_BODIES: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"not json", 400),
    (b"\xff\xfe", 400),
    (b'{"thread_id": "t", "text": "' + b"\xc3" + b'"}', 400),
    (b"[" * 20_000, 400),
    (b'{"thread_id":' * 3000, 400),
    (b"null", 422),
    (b"[]", 422),
    (b'"text"', 422),
    (b"5", 422),
    (b"{}", 422),
    (b'{"thread_id": "t"}', 422),
    (b'{"text": "hello"}', 422),
    (b'{"thread_id": {"$ne": null}, "text": "hello"}', 422),
    (b'{"thread_id": ["t"], "text": "hello"}', 422),
    (b'{"thread_id": null, "text": "hello"}', 422),
    (b'{"thread_id": "", "text": "hello"}', 422),
    (b'{"thread_id": "a\\u0000b", "text": "hello"}', 422),
    (b'{"thread_id": "a\\nb", "text": "hello"}', 422),
    (b'{"thread_id": "' + b"x" * 201 + b'", "text": "hello"}', 422),
    (b'{"thread_id": "t", "text": {"$gt": ""}}', 422),
    (b'{"thread_id": "t", "text": 5}', 422),
    (b'{"thread_id": "t", "text": null}', 422),
    (b'{"thread_id": "t", "text": "' + b"x" * 4001 + b'"}', 422),
    (b'{"thread_id": "t", "text": "hello", "message_id": {"$ne": 1}}', 422),
    (b'{"thread_id": "t", "text": "hello", "message_id": ""}', 422),
    (b'{"thread_id": "t", "text": "hello", "context": []}', 422),
    (b'{"thread_id": "t", "text": "hello", "context": {"a": NaN}}', 422),
    (b'{"thread_id": "t", "text": "hello", "context": {"a": 1e999}}', 422),
    (b'{"thread_id": "t", "text": "hello", "context": {"a": 99999999999999999999}}', 422),
    (b'{"thread_id": "t", "text": "hello", "context": {"a": ' + b"9" * 5000 + b"}}", 400),
    (b'{"thread_id": "t", "text": "hello", "context": ' + b'{"a":' * 20 + b"1" + b"}" * 20 + b"}", 422),
    (b'{"thread_id": "t", "text": "hello", "context": {"a": "' + b"x" * 40_000 + b'"}}', 422),
    (b'{"thread_id": "t", "text": "' + b"x" * 1_000_000 + b'"}', 413),
]


@pytest.mark.parametrize("path", [OURS, COMPAT])
async def test_hostile_bodies_get_a_4xx_and_the_next_message_works(client: httpx2.AsyncClient, path: str) -> None:
    for body, status in HOSTILE_BODIES:
        response = await client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert is_error(response, status), (body[:80], response.status_code, response.text[:200])
    assert (await client.post(path, json=HELLO)).status_code == 200


@pytest.mark.parametrize("path", [OURS, COMPAT])
async def test_odd_texts_get_a_reply(client: httpx2.AsyncClient, path: str) -> None:
    odd = [
        "\\ud83d",
        "a\\u0000b",
        "\\ud83d\\ude00",
        "{{ 7 * 7 }}",
        "$where",
        "/",
        "//",
        "/../..",
        "?",
        "###",
        "<b>",
    ]
    for text in [*odd, "x" * 4000, "é" * 2000]:
        body = f'{{"thread_id": "odd", "text": "{text}", "context": {{"$k.x": "\\ud800", "\\u0000": 1}}}}'
        response = await client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == 200, (text, response.text)


@pytest.mark.parametrize("path", [OURS, COMPAT])
async def test_a_text_that_is_too_long_is_refused_by_the_limit(client: httpx2.AsyncClient, path: str) -> None:
    response = await client.post(path, json={"thread_id": "long", "text": "x" * 4001})
    assert is_error(response, 422)
    assert response.json()["detail"] == "a text may have 4000 characters; send a shorter one"


async def test_validation_errors_do_not_repeat_what_was_sent(client: httpx2.AsyncClient) -> None:
    for path in (OURS, COMPAT):
        for body in ({"thread_id": {"a": "SECRET"}, "text": "SECRET"}, {"thread_id": "SECRET\n", "text": "x"}):
            assert "SECRET" not in (await client.post(path, json=body)).text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", OURS, 405),
        ("DELETE", COMPAT, 405),
        ("POST", "/api/v1/bots/a%20b/messages", 422),
        ("POST", "/api/v1/bots/$ne/messages", 422),
        ("POST", f"/api/v1/bots/{'x' * 65}/messages", 422),
        ("POST", "/api/v1/bots/unknown/messages", 503),
    ],
)
async def test_errors_have_one_shape(client: httpx2.AsyncClient, method: str, path: str, status: int) -> None:
    assert is_error(await client.request(method, path, json=HELLO), status)


async def test_body_without_a_length_is_limited_too(client: httpx2.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    for path in (OURS, COMPAT):
        assert is_error(await client.post(path, content=chunks()), 413)


async def test_crash_is_a_plain_500_and_logs_no_text(
    client: httpx2.AsyncClient,
    releases: FixedReleases,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def crash(_: str) -> Any:
        raise RuntimeError("SECRET")

    monkeypatch.setattr(releases, "current", crash)
    response = await client.post(OURS, json=HELLO)
    assert is_error(response, 500)
    assert "SECRET" not in response.text + caplog.text
    assert "RuntimeError" in caplog.text
    assert "Traceback" not in response.text + caplog.text


async def test_widgets_on_other_sites_may_chat_and_nothing_else(client: httpx2.AsyncClient) -> None:
    origin = {"Origin": "https://shop.example"}
    ask = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    assert (await client.options(OURS, headers=ask)).headers["access-control-allow-origin"] == "*"
    assert (await client.post(COMPAT, json=HELLO, headers=origin)).headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in (await client.get("/health/live", headers=origin)).headers


async def test_root_greets_programs(client: httpx2.AsyncClient) -> None:
    response = await client.get("/")
    assert response.json()["message"] == "Welcome to the Intentloop chat API"


async def test_root_shows_browsers_the_chat_page(client: httpx2.AsyncClient) -> None:
    response = await client.get("/", headers={"Accept": "text/html,application/xhtml+xml"})
    assert response.headers["content-type"].startswith("text/html")
    assert "<html" in response.text


async def test_ready_names_what_answers(client: httpx2.AsyncClient) -> None:
    body = (await client.get("/health/ready")).json()
    assert body["release_age_seconds"] >= 0
    assert (body["status"], body["release"], body["data_hash"], body["database"]) == ("ok", "1", "0" * 64, True)
    assert (body["inbox_waiting"], body["inbox_oldest_seconds"]) == (0, None)
    assert (await client.get("/ready")).json() == {"status": "ok"}
    assert (await client.get("/health/live")).json() == {"status": "ok"}


async def test_ready_with_a_refused_version_behind_the_alias_stays_200_and_says_it(
    client: httpx2.AsyncClient, releases: FixedReleases
) -> None:
    releases.problem = "the alias 'production' is on version 2, which must not answer: too bad"
    response = await client.get("/health/ready")
    body = response.json()
    assert (response.status_code, body["status"], body["release"]) == (200, "degraded", "1")
    assert body["problems"] == [releases.problem]
    assert (await client.get("/ready")).json() == {"status": "ok"}
    assert (await client.post(OURS, json=HELLO)).status_code == 200


async def test_ready_with_a_nearly_full_disk_stays_200_and_says_it(client: httpx2.AsyncClient, full_disk: None) -> None:
    response = await client.get("/health/ready")
    body = response.json()
    assert (response.status_code, body["status"], body["release"]) == (200, "degraded", "1")
    assert "the disk of the home folder is nearly full" in body["problems"][0]


async def test_ready_with_a_missing_index_stays_200_and_says_it(
    client: httpx2.AsyncClient, app_settings: Settings
) -> None:
    assert (await client.get("/health/ready")).json()["status"] == "ok"
    database = Database.from_settings(app_settings)
    await drop_message_index(database)
    turns = database.collection("turns")
    await turns.insert_many([{"_id": name, "message_key": "taken"} for name in ("first", "second")])
    try:
        services = client._transport.app.state.services  # type: ignore[attr-defined]
        await services.ledger.schema.renew()
        response = await client.get("/health/ready")
        body = response.json()
        assert (response.status_code, body["status"], body["database"]) == (200, "degraded", True)
        assert "'message_once' of 'turns' is missing" in body["problems"][0]
        assert (await client.post(OURS, json=HELLO)).status_code == 200
    finally:
        await turns.delete_many({"message_key": "taken"})
        await Schema(database).ensure()
        database.close()


async def test_ready_without_a_release_is_503(client: httpx2.AsyncClient, releases: FixedReleases) -> None:
    releases.release_by_bot.clear()
    response = await client.get("/health/ready")
    assert (response.status_code, response.json()["database"], response.json()["release"]) == (503, True, None)
    assert is_error(await client.post(OURS, json=HELLO), 503)


async def test_without_a_database_health_tells_and_messages_get_a_503_soon(
    client_without_database: httpx2.AsyncClient,
) -> None:
    client = client_without_database
    async with asyncio.timeout(5):
        response = await client.get("/health/ready")
        assert (response.status_code, response.json()["database"], response.json()["release"]) == (503, False, "1")
        answers = await asyncio.gather(*(client.post(OURS, json=HELLO | {"thread_id": f"t{n}"}) for n in range(30)))
        assert all(is_error(answer, 503) and answer.headers["retry-after"] for answer in answers)
        assert (await client.get("/ready")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200


async def test_docs_page_asks_no_other_host(client: httpx2.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert "swagger-ui-bundle.js" in page
    assert "https://" not in page
    assert (await client.get("/static-offline-docs/swagger-ui-bundle.js")).status_code == 200


async def test_docs_describe_both_routes(client: httpx2.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"/api/v1/bots/{bot}/messages", "/bots/channels/rest/webhook", "/health/ready"} <= paths.keys()

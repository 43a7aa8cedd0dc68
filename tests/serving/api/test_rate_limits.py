"""Rate limits at the door, over real services; addresses are those that the server sees."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.types import ASGIApp

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.api.app import create_app
from serving.api.proxies import TrustedProxies
from tests.support.fixed import FixedReleases

OURS = "/api/v1/bots/default/messages"
TOKEN = "a-token-of-the-operator"


@pytest.fixture
async def app(settings: Settings, mongo_uri: str, new_name: str, tiny_release: Release) -> AsyncIterator[ASGIApp]:
    more = {
        "mongo_uri": mongo_uri, "mongo_database": f"limits_{new_name}", "admin_token": TOKEN,
        "rate_limit_address": 18, "rate_limit_thread": 12, "rate_limit_key": 30,
    }  # fmt: skip
    own = Settings.model_validate({**settings.model_dump(), **more})
    app = create_app(own, releases=FixedReleases({"default": tiny_release}))
    async with app.router.lifespan_context(app):
        yield app


def client_at(app: ASGIApp, address: str) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 4711))
    return httpx2.AsyncClient(transport=transport, base_url="http://chat.test")


async def say(client: httpx2.AsyncClient, thread: str, path: str = OURS) -> httpx2.Response:
    return await client.post(path, json={"thread_id": thread, "text": "hello"}, headers={"Origin": "https://shop.test"})


async def test_an_address_is_told_to_wait_and_others_are_answered(app: ASGIApp) -> None:
    async with client_at(app, "203.0.113.1") as greedy, client_at(app, "203.0.113.2") as other:
        assert [(await say(greedy, f"a{n}")).status_code for n in range(4)] == [200, 200, 200, 429]
        refused = await say(greedy, "b", path="/bots/channels/rest/webbook")  # both paths, one limit
        assert refused.status_code == 429
        assert refused.json()["error"] == "too_many_requests"
        wait = int(refused.headers["retry-after"])
        assert refused.json()["detail"] == f"your address has sent too many messages; wait {wait} s"
        assert 1 <= wait <= 4
        assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == ("3", "0")
        assert refused.headers["access-control-allow-origin"] == "*"  # so that a widget can tell its visitor
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert (await say(other, "c")).status_code == 200


async def test_addresses_of_one_ipv6_network_are_one_client(app: ASGIApp) -> None:
    answers = []
    for number in range(4):
        async with client_at(app, f"2001:db8:1:2::{number}") as client:
            answers.append((await say(client, f"v6-{number}")).status_code)
    assert answers == [200, 200, 200, 429]


async def test_a_thread_is_limited_wherever_its_messages_come_from(app: ASGIApp) -> None:
    answers = []
    for number in range(3):
        async with client_at(app, f"198.51.100.{number}") as client:
            answers.append(await say(client, "busy"))
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "this conversation has sent too many messages" in answers[-1].json()["detail"]
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_a_proxy_that_names_no_client_is_not_limited(app: ASGIApp) -> None:
    async with client_at(app, "127.0.0.1") as proxy:
        assert {(await say(proxy, f"p{n}")).status_code for n in range(12)} == {200}


async def test_health_and_webhooks_are_not_limited(app: ASGIApp) -> None:
    async with client_at(app, "203.0.113.3") as client:
        for path in ("/health/live", "/ready", "/api/v1/bots/default/channels/facebook/webhook"):
            assert 429 not in {(await client.get(path)).status_code for _ in range(12)}
        webhook = "/api/v1/bots/default/channels/facebook/webhook"
        assert {(await client.post(webhook, content=b"{}")).status_code for _ in range(12)} == {404}


async def test_the_files_of_a_page_leave_nobody_without_requests(app: ASGIApp) -> None:
    async with client_at(app, "203.0.113.9") as office:
        shown = [(await office.get(path)).status_code for path in ("/admin/", "/admin/assets/current/app.js") * 30]
        assert set(shown) == {200}
        assert (await office.get("/api/v1/session")).status_code == 401  # and not 429
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for _ in range(40):
            await office.get("/admin/assets/current/app.js", headers=headers)
        assert (await office.get("/api/v1/session", headers=headers)).status_code == 200


async def test_preflights_are_not_counted(app: ASGIApp) -> None:
    ask = {"Origin": "https://shop.test", "Access-Control-Request-Method": "POST"}
    async with client_at(app, "203.0.113.4") as client:
        assert {(await client.options(OURS, headers=ask)).status_code for _ in range(9)} == {200}
        assert (await say(client, "after")).status_code == 200


LABELS = "/api/v1/bots/default/labels"


def bearer(token: str) -> dict[str, Any]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_key_is_limited_and_sees_what_is_left(app: ASGIApp) -> None:
    async with client_at(app, "203.0.113.5") as client:
        answers = [await client.get(LABELS, headers=bearer(TOKEN)) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0"]
    assert answers[-1].json()["detail"].startswith("this key has sent too many requests")
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert TOKEN not in answers[-1].text


async def test_guessing_keys_is_limited_by_address_and_not_counted_against_the_key(app: ASGIApp) -> None:
    async with client_at(app, "203.0.113.6") as guesser, client_at(app, "203.0.113.7") as operator:
        guesses = [(await guesser.get(LABELS, headers=bearer(f"guess {n}"))).status_code for n in range(5)]
        assert guesses == [401, 401, 401, 429, 429]
        assert (await guesser.get(LABELS)).status_code == 429
        assert (await operator.get(LABELS, headers=bearer(TOKEN))).status_code == 200


async def test_many_people_with_keys_behind_one_address_are_not_in_each_others_way(app: ASGIApp) -> None:
    """Their requests are refused for want of a role or found right, but never counted against the address."""
    async with client_at(app, "203.0.113.8") as office:
        assert {(await office.get(LABELS, headers=bearer(TOKEN))).status_code for _ in range(5)} == {200}
        assert (await say(office, "from the office")).status_code == 200
        assert (await office.get(LABELS)).status_code == 401


@pytest.mark.parametrize(
    ("named", "host", "expected"),
    [
        (("127.0.0.1", "::1"), "127.0.0.1", True),
        (("127.0.0.1", "::1"), "::1", True),
        (("127.0.0.1",), "203.0.113.1", False),
        (("10.0.0.0/8",), "10.3.4.5", True),
        (("10.0.0.0/8",), "11.3.4.5", False),
        (("*",), "203.0.113.1", False),
        (("*",), "127.0.0.1", True),
        (("proxy",), "proxy", True),
        (("proxy",), "unknown", False),
        ((), "", False),
    ],
)
def test_trusted_proxies_knows_addresses_networks_and_names(named: tuple[str, ...], host: str, expected: bool) -> None:
    assert (host in TrustedProxies(named)) is expected


async def test_limits_can_be_switched_off(
    settings: Settings, mongo_uri: str, new_name: str, tiny_release: Release
) -> None:
    off = {"rate_limit_address": 0, "rate_limit_thread": 0, "rate_limit_key": 0}
    own = settings.model_copy(update={"mongo_uri": mongo_uri, "mongo_database": f"off_{new_name}", **off})
    app = create_app(own, releases=FixedReleases({"default": tiny_release}))
    async with app.router.lifespan_context(app), client_at(app, "203.0.113.9") as client:
        assert {(await say(client, "t")).status_code for _ in range(60)} == {200}
        assert (await client.get(LABELS)).status_code == 401

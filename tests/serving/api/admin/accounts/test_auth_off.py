"""Without sign-in: everybody on this machine is an owner, and nobody else gets in."""

import httpx2
import pytest

from pipelines.errors import SetupProblem
from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.api.app import create_app
from serving.local.plan import make_plan
from tests.support.admin import open_admin
from tests.support.fixed import FixedReleases

ELSEWHERE: list[dict[str, str]] = [
    {"Host": "rebound.evil.example:8000"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "10.1.2.3:8000"},
    {"Host": "0.0.0.0:8000"},
    {"Host": ""},
    {"Host": "[bad"},
    {"Host": "localhost", "Origin": "https://evil.example"},
    {"Host": "localhost", "Origin": "null"},
    {"Host": "localhost:8000", "Origin": "http://localhost:3000"},
    {"Host": "localhost", "Sec-Fetch-Site": "cross-site"},
    {"Host": "localhost:8000", "Sec-Fetch-Site": "same-site"},
    {"Host": "localhost", "X-Forwarded-For": "10.1.2.3"},
    {"Host": "localhost", "Forwarded": "for=10.1.2.3"},
]
HERE: list[dict[str, str]] = [
    {"Host": "127.0.0.1:8000"},
    {"Host": "LOCALHOST"},
    {"Host": "[::1]:8000"},
    {"Host": "localhost:8000", "Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"},
    {"Host": "localhost:8000", "Sec-Fetch-Site": "none"},
]


async def test_only_this_machine_is_let_in(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str
) -> None:
    more = {"mongo_uri": mongo_uri, "mongo_database": f"off_{new_name}", "auth": "off"}
    async with open_admin(settings.model_copy(update=more), FixedReleases({"default": tiny_release})) as admin:
        client = await admin.client()
        for number, headers in enumerate(HERE):
            assert (await client.get("/api/v1/keys", headers=headers)).status_code == 200, headers
            body = {"name": f"key {number}", "roles": {"*": "viewer"}}
            assert (await client.post("/api/v1/keys", headers=headers, json=body)).status_code == 201, headers
        for headers in ELSEWHERE:
            for method in ("GET", "POST"):
                response = await client.request(method, "/api/v1/keys", headers=headers, json={})
                assert (response.status_code, response.json()["error"]) == (403, "forbidden"), headers
        assert {entry.by for entry in await admin.audit()} == {"everybody"}
        transport = httpx2.ASGITransport(app=admin.app, client=("10.1.2.3", 1234))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000") as remote:
            assert (await remote.get("/api/v1/keys")).status_code == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "chat.example", ""])
def test_a_server_that_others_reach_does_not_start_so(settings: Settings, host: str) -> None:
    off = settings.model_copy(update={"auth": "off", "host": host})
    for start in (create_app, make_plan):
        with pytest.raises(SetupProblem, match="INTENTLOOP_AUTH=off makes everybody an owner"):
            start(off)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_on_loopback_it_starts(settings: Settings, host: str) -> None:
    create_app(settings.model_copy(update={"auth": "off", "host": host}))

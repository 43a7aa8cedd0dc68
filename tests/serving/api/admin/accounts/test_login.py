"""Signing in at the issuer's page, and what goes wrong on the way there and back."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.api.sign_in import COOKIE
from tests.fakes.oidc_issuer import FakeIssuer, oidc_issuer
from tests.support.admin import AdminApi, open_admin
from tests.support.fixed import FixedReleases

LOGIN, CALLBACK = "/api/v1/session/login", "/api/v1/session/callback"


@pytest.fixture
async def issuer() -> AsyncIterator[FakeIssuer]:
    async with oidc_issuer() as issuer:
        yield issuer


@pytest.fixture
async def site(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, issuer: FakeIssuer
) -> AsyncIterator[AdminApi]:
    more: dict[str, Any] = {
        "mongo_uri": mongo_uri, "mongo_database": f"login_{new_name}", "oidc_issuer": issuer.url,
        "oidc_client_id": "pages", "oidc_client_secret": "a-client-secret", "public_url": "https://admin.test",
        "oidc_group_roles": {"support": "labeller"},
    }  # fmt: skip
    async with open_admin(settings.model_copy(update=more), FixedReleases({"default": tiny_release})) as admin:
        yield admin


@pytest.fixture
async def page(site: AdminApi) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=site.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="https://admin.test") as client:
        yield client


async def leave(page: httpx2.AsyncClient, issuer: FakeIssuer, **claims: Any) -> str:
    """Go to the issuer and let it sign Anna in; gives the state to come back with."""
    response = await page.get(LOGIN, params={"next": "/admin?bot=shop"})
    assert response.status_code == 303
    query = {name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()}
    assert response.headers["location"].startswith(f"{issuer.url}/authorize?")
    assert (query["redirect_uri"], query["response_type"]) == (f"https://admin.test{CALLBACK}", "code")
    assert query["code_challenge_method"] == "S256"
    cookie = response.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "Secure", "SameSite=lax", "Max-Age=600"))
    issuer.codes["a-code"] = {
        "aud": "pages", "nonce": query["nonce"], "challenge": query["code_challenge"], "cognito:groups": ["support"],
        **claims,
    }  # fmt: skip
    return query["state"]


async def test_a_person_signs_in_at_the_issuer(page: httpx2.AsyncClient, issuer: FakeIssuer, site: AdminApi) -> None:
    state = await leave(page, issuer)
    back = await page.get(CALLBACK, params={"code": "a-code", "state": state})
    assert (back.status_code, 'content="0;url=/admin?bot=shop"' in back.text) == (200, True)
    assert COOKIE in page.cookies
    assert (await page.get("/api/v1/session")).json()["roles"] == {"*": "labeller"}
    sent = next(request for request in issuer.server.received if request.target == "/pool/token")
    assert sent.headers["authorization"].startswith("Basic ")
    again = await page.get(CALLBACK, params={"code": "a-code", "state": state})
    assert again.status_code == 403  # the attempt is over


@pytest.mark.parametrize(
    ("query", "claims", "status"),
    [
        ({"state": "x" * 43}, {}, 403),
        ({"state": ""}, {}, 403),
        ({"code": ""}, {}, 401),
        ({"code": "another"}, {}, 401),
        ({}, {"nonce": "another"}, 401),
        ({}, {"aud": "another-client"}, 401),
        ({}, {"challenge": "another"}, 401),
        ({}, {"cognito:groups": []}, 403),
    ],
    ids=str,
)
async def test_what_does_not_fit_signs_nobody_in(
    page: httpx2.AsyncClient, issuer: FakeIssuer, query: dict[str, str], claims: dict[str, Any], status: int
) -> None:
    state = await leave(page, issuer, **claims)
    back = await page.get(CALLBACK, params={"code": "a-code", "state": state, **query})
    assert back.status_code == status, back.text
    assert COOKIE not in page.cookies
    assert "a-client-secret" not in back.text


async def test_the_way_back_leads_to_no_other_site(page: httpx2.AsyncClient, issuer: FakeIssuer) -> None:
    for away in ("//evil.example", "https://evil.example", "/\\evil.example", "", "admin", "/a\nb", "javascript:x"):
        assert (await page.get(LOGIN, params={"next": away})).status_code == 422, away
    assert (await page.get(CALLBACK, params={"code": "a-code", "state": "x"})).status_code == 403
    state = await leave(page, issuer)
    for name, value in list(page.cookies.items()):  # a sister site may set cookies, but no path to elsewhere
        page.cookies.set(name, ".".join([*value.split(".")[:3], "Ly9ldmlsLmV4YW1wbGU"]), domain="admin.test")
    back = await page.get(CALLBACK, params={"code": "a-code", "state": state})
    assert "evil" not in back.text


async def test_without_a_client_there_is_no_such_page(admin: AdminApi) -> None:
    for path in (LOGIN, CALLBACK):
        assert (await admin.owner.get(path)).status_code == 404

"""Sign-in to the pages: sessions in cookies, and what pages of other sites cannot do with them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.api.sign_in import COOKIE, LOCAL_COOKIE
from serving.store.access.api_keys import ApiKeys
from serving.store.access.members import Members
from tests.fakes.oidc_issuer import AUDIENCE, FakeIssuer, oidc_issuer
from tests.support.admin import TOKEN, AdminApi, open_admin
from tests.support.fixed import FixedReleases

SITE = "https://admin.test"
OWN_PAGE = {"Origin": SITE, "Sec-Fetch-Site": "same-origin"}


@asynccontextmanager
async def browser(admin: AdminApi, *, url: str = SITE, **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=admin.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=url, headers=headers) as client:
        yield client


@pytest.fixture
async def page(admin: AdminApi) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a browser on our own page, not signed in."""
    async with browser(admin, **OWN_PAGE) as client:
        yield client


async def sign_in(page: httpx2.AsyncClient, token: str) -> httpx2.Response:
    response = await page.post("/api/v1/session", json={"token": token})
    assert response.status_code == 201, response.text
    return response


async def status(page: httpx2.AsyncClient) -> int:
    return (await page.get("/api/v1/session")).status_code


async def test_a_key_signs_in_and_out(admin: AdminApi, page: httpx2.AsyncClient) -> None:
    key, text = await admin.key("author", bot="shop", name="Ada")
    assert await status(page) == 401
    response = await sign_in(page, text)
    myself = {"id": f"key:{key.id}", "name": "Ada", "roles": {"shop": "author"}}
    assert {name: response.json()[name] for name in myself} == myself
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {part.strip() for part in cookie.split(";")[1:]} >= {"HttpOnly", "Path=/", "SameSite=strict", "Secure"}
    assert text not in str(response.headers) + response.text
    assert (await page.get("/api/v1/session")).json() == myself
    assert (await page.get("/api/v1/bots/shop/trainings")).status_code == 200
    assert (await page.get("/api/v1/bots/other/trainings")).status_code == 403
    assert (await page.delete("/api/v1/session")).status_code == 204
    assert await status(page) == 401


async def test_a_session_is_stored_hashed(admin: AdminApi, page: httpx2.AsyncClient) -> None:
    _, text = await admin.key("viewer")
    await sign_in(page, text)
    stored = str(await admin.services.database.collection("sessions").find({}).to_list(10))
    assert "holder" in stored
    assert page.cookies[COOKIE] not in stored
    assert text not in stored
    assert [(entry.action, entry.by_name) for entry in await admin.audit()] == [("Sign in", "viewer of *")]


async def test_on_this_machine_the_cookie_goes_without_tls(admin: AdminApi) -> None:
    for host in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000"):
        async with browser(admin, url=f"http://{host}", Origin=f"http://{host}") as page:
            response = await sign_in(page, TOKEN)
            assert response.headers["set-cookie"].startswith(f"{LOCAL_COOKIE}=")
            assert "Secure" not in response.headers["set-cookie"]
            assert await status(page) == 200
            assert (await page.delete("/api/v1/session")).status_code == 204
            assert await status(page) == 401


async def test_nobody_signs_in_in_clear_over_a_network(admin: AdminApi) -> None:
    async with browser(admin, url="http://10.1.2.3:8000", Origin="http://10.1.2.3:8000") as page:
        response = await page.post("/api/v1/session", json={"token": TOKEN})
        assert (response.status_code, "https://" in response.json()["detail"]) == (403, True)
        assert "set-cookie" not in response.headers


OTHER_PAGES: list[dict[str, str]] = [
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://admin.test"},
    {"Origin": "https://admin.test:444"},
    {"Origin": "https://admin.test.evil.example"},
    {"Origin": "https://admin.test@evil.example"},
    {"Origin": "https://[bad"},
    {"Origin": SITE, "Sec-Fetch-Site": "cross-site"},
    {"Origin": SITE, "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Referer": f"{SITE}/admin"},
    {"X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"},
]


async def test_other_pages_change_nothing_with_a_cookie(admin: AdminApi, page: httpx2.AsyncClient) -> None:
    await sign_in(page, TOKEN)
    for headers in OTHER_PAGES:
        async with browser(admin, **headers) as other:
            other.cookies = page.cookies
            for method, path in (("POST", "/api/v1/keys"), ("DELETE", "/api/v1/session"), ("DELETE", "/api/v1/keys/a")):
                response = await other.request(method, path, json={"name": "x", "roles": {"*": "owner"}})
                assert response.status_code == 403, (headers, method, response.text)
    assert await ApiKeys(admin.services.database).listed() == []
    assert (await page.post("/api/v1/keys", json={"name": "x", "roles": {"*": "viewer"}})).status_code == 201


async def test_a_key_in_a_header_needs_no_page(admin: AdminApi) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example"}
    async with browser(admin, **headers) as client:
        assert (await client.post("/api/v1/keys", json={"name": "x", "roles": {"*": "viewer"}})).status_code == 201


async def test_a_wrong_key_is_not_made_good_by_a_session(admin: AdminApi, page: httpx2.AsyncClient) -> None:
    await sign_in(page, TOKEN)
    for wrong in ("Bearer wrong", "Basic YTpi", "Bearer", "bearer  ", ""):
        assert (await page.get("/api/v1/session", headers={"Authorization": wrong})).status_code == 401


async def test_other_pages_cannot_sign_a_browser_in(admin: AdminApi) -> None:
    for headers in (one for one in OTHER_PAGES if one.get("Origin", SITE) != SITE):
        async with browser(admin, **headers) as other:
            response = await other.post("/api/v1/session", json={"token": TOKEN})
            assert response.status_code == 403, headers
            assert "set-cookie" not in response.headers


async def test_a_session_ends_when_it_is_not_used_and_in_any_case(
    admin: AdminApi, page: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(page, TOKEN)
    start, ahead = admin.services.now(), timedelta()
    access = admin.app.state.access
    monkeypatch.setattr(access, "_services", type("Later", (), {"now": lambda _: start + ahead})())
    for _ in range(13):
        ahead += timedelta(minutes=55)
        assert await status(page) == 200, ahead
    ahead += timedelta(minutes=55)  # 12 hours 50
    assert await status(page) == 401


async def test_an_unused_session_ends(
    admin: AdminApi, page: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(page, TOKEN)
    later = admin.services.now() + timedelta(minutes=61)
    monkeypatch.setattr(admin.app.state.access, "_services", type("Later", (), {"now": lambda _: later})())
    assert await status(page) == 401


async def test_a_session_ends_with_its_key(admin: AdminApi, page: httpx2.AsyncClient) -> None:
    key, text = await admin.key("viewer")
    await sign_in(page, text)
    assert await status(page) == 200
    assert (await admin.owner.delete(f"/api/v1/keys/{key.id}")).json()["state"] == "revoked"
    response = await page.get("/api/v1/session")
    assert (response.status_code, "revoked" in response.json()["detail"]) == (401, True)


async def test_a_session_lasts_no_longer_than_its_key(admin: AdminApi, page: httpx2.AsyncClient) -> None:
    key, text = await admin.key("viewer", days=0.1)
    ends = (await sign_in(page, text)).json()["ends_at"]
    assert key.expires_at is not None
    assert ends == key.expires_at.isoformat(timespec="microseconds").replace("+00:00", "Z")


async def test_a_made_up_cookie_signs_nobody_in(admin: AdminApi) -> None:
    async with browser(admin) as page:
        for cookie in ("", "x", "a" * 5000, "%00", '"', "é"):
            headers = {"Cookie": f"{COOKIE}={cookie}".encode()}
            assert (await page.get("/api/v1/session", headers=headers)).status_code == 401


@pytest.fixture
async def issuer() -> AsyncIterator[FakeIssuer]:
    async with oidc_issuer() as issuer:
        yield issuer


@pytest.fixture
async def with_issuer(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, issuer: FakeIssuer
) -> AsyncIterator[AdminApi]:
    more: dict[str, Any] = {
        "mongo_uri": mongo_uri, "mongo_database": f"admin_{new_name}",
        "oidc_issuer": issuer.url, "oidc_audience": (AUDIENCE,),
        "oidc_group_roles": {"support": "labeller", "shop-authors": {"shop": "author"}},
    }  # fmt: skip
    async with open_admin(settings.model_copy(update=more), FixedReleases({"default": tiny_release})) as admin:
        yield admin


async def test_a_token_of_the_issuer_has_the_roles_of_its_groups(with_issuer: AdminApi, issuer: FakeIssuer) -> None:
    token = issuer.token(name="Anna", **{"cognito:groups": ["support", "shop-authors", "others"]})
    client = await with_issuer.client(f"Bearer {token}")
    roles = {"*": "labeller", "shop": "author"}
    assert (await client.get("/api/v1/session")).json() == {"id": "member:anna", "name": "Anna", "roles": roles}
    assert (await client.get("/api/v1/keys")).status_code == 403


async def test_a_member_is_known_by_subject_and_by_verified_email(with_issuer: AdminApi, issuer: FakeIssuer) -> None:
    for who, roles in (({"subject": "anna"}, {"shop": "viewer"}), ({"email": "Anna@Example.com"}, {"*": "operator"})):
        added = await with_issuer.owner.post("/api/v1/members", json={"name": "Anna", "roles": roles, **who})
        assert added.status_code == 201
    cases: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({"email": "anna@example.com", "email_verified": True}, {"shop": "viewer", "*": "operator"}),
        ({"email": "anna@example.com", "email_verified": False}, {"shop": "viewer"}),
        ({"sub": "other", "email": "ANNA@example.com", "email_verified": True}, {"*": "operator"}),
    ]
    for claims, roles in cases:
        client = await with_issuer.client(f"Bearer {issuer.token(**claims)}")
        assert (await client.get("/api/v1/session")).json()["roles"] == roles
    stranger = await with_issuer.client(f"Bearer {issuer.token(sub='Anna')}")
    assert (await stranger.get("/api/v1/session")).status_code == 403


async def test_a_session_of_a_member_follows_their_roles(with_issuer: AdminApi, issuer: FakeIssuer) -> None:
    members = Members(with_issuer.services.database)
    async with browser(with_issuer, **OWN_PAGE) as page:
        refused = await page.post("/api/v1/session", json={"token": issuer.token()})
        assert (refused.status_code, "member:anna" in refused.json()["detail"]) == (403, True)
        added = (
            await with_issuer.owner.post(
                "/api/v1/members", json={"subject": "anna", "name": "Anna", "roles": {"*": "viewer"}}
            )
        ).json()
        await sign_in(page, issuer.token())
        assert (await page.get("/api/v1/session")).json()["roles"] == {"*": "viewer"}
        member = await members.get(added["id"])
        await members.replace(member, name="Anna", roles={"shop": "author"}, now=with_issuer.services.now())  # type: ignore[dict-item]
        assert (await page.get("/api/v1/session")).json()["roles"] == {"shop": "author"}
        await members.remove(await members.get(added["id"]))
        assert await status(page) == 403
        assert (await page.delete("/api/v1/session")).status_code == 204


async def test_a_forged_token_is_refused_and_recorded_once(with_issuer: AdminApi, issuer: FakeIssuer) -> None:
    client = await with_issuer.client(f"Bearer {issuer.token(aud='other')}")
    for _ in range(3):
        response = await client.get("/api/v1/session")
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    entries = await with_issuer.audit()
    assert [(entry.by, entry.action, entry.outcome) for entry in entries] == [("unknown", "Sign in", "refused")]


async def test_keys_work_while_the_issuer_is_down(with_issuer: AdminApi, issuer: FakeIssuer) -> None:
    await issuer_dies(issuer)
    client = await with_issuer.client(f"Bearer {issuer.token()}")
    response = await client.get("/api/v1/session")
    assert (response.status_code, response.json()["error"]) == (503, "issuer_unavailable")
    assert "127.0.0.1" not in response.text
    assert (await with_issuer.owner.get("/api/v1/session")).status_code == 200


async def issuer_dies(issuer: FakeIssuer) -> None:
    from tests.fakes.tool_server import hang_up

    issuer.instead = hang_up


async def test_guesses_fill_no_log(admin: AdminApi) -> None:
    for number in range(30):
        transport = httpx2.ASGITransport(app=admin.app, client=(f"203.0.113.{number}", 1234))
        async with httpx2.AsyncClient(transport=transport, base_url=SITE) as client:
            headers = {"Authorization": "Bearer a-wrong-token"}
            for _ in range(3):
                assert (await client.get("/api/v1/session", headers=headers)).status_code == 401
    viewer = await admin.as_("viewer")
    for _ in range(10):
        assert (await viewer.post("/api/v1/keys", json={})).status_code == 403
    entries = await admin.audit()
    assert 2 <= len(entries) <= 6
    assert {(entry.by_name, entry.outcome) for entry in entries} == {("unknown", "refused"), ("viewer of *", "refused")}
    assert "a-wrong-token" not in str(entries)

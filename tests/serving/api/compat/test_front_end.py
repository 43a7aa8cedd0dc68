"""ai-chatbot-framework's front end on a server of its own: it sends no key, and calls from another origin."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.api.app import create_app
from tests.support.fixed import FixedReleases

PAGE = "http://localhost:3000"
PLACE = "/admin/integrations/facebook"


@pytest.fixture
async def client(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str
) -> AsyncIterator[httpx2.AsyncClient]:
    more = {
        "mongo_uri": mongo_uri, "mongo_database": f"front_{new_name}", "auth": "off", "admin_origins": (PAGE,),
    }  # fmt: skip
    app = create_app(settings.model_copy(update=more), releases=FixedReleases({"default": tiny_release}))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client,
    ):
        yield client


def sent_by(page: str, *, site: str = "cross-site") -> dict[str, str]:
    return {"Origin": page, "Sec-Fetch-Site": site}


async def test_its_pages_read_and_write(client: httpx2.AsyncClient) -> None:
    read = await client.get(PLACE, headers=sent_by(PAGE))
    assert (read.status_code, read.headers["access-control-allow-origin"]) == (200, PAGE)
    assert "access-control-allow-credentials" not in read.headers
    asks = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    before = await client.options(PLACE, headers=sent_by(PAGE) | asks)
    assert before.status_code == 200
    assert "PUT" in before.headers["access-control-allow-methods"]
    written = await client.put(PLACE, json={"status": True}, headers=sent_by(PAGE))
    assert (written.status_code, written.json()["status"]) == (200, True)


async def test_its_download_follows_a_link(client: httpx2.AsyncClient) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert (await client.get(PLACE, headers=link | {"Referer": f"{PAGE}/"})).status_code == 200
    for referer in ("http://evil.example/", f"http://evil.example/{PAGE}", f"{PAGE}.evil.example/", "http://[", ""):
        assert (await client.get(PLACE, headers=link | {"Referer": referer})).status_code == 403, referer


@pytest.mark.parametrize("page", ["http://evil.example", "http://localhost:3001", "null", f"{PAGE}.evil.example"])
async def test_no_other_page_may(client: httpx2.AsyncClient, page: str) -> None:
    refused = await client.put(PLACE, json={"status": True}, headers=sent_by(page))
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    named_by_referer = sent_by(page) | {"Referer": f"{PAGE}/"}
    assert (await client.get(PLACE, headers=named_by_referer)).status_code == 403


@pytest.mark.parametrize("value", ["localhost:3000", "ftp://a", "http://a/b", "http://a?b", "https://jane@a", "*"])
def test_what_is_no_origin_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="origin"):
        Settings(_env_file=None, admin_origins=value)  # type: ignore[arg-type,call-arg]

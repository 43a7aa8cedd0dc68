"""How the files of the admin pages are served."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from serving.api.admin_pages import PAGES, AdminPages
from serving.api.compat.prefix import CompatPaths
from serving.api.security_headers import SecurityHeaders


async def opened(folder: Path, *, has_organisation: bool = False) -> AsyncIterator[httpx2.AsyncClient]:
    app, pages = FastAPI(), AdminPages(folder, has_organisation=has_organisation)
    app.include_router(pages.router)
    app.add_middleware(SecurityHeaders, headers_by_path={"/admin/": pages.headers})
    app.add_middleware(CompatPaths)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://admin.test") as client:
        yield client


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async for client in opened(PAGES):
        yield client


async def test_the_page_may_load_its_own_files_alone(client: httpx2.AsyncClient) -> None:
    page = await client.get("/admin/")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "sha256" not in policy
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"} <= set(
        policy.split("; ")
    )
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|style=", page.text)


async def test_files_are_kept_for_ever_under_the_hash_of_all(client: httpx2.AsyncClient) -> None:
    page = await client.get("/admin/")
    places = re.findall(r'(?:src|href)="(assets/[^"]+)"', page.text)
    assert len(places) > 10
    for place in places:
        file = await client.get(f"/admin/{place}")
        assert (file.status_code, file.headers["cache-control"]) == (200, "public, max-age=31536000, immutable"), place
        plain = await client.get(f"/admin/{place}", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == file.content == (PAGES / place.split("/", 2)[2]).read_bytes()


async def test_files_are_sent_compressed(client: httpx2.AsyncClient) -> None:
    request = client.build_request("GET", "/admin/assets/current/vendor/preact.js", headers={"Accept-Encoding": "gzip"})
    response = await client.send(request, stream=True)
    raw = b"".join([part async for part in response.aiter_raw()])
    assert response.headers["cache-control"] == "no-cache"
    assert gzip.decompress(raw) == (PAGES / "vendor" / "preact.js").read_bytes()


@pytest.mark.parametrize(
    "place",
    ["assets/0123456789ab/app.js", "assets/current/none.js", "assets/current/../../x", "assets/current/index.html"],
)
async def test_nothing_else_is_there(client: httpx2.AsyncClient, place: str) -> None:
    assert (await client.get(f"/admin/{place}")).status_code == 404


async def test_without_its_last_slash_the_address_leads_there(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/admin")
    assert (answer.status_code, answer.headers["location"]) == (308, "/admin/")


async def test_a_change_of_any_file_changes_the_addresses(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<head><script src="assets/current/app.js"></script></head>')
    (tmp_path / "app.js").write_text('import { a } from "./lib/a.js";\nconst later = () => import("./later.js");')
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.js").write_text('export { b as a } from "../b.js";')
    (tmp_path / "b.js").write_text("export const b = 1;")
    (tmp_path / "later.js").write_text("export default 1;")
    before = AdminPages(tmp_path)
    (tmp_path / "later.js").write_text("export default 2;")
    assert before.digest != AdminPages(tmp_path).digest
    async for client in opened(tmp_path):
        page = (await client.get("/admin/")).text
        preloaded = re.findall(r'modulepreload" href="assets/\w+/([^"]+)"', page)
        assert preloaded == ["app.js", "lib/a.js", "b.js"]


@pytest.mark.parametrize(("has_organisation", "ways"), [(False, "key"), (True, "key organisation")])
async def test_the_page_offers_the_ways_to_sign_in_that_are_set_up(has_organisation: bool, ways: str) -> None:
    async for client in opened(PAGES, has_organisation=has_organisation):
        page = (await client.get("/admin/")).text
        assert re.findall(r'<meta name="sign-in" content="([^"]*)">', page) == [ways]

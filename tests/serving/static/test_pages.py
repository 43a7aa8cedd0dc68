"""The pages of the chat API in a real browser, under the security headers that they are served with."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.serving.static.test_chat_page import CHROMIUM, browser
from tests.support.api_process import api_process
from tests.support.servers import ENGINES, mongo_server

__all__ = ["browser"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt install chromium)"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, tiny_release_folder: Path) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("pages")
    with (
        mongo_server(ENGINES[0], folder / "database") as mongo_uri,
        api_process(folder / "api", release=tiny_release_folder, mongo_uri=mongo_uri, shop="http://127.0.0.1:1") as url,
    ):
        yield url


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 900}, color_scheme=request.param)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    yield page
    context.close()
    assert faults == []


# a message, a stream, an edit, an upload and a page of a list; that every other route is described is tested without
# a browser, in which each takes seconds
DESCRIBED = [
    ("POST", "/api/v1/bots/{bot}/messages"),
    ("GET", "/api/v1/bots/{bot}/tasks/{task_id}/events"),
    ("PATCH", "/api/v1/bots/{bot}/intents/{intent_id}"),
    ("PUT", "/api/v1/bots/{bot}/draft"),
    ("GET", "/api/v1/bots/{bot}/conversations"),
]


def opened(page: Page, method: str, path: str) -> Locator:
    """Open a route's description, in whatever group it is."""
    route = page.locator(".opblock", has=page.locator(f'[data-path="{path}"]')).and_(
        page.locator(f".opblock-{method.lower()}")
    )
    closed = page.locator('.opblock-tag[data-is-open="false"]')
    while not route.count() and closed.count():
        closed.first.click()  # the next one is the first then
    route.locator(".opblock-summary-control").click()
    expect(route.locator(".responses-wrapper")).to_be_visible()
    return route


def test_the_docs_describe_routes_of_every_kind_without_an_error(page: Page, url: str) -> None:
    page.goto(f"{url}/docs")
    expect(page.locator(".opblock-tag").first).to_be_visible()
    for method, path in DESCRIBED:
        shown = opened(page, method, path).inner_text()
        assert not re.search(r"resolver error|could not resolve|unknown type", shown, re.IGNORECASE)
    assert page.locator(".errors-wrapper").count() == 0
    expect(page.get_by_text('"text": "track order ORD-1042"').first).to_be_visible()


def test_a_route_can_be_tried_out(page: Page, url: str) -> None:
    page.goto(f"{url}/docs")
    live = opened(page, "GET", "/health/live")
    live.get_by_role("button", name="Try it out").click()
    live.get_by_role("button", name="Execute").click()
    expect(live.locator(".live-responses-table tr.response .response-col_status").first).to_contain_text("200")
    expect(page.get_by_role("button", name="Authorize")).to_be_visible()


def test_the_chat_page_talks_to_the_bot(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_label("Your message").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".turn").last.locator(".theirs").first).to_contain_text("Hello!")


def test_no_other_page_may_show_them_in_a_frame(browser: Browser, url: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside.html"
    outside.write_text(f'<iframe src="{url}/"></iframe><iframe src="{url}/docs"></iframe>')
    context = browser.new_context()
    page = context.new_page()
    page.goto(outside.as_uri())
    page.wait_for_timeout(500)
    assert [frame.locator("#chat, #swagger-ui").count() for frame in page.frames[1:]] == [0, 0]
    context.close()

"""The chat window on somebody's site: it reads the known globals, and shows every text as text."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCRIPT = Path(__file__).parents[3] / "serving" / "static" / "widget" / "script.js"
SITE = "http://shop.test/"
HTML = """<!doctype html><title>Shop</title><p>Tents</p>
<script>window.chat_context = {"username": "Ada"}; window.iky_base_url = "http://bot.test/api/";</script>
<script src="http://bot.test/api/static/widget/script.js"></script>"""
REPLIES = [
    {"text": "<img src=x onerror=alert(1)>"},
    {"text": "Which?", "quick_replies": [{"title": "Orders", "payload": "/orders"}]},
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt install chromium)"),
]


@pytest.fixture
def sent() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def page(sent: list[dict[str, Any]]) -> Iterator[Page]:
    def answer(route: Route) -> None:
        url, cors = route.request.url, {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        if url == SITE:
            route.fulfill(body=HTML, content_type="text/html")
        elif url.endswith("/script.js"):
            route.fulfill(path=SCRIPT, content_type="text/javascript")
        elif url == "http://bot.test/api/api/v1/bots/shop/messages":
            if route.request.method == "POST":
                sent.append(route.request.post_data_json)
            route.fulfill(body=json.dumps({"replies": REPLIES}), content_type="application/json", headers=cors)
        elif url == "http://bot.test/api/bots/channels/rest/webbook":
            if route.request.method == "POST":
                sent.append(route.request.post_data_json)
            route.fulfill(body=json.dumps(REPLIES), content_type="application/json", headers=cors)
        else:
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--headless", "--no-sandbox"])
        page = browser.new_page(viewport={"width": 480, "height": 700})
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        page.route("**/*", answer)
        page.goto(SITE)
        yield page
        browser.close()
        assert faults == []


def test_a_visitor_chats_with_text_and_buttons(page: Page, sent: list[dict[str, Any]]) -> None:
    page.get_by_role("button", name="Chat", exact=True).click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("<img src=x onerror=alert(1)>")
    assert log.locator("img").count() == 0
    assert sent[0].keys() == {"thread_id", "text", "context"}
    assert (sent[0]["text"], sent[0]["context"]) == ("/init_conversation", {"username": "Ada"})
    page.get_by_label("Message").fill("hello")
    page.keyboard.press("Enter")
    expect(log.locator("p.mine")).to_have_text("hello")
    page.get_by_role("button", name="Orders").click()
    expect(log.locator("p.mine").last).to_have_text("Orders")
    expect(log.get_by_text("Which?")).to_have_count(3)
    assert [each["text"] for each in sent] == ["/init_conversation", "hello", "/orders"]
    assert len({each["thread_id"] for each in sent}) == 1


def test_a_page_names_another_bot(page: Page, sent: list[dict[str, Any]]) -> None:
    expect(page.locator(".log p").first).to_have_count(1)
    sent.clear()
    page.add_init_script("window.iky_bot = 'shop';")
    page.reload()
    page.get_by_role("button", name="Chat", exact=True).click()
    expect(page.get_by_role("log").get_by_text("Which?")).to_have_count(1)
    assert [each["text"] for each in sent] == ["/init_conversation"]

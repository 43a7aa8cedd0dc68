"""The server is killed while somebody edits: they are told, and what they typed is kept and saved once it is back."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Locator, Page, Route, expect

from pipelines.schemas.labels import Proposal
from tests.support.admin_pages import SLOWLY_SECONDS, Platform, opened
from tests.support.authoring import example, spans
from tests.support.browser import Watched, needs_browser
from tests.support.labels import label_item, store_labels

pytestmark = needs_browser
SLOWLY = SLOWLY_SECONDS * 1000

FILE: dict[str, Any] = {
    "intents": [{
        "intentId": "travel", "name": "Travel", "speechResponse": "Hello!", "trainingData": [{"text": "a trip please"}],
    }],
    "entities": [{"name": "city", "entity_values": [{"value": "Oslo"}]}],
}  # fmt: skip
AWAY = "The server cannot be reached. Nothing was lost"


@contextmanager
def killed_server(platform: Platform) -> Iterator[None]:
    """Kill the API, and keep `intentloop up` from starting it again until the end."""
    up = platform.local.process
    assert up is not None
    api = int((platform.home / "run" / "api.pid").read_text(encoding="utf-8"))
    os.kill(up.pid, signal.SIGSTOP)
    try:
        os.kill(api, signal.SIGKILL)
        yield
    finally:
        os.kill(up.pid, signal.SIGCONT)


def new_tabs(context: BrowserContext, platform: Platform, bot: str) -> tuple[Page, Page, Page]:
    """Open the reply and the examples of an intent, and the label queue, each in a tab of its own."""
    replies = opened(context.new_page(), platform, f"bots/{bot}/intents/travel/replies")
    examples = opened(context.new_page(), platform, f"bots/{bot}/intents/travel")
    labels = opened(context.new_page(), platform, f"bots/{bot}/labels")
    expect(reply_in(replies)).to_have_value("Hello!")
    expect(example(examples, "a trip please")).to_be_visible()
    expect(labels.get_by_role("group", name="Text to label: where to")).to_be_visible()
    for page in (replies, examples, labels):
        page.wait_for_load_state("networkidle")
    return replies, examples, labels


def reply_in(page: Page) -> Locator:
    return page.get_by_label("Reply", exact=True)


def add_marked(page: Page) -> None:
    """Add an example, and mark its city by the keyboard."""
    page.get_by_label("New example").fill("a trip to Oslo")
    page.keyboard.press("Enter")
    example(page, "a trip to Oslo").focus()
    for key in ("Home", *["ArrowRight"] * 10, *["Shift+ArrowRight"] * 4, "Enter"):
        page.keyboard.press(key)
    choice = page.get_by_role("dialog", name=re.compile("Which entity"))
    choice.get_by_role("combobox").fill("city")
    page.keyboard.press("Enter")
    expect(example(page, "a trip to Oslo").locator("mark")).to_be_visible()


@pytest.mark.parametrize("is_loaded_anew", [False, True], ids=["the page stays", "the page is loaded anew"])
def test_what_is_typed_while_the_server_is_killed_is_saved_once_it_is_back(
    window: tuple[Page, Watched], platform: Platform, is_loaded_anew: bool
) -> None:
    page, watched = window
    watched.expected += ["net::ERR_", "404"]
    bot = platform.new_bot(FILE)
    item = label_item(bot, "where to", proposals=(Proposal(by="llm", intent_id="travel", confidence=0.5),))
    store_labels(platform.local.port["MONGO"], [item])
    replies, examples, labels = tabs = new_tabs(page.context, platform, bot)
    places = [tab.url.partition("#/")[2] for tab in tabs]

    with killed_server(platform):
        reply_in(replies).fill("Welcome!")
        add_marked(examples)
        labels.keyboard.press("1")
        for tab in (replies, examples):
            expect(tab.get_by_role("status").filter(has_text=f"Not saved: {AWAY}")).to_be_visible()
        progress = labels.get_by_role("group", name="Progress")
        expect(progress).to_contain_text("1 not sent yet")
        expect(progress).to_contain_text(AWAY)
        expect(progress).to_contain_text("kept in this browser and sent again by itself")
        if is_loaded_anew:
            for tab in tabs:
                with suppress(Error):  # nobody is there to load it from
                    tab.reload()
                tab.close()

    platform.until_back()
    if is_loaded_anew:
        replies, examples, labels = (opened(page.context.new_page(), platform, place) for place in places)
    expect(reply_in(replies)).to_have_value("Welcome!", timeout=SLOWLY)
    for tab in (replies, examples):
        expect(tab.get_by_text("Saved", exact=True)).to_be_visible(timeout=SLOWLY)
    expect(labels.get_by_role("heading", name="No text waits for a label")).to_be_visible(timeout=SLOWLY)
    expect(labels.get_by_role("group", name="Progress")).not_to_contain_text("not sent yet", timeout=SLOWLY)
    expect(example(examples, "a trip to Oslo").locator("mark")).to_be_visible()
    assert platform.call("GET", f"/bots/{bot}/intents/travel")["speechResponse"] == "Welcome!"
    assert spans(platform, bot, "travel") == {"a trip please": [], "a trip to Oslo": [("Oslo", 10, 14, "city")]}
    decided = platform.call("GET", f"/bots/{bot}/labels/{item.key}")
    assert (decided["status"], decided["intent_id"]) == ("accepted", "travel")


def test_what_a_killed_server_was_in_the_midst_of_is_sent_again(
    window: tuple[Page, Watched], platform: Platform
) -> None:
    page, watched = window
    watched.expected += ["409", "404"]
    bot = platform.new_bot(FILE)
    item = label_item(bot, "where to", proposals=(Proposal(by="llm", intent_id="travel", confidence=0.5),))
    store_labels(platform.local.port["MONGO"], [item])
    keys: list[str] = []

    def remember_the_first(route: Route) -> None:
        """Answer as a server does that finds its key taken, by a request that nobody will end."""
        key = route.request.headers.get("idempotency-key", "")
        if route.request.method != "POST" or (keys and key != keys[0]):
            route.continue_()
            return
        keys.append(key)
        route.fulfill(status=409, json={"error": "under_way", "detail": "a request with this key was cut off"})

    page.route("**/intents/travel/examples", remember_the_first)
    opened(page, platform, f"bots/{bot}/intents/travel")
    expect(example(page, "a trip please")).to_be_visible()
    page.get_by_label("New example").fill("bon voyage")
    page.keyboard.press("Enter")
    expect(
        page.get_by_text("Not saved: The server was interrupted while it saved this. It is sent again.")
    ).to_be_visible()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert set(spans(platform, bot, "travel")) == {"a trip please", "bon voyage"}

    keys.clear()
    page.route("**/decision", remember_the_first)
    opened(page, platform, f"bots/{bot}/labels")
    expect(page.get_by_role("group", name="Text to label: where to")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_role("group", name="Progress")).to_contain_text("All sent")
    assert len(keys) == 1
    assert platform.call("GET", f"/bots/{bot}/labels/{item.key}")["status"] == "accepted"

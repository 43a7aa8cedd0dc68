"""What tests of the pages for writing intents share."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.support.admin_pages import Platform


def example(page: Page, text: str) -> Locator:
    """Give the text of an example, in which values are marked."""
    return page.get_by_role("textbox", name=re.compile(rf"^Example \d+: {re.escape(text)}$"))


def saved(page: Page) -> None:
    """Wait until everything that was typed is saved."""
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()


def spans(platform: Platform, bot: str, intent: str) -> dict[str, list[tuple[str, int, int, str]]]:
    """Return what is marked in each stored example of an intent."""
    items = platform.call("GET", f"/bots/{bot}/examples?intent={intent}&limit=200")["items"]
    return {
        row["text"]: [(mark["value"], mark["begin"], mark["end"], mark["name"]) for mark in row["entities"]]
        for row in items
    }

"""From nothing to a bot that answers customers, from the pages alone: by mouse, and by keyboard."""

import re
from abc import ABC, abstractmethod
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.admin_pages import Platform, opened
from tests.support.authoring import saved
from tests.support.browser import needs_browser

pytestmark = needs_browser

TRAINING_MS = 1_200_000
"""A real training, on a machine that has much else to do."""
MOST_TABS = 150
ORDERS = [
    "a pizza please", "I want a pizza", "can I order a pizza", "one margherita", "two pizzas to go", "I am hungry",
    "I would like to order", "pizza for tonight", "bring me a pizza", "order a salami pizza", "a family pizza",
    "get me something to eat",
]  # fmt: skip
HOURS = [
    "when do you open", "when do you close", "are you open today", "opening hours", "what are your hours",
    "are you open on sunday", "how long are you open", "is the shop closed now", "until when are you there",
    "what time do you start", "do you open early", "are you still open",
]  # fmt: skip


class Hands(ABC):
    """How somebody works: `press` what can be pressed, `write` into a field."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @abstractmethod
    def press(self, target: Locator) -> None: ...

    @abstractmethod
    def write(self, target: Locator, text: str) -> None: ...


class Mouse(Hands):
    """Clicks, and types into what was clicked."""

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.click()
        target.fill(text)


class Keyboard(Hands):
    """Goes from one control to the next with Tab, as far as it takes."""

    def press(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self._reach(target)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def _reach(self, target: Locator) -> None:
        expect(target).to_be_enabled()
        for _ in range(MOST_TABS):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} is not reached by Tab")


@pytest.mark.parametrize("kind", [Mouse, Keyboard], ids=["by mouse", "by keyboard"])
def test_an_empty_platform_becomes_a_bot_that_answers(page: Page, platform: Platform, kind: type[Hands]) -> None:
    hands = kind(page)
    title = f"Pizza {uuid4().hex[:6]}"
    bot = title.lower().replace(" ", "-")
    opened(page, platform, "bots")
    hands.press(page.get_by_role("button", name="New bot"))
    hands.write(page.get_by_label("What is it called?"), title)
    hands.press(page.get_by_role("button", name="Make the bot"))
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()

    hands.press(page.get_by_role("link", name="Write the first intent"))
    teach(hands, "Opening hours", HOURS)  # the link has asked for its name already
    reply_with(hands, "From ten to ten.")
    hands.press(page.get_by_role("navigation", name=f"Pages of {bot}").get_by_role("link", name="Intents"))
    hands.press(page.get_by_role("button", name="New intent").first)
    teach(hands, "Order a pizza", ORDERS)
    hands.press(page.get_by_role("link", name="Questions", exact=True))
    hands.press(page.get_by_role("button", name="Add a question"))
    hands.write(page.get_by_role("textbox", name="Name", exact=True), "address")
    hands.write(page.get_by_role("textbox", name="Question", exact=True), "Where do you live?")
    saved(page)
    reply_with(hands, "On its way to {{ parameters.address }}.")
    expect(page.get_by_role("group", name="Preview of the reply")).to_contain_text("On its way to some address.")

    hands.press(page.get_by_role("link", name="Train and releases"))
    hands.press(page.get_by_role("button", name="Train the first release"))
    expect(page.get_by_text("has passed")).to_be_visible(timeout=TRAINING_MS)
    hands.press(page.get_by_role("main").get_by_role("link", name="Read its verdict"))
    expect(page.get_by_role("heading", name="Release 1", exact=True)).to_be_visible()
    hands.press(page.get_by_role("button", name="Promote"))
    dialog = page.get_by_role("dialog")
    hands.write(dialog.get_by_label("Why?"), "the first one")
    hands.press(dialog.get_by_role("button", name="Promote"))
    expect(page.get_by_text("Release 1 answers customers from now on.")).to_be_visible()

    hands.press(page.get_by_role("link", name="Try it").first)
    for said, answer in (("one margherita", "Where do you live?"), ("14 Rose Avenue", "On its way to 14 Rose Avenue.")):
        hands.write(page.get_by_label("Your message"), said)
        hands.press(page.get_by_role("button", name="Send"))
        expect(page.get_by_role("region", name="Chat")).to_contain_text(answer)
    platform.until_answered(bot)
    body = {"thread_id": "customer", "message_id": uuid4().hex, "text": "when do you open"}
    answered = platform.call("POST", f"/bots/{bot}/messages", json=body)
    assert "From ten to ten." in [message["text"] for message in answered["replies"]]


def teach(hands: Hands, name: str, examples: list[str]) -> None:
    """Make an intent in the dialog that asks for its name, and paste its examples."""
    page = hands.page
    hands.write(page.get_by_label("What does the customer want?"), name)
    hands.press(page.get_by_role("button", name="Make the intent"))
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    hands.press(page.get_by_role("button", name="Paste many").first)
    hands.write(page.get_by_label("One example a line"), "\n".join(examples))
    hands.press(page.get_by_role("button", name=re.compile(rf"Add {len(examples)} examples")))
    expect(page.get_by_role("list", name="Examples")).to_contain_text(examples[0])
    saved(page)


def reply_with(hands: Hands, text: str) -> None:
    """Write the reply of the intent that is shown."""
    hands.press(hands.page.get_by_role("link", name="Replies", exact=True))
    hands.write(hands.page.get_by_label("Reply", exact=True), text)
    saved(hands.page)

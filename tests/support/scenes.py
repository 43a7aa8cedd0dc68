"""States of the admin pages that only come of doing something, for their pictures: dialogs, failures, a chat.

Each scene is a context: the state stands while it is open, and nothing of it is left afterwards.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from playwright.sync_api import Page, Route, expect

from tests.support.admin_pages import Platform, opened
from tests.support.pictured import LONG_NAME, Pictured

Scene = Callable[[Page, Platform, Pictured], AbstractContextManager[None]]
TRACK = "where is my order ORD-1042?"
UNAVAILABLE = '{"title": "Service Unavailable", "status": 503, "detail": "The database does not answer; try again."}'


def _say(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Why").get_by_role("heading", level=2)).to_contain_text(text)


@contextmanager
def tool_shown(page: Page, platform: Platform, _: Pictured) -> Iterator[None]:
    """Show a chat whose tool was only shown, with the request and a made-up answer being written."""
    opened(page, platform, "bots/default/try")
    for text in ("hello", TRACK):
        _say(page, text)
    page.get_by_role("button", name="Make up its answer").click()
    yield


@contextmanager
def tool_called(page: Page, platform: Platform, _: Pictured) -> Iterator[None]:
    """Show a chat whose tool was called: request and answer."""
    opened(page, platform, "bots/default/try")
    page.get_by_label("Call tools for real").check()
    _say(page, TRACK)
    expect(page.get_by_text("Called", exact=True)).to_be_visible()
    yield


@contextmanager
def tool_failed(page: Page, platform: Platform, pictured: Pictured) -> Iterator[None]:
    """Show a chat whose tool cannot be reached."""
    opened(page, platform, f"bots/{pictured.shop}/try")
    page.get_by_label("Call tools for real").check()
    for text in ("track my order", "1042"):
        _say(page, text)
    expect(page.get_by_role("log").get_by_role("alert").first).to_be_visible()
    yield


@contextmanager
def corrected(page: Page, platform: Platform, _: Pictured) -> Iterator[None]:
    """Ask what a message meant."""
    opened(page, platform, "bots/default/try")
    _say(page, TRACK)
    page.get_by_role("button", name="Correct it").click()
    expect(page.get_by_label("Mark “ORD-1042” as order_id")).to_be_checked()
    yield
    page.keyboard.press("Escape")


@contextmanager
def entity_chosen(page: Page, platform: Platform, pictured: Pictured) -> Iterator[None]:
    """Choose the entity of a word that was selected with the keyboard."""
    opened(page, platform, f"bots/{pictured.shop}/intents/track_order")
    page.get_by_role("textbox", name=re.compile(r"^Example 1: ")).focus()
    page.keyboard.press("Control+Shift+ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".entity-choice")).to_be_visible()
    yield
    page.keyboard.press("Escape")


@contextmanager
def pasted(page: Page, platform: Platform, pictured: Pictured) -> Iterator[None]:
    """Paste many lines as examples."""
    opened(page, platform, f"bots/{pictured.shop}/intents/greet")
    page.get_by_role("button", name="Paste many").click()
    lines = "\n".join(["hello there", "good evening", "hello there", f"{LONG_NAME}, please", "hey"])
    page.get_by_role("dialog").get_by_role("textbox").fill(lines)
    yield
    page.keyboard.press("Escape")


@contextmanager
def conflict(page: Page, platform: Platform, pictured: Pictured) -> Iterator[None]:
    """Show both versions of a reply that two people have changed (412)."""
    where = f"/bots/{pictured.shop}/intents/greet"
    platform.call("PATCH", where, json={"speechResponse": "Hello!"})
    opened(page, platform, f"bots/{pictured.shop}/intents/greet/replies")
    reply = page.get_by_label("Reply", exact=True)
    expect(reply).to_have_value("Hello!")
    platform.call("PATCH", where, json={"speechResponse": "Good day! This is Harbour & Sons. How can we help you?"})
    reply.fill("Hi, I am the assistant of Harbour & Sons.\nAsk me about orders and returns.")
    dialog = page.get_by_role("dialog", name="This was changed in another tab or by somebody else too")
    expect(dialog).to_be_visible()
    yield
    dialog.get_by_role("button", name="Take the other").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()


@contextmanager
def settings_conflict(page: Page, platform: Platform, pictured: Pictured) -> Iterator[None]:
    """Show both versions of settings that two people have changed (412)."""
    opened(page, platform, f"bots/{pictured.empty}/settings")
    page.get_by_label("Title").fill("mine")
    platform.call("PATCH", f"/bots/{pictured.empty}", json={"description": "theirs"})
    platform.call("PATCH", f"/bots/{pictured.empty}", json={"title": "theirs"})
    page.get_by_role("button", name="Save").click()
    told = page.get_by_role("alert").filter(has_text="Somebody else has changed this")
    expect(told).to_be_visible()
    yield
    told.get_by_role("button", name="Write mine over it").click()
    expect(told).to_have_count(0)
    platform.call("PATCH", f"/bots/{pictured.empty}", json={"title": "empty", "description": ""})


@contextmanager
def unavailable(page: Page, platform: Platform, _: Pictured) -> Iterator[None]:
    """Show a page whose data do not come, as the server answers with an error."""

    def refuse(route: Route) -> None:
        route.fulfill(status=503, content_type="application/problem+json", body=UNAVAILABLE)

    page.route("**/api/v1/bots/default/**", refuse)
    opened(page, platform, "bots/default/conversations")
    expect(page.get_by_role("alert").first).to_be_visible()
    yield
    page.unroute("**/api/v1/bots/default/**", refuse)


@contextmanager
def new_key(page: Page, platform: Platform, _: Pictured) -> Iterator[None]:
    """Make a key."""
    opened(page, platform, "keys")
    page.get_by_role("button", name="New key").click()
    yield
    page.keyboard.press("Escape")


@contextmanager
def new_bot(page: Page, platform: Platform, _: Pictured) -> Iterator[None]:
    """Make a bot whose name in addresses cannot be."""
    opened(page, platform, "bots")
    page.get_by_role("button", name="New bot").first.click()
    page.get_by_label("What is it called?").fill("Pizza to go")
    page.get_by_label("Name in addresses").fill("Pizza!")
    yield
    page.keyboard.press("Escape")


@contextmanager
def promoted(page: Page, platform: Platform, pictured: Pictured) -> Iterator[None]:
    """Ask why a release is tried as a canary."""
    opened(page, platform, f"bots/{pictured.shop}/releases")
    page.get_by_role("button", name="Try release 3 as a canary").click()
    yield
    page.keyboard.press("Escape")


@contextmanager
def journal(page: Page, platform: Platform, pictured: Pictured) -> Iterator[None]:
    """Show what answered after what."""
    opened(page, platform, f"bots/{pictured.shop}/releases")
    page.get_by_text("Journal").click()
    expect(page.get_by_role("table", name="Journal of releases")).to_be_visible()
    yield


@contextmanager
def searched(page: Page, platform: Platform, _: Pictured) -> Iterator[None]:
    """Search conversations with every condition shown."""
    opened(page, platform, "bots/default/conversations?text=order")
    page.get_by_role("button", name="More conditions").click()
    yield


@contextmanager
def menu(page: Page, platform: Platform, pictured: Pictured) -> Iterator[None]:
    """Open the navigation of a narrow screen, and the shortcuts."""
    opened(page, platform, f"bots/{pictured.shop}/intents")
    if page.get_by_role("button", name="Menu").is_visible():
        page.get_by_role("button", name="Menu").click()
    else:
        page.keyboard.press("?")
    yield
    page.keyboard.press("Escape")


@contextmanager
def signed_out(page: Page, platform: Platform, pictured: Pictured) -> Iterator[None]:
    """Ask to sign in again over a page whose session has ended, and afterwards on a page of its own."""
    opened(page, platform, f"bots/{pictured.shop}/intents/greet/replies")
    reply = page.get_by_label("Reply", exact=True)
    expect(reply).not_to_have_value("")
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    reply.fill("Welcome back!")
    expect(page.get_by_role("dialog", name="Your session has ended")).to_be_visible()
    yield


@contextmanager
def sign_in(page: Page, platform: Platform, _: Pictured) -> Iterator[None]:
    """Refuse a key at the sign-in."""
    page.context.clear_cookies()
    page.goto(f"{platform.url}/admin/")
    page.get_by_label("Key").fill("no such key")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    yield


SCENES: tuple[Scene, ...] = (
    tool_shown, tool_called, tool_failed, corrected, entity_chosen, pasted, conflict, settings_conflict, unavailable,
    new_key, new_bot, promoted, journal, searched, menu, signed_out, sign_in,
)  # fmt: skip
"""In this order: the last two end the session."""

"""Talking with a bot on its page: why it answers so, what it was taught, and the first training."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.admin_pages import Platform, opened
from tests.support.bots import TINY_BOT_WIRE
from tests.support.browser import needs_browser
from tests.support.hostile_texts import HOSTILE_TEXTS
from tests.support.mlflow_server import register_for

pytestmark = needs_browser

TRACK = "where is my order 1042?"
TRAINING_MS = 1_200_000
"""A real training, on a machine that has much else to do."""


def say(page: Page, text: str) -> None:
    """Send a message and wait until it is the chosen one, with its reasons."""
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Why").get_by_role("heading", level=2)).to_contain_text(text)


def examples(platform: Platform, bot: str, text: str) -> list[dict[str, Any]]:
    rows = platform.call("GET", f"/bots/{bot}/examples", params={"text": text})["items"]
    return [row for row in rows if row["text"] == text]


def test_draft_and_live_version_answer_and_say_why(page: Page, platform: Platform) -> None:
    opened(page, platform, "bots/default/try")
    chat, why = page.get_by_role("log", name="Conversation"), page.get_by_role("complementary", name="Why")
    say(page, TRACK)
    expect(why.get_by_text("likely enough")).to_be_visible()
    expect(why.locator("mark", has_text="1042").first).to_contain_text("order_id")
    expect(why.get_by_text("The line is the least confidence")).to_be_visible()
    expect(why.get_by_text("Unlike what was taught")).to_be_visible()
    expect(why.get_by_role("heading", name="Most like it among the examples")).to_be_visible()
    expect(why.get_by_text("Only shown")).to_be_visible()
    expect(why.get_by_text("GET http")).to_contain_text("/orders/1042")
    expect(why.get_by_text("Answered by the draft")).to_be_visible()
    expect(why.get_by_role("definition").filter(has_text=" ms").first).to_be_visible()
    chat.get_by_role("button", name="Call it for real").click()
    expect(why.get_by_text("Called", exact=True)).to_be_visible()
    request = why.get_by_role("heading", name="Request").locator("xpath=..")
    expect(request).to_contain_text(re.compile("GET http://.*/orders/1042"))
    response = why.get_by_role("heading", name="Answer, as replies see it").locator("xpath=..")
    expect(response).to_contain_text("ORD-1042")
    expect(chat.locator(".reply").first).to_contain_text("ORD-1042")
    page.get_by_label("Talk with").select_option(label="Release 1, live: it answers customers")
    say(page, "hello")
    expect(why.get_by_text("Answered by release 1.")).to_be_visible()
    chat.get_by_role("button", name=TRACK).click()
    expect(why.get_by_role("heading", level=2)).to_contain_text(TRACK)
    page.get_by_role("button", name="Start again").click()
    expect(chat.get_by_role("button", name=TRACK)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(chat.get_by_role("button", name=TRACK)).to_be_visible()


def test_a_tool_that_is_only_shown_can_be_given_an_answer(page: Page, platform: Platform) -> None:
    opened(page, platform, "bots/default/try")
    say(page, TRACK)
    page.get_by_role("button", name="Make up its answer").click()
    field = page.get_by_label("What the tool would answer, as JSON")
    field.fill("{not json")
    page.get_by_role("button", name="Show the reply").click()
    expect(page.get_by_text("That is not JSON")).to_be_visible()
    field.fill('{"found": true, "message": "It waits in Hull."}')
    page.get_by_role("button", name="Show the reply").click()
    expect(page.get_by_role("log").get_by_text("It waits in Hull.")).to_be_visible()


def test_messages_that_are_typed_fast_are_answered_in_order(page: Page, platform: Platform) -> None:
    opened(page, platform, "bots/default/try")
    said = ["hello", TRACK, "thank you", "bye"]
    for text in said:
        page.get_by_label("Your message").fill(text)
        page.keyboard.press("Enter")
    expect(page.locator(".exchange .said-line")).to_have_count(len(said))
    assert page.locator(".exchange .bubble.said").all_inner_texts() == said


def test_what_was_wrong_becomes_an_example_or_a_label_and_is_undone(page: Page, platform: Platform) -> None:
    text = "any idea where order 2077 is hiding?"
    opened(page, platform, "bots/default/try")
    say(page, text)
    page.get_by_role("button", name="Correct it").click()
    dialog = page.get_by_role("dialog", name="What did they mean?")
    expect(dialog.get_by_label("Mark “2077” as order_id")).to_be_checked()
    dialog.get_by_role("combobox").fill("refund status")
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is an example of refund_status now.")).to_be_visible()
    (made,) = examples(platform, "default", text)
    assert [(made["intent_id"], span["name"], span["value"]) for span in made["entities"]] == [
        ("refund_status", "order_id", "2077")
    ]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The example is gone again.")).to_be_visible()
    assert examples(platform, "default", text) == []

    page.get_by_role("button", name="Correct it").click()
    dialog.get_by_role("button", name="None of these").click()
    expect(page.get_by_text("It is a label now: no intent fits.")).to_be_visible()
    accepted = platform.call("GET", "/bots/default/labels", params={"status": "accepted", "limit": 200})["labels"]
    assert [label["intent_id"] for label in accepted if label["text"] == text] == ["__oos__"]
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_text("It waits in the label queue now.")).to_be_visible()


def test_a_tool_that_fails_is_named_with_its_answer(
    page: Page, platform: Platform, release_folders: tuple[Path, Path]
) -> None:
    bot = platform.new_bot(TINY_BOT_WIRE)
    register_for(f"http://127.0.0.1:{platform.local.port['MLFLOW']}", release_folders[0], bot=bot)
    intent = {
        "requestType": "GET",
        "url": "http://127.0.0.1:9/orders",
        "headers": [],
        "isJson": False,
        "jsonData": "{}",
    }
    platform.call("PATCH", f"/bots/{bot}/intents/track_order", json={"apiDetails": intent, "parameters": []})
    opened(page, platform, f"bots/{bot}/try")
    page.get_by_label("Call tools for real").check()
    say(page, "track my order")
    expect(page.get_by_role("log").get_by_role("alert")).to_contain_text("The tool of track_order failed:")


def test_a_bot_that_was_never_trained_is_trained_where_it_is_tried(page: Page, platform: Platform) -> None:
    bot = platform.new_bot(TINY_BOT_WIRE)
    opened(page, platform, f"bots/{bot}/try")
    expect(page.get_by_role("heading", name="It cannot be tried yet")).to_be_visible()
    page.get_by_role("button", name="Train the bot").click()
    expect(page.get_by_role("progressbar", name="Training")).to_be_visible()
    page.reload()  # the training goes on, and the page finds it again
    expect(page.get_by_label("Your message")).to_be_visible(timeout=TRAINING_MS)
    say(page, "good morning")
    expect(page.get_by_role("complementary", name="Why").get_by_text("Answered by the draft")).to_be_visible()


def test_hostile_messages_stay_texts(page: Page, platform: Platform) -> None:
    page.add_init_script("window.ran = []; window.pwned = (n) => window.ran.push(n);")
    opened(page, platform, "bots/default/try")
    for text in HOSTILE_TEXTS[::6]:
        page.get_by_label("Your message").fill(text)
        page.keyboard.press("Enter")
        expect(page.get_by_role("log").locator(".bubble.said").last).to_have_text(text.strip())
    expect(page.locator(".exchange .said-line")).to_have_count(len(HOSTILE_TEXTS[::6]))
    assert page.evaluate("window.ran") == []

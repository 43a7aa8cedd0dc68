"""Writing intents and entities: saved by itself, shared with others, kept through failures."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.admin_pages import Platform, opened, signed_in
from tests.support.authoring import example, saved, spans
from tests.support.browser import Watched, needs_browser, open_window

pytestmark = needs_browser
Window = tuple[Page, Watched]
GREET: dict[str, Any] = {
    "intentId": "greet",
    "name": "Greet",
    "speechResponse": "Hello!",
    "trainingData": [{"text": "hi there"}, {"text": "good day"}],
}


@pytest.fixture
def bot(platform: Platform) -> str:
    return platform.new_bot({"intents": [GREET]})


def reply_of(platform: Platform, bot: str) -> str:
    reply: str = platform.call("GET", f"/bots/{bot}/intents/greet")["speechResponse"]
    return reply


@pytest.mark.parametrize(("choice", "kept"), [("Keep mine", "Mine"), ("Take the other", "Theirs")])
def test_two_editors_see_both_versions_and_one_chooses(
    window: Window, platform: Platform, bot: str, choice: str, kept: str
) -> None:
    page, watched = window
    watched.expected.append("412")
    opened(page, platform, f"bots/{bot}/intents/greet/replies")
    reply = page.get_by_label("Reply", exact=True)
    expect(reply).to_have_value("Hello!")
    # another field of the same intent is put together without a question
    platform.call("PATCH", f"/bots/{bot}/intents/greet", json={"name": "Say hello"})
    reply.fill("First")
    saved(page)
    expect(page.get_by_role("heading", name="Say hello", level=1)).to_be_visible()
    assert reply_of(platform, bot) == "First"

    platform.call("PATCH", f"/bots/{bot}/intents/greet", json={"speechResponse": "Theirs"})
    reply.fill("Mine")
    versions = page.get_by_role("dialog", name=re.compile("changed in another tab or by somebody else"))
    expect(versions).to_contain_text("Mine")
    expect(versions).to_contain_text("Theirs")
    # beside each other, over the whole width of the dialog
    mine, theirs, whole = (found.bounding_box() for found in (*versions.locator("figure").all(), versions))
    assert mine
    assert theirs
    assert whole
    assert mine["y"] == theirs["y"]
    assert mine["width"] + theirs["width"] > 0.9 * whole["width"]
    assert reply_of(platform, bot) == "Theirs"
    versions.get_by_role("button", name=choice).click()
    saved(page)
    expect(reply).to_have_value(kept)
    assert reply_of(platform, bot) == kept


def test_an_example_that_somebody_else_has_changed_shows_both(window: Window, platform: Platform, bot: str) -> None:
    page, watched = window
    watched.expected.append("404")
    opened(page, platform, f"bots/{bot}/intents/greet")
    expect(example(page, "hi there")).to_be_visible()
    row = platform.call("GET", f"/bots/{bot}/examples?intent=greet")["items"][0]
    platform.call("PUT", f"/bots/{bot}/intents/greet/examples/{row['key']}", json={"text": "hi you"})
    page.get_by_role("button", name="Edit example 1").click()
    page.get_by_label("Text of the example").fill("hi everybody")
    page.keyboard.press("Enter")
    versions = page.get_by_role("dialog", name=re.compile("has changed"))
    expect(versions).to_contain_text("hi everybody")
    expect(versions).to_contain_text("hi you")
    versions.get_by_role("button", name="Add mine as an example").click()
    expect(example(page, "hi you")).to_be_visible()
    saved(page)
    assert set(spans(platform, bot, "greet")) == {"hi you", "good day", "hi everybody"}


def test_what_could_not_be_saved_outlives_the_page_and_is_saved_later(
    window: Window, platform: Platform, bot: str
) -> None:
    page, watched = window
    # 409: what the reload cut off is still under way at the server when it is sent again
    watched.expected.extend(["ERR_FAILED", "409"])
    opened(page, platform, f"bots/{bot}/intents/greet")
    expect(example(page, "hi there")).to_be_visible()

    def cut(route: Route) -> None:
        if route.request.method == "GET":
            route.continue_()
        else:
            route.abort()

    page.route("**/api/v1/bots/**", cut)
    page.get_by_label("New example").fill("salut")
    page.keyboard.press("Enter")
    example(page, "hi there").focus()
    page.keyboard.press("F2")
    page.get_by_label("Text of the example").fill("hi there, bot")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Not saved: The server cannot be reached")).to_be_visible()
    page.get_by_role("link", name="Replies").click()
    page.get_by_label("Reply", exact=True).fill("Salut!")
    expect(page.get_by_text("Not saved: The server cannot be reached")).to_be_visible()
    assert set(spans(platform, bot, "greet")) == {"hi there", "good day"}

    page.unroute("**/api/v1/bots/**")
    page.reload()
    expect(page.get_by_label("Reply", exact=True)).to_have_value("Salut!")
    saved(page)
    page.get_by_role("link", name="Examples").click()
    expect(example(page, "hi there, bot")).to_be_visible()
    saved(page)
    assert reply_of(platform, bot) == "Salut!"
    assert set(spans(platform, bot, "greet")) == {"hi there, bot", "good day", "salut"}


def test_a_session_that_ends_in_mid_edit_loses_nothing(browser: Browser, platform: Platform, bot: str) -> None:
    with open_window(browser, platform.url) as (context, watched):
        watched.expected.append("401")
        page = opened(signed_in(context, platform), platform, f"bots/{bot}/intents/greet/replies")
        reply = page.get_by_label("Reply", exact=True)
        expect(reply).to_have_value("Hello!")
        # a request of the page's own that is refused would ask to sign in before anything is typed
        page.wait_for_load_state("networkidle")
        context.clear_cookies()
        reply.fill("Welcome back!")
        dialog = page.get_by_role("dialog", name="Your session has ended")
        dialog.get_by_label("Key").fill(platform.key)
        page.keyboard.press("Enter")
        expect(dialog).to_have_count(0)
        expect(reply).to_have_value("Welcome back!")
        saved(page)
        assert reply_of(platform, bot) == "Welcome back!"


def test_many_lines_are_pasted_moved_deleted_and_brought_back(page: Page, platform: Platform, bot: str) -> None:
    platform.call("POST", f"/bots/{bot}/intents", json={"intentId": "other", "name": "Other"})
    opened(page, platform, f"bots/{bot}/intents/greet")
    expect(example(page, "hi there")).to_be_visible()
    page.get_by_role("button", name="Paste many").click()
    lines = [f"greeting number {number}" for number in range(300)]
    page.get_by_label("One example a line").fill("\n".join([*lines, "", "Greeting  number 7", "Hi there"]))
    paste = page.get_by_role("dialog", name="Add many examples")
    expect(paste.get_by_role("status")).to_contain_text(
        "301 examples, 1 line is there twice, 1 is in this intent already"
    )
    paste.get_by_role("button", name="Add 301 examples").click()
    expect(page.get_by_text("300 examples added, 1 was there already.")).to_be_visible()
    saved(page)
    assert len(platform.call("GET", f"/bots/{bot}/examples?intent=greet&limit=200&text=greeting")["items"]) == 200

    page.get_by_label("Search examples").fill("number 29")
    expect(page.get_by_role("list", name="Examples").get_by_role("listitem")).to_have_count(11)
    page.get_by_role("checkbox", name="Select example 1", exact=True).check()
    page.get_by_role("checkbox", name="Select example 2", exact=True).check()
    page.get_by_role("button", name="Move").click()
    page.get_by_role("combobox", name="To which intent?").fill("other")
    page.keyboard.press("Enter")
    saved(page)
    assert set(spans(platform, bot, "other")) == {"greeting number 29", "greeting number 290"}
    page.get_by_role("button", name="Delete example 1", exact=True).click()
    expect(example(page, "greeting number 291")).to_have_count(0)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(example(page, "greeting number 291")).to_be_visible()
    saved(page)
    assert "greeting number 291" in spans_of_search(platform, bot, "number 291")


def spans_of_search(platform: Platform, bot: str, text: str) -> list[str]:
    found = platform.call("GET", f"/bots/{bot}/examples?intent=greet&text={text}")["items"]
    return [row["text"] for row in found]


def test_five_hundred_intents_stay_quick_and_one_is_deleted(page: Page, platform: Platform) -> None:
    intents = [
        {"intentId": f"intent_{number}", "name": f"Intent {number}", "trainingData": [{"text": f"text {number}"}]}
        for number in range(500)
    ]
    bot = platform.new_bot({"intents": intents})
    opened(page, platform, f"bots/{bot}/intents")
    expect(page.get_by_text(re.compile(r"^50\d intents$"))).to_be_visible()
    rows = page.get_by_role("list", name="Intents").get_by_role("listitem")
    assert rows.count() < 60
    page.get_by_label("Search").fill("intent 499")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Delete Intent 499").click()
    confirm = page.get_by_role("dialog", name="Delete “Intent 499”?")
    expect(confirm).to_contain_text("With it go 1 example and its replies")
    confirm.get_by_role("button", name="Delete the intent").click()
    expect(page.get_by_text("No intent is like that.")).to_be_visible()
    assert platform.client.get(f"/api/v1/bots/{bot}/intents/intent_499").status_code == 404


def test_a_tool_is_written_as_a_form_and_broken_json_is_not_saved(page: Page, platform: Platform) -> None:
    size = {"name": "size", "type": "free_text", "required": True}
    bot = platform.new_bot({"intents": [{"intentId": "order", "name": "Order", "parameters": [size]}]})
    opened(page, platform, f"bots/{bot}/intents/order/tool")
    page.get_by_role("checkbox", name="Call a tool").check()
    page.get_by_label("Method").select_option("POST")
    page.get_by_role("textbox", name="Address").fill("https://shop.example/orders")
    page.get_by_role("button", name="Add a header").click()
    page.get_by_label("Header 1", exact=True).fill("Authorization")
    page.get_by_label("Value of Authorization", exact=True).fill("Bearer sk-4f9a8b7c6d5e4f3a2b1c")
    request = page.get_by_role("group", name="Request")
    expect(request).to_contain_text("POST https://shop.example/orders")
    expect(request).to_contain_text('"size": "some size"')
    expect(request).to_contain_text("***")
    expect(request).not_to_contain_text("sk-4f9a")
    saved(page)

    def body() -> str:
        stored: str = platform.call("GET", f"/bots/{bot}/intents/order")["apiDetails"]["jsonData"]
        return stored

    assert body() == '{\n  "size": {{ parameters.size }}\n}'
    page.get_by_role("button", name="Write it as JSON").click()
    written = page.get_by_role("textbox", name="Body as JSON")
    written.fill('{"size": {{ parameters.size }},\n "n": 1,}')
    expect(page.get_by_text("Not saved. line 2, column 8: a comma stands before }; delete it.")).to_be_visible()
    assert body() == '{\n  "size": {{ parameters.size }}\n}'
    written.fill('{"size": {{ parameters.size }}, "n": 1}')
    expect(request).to_contain_text('"n": 1')
    saved(page)
    assert body() == '{"size": {{ parameters.size }}, "n": 1}'
    page.get_by_role("button", name="Show it as a form").click()
    expect(page.get_by_label("Value of n", exact=True)).to_have_value("1")


def test_a_tool_that_answered_offers_its_fields_to_the_reply_and_one_that_failed_shows_why(
    window: Window, platform: Platform
) -> None:
    page, _ = window
    tool = {"url": "{{ endpoints.shop }}/orders/ORD-1042", "requestType": "GET"}
    row = {"intentId": "order", "name": "Order", "apiTrigger": True, "apiDetails": tool}
    bot = platform.new_bot({"intents": [row]})
    opened(page, platform, f"bots/{bot}/intents/order/tool")
    offered = page.get_by_label("Insert a value into “Address”")
    expect(offered.get_by_role("option", name="endpoint: shop")).to_be_attached()
    send, answer = page.get_by_role("button", name="Send it for real"), page.get_by_role("group", name="Answer")
    send.click()
    expect(answer).to_contain_text("order_id")
    address = page.get_by_role("textbox", name="Address")
    address.fill("{{ endpoints.shop }}/nowhere")
    expect(answer).to_have_count(0)
    expect(page.get_by_role("group", name="Request")).to_contain_text("/nowhere")
    send.click()
    expect(answer).to_contain_text("it answered with status 404")
    expect(answer).to_contain_text("What it answered")
    saved(page)
    page.get_by_role("link", name="Replies").click()
    page.get_by_label("Insert a value into “Reply”").select_option("{{ result.order_id }}")
    expect(page.get_by_role("textbox", name="Reply", exact=True)).to_have_value("{{ result.order_id }}")
    expect(page.get_by_role("group", name="Preview of the reply")).to_contain_text("ORD-1042")
    saved(page)


def test_values_of_an_entity_are_pasted_and_a_used_one_is_not_deleted_by_accident(
    page: Page, platform: Platform
) -> None:
    marked = {"text": "a trip to Oslo", "entities": [{"value": "Oslo", "begin": 10, "end": 14, "name": "city"}]}
    bot = platform.new_bot({
        "intents": [{"intentId": "trip", "name": "Trip", "trainingData": [marked]}],
        "entities": [{"name": "city", "entity_values": [{"value": "Oslo", "synonyms": ["Christiania"]}]}],
    })  # fmt: skip
    opened(page, platform, f"bots/{bot}/entities")
    page.get_by_role("link", name="city").click()
    page.get_by_role("button", name="Paste many").click()
    page.get_by_label("One value a line").fill('oslo, Kristiania\n"Paris, Texas", Paris TX\n東京、江戸\nRome')
    page.get_by_role("button", name="Add 4 values").click()
    page.get_by_label("Synonyms of Rome").fill("Roma, Rom")
    page.get_by_label("Synonyms of Rome").press("Enter")
    saved(page)
    stored = platform.call("GET", f"/bots/{bot}/entities/city")["entity_values"]
    assert [(row["value"], row.get("synonyms", [])) for row in stored] == [
        ("Oslo", ["Christiania", "Kristiania"]), ("Paris, Texas", ["Paris TX"]), ("東京", ["江戸"]),
        ("Rome", ["Roma", "Rom"]),
    ]  # fmt: skip
    page.get_by_role("button", name="Delete the entity").click()
    confirm = page.get_by_role("dialog", name="Delete “city”?")
    expect(confirm).to_contain_text("trip uses it")
    confirm.get_by_role("button", name="Delete it all the same").click()
    expect(page.get_by_text("No entities yet")).to_be_visible()

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.fakes.chat_server import ChatServer, chat_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: ChatServer) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 320, "height": 560})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
    page.goto(server.url)
    expect(page.locator(".theirs").first).to_contain_text("echo /init_conversation")
    yield page
    context.close()
    assert faults == []


def send(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")


def test_message_is_sent_with_enter_and_answered_as_text(page: Page, server: ChatServer) -> None:
    send(page, "where is <b>it</b>?")
    expect(page.locator(".turn").last.locator(".theirs")).to_have_count(2)
    assert page.locator(".log b, .log img").count() == 0
    expect(page.locator(".turn").last).to_contain_text("<img src=x onerror=alert(1)>")
    sent = server.messages[-1]
    assert (sent["text"], set(sent)) == ("where is <b>it</b>?", {"thread_id", "message_id", "text"})
    assert sent["thread_id"] == server.messages[0]["thread_id"]
    assert sent["message_id"] != server.messages[0]["message_id"]


def test_shift_enter_makes_a_new_line_and_blank_text_is_not_sent(page: Page, server: ChatServer) -> None:
    box = page.get_by_label("Your message")
    box.fill("   ")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    page.keyboard.press("Enter")
    box.fill("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    expect(page.locator(".mine")).to_have_count(1)
    expect(page.locator(".turn").last.locator(".theirs")).to_have_count(2)
    assert [message["text"] for message in server.messages[1:]] == ["one\ntwo"]


@pytest.mark.parametrize(("failure", "sentence"), [(503, "The kettle is on."), ("hang up", "cannot be reached")])
def test_failed_message_can_be_sent_again_with_its_id(
    page: Page, server: ChatServer, failure: int | str, sentence: str
) -> None:
    server.failures.append(failure)
    send(page, "hello")
    expect(page.locator(".problem")).to_contain_text(sentence)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".turn").last.locator(".theirs").first).to_contain_text("echo hello")
    expect(page.locator(".problem")).to_have_count(0)
    attempts = [message["message_id"] for message in server.messages if message["text"] == "hello"]
    assert len(attempts) >= 2
    assert len(set(attempts)) == 1


def test_typing_is_shown_and_announced_while_waiting(page: Page, server: ChatServer) -> None:
    server.gate.clear()
    send(page, "hello")
    expect(page.locator(".typing")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("The bot is typing")
    server.gate.set()
    expect(page.locator(".typing")).to_have_count(0)
    expect(page.get_by_role("status")).to_have_text("")


def test_details_are_behind_a_switch(page: Page) -> None:
    expect(page.locator(".details").first).to_be_hidden()
    page.get_by_label("Show details").check()
    expect(page.locator(".details").first).to_have_text("intent track_order 87.6 % · asks for order_id · release 7")


def test_reload_keeps_the_conversation_and_restart_begins_another(page: Page, server: ChatServer) -> None:
    send(page, "hello")
    expect(page.locator(".turn").last.locator(".theirs")).to_have_count(2)
    page.reload()
    expect(page.locator(".mine")).to_have_text(["You: hello"])
    assert len(server.messages) == 2
    send(page, "again")
    expect(page.locator(".bubble").last).to_contain_text("<img")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".mine")).to_have_count(0)
    expect(page.locator(".theirs").first).to_contain_text("echo /init_conversation")
    threads = [message["thread_id"] for message in server.messages]
    assert len(set(threads[:3])) == 1
    assert threads[3] != threads[0]


MENU = {
    "replies": [
        {"text": "What can I do for you?"},
        {
            "text": "Choose one.",
            "quick_replies": [
                {"title": "Track <b>my</b> order", "payload": "/track_order"},
                {"title": "Talk to a person, " + "please " * 20, "payload": "/handover"},
            ],
        },
    ]
}


def offers(page: Page) -> Locator:
    return page.get_by_role("group", name="Suggested answers").get_by_role("button")


def test_button_shows_its_title_and_sends_its_payload(page: Page, server: ChatServer) -> None:
    server.more["menu"] = MENU
    send(page, "menu")
    expect(offers(page)).to_have_count(2)
    page.get_by_label("Your message").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(offers(page).first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".mine").last).to_have_text("You: Track <b>my</b> order")
    expect(page.locator(".turn").last.locator(".theirs").first).to_contain_text("echo /track_order")
    expect(offers(page)).to_have_count(0)
    expect(page.get_by_label("Your message")).to_be_focused()
    assert server.messages[-1]["text"] == "/track_order"


def test_buttons_outlive_a_reload_until_something_else_is_said(page: Page, server: ChatServer) -> None:
    server.more["menu"] = MENU
    send(page, "menu")
    expect(offers(page)).to_have_count(2)
    page.reload()
    expect(offers(page)).to_have_count(2)
    send(page, "something else")
    expect(offers(page)).to_have_count(0)
    expect(page.locator(".turn").last.locator(".theirs")).to_have_count(2)
    page.reload()
    expect(page.locator(".mine").last).to_have_text("You: something else")
    expect(offers(page)).to_have_count(0)


def test_hand_over_is_said_plainly_and_outlives_a_reload(page: Page, server: ChatServer) -> None:
    server.more["help"] = {"is_handed_over": True, "replies": [{"text": "One moment."}]}
    send(page, "help")
    for _ in range(2):
        expect(page.locator(".handover")).to_have_text("A person will take over this conversation.")
        page.reload()
    send(page, "thanks")
    expect(page.locator(".turn").last.locator(".theirs")).to_have_count(2)
    expect(page.locator(".handover")).to_have_count(1)


def test_message_without_an_answer_is_sent_again_after_a_reload(page: Page, server: ChatServer) -> None:
    server.gate.clear()
    send(page, "hello")
    expect(page.locator(".typing")).to_be_visible()
    page.reload()
    server.gate.set()
    expect(page.locator(".mine")).to_have_text(["You: hello"])
    expect(page.locator(".theirs").last).to_contain_text("<img")
    ids = {message["message_id"] for message in server.messages if message["text"] == "hello"}
    assert len(ids) == 1
    page.reload()
    expect(page.locator(".theirs")).to_have_count(4)


def test_odd_buttons_do_no_harm(page: Page, server: ChatServer) -> None:
    for number, odd in enumerate(("x", {}, [None, 5, {"title": "t"}, {"title": 1, "payload": "p"}])):
        server.more[f"odd{number}"] = {"replies": [{"text": f"fine {number}", "quick_replies": odd}]}
        send(page, f"odd{number}")
        expect(page.locator(".theirs").last).to_contain_text(f"fine {number}")
    expect(offers(page)).to_have_count(0)


def test_page_fits_a_small_screen_in_both_colour_schemes(page: Page, server: ChatServer) -> None:
    send(page, "w" * 300)
    expect(page.locator(".turn").last.locator(".theirs")).to_have_count(2)
    server.more["menu"] = MENU | {"is_handed_over": True}
    send(page, "menu")
    expect(offers(page)).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert contrast(page, ".mine") > 4.5
        assert contrast(page, ".theirs") > 4.5
        for text in (".offers button", ".handover", ".details"):
            assert contrast(page, text, on=".chat") > 4.5


def test_conversation_is_a_live_log_and_the_page_asks_nobody_else(page: Page, server: ChatServer) -> None:
    log = page.get_by_role("log", name="Conversation")
    assert log.get_attribute("aria-live") == "polite"
    hosts = page.evaluate("performance.getEntriesByType('resource').map((entry) => new URL(entry.name).host)")
    assert set(hosts) <= {server.url.split("/")[2], ""}


def contrast(page: Page, selector: str, *, on: str | None = None) -> float:
    """Give the WCAG contrast of an element's text and its background, or another element's."""
    ratio: float = page.locator(selector).first.evaluate(
        """(element, on) => {
            const light = (colour) => {
                const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => {
                    const share = part / 255;
                    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
                });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const text = getComputedStyle(element);
            const ground = getComputedStyle(on ? document.querySelector(on) : element);
            const [high, low] = [light(text.color), light(ground.backgroundColor)].sort((a, b) => b - a);
            return (high + 0.05) / (low + 0.05);
        }""",
        on,
    )
    return ratio

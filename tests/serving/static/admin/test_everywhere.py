"""What holds on every page: hostile texts stay texts, nobody is shut out, nothing overflows."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.admin_pages import Platform, opened, signed_in
from tests.support.browser import Watched, needs_browser, open_window
from tests.support.hostile_texts import HOSTILE_TEXTS

pytestmark = needs_browser

BOT_PAGES = (
    "overview", "try", "intents", "entities", "findings", "transfer", "releases", "labels", "conversations",
    "analytics", "channels", "settings",
)  # fmt: skip
PLATFORM_PAGES = ("bots", "keys", "members", "audit")


@pytest.fixture(scope="session")
def hostile_bot(platform: Platform) -> str:
    """Give a bot all of whose texts are hostile, with customers who write such texts too to the sample bot."""
    texts = iter(HOSTILE_TEXTS * 2)
    bot = platform.new_bot()
    platform.call("PATCH", f"/bots/{bot}", json={"title": next(texts), "description": next(texts)})
    entity = {"name": "thing", "entity_values": [{"value": next(texts), "synonyms": [next(texts)]} for _ in range(9)]}
    platform.call("POST", f"/bots/{bot}/entities", json=entity)
    for number in range(8):
        examples = [{"text": next(texts)} for _ in range(6)]
        marked = next(texts)
        examples.append({"text": marked, "entities": [{"value": marked[:5], "begin": 0, "end": 5, "name": "thing"}]})
        intent = {
            "intentId": f"hostile_{number}",
            "name": next(texts)[:100],
            # what a template means is an author's business; it shall not run in the page of who reads it
            "speechResponse": next(texts).replace("{{", "").replace("}}", ""),
            "parameters": [
                {"name": "thing", "type": "thing", "required": True, "prompt": "<img src=x onerror=pwned(0)>"}
            ],
            "trainingData": examples,
        }
        platform.call("POST", f"/bots/{bot}/intents", json=intent)
    for text in HOSTILE_TEXTS:
        platform.say("default", text, thread=f"v-hostile-{len(text)}")
    platform.call("POST", "/keys", json={"name": HOSTILE_TEXTS[10], "roles": {bot: "viewer"}})
    platform.call(
        "POST", "/members", json={"name": HOSTILE_TEXTS[12], "email": "a@example.com", "roles": {bot: "viewer"}}
    )
    platform.until_ended(f"/bots/{bot}/tasks/{platform.call('POST', f'/bots/{bot}/draft/validate')['id']}")
    platform.until_ended(
        f"/bots/default/tasks/{platform.call('POST', '/bots/default/labels/mine', json={'days': 1})['id']}"
    )
    return bot


def places(hostile_bot: str) -> list[str]:
    thread = quote(f"v-hostile-{len(HOSTILE_TEXTS[10])}")
    bots = [f"bots/{bot}/{page}" for bot in (hostile_bot, "default") for page in BOT_PAGES]
    deeper = [
        f"bots/{hostile_bot}/intents/hostile_0",
        f"bots/{hostile_bot}/entities/thing",
        f"bots/default/conversations/{thread}",
    ]
    return [*PLATFORM_PAGES, *bots, *deeper, "bots/default/releases/1"]


STICKING_OUT = """() => {
  const scrolls = ".table, .tabs, .virtual, .annotated-frame, pre, .chart-box, [role=list][tabindex]";
  return [...document.querySelectorAll("main *")].filter((each) => {
    const { right, width, height } = each.getBoundingClientRect();
    const isSeen = width > 1 && height > 1 && each.checkVisibility();
    return right > innerWidth && isSeen && !each.parentElement.closest(scrolls);
  }).map((each) => each.outerHTML.slice(0, 120));
}"""
"""What is beyond the screen's edge and cannot be scrolled to."""


def settle(page: Page) -> None:
    """Wait until the page has shown what it asks for."""
    expect(page.locator("main h1").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("main .loading")).to_have_count(0)


@pytest.fixture(params=["light", "dark"])
def themed(browser: Browser, platform: Platform, request: pytest.FixtureRequest) -> Iterator[Page]:
    with open_window(browser, platform.url, viewport={"width": 1280, "height": 900}, color_scheme=request.param) as (
        context,
        _,
    ):
        yield signed_in(context, platform)


def test_hostile_texts_stay_texts_on_every_page(
    window: tuple[Page, Watched], platform: Platform, hostile_bot: str
) -> None:
    page, watched = window
    page.add_init_script(
        "window.ran = []; window.pwned = (n) => window.ran.push(n);"
        "document.addEventListener('securitypolicyviolation', (e) => window.ran.push(e.violatedDirective));"
    )
    # a text that is taken for HTML is noticed
    opened(page, platform, "bots")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<b onclick=pwned(1)>x</b>')")
    page.wait_for_function("window.ran.length > 0")
    watched.faults = [fault for fault in watched.faults if "Content Security Policy" not in fault]
    page.reload()
    for place in places(hostile_bot):
        opened(page, platform, place)
        settle(page)
        assert page.evaluate("window.ran") == [], place
        assert (
            page.locator("script, iframe, object, embed, base").count() == page.locator("head script[src]").count()
        ), place
        assert page.locator("a[href^='javascript' i], a[href^='data:' i]").count() == 0, place


def test_nobody_is_shut_out_of_any_page(themed: Page, platform: Platform, hostile_bot: str) -> None:
    axe, found = Axe(), []
    for place in places(hostile_bot):
        opened(themed, platform, place)
        settle(themed)
        result = axe.run(themed)
        found += [
            (place, fault["id"], fault["nodes"][0]["html"][:160], fault["nodes"][0].get("failureSummary", "")[:300])
            for fault in result.response["violations"]
            if fault["impact"] in ("serious", "critical")
        ]
    assert found == []


@pytest.mark.parametrize("width", [360, 1024])
def test_no_page_is_wider_than_the_screen(browser: Browser, platform: Platform, hostile_bot: str, width: int) -> None:
    with open_window(browser, platform.url, viewport={"width": width, "height": 800}) as (context, _):
        page, wide = signed_in(context, platform), []
        for place in places(hostile_bot):
            opened(page, platform, place)
            settle(page)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append(place)
            wide += [f"{place}: {found}" for found in page.evaluate(STICKING_OUT)]
    assert wide == []


def test_the_current_tab_is_in_sight_on_a_narrow_screen(browser: Browser, platform: Platform) -> None:
    with open_window(browser, platform.url, viewport={"width": 360, "height": 800}) as (context, _):
        page = signed_in(context, platform)
        for place, tab in (("settings/access", "Who may chat"), ("intents/track_order/settings", "Settings")):
            opened(page, platform, f"bots/default/{place}")
            current = page.locator(".tabs").get_by_role("link", name=tab)
            expect(current).to_have_attribute("aria-current", "page")
            box = current.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360


def test_whoever_is_not_signed_in_sees_the_sign_in_and_comes_back(browser: Browser, platform: Platform) -> None:
    with open_window(browser, platform.url) as (context, watched):
        watched.expected.append("401")
        page = context.new_page()
        page.goto(f"{platform.url}/admin/#/bots/default/intents")
        page.get_by_label("Key").fill("no such key")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Key").fill(platform.key)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Intents", exact=True)).to_be_visible()


def test_a_page_that_is_nowhere_says_so(page: Page, platform: Platform) -> None:
    page.goto(f"{platform.url}/admin/#/nowhere")
    expect(page.get_by_text("Nothing is at this address")).to_be_visible()
    page.goto(f"{platform.url}/admin/#/bots/default/%E0%A4%A")
    expect(page.get_by_text("Nothing is at this address")).to_be_visible()


def test_the_keyboard_reaches_the_page_and_its_help(page: Page, platform: Platform) -> None:
    opened(page, platform, "bots")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    # the heading has the focus; what comes before it are the navigation and, first of all, the way past it
    skip = page.get_by_role("link", name="Skip to the page")
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if skip.evaluate("element => element === document.activeElement"):
            break
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_viewer_sees_no_pages_of_others(browser: Browser, platform: Platform) -> None:
    key = platform.call("POST", "/keys", json={"name": "looks", "roles": {"default": "viewer"}})["secret"]
    with open_window(browser, platform.url) as (context, watched):
        watched.expected.append("403")
        page = signed_in(context, platform, key=key)
        opened(page, platform, "bots/default/overview")
        navigation = page.get_by_role("navigation", name="Pages of default")
        expect(navigation.get_by_role("link", name="Analytics")).to_be_visible()
        expect(navigation.get_by_role("link", name="Channels")).to_have_count(0)
        page.goto(f"{platform.url}/admin/#/keys")
        expect(page.get_by_text("You may not see this page")).to_be_visible()


def test_the_theme_can_be_chosen_and_is_remembered(page: Page, platform: Platform) -> None:
    opened(page, platform, "bots")
    button = page.get_by_role("button", name="Theme: system")
    button.click()
    page.get_by_role("button", name="Theme: light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

"""Conversations on their page: search, reasons, replays, cases, and a person's data."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.support.admin_pages import SLOWLY_SECONDS, Platform, opened
from tests.support.bots import TINY_BOT_WIRE
from tests.support.browser import Watched, needs_browser
from tests.support.hostile_texts import HOSTILE_TEXTS
from tests.support.mlflow_server import register_for
from tests.support.releases import reworded

pytestmark = needs_browser

SLOWLY = SLOWLY_SECONDS * 1000
TRACK = "where is my order 1042?"


@pytest.fixture(scope="module")
def said(platform: Platform) -> tuple[str, str]:
    """Give a word that one conversation with the sample bot has, and its thread."""
    word = f"zq{uuid4().hex[:6]}"
    return word, platform.say("default", "hello", TRACK, f"blorp {word} fnord")


@pytest.fixture(scope="module")
def shop(platform: Platform, release_folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a small bot with two versions that greet differently; the first answers."""
    bot = platform.new_bot(TINY_BOT_WIRE)
    mlflow = f"http://127.0.0.1:{platform.local.port['MLFLOW']}"
    for folder in (release_folders[0], reworded(release_folders[0], tmp_path_factory.mktemp("reworded"))):
        register_for(mlflow, folder, bot=bot)
    platform.call("POST", f"/bots/{bot}/releases/1/promote", json={})
    platform.until_answered(bot)
    return bot


def test_what_says_that_the_server_is_away_goes_when_it_is_back(
    window: tuple[Page, Watched], platform: Platform, said: tuple[str, str]
) -> None:
    page, watched = window
    watched.expected.append("ERR_FAILED")
    page.route("**/api/v1/bots/default/conversations?*", lambda route: route.abort())
    opened(page, platform, "bots/default/conversations")
    expect(page.get_by_role("alert")).to_be_visible(timeout=SLOWLY)
    page.unroute("**/api/v1/bots/default/conversations?*")
    expect(page.get_by_role("list", name="Conversations").get_by_role("listitem").first).to_be_visible(timeout=SLOWLY)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_message_that_was_corrected_says_so(page: Page, platform: Platform) -> None:
    thread = platform.say("default", "/init_conversation", f"cold pizza {uuid4().hex[:6]}")
    opened(page, platform, f"bots/default/conversations/{thread}")
    expect(page.get_by_text("(opened the chat)").first).to_be_visible()
    page.get_by_role("button", name=re.compile("Why was “cold pizza")).click()
    page.get_by_role("button", name="Correct it").click()
    page.get_by_label("Save it as").select_option("label")
    page.get_by_role("button", name="None of these").click()
    expect(page.get_by_text("Corrected: none of the intents")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Corrected: none of the intents")).to_be_visible()


def test_search_stays_in_the_address_and_opens_the_turn(page: Page, platform: Platform, said: tuple[str, str]) -> None:
    word, thread = said
    opened(page, platform, "bots/default/conversations")
    page.get_by_label("Customer wrote").fill(word)
    page.get_by_label("Outcome").select_option("fallback")
    rows = page.get_by_role("list", name="Conversations").get_by_role("listitem")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text(f"blorp {word} fnord")
    expect(page).to_have_url(re.compile(rf"[?&]text={word}"))
    page.reload()
    expect(page.get_by_label("Customer wrote")).to_have_value(word)
    expect(rows).to_have_count(1)
    page.get_by_label("Outcome").select_option("intent")
    expect(page.get_by_role("heading", name="No conversation fits")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_label("Customer wrote")).to_have_value("")
    page.get_by_role("button", name="More conditions").click()
    page.get_by_label("Conversation", exact=True).fill(thread)
    page.get_by_label("Confidence from").fill("0.9")
    page.get_by_label("Intent", exact=True).select_option("track_order")
    expect(rows).to_have_count(1)
    rows.get_by_role("link").click()
    why = page.get_by_role("complementary", name="Why")
    expect(why.get_by_role("heading", level=2)).to_contain_text(TRACK)
    expect(why.get_by_title("track_order", exact=True).first).to_be_visible()
    expect(why.get_by_text("Called", exact=True)).to_be_visible()
    expect(why.get_by_text("ORD-1042").first).to_be_visible()
    expect(why.get_by_role("heading", name="Most like it among the examples")).to_be_visible()
    page.get_by_role("button", name=f"Why was “blorp {word} fnord” answered so?").click()
    expect(why.get_by_role("heading", level=2)).to_contain_text(word)
    page.go_back()
    expect(page.get_by_label("Conversation", exact=True)).to_have_value(thread)


def test_a_message_is_saved_as_a_label_an_example_and_a_test_row(
    page: Page, platform: Platform, said: tuple[str, str]
) -> None:
    word, thread = said
    text = f"blorp {word} fnord"
    opened(page, platform, f"bots/default/conversations/{thread}?turn=3")
    dialog = page.get_by_role("dialog", name="What did they mean?")

    def save(target: str, intent: str) -> None:
        page.get_by_role("button", name="Correct it").click()
        dialog.get_by_label("Save it as").select_option(target)
        dialog.get_by_role("combobox", name="The right intent").fill(intent)
        page.keyboard.press("Enter")

    def undo(said: str) -> None:
        page.get_by_role("button", name="Undo").last.click()
        expect(page.get_by_text(said)).to_be_visible()

    save("label", "complaint")
    expect(page.get_by_text("It is a label of complaint now.")).to_be_visible()
    accepted = platform.call("GET", "/bots/default/labels", params={"status": "accepted", "limit": 200})["labels"]
    (label,) = [each for each in accepted if each["text"] == text]
    assert [(source["thread_id"], source["turn"]) for source in label["sources"]] == [(thread, 3)]
    undo("It waits in the label queue now.")
    save("test", "complaint")
    expect(page.get_by_text("It is a row of the test set now")).to_be_visible()
    rows = platform.call("GET", "/bots/default/test-set", params={"limit": 200})["items"]
    assert [(row["text"], row["intent"]) for row in rows] == [(text, "complaint")]
    undo("The test set is as it was.")
    assert platform.call("GET", "/bots/default/test-set")["n_rows"] == 0
    save("example", "complaint")
    expect(page.get_by_text("It is an example of complaint now.")).to_be_visible()
    undo("The example is gone again.")


def test_a_conversation_is_replayed_with_another_version(page: Page, platform: Platform, shop: str) -> None:
    thread = platform.say(shop, "hello", "good evening", "buy a tent")
    opened(page, platform, f"bots/{shop}/conversations/{thread}")
    page.get_by_role("button", name="Replay with another release").click()
    dialog = page.get_by_role("dialog", name="Replay with another release")
    expect(dialog.get_by_label("Release")).to_have_value("2")
    dialog.get_by_role("button", name="Replay", exact=True).click()
    differences = dialog.get_by_role("region", name="Differences")
    expect(differences.get_by_text("2 of 3 differ")).to_be_visible(timeout=SLOWLY)
    expect(differences.get_by_text("Good day to you!").first).to_be_visible()
    expect(differences.get_by_text("Hello!").first).to_be_visible()
    expect(differences.get_by_text("buy a tent")).to_have_count(0)
    differences.get_by_label("Show messages without a difference, too").check()
    expect(differences.get_by_text("buy a tent")).to_be_visible()


def test_a_person_is_exported_and_forgotten(page: Page, platform: Platform, shop: str) -> None:
    thread = platform.say(shop, "hello", f"my name is {uuid4().hex}")
    opened(page, platform, f"bots/{shop}/conversations/{thread}")
    page.get_by_role("button", name="Export or forget").click()
    dialog = page.get_by_role("dialog", name="Export or forget a person")
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Export as a file").click()
    assert thread in download.value.path().read_text(encoding="utf-8")
    expect(dialog.get_by_role("button", name="Delete for good")).to_have_count(0)
    dialog.get_by_role("button", name="Search what would be deleted").click()
    found = dialog.get_by_role("region", name="What would be deleted")
    expect(found.get_by_text("2 documents of turns")).to_be_visible(timeout=SLOWLY)
    dialog.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Forgotten.")).to_be_visible(timeout=SLOWLY)
    expect(page.get_by_role("heading", name="Conversations")).to_be_visible()
    left = platform.call("GET", f"/bots/{shop}/conversations", params={"thread_id": thread})
    assert left["items"] == []


def test_hostile_messages_stay_texts_in_list_and_thread(page: Page, platform: Platform) -> None:
    hostile = HOSTILE_TEXTS[3::6]
    thread = platform.say("default", *hostile)
    page.add_init_script("window.ran = []; window.pwned = (n) => window.ran.push(n);")
    opened(page, platform, f"bots/default/conversations?thread_id={thread}")
    rows = page.get_by_role("list", name="Conversations").get_by_role("listitem")
    expect(rows).to_have_count(1)
    expect(rows.locator(".conversation-text")).to_have_text(hostile[-1])
    rows.get_by_role("link").click()
    said = page.locator(".exchange .bubble.said")
    expect(said).to_have_count(len(hostile))
    assert said.all_text_contents() == list(hostile)
    for number in range(len(hostile)):
        said.nth(number).click()
        expect(said.nth(number)).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("window.ran") == []


def test_a_bot_nobody_has_written_to_says_what_will_be_here(page: Page, platform: Platform) -> None:
    opened(page, platform, f"bots/{platform.new_bot()}/conversations")
    expect(page.get_by_role("heading", name="No conversation yet")).to_be_visible()

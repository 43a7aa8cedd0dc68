"""Settings and channels in a browser: what is changed is saved and read back, and what cannot be is explained."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pipelines.schemas.phrases import PLACEHOLDERS_BY_PHRASE
from serving.api.admin_pages import PAGES
from tests.support.admin_pages import Platform, opened
from tests.support.browser import Watched, needs_browser

pytestmark = needs_browser


def saved(page: Page) -> None:
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("Saved.").first).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()


def settings_of(platform: Platform, bot: str) -> Any:
    return platform.call("GET", f"/bots/{bot}/settings")


def test_the_pages_know_every_phrase() -> None:
    source = Path(PAGES / "pages" / "settings" / "phrases.js").read_text(encoding="utf-8")
    found = {
        name: tuple(re.findall(r'"(\w+)"', holds))
        for name, holds in re.findall(r"^  (\w+): \{.*holds: \[(.*)\] \},$", source, re.M)
    }
    assert found == dict(PLACEHOLDERS_BY_PHRASE)


def test_title_language_time_zone_and_phrases_are_saved_and_read_back(page: Page, platform: Platform) -> None:
    bot = platform.new_bot()
    opened(page, platform, f"bots/{bot}/settings")
    page.get_by_label("Title").fill("Pizza <b>to go</b>")
    page.get_by_label("Language").select_option("de")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_text("Phrases").click()
    page.get_by_label("The customer stopped", exact=True).fill("Gut, dann nicht.")
    saved(page)
    page.reload()
    expect(page.get_by_label("Title")).to_have_value("Pizza <b>to go</b>")
    expect(page.get_by_label("Language")).to_have_value("de")
    expect(page.get_by_text("1 in your words")).to_be_visible()
    shown = settings_of(platform, bot)
    assert (shown["timezone"], shown["phrases"]) == ("Europe/Berlin", {"cancelled": "Gut, dann nicht."})


def test_somebody_elses_change_is_shown_beside_ones_own(window: tuple[Page, Watched], platform: Platform) -> None:
    page, watched = window
    watched.expected.append("412")
    bot = platform.new_bot()
    opened(page, platform, f"bots/{bot}/settings")
    page.get_by_label("Title").fill("mine")
    platform.call("PATCH", f"/bots/{bot}", json={"title": "theirs", "timezone": "Europe/Paris"})
    page.get_by_role("button", name="Save").click()
    told = page.get_by_role("alert").filter(has_text="changed in another tab or by somebody else")
    expect(told.get_by_role("row", name="Title mine theirs")).to_be_visible()
    told.get_by_role("button", name="Write mine over it").click()
    expect(told).to_have_count(0)
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Paris")
    assert platform.call("GET", f"/bots/{bot}")["title"] == "mine"


def test_a_threshold_is_moved_on_the_curve_saved_and_read_back(page: Page, platform: Platform) -> None:
    # the sample bot answers; its draft is put back at the end
    opened(page, platform, "bots/default/settings/understanding")
    expect(page.get_by_role("img", name=re.compile("Shares over the threshold"))).to_be_visible()
    outcomes = page.get_by_role("group", name="What it would have meant")
    before = outcomes.inner_text()
    slider = page.get_by_role("slider", name="Threshold")
    slider.fill(slider.get_attribute("max") or "")
    expect(outcomes).not_to_have_text(before)
    expect(outcomes).to_contain_text("than now")
    saved(page)
    expect(page.get_by_text("Customers do not notice the thresholds yet")).to_be_visible()
    chosen = settings_of(platform, "default")["thresholds"]["chosen"]["confidence"]
    assert chosen == platform.call("GET", "/bots/default/settings/trade-off")["points"][-1]["confidence"]
    page.reload()
    expect(page.get_by_label("Least confidence: own value")).to_have_value(f"{chosen:g}")
    page.get_by_role("group", name="Least confidence").get_by_label("As training fits it").check()
    saved(page)
    assert settings_of(platform, "default")["thresholds"]["chosen"]["confidence"] is None


def test_a_bot_that_does_not_answer_yet_says_what_to_do_for_a_curve(
    window: tuple[Page, Watched], platform: Platform
) -> None:
    page, watched = window
    watched.expected += ["404", "503"]
    opened(page, platform, f"bots/{platform.new_bot()}/settings/understanding")
    expect(page.get_by_text("No release answers yet")).to_be_visible()


def test_a_language_model_is_tested_before_it_is_saved(page: Page, platform: Platform) -> None:
    bot = platform.new_bot()
    opened(page, platform, f"bots/{bot}/settings/language-model")
    page.get_by_label("It is asked").select_option(label="If the trained model is not sure")
    page.get_by_label("Model", exact=True).fill("some-model")
    test = page.get_by_role("group", name="Test of the connection")
    test.get_by_role("button").click()
    expect(test).to_contain_text("some-model answers after")
    expect(test).to_contain_text("No price is set")
    page.get_by_label("The platform's").uncheck()
    page.get_by_label("Address").fill("http://127.0.0.1:9/v1")
    test.get_by_role("button").click()
    expect(test).to_contain_text("It does not answer.")
    expect(test).to_contain_text("not on the public internet")
    page.get_by_label("Address").fill("https://llm.example.test/v1")
    page.get_by_label("Key").fill("secret:LLM_KEY")
    saved(page)
    llm = settings_of(platform, bot)["llm"]
    assert (llm["chosen"]["mode"], llm["chosen"]["model"]) == ("fallback", "some-model")
    assert llm["endpoint"] == {"base_url": "https://llm.example.test/v1", "key": "secret:LLM_KEY"}
    expect(page.get_by_role("region", name="Budget")).to_contain_text("of 500,000 tokens")


def test_placeholders_and_times_are_saved_and_too_long_ones_refused(
    window: tuple[Page, Watched], platform: Platform
) -> None:
    page, watched = window
    watched.expected.append("422")
    bot = platform.new_bot()
    opened(page, platform, f"bots/{bot}/settings/privacy")
    page.get_by_label("Phone numbers").check()
    page.get_by_label("Messages and replies, in days").fill("100000")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("the platform keeps nothing for longer")
    page.get_by_label("Messages and replies, in days").fill("30")
    saved(page)
    found = platform.call("GET", f"/bots/{bot}/privacy")
    assert (found["redact"], found["turn_days"], found["state_days"]) == (["phone"], 30.0, None)


def test_pages_that_may_chat_get_a_key_and_a_snippet(window: tuple[Page, Watched], platform: Platform) -> None:
    page, watched = window
    watched.expected.append("422")
    bot = platform.new_bot()
    opened(page, platform, f"bots/{bot}/settings/access")
    page.get_by_label("Pages", exact=True).select_option(label="Only pages with a widget key")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("make one first")
    page.get_by_role("button", name="New widget key").click()
    dialog = page.get_by_role("dialog", name="New widget key")
    dialog.get_by_label("What is it for?").fill("the shop")
    dialog.get_by_label("Pages").fill("https://shop.example\nhttps://*.shop.example")
    dialog.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("cell", name="https://shop.example, https://*.shop.example")).to_be_visible()
    saved(page)
    (key,) = platform.call("GET", f"/bots/{bot}/widget-keys")["items"]
    snippet = page.get_by_role("region", name="Snippet")
    expect(snippet).to_contain_text(f'window.iky_widget_key = "{key["key"]}"')
    expect(snippet).to_contain_text(f'window.iky_bot = "{bot}"')
    page.get_by_role("button", name="New visitor key").click()
    page.get_by_label("Who signs with it?").fill("the shop's server")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("dialog", name="Copy the secret now")).to_be_visible()
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("row", name=re.compile("the shop's server"))).to_contain_text("***")


def test_leaving_with_unsaved_changes_is_asked(page: Page, platform: Platform) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    opened(page, platform, f"bots/{platform.new_bot()}/settings")
    page.get_by_label("Title").fill("another")
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Privacy").click()
    expect(page.get_by_label("Title")).to_have_value("another")
    assert asked == ["What you changed here is not saved. Leave all the same?"]
    page.get_by_role("button", name="Undo changes").click()
    page.get_by_role("link", name="Privacy").click()
    expect(page.get_by_label("Phone numbers")).to_be_visible()


def test_a_channel_refuses_what_cannot_be_used_and_explains_it(
    window: tuple[Page, Watched], platform: Platform
) -> None:
    page, watched = window
    watched.expected.append("422")
    bot = platform.new_bot()
    opened(page, platform, f"bots/{bot}/channels")
    channel = page.get_by_role("region", name="Facebook Messenger")
    expect(channel).to_contain_text("Still needed: verify token, app secret and page access token")
    expect(channel).to_contain_text(f"/api/v1/bots/{bot}/channels/facebook/webhook")
    channel.get_by_label("App secret").fill("secret:not a name")
    channel.get_by_role("button", name="Save").click()
    expect(channel.get_by_role("alert")).to_contain_text("capital letters, digits and _")
    channel.get_by_label("App secret").fill("secret:FB_APP")
    channel.get_by_label("Verify token").fill("a-word-of-ours")
    expect(channel).to_contain_text("This value goes into the database")
    channel.get_by_label("Switched on").check()
    channel.get_by_role("button", name="Save").click()
    expect(channel).to_contain_text("on, but incomplete")
    expect(channel.get_by_label("Verify token")).to_have_value("***")
    expect(channel).to_contain_text("Still needed: page access token. Until then it refuses every message.")
    channel.get_by_role("button", name="Test the connection").click()
    expect(channel.get_by_role("group", name="Test of the connection")).to_contain_text("INTENTLOOP_SECRET_FB_APP")
    stored = platform.call("GET", f"/bots/{bot}/channels/facebook")
    assert (stored["is_enabled"], stored["settings"]["secret"]) == (True, "secret:FB_APP")
    # the word that is not shown stays, although another field is changed
    channel.get_by_label("Page access token").fill("secret:FB_PAGE")
    channel.get_by_role("button", name="Save").click()
    expect(channel.get_by_text("Still needed")).to_have_count(0)
    assert platform.call("GET", f"/bots/{bot}/channels/facebook")["missing"] == []


@pytest.mark.parametrize("tab", ["", "/understanding", "/language-model", "/privacy"])
def test_whoever_may_only_look_is_told_so(window: tuple[Page, Watched], platform: Platform, tab: str) -> None:
    page, watched = window
    watched.expected += ["404", "503"]
    bot = platform.new_bot()
    key = platform.call("POST", "/keys", json={"name": "looks", "roles": {bot: "viewer"}})["secret"]
    page.context.request.post(f"{platform.url}/api/v1/session", data={"token": key})
    opened(page, platform, f"bots/{bot}/settings{tab}")
    expect(page.get_by_text("Changing this needs the role")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)

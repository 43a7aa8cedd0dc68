"""Deleting and merging on the admin pages: what somebody else has changed meanwhile does not go unseen."""

from playwright.sync_api import Page, expect

from tests.support.admin_pages import Platform, opened
from tests.support.authoring import spans
from tests.support.browser import Watched, needs_browser

pytestmark = needs_browser
Window = tuple[Page, Watched]


def is_there(platform: Platform, bot: str, what: str) -> bool:
    return platform.client.get(f"/api/v1/bots/{bot}/{what}").status_code == 200


def new_bot(platform: Platform) -> str:
    return platform.new_bot({
        "intents": [
            {"intentId": "hail", "name": "Hail", "trainingData": [{"text": "ahoy"}]},
            {"intentId": "greet", "name": "Greet", "trainingData": [{"text": "hi there"}]},
        ],
        "entities": [{"name": "city", "entity_values": [{"value": "Oslo"}]}],
    })  # fmt: skip


def add(platform: Platform, bot: str, intent: str, text: str) -> None:
    platform.call("POST", f"/bots/{bot}/intents/{intent}/examples", json={"examples": [{"text": text}]})


def test_an_intent_that_has_grown_meanwhile_is_not_deleted_unseen(window: Window, platform: Platform) -> None:
    page, watched = window
    watched.expected.append("412")
    bot = new_bot(platform)
    opened(page, platform, f"bots/{bot}/intents")
    page.get_by_role("button", name="Delete Hail").click()
    dialog = page.get_by_role("dialog", name="Delete “Hail”?")
    expect(dialog).to_contain_text("With it go 1 example and its replies")
    add(platform, bot, "hail", "hey ho")
    dialog.get_by_role("button", name="Delete the intent").click()
    expect(dialog.get_by_role("alert")).to_contain_text(
        "It was changed in another tab or by somebody else meanwhile, so nothing was deleted"
    )
    expect(dialog).to_contain_text("With it go 2 examples and its replies")
    assert is_there(platform, bot, "intents/hail")
    dialog.get_by_role("button", name="Delete the intent").click()
    expect(dialog).to_have_count(0)
    assert not is_there(platform, bot, "intents/hail")


def test_an_intent_that_has_grown_meanwhile_is_merged_whole(window: Window, platform: Platform) -> None:
    page, watched = window
    watched.expected.append("412")
    bot = new_bot(platform)
    opened(page, platform, f"bots/{bot}/intents/hail/settings")
    page.get_by_role("combobox", name="Into which intent?").fill("Greet")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Merge “Hail” into “Greet”?")
    expect(dialog).to_contain_text("1 example goes to “Greet”")
    add(platform, bot, "hail", "hey ho")
    dialog.get_by_role("button", name="Merge the intents").click()
    expect(dialog.get_by_role("alert")).to_contain_text(
        "“Hail” was changed in another tab or by somebody else meanwhile"
    )
    expect(dialog).to_contain_text("2 examples go to “Greet”")
    assert is_there(platform, bot, "intents/hail")
    dialog.get_by_role("button", name="Merge the intents").click()
    expect(page.get_by_text("“Hail” is a part of “Greet” now.")).to_be_visible()
    assert set(spans(platform, bot, "greet")) == {"ahoy", "hey ho", "hi there"}
    assert not is_there(platform, bot, "intents/hail")


def test_an_entity_that_has_grown_meanwhile_is_not_deleted_unseen(window: Window, platform: Platform) -> None:
    page, watched = window
    watched.expected.append("412")
    bot = new_bot(platform)
    opened(page, platform, f"bots/{bot}/entities/city")
    page.get_by_role("button", name="Delete the entity").click()
    dialog = page.get_by_role("dialog", name="Delete “city”?")
    expect(dialog).to_contain_text("With it go 1 value.")
    grown = {"name": "city", "entity_values": [{"value": "Oslo"}, {"value": "Rome"}]}
    platform.call("PUT", f"/bots/{bot}/entities/city", json=grown)
    dialog.get_by_role("button", name="Delete the entity").click()
    expect(dialog.get_by_role("alert")).to_contain_text(
        "It was changed in another tab or by somebody else meanwhile, so nothing was deleted"
    )
    expect(dialog).to_contain_text("With it go 2 values.")
    assert is_there(platform, bot, "entities/city")
    dialog.get_by_role("button", name="Delete the entity").click()
    expect(page.get_by_text("No entities yet")).to_be_visible()
    assert not is_there(platform, bot, "entities/city")

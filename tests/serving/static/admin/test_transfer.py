"""Import and export of a bot on their page."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.admin_pages import Platform, opened
from tests.support.bots import TINY_BOT_WIRE
from tests.support.browser import Watched, needs_browser

pytestmark = needs_browser

FILE: dict[str, Any] = {
    "intents": [
        {
            "name": "Opening hours",
            "intentId": "hours",
            "trainingData": [
                {"text": "are you open"},
                {"text": "open in Rome", "entities": [{"value": "Rome", "begin": 0, "end": 4, "name": "city"}]},
            ],
        }
    ],
    "entities": [{"name": "city", "entity_values": [{"value": "Rome"}]}],
}


def chosen(page: Page, folder: Path, wire: dict[str, Any]) -> None:
    """Choose the file, whose content is this now, as a person does who has corrected it."""
    file = folder / "bot.json"
    file.write_text(json.dumps(wire), encoding="utf-8")
    with page.expect_file_chooser() as chooser:
        page.get_by_label("File", exact=True).click()
    chooser.value.set_files(file)


def ids(platform: Platform, bot: str) -> set[str]:
    return {row["intent_id"] for row in platform.call("GET", f"/bots/{bot}/intents", params={"limit": 200})["items"]}


def test_a_file_is_previewed_merged_and_replaces(page: Page, platform: Platform, tmp_path: Path) -> None:
    bot = platform.new_bot(TINY_BOT_WIRE)
    before = ids(platform, bot)
    opened(page, platform, f"bots/{bot}/transfer")
    chosen(page, tmp_path, FILE)
    preview = page.get_by_role("region", name="What would change")
    expect(preview.get_by_role("row", name="hours")).to_contain_text("0 → 2")
    expect(preview.get_by_text("repaired to 8 to 12")).to_be_visible()
    assert ids(platform, bot) == before
    preview.get_by_role("button", name="Merge it").click()
    expect(page.get_by_text("The file is merged into the draft.")).to_be_visible()
    expect(page.get_by_role("region", name="What was imported")).to_contain_text("1 created")
    assert ids(platform, bot) == before | {"hours"}

    system = [row for row in TINY_BOT_WIRE["intents"] if row["intentId"] in ("fallback", "cancel", "init_conversation")]
    page.get_by_label("What to do with it").select_option("replace")
    chosen(page, tmp_path, {**FILE, "intents": [*FILE["intents"], *system]})
    preview.get_by_role("button", name="Replace the draft").click()
    dialog = page.get_by_role("dialog", name="Replace the draft?")
    n_entities = len(TINY_BOT_WIRE["entities"])
    expect(dialog).to_contain_text(f"{len(before) - len(system) + n_entities} intents and entities")
    dialog.get_by_role("button", name="Replace").click()
    expect(page.get_by_text("The file is the draft now.")).to_be_visible()
    assert ids(platform, bot) == {"hours"} | {row["intentId"] for row in system}


def test_what_changed_meanwhile_is_not_overwritten(
    window: tuple[Page, Watched], platform: Platform, tmp_path: Path
) -> None:
    page, watched = window
    watched.expected.append("412")
    bot = platform.new_bot(TINY_BOT_WIRE)
    opened(page, platform, f"bots/{bot}/transfer")
    chosen(page, tmp_path, FILE)
    merge = page.get_by_role("button", name="Merge it")
    expect(merge).to_be_enabled()
    platform.call("POST", f"/bots/{bot}/intents/greet/examples", json={"examples": [{"text": "a new one"}]})
    merge.click()
    page.get_by_role("button", name="Show again what would change").click()
    expect(page.get_by_role("region", name="What would change")).to_be_visible()
    merge.click()
    expect(page.get_by_text("The file is merged into the draft.")).to_be_visible()
    assert "hours" in ids(platform, bot)


def test_a_file_that_is_no_bot_or_lacks_what_every_bot_needs_is_refused_in_words(
    window: tuple[Page, Watched], platform: Platform, tmp_path: Path
) -> None:
    page, watched = window
    watched.expected += ["422", "409"]
    opened(page, platform, f"bots/{platform.new_bot()}/transfer")
    chosen(page, tmp_path, {"intents": [{"name": 7}]})
    expect(page.get_by_role("alert")).to_contain_text("intentId")
    page.get_by_label("What to do with it").select_option("replace")
    chosen(page, tmp_path, FILE)
    expect(page.get_by_role("alert")).to_contain_text("are intents that every bot needs")
    page.get_by_role("button", name="Merge it instead").click()
    expect(page.get_by_role("region", name="What would change")).to_be_visible()


def test_bot_file_and_labels_are_downloaded(page: Page, platform: Platform) -> None:
    bot = platform.new_bot(TINY_BOT_WIRE)
    label = {"text": "can I pay in gold?", "intent_id": "__oos__"}
    platform.call("POST", f"/bots/{bot}/labels", json=label)
    opened(page, platform, f"bots/{bot}/transfer")
    with page.expect_download() as bot_file:
        page.get_by_role("link", name="Download the bot file").click()
    wire = json.loads(bot_file.value.path().read_text(encoding="utf-8"))
    assert {row["intentId"] for row in wire["intents"]} >= {row["intentId"] for row in TINY_BOT_WIRE["intents"]}
    with page.expect_download() as labels:
        page.get_by_role("link", name="Download labels").click()
    assert label["text"] in labels.value.path().read_text(encoding="utf-8")

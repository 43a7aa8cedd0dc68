"""The findings of the data gate, worked off on their page."""

import copy
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.admin_pages import SLOWLY_SECONDS, Platform, opened
from tests.support.bots import TINY_BOT_WIRE
from tests.support.browser import needs_browser

pytestmark = needs_browser

SLOWLY = SLOWLY_SECONDS * 1000


def faulty() -> dict[str, Any]:
    """Give a bot with a repeated example in two intents each, which a program can repair."""
    wire = copy.deepcopy(TINY_BOT_WIRE)
    for intent_id in ("greet", "cancel"):
        rows = next(row for row in wire["intents"] if row["intentId"] == intent_id)["trainingData"]
        rows.append(copy.deepcopy(rows[0]))
    return wire


def texts(platform: Platform, bot: str, intent: str) -> list[str]:
    found = platform.call("GET", f"/bots/{bot}/examples", params={"intent": intent, "limit": 200})["items"]
    return [row["text"] for row in found]


def test_findings_are_repaired_one_by_one_and_all_and_undone(page: Page, platform: Platform) -> None:
    bot = platform.new_bot(faulty())
    opened(page, platform, f"bots/{bot}/findings")
    expect(page.get_by_role("heading", name="The draft was not checked yet")).to_be_visible()
    page.get_by_role("button", name="Check the draft now").click()
    expect(page.get_by_text("The draft has not changed since")).to_be_visible(timeout=SLOWLY)
    page.get_by_label("Check", exact=True).select_option("text_is_not_repeated")
    findings = page.get_by_role("list", name="Findings").get_by_role("listitem")
    expect(findings).to_have_count(2)
    undo = page.get_by_role("button", name="Undo the last repair")
    expect(undo).to_have_count(0)
    page.get_by_label("Intent", exact=True).select_option("greet")
    expect(findings).to_have_count(1)
    expect(findings.first).to_contain_text("Repeated examples")
    expect(findings.get_by_role("link", name="Open greet")).to_have_attribute(
        "href", f"#/bots/{bot}/intents/greet?text=hello"
    )
    findings.get_by_role("button", name="Repair:").click()
    expect(page.get_by_text("1 repair made.")).to_be_visible(timeout=SLOWLY)
    expect(page.get_by_role("heading", name="No finding fits these choices")).to_be_visible()
    assert texts(platform, bot, "greet").count("hello") == 1
    expect(undo).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("1 intent as before the repair.")).to_be_visible()
    expect(page.get_by_text("The draft has changed since: check again")).to_be_visible()
    expect(undo).to_have_count(0)
    assert texts(platform, bot, "greet").count("hello") == 2

    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("The draft has not changed since")).to_be_visible(timeout=SLOWLY)
    page.get_by_role("button", name="Repair all 2").click()
    dialog = page.get_by_role("dialog", name="Make every safe repair?")
    dialog.get_by_role("button", name="Repair").click()
    expect(page.get_by_text("2 repairs made.")).to_be_visible(timeout=SLOWLY)
    assert texts(platform, bot, "cancel").count("cancel") == 1
    undo.click()
    expect(page.get_by_text("2 intents as before the repair.")).to_be_visible()
    expect(undo).to_have_count(0)


def test_a_viewer_reads_findings_and_repairs_none(page: Page, platform: Platform) -> None:
    bot = platform.new_bot(faulty())
    platform.until_ended(f"/bots/{bot}/tasks/{platform.call('POST', f'/bots/{bot}/draft/validate')['id']}")
    key = platform.call("POST", "/keys", json={"name": "looks", "roles": {bot: "viewer"}})["secret"]
    page.context.request.post(f"{platform.url}/api/v1/session", data={"token": key})
    opened(page, platform, f"bots/{bot}/findings?check=text_is_not_repeated")
    expect(page.get_by_role("list", name="Findings").get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("button", name="Repair")).to_have_count(0)
    expect(page.get_by_role("button", name="Check again")).to_have_count(0)

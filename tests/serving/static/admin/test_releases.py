"""Training, verdicts, promotion, comparison and figures on the admin pages."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pipelines.registry.client import Registry
from pipelines.registry.verdict import REASONS_TAG, WARNINGS_TAG
from pipelines.schemas.verdict import ACCEPT_RELABELLED
from tests.support.admin_pages import SLOWLY_SECONDS, Platform, opened
from tests.support.bots import TINY_BOT_WIRE, intent
from tests.support.browser import Watched, needs_browser
from tests.support.mlflow_server import register_for
from tests.support.releases import reworded

pytestmark = needs_browser

TRAINING_MS = 1_200_000
"""A real training, on a machine that has much else to do."""
TASK_MS = 180_000


@pytest.fixture(scope="session")
def reworded_folder(release_folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reworded(release_folders[0], tmp_path_factory.mktemp("reworded"))


def mlflow_of(platform: Platform) -> str:
    return f"http://127.0.0.1:{platform.local.port['MLFLOW']}"


def new_bot_with(platform: Platform, *folders: Path) -> str:
    """Make a bot with a release of each folder, none of which answers yet."""
    bot = platform.new_bot(TINY_BOT_WIRE)
    for folder in folders:
        register_for(mlflow_of(platform), folder, bot=bot)
    return bot


def talked_until(
    platform: Platform, bot: str, kind: str, is_enough: Callable[[dict[str, Any]], object]
) -> dict[str, Any]:
    """Talk as customers, each once, until the figures of a trial are there; return them."""
    give_up_at = monotonic() + SLOWLY_SECONDS
    while not is_enough(found := platform.call("GET", f"/bots/{bot}/releases/{kind}")):
        assert monotonic() < give_up_at, found
        platform.say(bot, "hello")
        sleep(0.2)
    figures: dict[str, Any] = found
    return figures


def test_a_newcomer_teaches_trains_reads_the_verdict_and_promotes(page: Page, platform: Platform) -> None:
    bot = platform.new_bot()
    opened(page, platform, f"bots/{bot}/overview")
    expect(page.locator("[aria-current='step']")).to_contain_text("Teach intents")
    expect(page.get_by_role("link", name="Write the first intent")).to_be_visible()
    content = {"Content-Type": "application/json"}
    platform.call("PATCH", f"/bots/{bot}/draft", json=TINY_BOT_WIRE, headers=content)
    page.reload()
    expect(page.locator("[aria-current='step']")).to_contain_text("Train")
    page.get_by_role("link", name="Train", exact=True).click()

    page.get_by_role("button", name="Train the first release").click()
    expect(page.get_by_role("progressbar", name="Progress of the training")).to_be_visible()
    page.get_by_text("Log of training").click()
    expect(page.locator(".log li").first).to_be_visible(timeout=TRAINING_MS)
    expect(page.get_by_text("has passed")).to_be_visible(timeout=TRAINING_MS)
    expect(page.get_by_role("row").filter(has_text="Release 1")).to_contain_text("Passed")
    page.get_by_role("main").get_by_role("link", name="Read its verdict").click()

    expect(page.get_by_role("heading", name="Release 1", exact=True)).to_be_visible()
    expect(page.get_by_text("kept back to measure on, so nobody knows how good it is")).to_be_visible()
    expect(page.get_by_role("table", name="What was checked")).to_contain_text("Accuracy on held-out utterances")
    page.get_by_role("button", name="Intent", exact=False).first.click()
    expect(page.get_by_role("columnheader", name="Intent")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("button", name="Promote").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why?").fill("knows how to greet")
    dialog.get_by_role("button", name="Promote").click()
    expect(page.get_by_text("Release 1 answers customers from now on.")).to_be_visible()

    opened(page, platform, f"bots/{bot}/releases")
    expect(page.get_by_role("region", name="Live release")).to_contain_text("knows how to greet")
    expect(page.get_by_role("button", name="Roll back")).to_have_count(0)
    page.get_by_text("Journal").click()
    expect(page.get_by_role("row").filter(has_text="Promoted")).to_contain_text("knows how to greet")
    opened(page, platform, f"bots/{bot}/overview")
    expect(page.get_by_role("region", name="What is live")).to_contain_text("Release 1")


def test_a_training_that_fails_says_why_and_what_to_do(page: Page, platform: Platform) -> None:
    never_said = intent("greet", "Hello {{ parameters.name", ["hello", "good day", "hi"])
    bot = platform.new_bot({"intents": [never_said], "entities": []})
    opened(page, platform, f"bots/{bot}/releases")
    page.get_by_role("button", name="Train the first release").click()
    failed = page.get_by_role("alert")
    expect(failed).to_contain_text("The training failed", timeout=TRAINING_MS)
    reason = platform.call("GET", f"/bots/{bot}/trainings")[0]["reason"]
    assert reason
    expect(failed).to_contain_text(reason[1:60])
    expect(failed.get_by_role("link", name="Look at the findings")).to_be_visible()
    opened(page, platform, f"bots/{bot}/overview")
    expect(page.get_by_text("The last training failed.")).to_be_visible()


def test_what_a_training_would_change_is_told_in_words(
    page: Page, platform: Platform, release_folders: tuple[Path, Path]
) -> None:
    bot = new_bot_with(platform, release_folders[0])
    platform.call("POST", f"/bots/{bot}/releases/1/promote", json={})
    platform.until_answered(bot)
    platform.call("PATCH", f"/bots/{bot}/intents/greet", json={"speechResponse": "Good day!"})
    platform.call("POST", f"/bots/{bot}/intents", json={"name": "Bye", "intentId": "bye", "speechResponse": "Bye!"})
    opened(page, platform, f"bots/{bot}/releases")
    expect(page.get_by_text("1 intent new: bye.")).to_be_visible()
    expect(page.get_by_text("greet: other replies.")).to_be_visible()


def test_a_refused_release_says_why_and_cannot_be_promoted(
    page: Page, platform: Platform, release_folders: tuple[Path, Path]
) -> None:
    bot = platform.new_bot(TINY_BOT_WIRE)
    reason = "accuracy on held-out utterances is 41.0 %, and must be at least 60.0 %"
    version = register_for(mlflow_of(platform), release_folders[0], bot=bot, passed=False, reasons=(reason,))
    registry = Registry(mlflow_of(platform))
    registry.set_tag(registry.find_version(bot, version), REASONS_TAG, reason)
    opened(page, platform, f"bots/{bot}/releases")
    row = page.get_by_role("row").filter(has_text="Release 1")
    expect(row).to_contain_text("Refused")
    expect(row).to_contain_text("Accuracy on held-out utterances is 41.0 %")
    expect(row.get_by_role("button", name="Promote")).to_have_count(0)
    row.get_by_role("link", name="Release 1").click()
    expect(page.get_by_role("region", name="Verdict")).to_contain_text("must be at least 60.0 %")
    expect(page.get_by_role("button", name="Promote")).to_have_count(0)


def test_changed_labels_can_be_accepted_where_they_were_refused(
    page: Page, platform: Platform, release_folders: tuple[Path, Path]
) -> None:
    bot = platform.new_bot(TINY_BOT_WIRE)
    reason = f"20 of 20 texts of 'order' are now labelled 'refund'; if that is meant: `{ACCEPT_RELABELLED}`"
    version = register_for(mlflow_of(platform), release_folders[0], bot=bot, passed=False, reasons=(reason,))
    registry = Registry(mlflow_of(platform))
    registry.set_tag(registry.find_version(bot, version), REASONS_TAG, reason)
    opened(page, platform, f"bots/{bot}/releases/1")
    page.get_by_role("button", name="That is meant: train again and accept it").click()
    expect(page.get_by_role("progressbar", name="Progress of the training")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()


def test_warnings_of_a_release_are_read_before_it_is_promoted(
    page: Page, platform: Platform, release_folders: tuple[Path, Path]
) -> None:
    bot = new_bot_with(platform, release_folders[0])
    registry = Registry(mlflow_of(platform))
    registry.set_tag(
        registry.find_version(bot, "1"), WARNINGS_TAG, "this intent has no reply: 'order'\nit knows little"
    )
    opened(page, platform, f"bots/{bot}/releases")
    expect(page.get_by_role("row").filter(has_text="Release 1")).to_contain_text("know this first: This intent has no")
    page.get_by_role("button", name="Promote release 1").click()
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_text(
        ["This intent has no reply: 'order'.", "It knows little."]
    )


def test_a_bot_without_examples_is_not_trained_and_told_what_to_write(
    window: tuple[Page, Watched], platform: Platform
) -> None:
    page, watched = window
    watched.expected.append("409")
    bot = platform.new_bot()
    opened(page, platform, f"bots/{bot}/releases")
    page.get_by_role("button", name="Train the first release").click()
    expect(page.get_by_role("alert")).to_contain_text("write a few sentences that customers would say for it")


def test_a_promotion_that_somebody_else_made_meanwhile_is_refused_in_words(
    window: tuple[Page, Watched], platform: Platform, release_folders: tuple[Path, Path]
) -> None:
    page, watched = window
    watched.expected.append("409")
    bot = new_bot_with(platform, release_folders[0], release_folders[1], release_folders[0])
    platform.call("POST", f"/bots/{bot}/releases/1/promote", json={})
    opened(page, platform, f"bots/{bot}/releases")
    expect(page.get_by_role("region", name="Live release")).to_contain_text("Release 1")
    platform.call("POST", f"/bots/{bot}/releases/2/promote", json={"why": "in a hurry"})
    page.get_by_role("button", name="Promote release 3").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Promote").click()
    expect(dialog.get_by_role("alert")).to_contain_text("version 2 answers")
    expect(dialog).to_contain_text("instead of release 2")
    assert platform.call("GET", f"/bots/{bot}/releases/live")["release"]["version"] == "2"
    dialog.get_by_role("button", name="Cancel").click()

    page.get_by_role("button", name="Roll back to release 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("region", name="Live release")).to_contain_text("Release 1")
    expect(page.get_by_role("button", name="Roll back to")).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="Rolled back")).to_be_visible()


def test_a_canary_and_a_shadow_are_started_with_their_figures_and_stopped(
    page: Page, platform: Platform, release_folders: tuple[Path, Path]
) -> None:
    bot = new_bot_with(platform, release_folders[0], release_folders[1])
    platform.call("POST", f"/bots/{bot}/releases/1/promote", json={})
    platform.until_answered(bot)
    opened(page, platform, f"bots/{bot}/releases")
    page.get_by_role("button", name="Try release 2 as a canary").click()
    page.get_by_role("dialog").get_by_label("Share of the conversations").fill("50")
    page.get_by_role("dialog").get_by_role("button", name="Start the canary").click()
    canary = page.get_by_role("region", name="Canary", exact=True)
    expect(canary).to_contain_text("answers 50 % of the conversations")
    arms = talked_until(platform, bot, "canary", lambda found: found["canary"] and found["others"])
    canary.get_by_role("button", name="Count again").click()
    for name, arm in (("Canary, release 2", "canary"), ("Live release", "others")):
        row = canary.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))
        expect(row.get_by_role("cell").first).to_have_text(str(arms[arm]["turns"]))
    canary.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop the canary").click()
    expect(canary).to_have_count(0)
    page.get_by_role("button", name="Try release 2 as a shadow").click()
    page.get_by_role("dialog").get_by_role("button", name="Start the shadow").click()
    shadow = page.get_by_role("region", name="Shadow", exact=True)
    expect(shadow).to_contain_text("answers nobody")
    seen = talked_until(platform, bot, "shadow", lambda found: found["total"] and found["total"]["turns"])
    shadow.get_by_role("button", name="Count again").click()
    total = shadow.get_by_role("row").filter(has=page.get_by_role("rowheader", name="All intents"))
    expect(total.get_by_role("cell").first).not_to_have_text("0")
    assert int(total.get_by_role("cell").first.inner_text()) >= seen["total"]["turns"]
    shadow.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop the shadow").click()
    expect(shadow).to_have_count(0)


def test_a_training_that_waits_for_another_is_cancelled(page: Page, platform: Platform) -> None:
    first, second = platform.new_bot(TINY_BOT_WIRE), platform.new_bot(TINY_BOT_WIRE)
    ahead = f"/bots/{first}/trainings/{platform.call('POST', f'/bots/{first}/trainings')['id']}"
    try:
        opened(page, platform, f"bots/{second}/releases")
        page.get_by_role("button", name="Train the first release").click()
        waiting = page.get_by_role("status").filter(has_text="for its turn")
        expect(waiting).to_contain_text("Waiting")
        waiting.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("The last training was cancelled")).to_be_visible(timeout=TASK_MS)
        (training,) = platform.call("GET", f"/bots/{second}/trainings")
        assert (training["state"], training["started_at"]) == ("cancelled", None)
        expect(page.get_by_role("button", name="Train the first release")).to_be_visible()
    finally:
        platform.call("POST", f"{ahead}/cancel")
    assert platform.until_ended(ahead)["state"] == "cancelled"


def test_two_releases_stand_beside_each_other_with_the_words_of_both(
    page: Page, platform: Platform, release_folders: tuple[Path, Path], reworded_folder: Path
) -> None:
    bot = new_bot_with(platform, release_folders[0], reworded_folder)
    registry = Registry(mlflow_of(platform))
    for version, accuracy in (("1", 0.8), ("2", 0.9)):
        found = registry.find_version(bot, version)
        registry.log_figures(found, {"holdout_accuracy": accuracy}, table="any.json", rows={})
    platform.call("POST", f"/bots/{bot}/releases/1/promote", json={})
    platform.until_answered(bot)
    opened(page, platform, f"bots/{bot}/releases")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Release 1 and release 2")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Right intent").first
    for words in ("80.0 %", "90.0 %", "release 2"):
        expect(row).to_contain_text(words)
    page.get_by_role("button", name="Answer the last 200 conversations with both").click()
    both = page.get_by_role("region", name="Answered with both")
    expect(both.locator(".words")).to_contain_text("Hello!", timeout=TASK_MS)
    expect(both.locator(".words")).to_contain_text("Good day to you!")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_figures_are_counted_drawn_and_lead_to_their_conversations(
    page: Page, platform: Platform, release_folders: tuple[Path, Path]
) -> None:
    bot = new_bot_with(platform, release_folders[0])
    platform.call("POST", f"/bots/{bot}/releases/1/promote", json={})
    platform.until_answered(bot)  # with one message
    platform.say(bot, "hello", "good morning")
    opened(page, platform, f"bots/{bot}/overview")
    expect(page.get_by_role("link", name="Messages 3")).to_be_visible()
    page.get_by_role("link", name="By day and release").click()
    expect(page.locator("figure canvas").first).to_be_visible()
    messages = page.locator("figure").filter(has_text="Messages").first
    messages.get_by_text("As a table").click()
    expect(messages.get_by_role("row").last).to_contain_text("3")
    expect(page.get_by_role("region", name="Figures by release").get_by_role("row").last).to_contain_text("Release 1")
    page.get_by_role("navigation", name="Period").get_by_role("link", name="7 days").click()
    expect(page.get_by_role("navigation", name="Period").locator("[aria-current]")).to_have_text("7 days")
    assert "days=7" in page.url
    page.get_by_role("link", name="Not understood").first.click()
    expect(page.get_by_role("heading", name="Conversations", exact=True)).to_be_visible()
    assert "route=fallback" in page.url
    assert "since=" in page.url

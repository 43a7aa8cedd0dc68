"""The label queue in a browser: keys that come faster than the page is drawn, and decisions that are never lost."""

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from pipelines.schemas.labels import LabelItem, Proposal
from tests.support.admin_pages import Platform, opened
from tests.support.browser import Watched, needs_browser
from tests.support.labels import label_item, store_labels

pytestmark = needs_browser

INTENTS = ("track_order", "refund", "opening_hours", "gift_card")
FILE: dict[str, Any] = {
    "intents": [
        {"name": name.replace("_", " ").capitalize(), "intentId": name, "trainingData": [{"text": f"about {name}"}]}
        for name in INTENTS
    ],
    "entities": [{"name": "product", "entity_values": [{"value": "shoes"}]}],
}
PRESS_ALL = """keys => keys.forEach(key =>
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})))"""


def fill(platform: Platform, items: Sequence[LabelItem]) -> None:
    """Put texts into the queue, as mining does."""
    store_labels(platform.local.port["MONGO"], items)


def texts(bot: str, count: int, *, agreed: str | None = None) -> list[LabelItem]:
    """Give texts, the most valuable first, each with three guesses in an order of its own."""
    items = []
    for number in range(count):
        guesses = [INTENTS[(number + step) % len(INTENTS)] for step in range(3)]
        proposals = tuple(
            Proposal(by=by, intent_id=intent, confidence=0.6 - step / 10)
            for step, (by, intent) in enumerate(zip(("llm", "classifier", "shadow"), guesses, strict=True))
        )
        items.append(label_item(bot, f"text number {number}", value=100.0 - number, proposals=proposals, agreed=agreed))
    return items


def decided(platform: Platform, bot: str, item: LabelItem) -> tuple[str, str | None]:
    label = platform.call("GET", f"/bots/{bot}/labels/{item.key}")
    return label["status"], label["intent_id"]


@pytest.fixture
def bot(platform: Platform) -> str:
    return platform.new_bot(FILE)


@pytest.fixture
def labels_page(window: tuple[Page, Watched]) -> Page:
    page, watched = window
    # the made-up texts stand in no conversation
    watched.expected.append("404")
    return page


def show(page: Page, platform: Platform, bot: str, first: str = "text number 0") -> None:
    opened(page, platform, f"bots/{bot}/labels")
    expect(page.get_by_role("group", name=f"Text to label: {first}")).to_be_visible()


def test_twenty_texts_are_decided_as_pressed_and_in_order(labels_page: Page, platform: Platform, bot: str) -> None:
    items = texts(bot, 21)
    fill(platform, items)
    sent: list[str] = []
    labels_page.on(
        "request", lambda request: sent.append(request.url.split("/")[-2]) if "/decision" in request.url else None
    )
    show(labels_page, platform, bot)
    keys = ["1", "2", "3", "x", "s", "r", "1", "3", "2", "1", "1", "x", "2", "3", "1", "s", "2", "1", "3", "2"]
    labels_page.evaluate(PRESS_ALL, keys)
    progress = labels_page.get_by_role("group", name="Progress")
    expect(progress).to_contain_text("20 decided in this session")
    expect(progress).to_contain_text("All sent")
    expect(labels_page.get_by_role("group", name="Text to label: text number 20")).to_be_visible()
    assert sent == [item.key for item in items[:20]]
    meant: dict[str, tuple[str, str | None]] = {
        "x": ("accepted", "__oos__"), "s": ("skipped", None), "r": ("rejected", None),
    }  # fmt: skip
    for item, key in zip(items, keys, strict=False):
        wanted = meant.get(key) or ("accepted", item.proposals[int(key) - 1].intent_id)
        assert decided(platform, bot, item) == wanted, (item.text, key)
    assert decided(platform, bot, items[20]) == ("open", None)


def test_what_cannot_be_sent_is_kept_over_a_reload_and_sent_later(
    window: tuple[Page, Watched], platform: Platform, bot: str
) -> None:
    page, watched = window
    watched.expected += ["ERR_FAILED", "404"]
    items = texts(bot, 5)
    fill(platform, items)

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/decision", refuse)
    show(page, platform, bot)
    page.evaluate(PRESS_ALL, ["1", "x", "2"])
    progress = page.get_by_role("group", name="Progress")
    expect(progress).to_contain_text("3 not sent yet")
    expect(progress).to_contain_text("kept in this browser")
    page.reload()
    expect(page.get_by_role("group", name="Text to label: text number 3")).to_be_visible()
    expect(progress).to_contain_text("3 not sent yet")
    assert decided(platform, bot, items[0]) == ("open", None)
    page.unroute("**/decision", refuse)
    page.keyboard.press("1")
    page.reload()
    expect(page.get_by_role("group", name="Text to label: text number 4")).to_be_visible()
    expect(progress).not_to_contain_text("not sent yet")
    assert [decided(platform, bot, item) for item in items[:4]] == [
        ("accepted", items[0].proposals[0].intent_id),
        ("accepted", "__oos__"),
        ("accepted", items[2].proposals[1].intent_id),
        ("accepted", items[3].proposals[0].intent_id),
    ]


def test_undo_shows_the_text_again_sent_or_not(labels_page: Page, platform: Platform, bot: str) -> None:
    items = texts(bot, 3)
    fill(platform, items)
    show(labels_page, platform, bot)
    labels_page.keyboard.press("1")
    expect(labels_page.get_by_role("group", name="Progress")).to_contain_text("All sent")
    labels_page.keyboard.press("u")
    expect(labels_page.get_by_role("group", name="Text to label: text number 0")).to_be_visible()
    # before anything of it can be sent
    labels_page.evaluate(PRESS_ALL, ["1", "u", "x", "2", "u", "3"])
    expect(labels_page.get_by_role("group", name="Progress")).to_contain_text("All sent")
    assert decided(platform, bot, items[0]) == ("accepted", "__oos__")
    assert decided(platform, bot, items[1]) == ("accepted", items[1].proposals[2].intent_id)
    labels_page.evaluate(PRESS_ALL, ["u", "u"])
    expect(labels_page.get_by_role("group", name="Text to label: text number 0")).to_be_visible()
    expect(labels_page.get_by_role("group", name="Progress")).not_to_contain_text("not sent yet")
    assert [decided(platform, bot, item) for item in items[:2]] == [("open", None)] * 2


def test_somebody_elses_decision_is_told_beside_ones_own(
    window: tuple[Page, Watched], platform: Platform, bot: str
) -> None:
    page, watched = window
    watched.expected += ["409", "404"]
    items = texts(bot, 3)
    fill(platform, items)
    show(page, platform, bot)
    for item in items[:2]:
        decision = {"status": "accepted", "intent_id": "gift_card"}
        platform.call("POST", f"/bots/{bot}/labels/{item.key}/decision", json=decision)
    page.evaluate(PRESS_ALL, ["1", "1"])
    told = page.get_by_role("alert").filter(has_text="Somebody else has decided")
    expect(told).to_have_count(2)
    expect(told.first).to_contain_text("Track order")
    expect(told.first).to_contain_text("Gift card")
    page.reload()
    expect(told).to_have_count(2)
    told.first.get_by_role("button", name="Use mine").click()
    expect(told).to_have_count(1)
    told.first.get_by_role("button", name="Keep theirs").click()
    expect(told).to_have_count(0)
    assert decided(platform, bot, items[0]) == ("accepted", "track_order")
    assert decided(platform, bot, items[1]) == ("accepted", "gift_card")


def test_single_keys_can_be_switched_off(labels_page: Page, platform: Platform, bot: str) -> None:
    items = texts(bot, 2)
    fill(platform, items)
    show(labels_page, platform, bot)
    labels_page.keyboard.press("?")
    labels_page.get_by_label("Single keys work").uncheck()
    labels_page.get_by_role("button", name="Close").click()
    labels_page.evaluate(PRESS_ALL, ["1", "x"])
    labels_page.get_by_role("button", name="Skip").click()
    expect(labels_page.get_by_role("group", name="Progress")).to_contain_text("1 decided in this session")
    expect(labels_page.get_by_role("group", name="Progress")).to_contain_text("All sent")
    assert [decided(platform, bot, item)[0] for item in items] == ["skipped", "open"]


def test_entities_are_marked_and_an_intent_found_by_keys_alone(labels_page: Page, platform: Platform, bot: str) -> None:
    text = "🙂 Grüße, where are my red shoes?"
    fill(platform, [label_item(bot, text, proposals=())])
    show(labels_page, platform, bot, text)
    press = labels_page.keyboard.press
    press("e")
    for _ in range(7):
        press("ArrowRight")
    press("Shift+ArrowRight")
    press("Enter")
    labels_page.keyboard.type("prod")
    press("Enter")
    expect(labels_page.get_by_role("list", name="Marked")).to_contain_text("red shoes: product")
    press("/")
    labels_page.keyboard.type("hours")
    press("Enter")
    expect(labels_page.get_by_role("group", name="Progress")).to_contain_text("All sent")
    (label,) = platform.call("GET", f"/bots/{bot}/labels", params={"status": "accepted"})["labels"]
    assert label["intent_id"] == "opening_hours"
    (span,) = label["entities"]
    assert text[span["start"] : span["end"]] == span["value"] == "red shoes"
    assert span["type"] == "product"


def test_texts_that_say_nearly_the_same_are_decided_together(labels_page: Page, platform: Platform, bot: str) -> None:
    first, second, other = texts(bot, 3)
    second = second.model_copy(update={"cluster": first.cluster})
    fill(platform, [first, second, other])
    show(labels_page, platform, bot)
    expect(labels_page.get_by_text("1 text says nearly the same")).to_be_visible()
    labels_page.evaluate(PRESS_ALL, ["1", "2"])
    expect(labels_page.get_by_role("heading", name="No text waits for a label")).to_be_visible()
    expect(labels_page.get_by_role("group", name="Progress")).to_contain_text("All sent")
    assert decided(platform, bot, second) == ("accepted", first.proposals[0].intent_id)
    assert decided(platform, bot, other) == ("accepted", other.proposals[1].intent_id)


def test_what_all_agree_on_is_accepted_after_its_count_was_confirmed(
    labels_page: Page, platform: Platform, bot: str
) -> None:
    items = [*texts(bot, 3, agreed="refund"), label_item(bot, "in doubt", proposals=())]
    fill(platform, items)
    show(labels_page, platform, bot)
    labels_page.get_by_role("button", name="Accept agreed (3)").click()
    expect(labels_page.get_by_role("dialog", name="Accept 3 texts?")).to_be_visible()
    labels_page.get_by_role("button", name="Accept", exact=True).click()
    expect(labels_page.get_by_text("3 texts were accepted.")).to_be_visible()
    assert [decided(platform, bot, item) for item in items[:3]] == [("accepted", "refund")] * 3
    expect(labels_page.get_by_role("group", name="Text to label: in doubt")).to_be_visible()
    expect(labels_page.get_by_role("button", name="Accept agreed")).to_have_count(0)
    labels_page.get_by_role("button", name="Undo", exact=True).click()
    progress = labels_page.get_by_role("group", name="Progress")
    expect(progress).to_contain_text("4 waiting")
    expect(progress).not_to_contain_text("not sent yet")
    assert [decided(platform, bot, item) for item in items[:3]] == [("open", None)] * 3
    labels_page.keyboard.press("x")
    expect(labels_page.get_by_role("button", name="Accept agreed (2)")).to_be_visible()


def test_decisions_that_were_not_sent_leave_from_any_page(
    window: tuple[Page, Watched], platform: Platform, bot: str
) -> None:
    page, watched = window
    watched.expected += ["ERR_FAILED", "404"]
    items = texts(bot, 3)
    fill(platform, items)
    page.route("**/decision", lambda route: route.abort())
    show(page, platform, bot)
    page.evaluate(PRESS_ALL, ["1", "x"])
    expect(page.get_by_role("group", name="Progress")).to_contain_text("2 not sent yet")
    page.goto("about:blank")
    page.unroute("**/decision")
    with page.expect_response(lambda answer: f"{items[1].key}/decision" in answer.url):
        opened(page, platform, "bots")
    assert decided(platform, bot, items[0]) == ("accepted", items[0].proposals[0].intent_id)
    assert decided(platform, bot, items[1]) == ("accepted", "__oos__")


def test_an_empty_queue_teaches_and_is_filled(page: Page, platform: Platform) -> None:
    platform.say("default", "does the moon pay my parcel with a blue horse")
    opened(page, platform, "bots/default/labels")
    page.get_by_role("button", name="Fill the queue").first.click()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("waits for a label").or_(page.get_by_text("wait for a label")).first).to_be_visible()
    expect(page.get_by_role("region", name="Why this text")).to_be_visible()
    expect(page.get_by_role("region", name="Conversation")).to_contain_text("answered by release")


def test_a_decision_is_found_again_and_opened(labels_page: Page, platform: Platform, bot: str) -> None:
    items = texts(bot, 2)
    fill(platform, items)
    show(labels_page, platform, bot)
    labels_page.evaluate(PRESS_ALL, ["1", "s"])
    expect(labels_page.get_by_role("group", name="Progress")).to_contain_text("All sent")
    labels_page.get_by_role("link", name="Decided texts").click()
    row = labels_page.get_by_role("row", name=items[0].text)
    expect(row).to_contain_text("Track order")
    row.get_by_role("button", name="Open again").click()
    expect(row).to_have_count(0)
    labels_page.get_by_label("Decided as").select_option(label="Skipped")
    expect(labels_page.get_by_role("row", name=items[1].text)).to_contain_text("Skipped")
    labels_page.get_by_role("link", name="Label queue").first.click()
    expect(labels_page.get_by_role("group", name=f"Text to label: {items[0].text}")).to_be_visible()
    assert decided(platform, bot, items[0]) == ("open", None)


def test_filters_are_in_the_address(labels_page: Page, platform: Platform, bot: str) -> None:
    fill(platform, [label_item(bot, "only the model", proposals=(Proposal(by="llm", intent_id="refund"),))])
    show(labels_page, platform, bot, "only the model")
    labels_page.get_by_label("Source").select_option(label="Release on trial")
    expect(labels_page.get_by_role("heading", name="No text fits these filters")).to_be_visible()
    labels_page.reload()
    expect(labels_page.get_by_role("heading", name="No text fits these filters")).to_be_visible()
    labels_page.get_by_role("button", name="Show all texts").click()
    expect(labels_page.get_by_role("group", name="Text to label: only the model")).to_be_visible()

"""Slips of a hurried hand: a double click, a pasted spreadsheet, a reload, a name that cannot be used."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.admin_pages import Platform, opened
from tests.support.authoring import example, saved, spans
from tests.support.browser import Watched, needs_browser

pytestmark = needs_browser
PIZZA: dict[str, Any] = {
    "intentId": "order_pizza",
    "name": "Order a pizza",
    "speechResponse": "On its way!",
    "trainingData": [{"text": "order a pizza"}, {"text": "pizza please"}, {"text": "one margherita"}],
    "parameters": [{"name": "size", "type": "free_text", "required": True, "prompt": "Which size?"}],
}


@pytest.fixture
def bot(platform: Platform) -> str:
    return platform.new_bot({"intents": [PIZZA]})


def texts(platform: Platform, bot: str) -> set[str]:
    return set(spans(platform, bot, "order_pizza"))


def test_a_double_click_deletes_one_example_and_it_can_be_brought_back(
    page: Page, platform: Platform, bot: str
) -> None:
    opened(page, platform, f"bots/{bot}/intents/order_pizza")
    page.get_by_role("button", name="Delete example 1").dblclick()
    expect(example(page, "order a pizza")).to_have_count(0)
    saved(page)
    assert texts(platform, bot) == {"pizza please", "one margherita"}
    page.get_by_role("button", name="Undo: bring back 1 example").click()
    expect(example(page, "order a pizza")).to_be_visible()
    saved(page)
    assert len(texts(platform, bot)) == 3


def test_of_a_pasted_spreadsheet_one_column_is_taken_without_its_heading(page: Page, platform: Platform) -> None:
    # long enough that there are words under the button of the dialog
    long = [
        {"text": f"bring {n} pizzas to the house with the green door, " + "and hurry up please, " * 20}
        for n in range(30)
    ]
    bot = platform.new_bot({"intents": [{**PIZZA, "trainingData": long}]})
    opened(page, platform, f"bots/{bot}/intents/order_pizza")
    page.get_by_role("button", name="Paste many").click()
    many = page.get_by_role("dialog", name="Add many examples")
    pasted = 'text\tsize\na small pizza please\tsmall\n"one large, ""hot"" one"\tlarge\nnew order\t\n'
    many.get_by_label("One example a line").fill(pasted)
    expect(many.get_by_label("Column with the examples")).to_have_value("0")
    expect(many.get_by_label("The first line is a heading: text, size")).to_be_checked()
    box = many.get_by_role("button", name="Add 3 examples").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    expect(many).to_have_count(0)
    expect(example(page, "a small pizza please")).to_be_visible()
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    saved(page)
    expect(page.get_by_role("dialog")).to_have_count(0)  # nor the choice of an entity
    new = {"a small pizza please", 'one large, "hot" one', "new order"}
    assert texts(platform, bot) >= new
    assert len(texts(platform, bot)) == len(long) + 3


def test_a_change_can_be_undone_after_a_reload_unless_somebody_was_there(
    page: Page, platform: Platform, bot: str
) -> None:
    where = f"bots/{bot}/intents/order_pizza/replies"
    opened(page, platform, where)
    reply = page.get_by_label("Reply", exact=True)
    reply.fill("Written over")
    saved(page)
    page.reload()
    expect(reply).to_have_value("Written over")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(reply).to_have_value("On its way!")
    reply.fill("Once more")
    saved(page)
    platform.call("PATCH", f"/bots/{bot}/intents/order_pizza", json={"speechResponse": "By somebody else"})
    page.reload()
    expect(reply).to_have_value("By somebody else")
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()


def test_the_question_about_two_versions_can_be_put_off(
    window: tuple[Page, Watched], platform: Platform, bot: str
) -> None:
    page, watched = window
    watched.expected.append("412")
    opened(page, platform, f"bots/{bot}/intents/order_pizza/replies")
    reply = page.get_by_label("Reply", exact=True)
    expect(reply).to_have_value("On its way!")
    platform.call("PATCH", f"/bots/{bot}/intents/order_pizza", json={"speechResponse": "Theirs"})
    reply.fill("Mine")
    versions = page.get_by_role("dialog", name=re.compile("changed in another tab or by somebody else"))
    expect(versions).to_be_visible()
    page.keyboard.press("Escape")
    expect(versions).to_have_count(0)
    expect(reply).to_have_value("Mine")
    page.get_by_role("button", name="Show both versions").click()
    versions.get_by_role("button", name="Keep mine").click()
    saved(page)
    assert platform.call("GET", f"/bots/{bot}/intents/order_pizza")["speechResponse"] == "Mine"


def test_a_name_that_cannot_be_used_is_nowhere_said_to_be_saved(page: Page, platform: Platform, bot: str) -> None:
    opened(page, platform, f"bots/{bot}/intents/order_pizza/questions")
    name = page.get_by_label("Name", exact=True)
    name.press_sequentially("Größe (cm)")
    expect(page.get_by_text("Not saved: it is still called size.")).to_be_visible()
    expect(page.get_by_text("Not saved: something below cannot be used")).to_be_visible()
    expect(page.get_by_text("Saved", exact=True)).to_have_count(0)
    assert platform.call("GET", f"/bots/{bot}/intents/order_pizza")["parameters"][0]["name"] == "size"
    name.fill("groesse")
    saved(page)
    assert platform.call("GET", f"/bots/{bot}/intents/order_pizza")["parameters"][0]["name"] == "groesse"


def test_a_name_in_addresses_is_made_of_the_letters_of_the_title(page: Page, platform: Platform) -> None:
    opened(page, platform, "bots")
    page.get_by_role("button", name="New bot").click()
    page.get_by_label("What is it called?").fill("Jörgs Pizza, Größe & Café")
    expect(page.get_by_label("Name in addresses")).to_have_value("joergs-pizza-groesse-cafe")

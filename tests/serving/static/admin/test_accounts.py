"""Keys, members and the audit log in a browser."""

import re
from uuid import uuid4

from playwright.sync_api import Browser, Page, expect

from tests.support.admin_pages import Platform, opened, signed_in
from tests.support.browser import Watched, needs_browser, open_window

pytestmark = needs_browser


def test_a_key_is_made_shown_once_works_and_is_revoked(page: Page, platform: Platform, browser: Browser) -> None:
    name = f"export {uuid4().hex[:6]}"
    opened(page, platform, "keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("What is it for?").fill(name)
    page.get_by_label("Bot", exact=True).last.select_option("default")
    page.get_by_label("Role", exact=True).select_option("author")
    page.get_by_label("Expires").select_option(label="in 30 days")
    page.get_by_role("button", name="Make the key").click()
    dialog = page.get_by_role("dialog", name="Copy the key now")
    secret = dialog.locator("code.copy-text").inner_text()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="I have kept it").click()
    row = page.get_by_role("row", name=re.compile(name))
    expect(row).to_contain_text("default: author")
    expect(row).to_contain_text("never")
    expect(page.get_by_text(secret)).to_have_count(0)
    with open_window(browser, platform.url) as (context, watched):
        watched.expected.append("401")
        theirs = signed_in(context, platform, key=secret)
        opened(theirs, platform, "bots/default/settings")
        page.get_by_role("button", name=f"Revoke {name}").click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke", exact=True).click()
        expect(page.get_by_text(f"The key “{name}” is revoked.")).to_be_visible()
        theirs.get_by_label("Title").fill("another")
        theirs.get_by_role("button", name="Save").click()
        expect(theirs.get_by_role("dialog", name="Your session has ended")).to_be_visible()
        expect(theirs.get_by_label("Title")).to_have_value("another")
    expect(row).to_have_count(0)
    page.get_by_label(re.compile("Show the")).check()
    expect(row).to_contain_text("revoked")


def test_a_member_is_added_changed_and_removed(window: tuple[Page, Watched], platform: Platform) -> None:
    page, watched = window
    watched.expected.append("409")
    name, email = f"Anna {uuid4().hex[:6]}", f"{uuid4().hex[:8]}@example.com"
    opened(page, platform, "members")
    for _ in range(2):
        page.get_by_role("button", name="Add a member").first.click()
        dialog = page.get_by_role("dialog", name="Add a member")
        dialog.get_by_label("Name").fill(name)
        dialog.get_by_label("E-mail address").fill(email)
        dialog.get_by_label("Role", exact=True).select_option("labeller")
        dialog.get_by_role("button", name="Add", exact=True).click()
        row = page.get_by_role("row", name=re.compile(name))
        expect(row).to_contain_text("All bots: labeller")
    # the second one is there already
    expect(dialog.get_by_role("alert")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=f"Change {name}").click()
    dialog = page.get_by_role("dialog", name=f"Change {name}")
    dialog.get_by_label("Role", exact=True).select_option("operator")
    dialog.get_by_role("button", name="Add a role for another bot").click()
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("All bots: operator")
    page.get_by_role("button", name=f"Remove {name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(row).to_have_count(0)
    assert email not in str(platform.call("GET", "/members"))


def test_the_audit_log_is_filtered_and_shows_before_and_after(page: Page, platform: Platform) -> None:
    bot = platform.new_bot()
    for number in range(55):
        platform.call("PATCH", f"/bots/{bot}", json={"title": f"title {number}"})
    opened(page, platform, f"audit?bot={bot}")
    entries = page.get_by_role("list", name="Entries").get_by_role("listitem")
    expect(entries).to_have_count(50)
    first = entries.first
    first.get_by_text("1 field").click()
    expect(first.get_by_role("row", name="title title 53 title 54")).to_be_visible()
    page.get_by_role("button", name="Earlier entries").click()
    expect(entries).to_have_count(55)
    page.get_by_label("Action").fill("Change a bot")
    expect(entries).to_have_count(50)
    page.get_by_label("Outcome").select_option(label="Refused")
    expect(page.get_by_role("heading", name="No entry fits")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(entries.first).to_be_visible()

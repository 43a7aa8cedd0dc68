"""One platform for all tests of the admin pages: every test makes bots of its own (`platform.new_bot`)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.admin_pages import Platform, running_platform, signed_in
from tests.support.browser import CHROMIUM, Watched, open_browser, open_window


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Give a running platform with the sample bot, called `default`."""
    with running_platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a browser."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (apt install chromium)")
    with open_browser() as running:
        yield running


@pytest.fixture
def window(browser: Browser, platform: Platform) -> Iterator[tuple[Page, Watched]]:
    """Give a page that is signed in as an owner, and what is watched in its window."""
    with open_window(browser, platform.url, viewport={"width": 1280, "height": 900}) as (context, watched):
        yield signed_in(context, platform), watched


@pytest.fixture
def page(window: tuple[Page, Watched]) -> Page:
    """Give a page that is signed in as an owner."""
    return window[0]

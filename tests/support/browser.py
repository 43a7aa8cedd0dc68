"""A real browser for tests of pages, and what every page must keep to while it is looked at."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
PATIENCE_MS = 30_000
"""How long a test waits for what a busy machine shows late."""

needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt install chromium)"),
]


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Run a headless Chromium."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield launched
        launched.close()


class Watched:
    """A browser window, with what went wrong in it: `faults` are errors, blocked content and requests to elsewhere."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.faults: list[str] = []
        self.expected: list[str] = []
        self._origin = urlsplit(origin).netloc
        context.set_default_timeout(PATIENCE_MS)
        context.on("page", self._watch)
        context.on("request", lambda request: self._look_at(request.url))

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"{error.name}: {error.message}\n{error.stack or ''}"))
        page.on("console", self._listen)

    def _listen(self, said: Any) -> None:
        if said.type in ("error", "warning") and not any(part in said.text for part in self.expected):
            self.faults.append(said.text)

    def _look_at(self, url: str) -> None:
        place = urlsplit(url)
        if place.scheme not in ("data", "blob", "about") and place.netloc != self._origin:
            self.faults.append(f"a request to {url}")


@contextmanager
def open_window(browser: Browser, origin: str, **options: Any) -> Iterator[tuple[BrowserContext, Watched]]:
    """Open a window of its own; fail afterwards if anything went wrong in it that was not expected.

    A status of 400 and above is written to the console by the browser: put a part of that line into `expected`.
    """
    context = browser.new_context(**options)
    watched = Watched(context, origin)
    try:
        yield context, watched
    finally:
        context.close()
    assert watched.faults == [], "\n".join(watched.faults)

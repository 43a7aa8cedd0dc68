"""Take pictures of every admin page: `make screenshots`, or `python -m tests.support.screenshots FOLDER`.

A platform is started for it, with the sample bot and what `pictured` adds. Beside every page there are pictures of the
states in `scenes`, and of a training under way and one that waits.
"""

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.admin_pages import Platform, opened, running_platform, signed_in
from tests.support.browser import PATIENCE_MS, open_browser
from tests.support.pictured import Pictured, fill, places, two_trainings
from tests.support.scenes import SCENES

WIDTHS = (360, 1024, 1600)
THEMES = ("light", "dark")
LOOKS = [(theme, width) for theme in THEMES for width in WIDTHS]


def window(browser: Browser, theme: str, width: int) -> BrowserContext:
    """Open a window of a width in a theme."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    return context


def _shoot(page: Page, folder: Path, name: str, look: tuple[str, int], *, is_whole: bool) -> None:
    page.wait_for_load_state("networkidle")
    expect(page.locator("main .loading")).to_have_count(0)
    page.screenshot(path=folder / f"{name}_{look[1]}_{look[0]}.png", full_page=is_whole, animations="disabled")


def take_places(page: Page, platform: Platform, folder: Path, look: tuple[str, int], shown: list[str]) -> None:
    """Write a picture of each place, as long as it is."""
    for place in shown:
        page.goto(f"{platform.url}/admin/#/{place}")
        expect(page.locator("main h1, main .empty").first).to_be_visible()
        _shoot(page, folder, re.sub(r"\W+", "_", place), look, is_whole=True)


def take_scenes(page: Page, platform: Platform, folder: Path, look: tuple[str, int], pictured: Pictured) -> None:
    """Write a picture of each scene, as the screen shows it; a chat as long as it is."""
    for scene in SCENES:
        page.goto("about:blank")  # nothing is left of the scene before
        with scene(page, platform, pictured):
            name = str(getattr(scene, "__name__", ""))
            _shoot(page, folder, f"scene_{name}", look, is_whole=name.startswith("tool"))


def take_trainings(browser: Browser, platform: Platform, folder: Path, pictured: Pictured) -> None:
    """Write pictures of a training under way and of one that waits for it."""
    cancel = two_trainings(platform, pictured)
    try:
        for look in LOOKS:
            context = window(browser, *look)
            page = signed_in(context, platform)
            for name, bot in (("training", "default"), ("waiting", pictured.shop)):
                opened(page, platform, f"bots/{bot}/releases")
                expect(page.get_by_role("progressbar")).to_be_visible()
                _shoot(page, folder, f"scene_{name}", look, is_whole=True)
            context.close()
    finally:
        cancel()


def take(platform: Platform, folder: Path, pictured: Pictured) -> None:
    """Write every picture."""
    shown = places(pictured, platform)
    with open_browser() as browser:
        take_trainings(browser, platform, folder, pictured)
        for look in LOOKS:
            context = window(browser, *look)
            page = signed_in(context, platform)
            take_places(page, platform, folder, look, shown)
            take_scenes(page, platform, folder, look, pictured)
            context.close()
            sys.stdout.write(f"{look[0]}, {look[1]} px: {len(shown)} pages and {len(SCENES)} scenes\n")


def main() -> None:
    """Take the pictures."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, running_platform(Path(home)) as platform:
        take(platform, folder, fill(platform, Path(home)))
    sys.stdout.write(f"they are in {folder}\n")


if __name__ == "__main__":
    main()

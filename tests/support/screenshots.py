"""Take pictures of every admin page: `make screenshots`, or `python -m tests.support.screenshots FOLDER`.

A platform is started for it, with the sample bot and a few conversations.
"""

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect

from tests.support.admin_pages import Platform, opened, running_platform, signed_in
from tests.support.browser import open_browser

WIDTHS = (360, 1024, 1600)
THEMES = ("light", "dark")
SAID = (
    ("where is my order ORD-1042?", "thanks", "goodbye"),
    ("I want to return my tent", "ORD-1042", "yes"),
    ("do you sell kayaks", "what", "track order ORD-1001"),
    ("xyzzy", "cancel"),
)


def fill(platform: Platform) -> list[str]:
    """Let customers write to the sample bot, and return the places of all pages."""
    threads = [platform.say("default", *texts) for texts in SAID]
    new = platform.new_bot(name="empty")
    task = platform.call("POST", "/bots/default/labels/mine", json={"days": 1})
    platform.until_ended(f"/bots/default/tasks/{task['id']}")
    task = platform.call("POST", "/bots/default/draft/validate")
    platform.until_ended(f"/bots/default/tasks/{task['id']}")
    names = "overview try intents entities findings transfer releases labels conversations analytics channels settings"
    intents = platform.call("GET", "/bots/default/intents")["items"]
    entities = platform.call("GET", "/bots/default/entities")["items"]
    form = next(intent["intent_id"] for intent in intents if intent["has_tool"])
    deeper = [f"intents/{form}", f"entities/{entities[0]['name']}", f"conversations/{threads[1]}", "releases/1"]
    of_bot = [f"bots/default/{name}" for name in [*names.split(), *deeper]]
    return [
        "bots",
        "keys",
        "members",
        "audit",
        *of_bot,
        *(f"bots/{new}/{name}" for name in ("overview", "try", "labels")),
    ]


def take(platform: Platform, folder: Path) -> None:
    """Write a picture of every page at every width in both themes."""
    places = fill(platform)
    with open_browser() as browser:
        for theme in THEMES:
            for width in WIDTHS:
                context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
                page = signed_in(context, platform)
                for place in places:
                    opened(page, platform, place)
                    page.wait_for_load_state("networkidle")
                    expect(page.locator("main .loading")).to_have_count(0)
                    name = re.sub(r"\W+", "_", place)
                    page.screenshot(path=folder / f"{name}_{width}_{theme}.png", full_page=True)
                context.close()
                sys.stdout.write(f"{theme}, {width} px: {len(places)} pages\n")


def main() -> None:
    """Take the pictures."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, running_platform(Path(home)) as platform:
        take(platform, folder)
    sys.stdout.write(f"they are in {folder}\n")


if __name__ == "__main__":
    main()

"""What an admin page costs its reader at first: bytes, requests, round trips, time, and work of the processor."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, expect

from tests.support.admin_pages import Platform, signed_in
from tests.support.browser import open_window

_WATCH = """
const look = () => {
  const isShown = document.querySelector("main h1") && !document.querySelector("main .loading");
  if (isShown) requestAnimationFrame(() => { window.shownAt ??= performance.now(); });
};
new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
"""
_PRESS = """async (button) => {
  const began = performance.now();
  button.click();
  while (!document.querySelector("dialog[open]")) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""


@dataclass
class Cost:
    """What was seen until the page showed its first content.

    Attributes
    ----------
    shown_ms
        From the beginning of the navigation.
    reacts_ms
        From a press of the main button until its dialog is open; 0 without one.
    work_ms
        Of the processor, in the page's own thread.
    received
        Bytes of all answers with their headers.
    asked
        The paths of the API that were asked for.
    in_a_row
        How many of them followed on one another's answer.
    late
        Modules that were asked for only when another module had come and named them.
    """

    shown_ms: float = 0.0
    reacts_ms: float = 0.0
    work_ms: float = 0.0
    received: int = 0
    asked: list[str] = field(default_factory=list)
    in_a_row: int = 0
    late: list[str] = field(default_factory=list)

    @property
    def own(self) -> list[str]:
        """The requests of the page itself: who is signed in and the list of bots are asked once for all pages."""
        return [path for path in self.asked if not path.endswith("/session") and "/bots?" not in path]


def cost_of(browser: Browser, platform: Platform, place: str, *, button: str = "") -> Cost:
    """Open a page in a browser that has nothing in its cache."""
    cost = Cost()
    began: dict[str, tuple[str, float]] = {}
    spans: list[tuple[float, float]] = []

    def sent(event: dict[str, Any]) -> None:
        url = urlsplit(event["request"]["url"])
        if "/api/" in url.path:
            cost.asked.append(url.path + (f"?{url.query}" if url.query else ""))
            began[event["requestId"]] = (url.path, event["timestamp"])
        by = event["initiator"].get("url") or _caller(event["initiator"])
        if url.path.endswith(".js") and by.endswith(".js") and not by.endswith("/lib/routes.js"):
            cost.late.append(url.path)

    def finished(event: dict[str, Any]) -> None:
        cost.received += event["encodedDataLength"]
        if event["requestId"] in began:
            spans.append((began[event["requestId"]][1], event["timestamp"]))

    with open_window(browser, platform.url, viewport={"width": 1280, "height": 900}) as (context, _):
        page = signed_in(context, platform)
        page.add_init_script(_WATCH)
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        devtools.on("Network.requestWillBeSent", sent)
        devtools.on("Network.loadingFinished", finished)
        page.goto(f"{platform.url}/admin/#/{place}")
        expect(page.locator("main h1").first).to_be_visible()
        expect(page.locator("main .loading")).to_have_count(0)
        page.wait_for_load_state("networkidle")
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        cost.work_ms = 1000 * next(each["value"] for each in metrics if each["name"] == "TaskDuration")
        cost.shown_ms = page.evaluate("window.shownAt")
        if button:
            cost.reacts_ms = page.get_by_role("button", name=button, exact=True).first.evaluate(_PRESS)
    cost.in_a_row = _longest(spans)
    return cost


def _caller(initiator: dict[str, Any]) -> str:
    frames = initiator.get("stack", {}).get("callFrames") or [{"url": ""}]
    return str(frames[0]["url"])


def _longest(spans: list[tuple[float, float]]) -> int:
    """Return the length of the longest chain in which each begins after the end of the one before."""
    count, end = 0, 0.0
    for began, ended in sorted(spans, key=lambda span: span[1]):
        if began >= end:
            count, end = count + 1, ended
    return count

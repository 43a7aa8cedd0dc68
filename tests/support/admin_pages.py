"""The admin pages for tests: a platform as `intentloop up` starts it, its API as an owner, and windows signed in."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import httpx2
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import PATIENCE_MS
from tests.support.local_platform import LocalPlatform
from tests.support.servers import stop

ENDED = ("done", "failed", "cancelled", "nothing-to-do")
SLOWLY_SECONDS = 300
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Platform:
    """A running platform. `call` is its admin API, as an owner."""

    url: str
    key: str
    home: Path
    local: LocalPlatform
    client: httpx2.Client

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Send a request to `/api/v1` and return what it answers; `If-Match: *` for edits."""
        headers = {"If-Match": "*", **options.pop("headers", {})} if method in ("PUT", "PATCH", "DELETE") else {}
        response = self.client.request(method, f"/api/v1{path}", headers=headers, **options)
        assert response.status_code < 400, f"{method} {path}: {response.status_code} {response.text[:500]}"
        return response.json() if response.content else None

    def until_ended(self, path: str) -> Any:
        """Wait for a task or training and return it."""
        give_up_at = monotonic() + SLOWLY_SECONDS
        while (work := self.call("GET", path))["state"] not in ENDED:
            assert monotonic() < give_up_at, work
            sleep(0.2)
        return work

    def new_bot(self, file: dict[str, Any] | None = None, *, name: str = "") -> str:
        """Make a bot, with the content of a bot file if one is given; return its name."""
        name = name or f"b{uuid4().hex[:8]}"
        self.call("POST", "/bots", json={"name": name, "title": name})
        if file is not None:
            self.call(
                "PATCH", f"/bots/{name}/draft", content=json.dumps(file), headers={"Content-Type": "application/json"}
            )
        return name

    def train(self, bot: str) -> dict[str, Any]:
        """Train a bot and return the training, which has ended well."""
        training = self.call("POST", f"/bots/{bot}/trainings")
        ended: dict[str, Any] = self.until_ended(f"/bots/{bot}/trainings/{training['id']}")
        assert ended["state"] == "done", ended
        return ended

    def say(self, bot: str, *texts: str, thread: str = "") -> str:
        """Send messages as a customer; return the thread."""
        thread = thread or f"v{uuid4().hex[:8]}"
        for text in texts:
            body = {"thread_id": thread, "message_id": uuid4().hex, "text": text}
            self.call("POST", f"/bots/{bot}/messages", json=body)
        return thread

    def until_back(self) -> None:
        """Wait until the server, which was ended, answers again."""
        give_up_at = monotonic() + SLOWLY_SECONDS
        while True:
            with suppress(httpx2.TransportError):
                if self.client.get("/admin/").status_code == 200:
                    return
            assert monotonic() < give_up_at, self.local.text()
            sleep(0.2)

    def until_answered(self, bot: str) -> None:
        """Wait until the bot's live release has been loaded, after its first promotion."""
        give_up_at = monotonic() + SLOWLY_SECONDS
        while True:
            body = {"thread_id": f"w{uuid4().hex[:8]}", "message_id": uuid4().hex, "text": "hello"}
            if self.client.post(f"/api/v1/bots/{bot}/messages", json=body).status_code == 200:
                return
            assert monotonic() < give_up_at
            sleep(0.2)


@contextmanager
def running_platform(folder: Path) -> Iterator[Platform]:
    """Start everything as `intentloop up` does, the sample bot trained and answering."""
    local = LocalPlatform(folder / "home")
    try:
        local.start()
        found = re.search(r"export KEY=(\S+)", local.text())
        assert found is not None, local.text()
        url = f"http://127.0.0.1:{local.port['API']}"
        with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {found[1]}"}, timeout=60.0) as client:
            yield Platform(url, found[1], local.home, local, client)
    finally:
        if local.process is not None:
            stop(local.process)


def signed_in(context: BrowserContext, platform: Platform, *, key: str = "") -> Page:
    """Open a page of a window that is signed in, showing nothing yet."""
    response = context.request.post(f"{platform.url}/api/v1/session", data={"token": key or platform.key})
    assert response.ok, response.text()
    return context.new_page()


def opened(page: Page, platform: Platform, where: str) -> Page:
    """Show a page: `opened(page, platform, f"bots/{bot}/intents")`."""
    page.goto(f"{platform.url}/admin/#/{where}")
    expect(page.locator("main h1").first).to_be_visible()
    return page

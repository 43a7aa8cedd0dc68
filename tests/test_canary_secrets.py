"""Secrets that are planted everywhere come out nowhere: in no response, log, export, audit entry or artifact."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.bots import TINY_BOT_WIRE
from tests.support.local_platform import LocalPlatform

pytestmark = [pytest.mark.integration, pytest.mark.prove]

CANARY = "canary0secret0"
"""In every planted secret."""
ENVIRONMENT = {
    "INTENTLOOP_ADMIN_TOKEN": f"{CANARY}admin-token",
    "INTENTLOOP_VERDICT_KEY": f"{CANARY}verdict-key",
    "INTENTLOOP_MLFLOW_WEBHOOK_SECRET": f"{CANARY}webhook-secret",
    "INTENTLOOP_OPENAI_API_KEY": f"{CANARY}llm-key",
    "INTENTLOOP_FACEBOOK_APP_SECRET": f"{CANARY}app-secret",
    "INTENTLOOP_FACEBOOK_PAGE_TOKEN": f"{CANARY}page-token",
    "INTENTLOOP_FACEBOOK_VERIFY_TOKEN": f"{CANARY}verify-token",
    "INTENTLOOP_SECRET_SHOP": f"{CANARY}shop-key",
}
KEPT = ("settings.env", "admin-token", "secrets")
"""Files of the home folder that hold secrets by design, closed to other users."""
METHODS = ("get", "post", "put", "patch", "delete")


class Platform(LocalPlatform):
    """A platform with secrets in its environment."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, **ENVIRONMENT}


def bot_with_header(value: str) -> dict[str, Any]:
    """Return a bot whose tool sends a header."""
    bot: dict[str, Any] = json.loads(json.dumps(TINY_BOT_WIRE))
    details = next(each["apiDetails"] for each in bot["intents"] if each["apiDetails"])
    details["headers"] = [{"headerKey": "X-Shop-Key", "headerValue": value}]
    return bot


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("canary")
    running = Platform(folder / "home")
    running.seed(folder / "seed", bot_with_header("{{ secrets.SHOP }}"))
    try:
        running.start()
        yield running
    finally:
        running.kill()


def leaks_of(response: httpx2.Response) -> bool:
    return CANARY in response.text or any(CANARY in value for value in response.headers.values())


def walk(client: httpx2.Client, keys: dict[str, str]) -> list[str]:
    """Send right and wrong requests to every route with every key; return where a secret came out."""
    document = client.get("/openapi.json").json()
    values = defaultdict(lambda: "x", {"bot": "default", "name": "default", "channel": "facebook", "number": "1"})
    found = []
    for path, operations in document["paths"].items():
        url = re.sub(r"\{(\w+)\}", lambda match: values[match[1]], path)
        if url.endswith("/events"):
            continue  # streams of events, read by their own tests
        for method in METHODS:
            if method not in operations:
                continue
            for body in (
                None,
                {},
                {"url": f"http://{CANARY}"},
                {"text": "where is my order ORD-1042", "thread_id": "t"},
            ):
                if method == "delete" and body is not None:
                    continue
                for headers in ({}, *({"Authorization": f"Bearer {key}"} for key in keys.values())):
                    sent = {"If-Match": '"x"', **headers}
                    response = client.request(method, url, json=body, headers=sent)
                    echoed = body is not None and CANARY in json.dumps(body)
                    if leaks_of(response) and not echoed:
                        found.append(f"{method} {url}: {response.status_code} {response.text[:200]}")
    return found


def files_with_secrets(home: Path) -> list[str]:
    """Return the files of the home folder that hold a secret, apart from those that are meant to."""
    found = []
    for file in sorted(home.rglob("*")):
        if not file.is_file() or file.name in KEPT or file.is_relative_to(home / "mongo"):
            continue
        if CANARY.encode() in file.read_bytes():
            found.append(str(file.relative_to(home)))
    return found


def test_secrets_come_out_nowhere(platform: Platform) -> None:
    url = f"http://127.0.0.1:{platform.port['API']}"
    with httpx2.Client(base_url=url, timeout=120.0) as client:
        owner = ENVIRONMENT["INTENTLOOP_ADMIN_TOKEN"]
        headers = {"Authorization": f"Bearer {owner}"}
        for text in ("where is my order ORD-1042", "i want to buy a tent", "asdf qwer"):
            client.post("/api/v1/bots/default/messages", json={"thread_id": "t", "text": text}).raise_for_status()
        made = platform.command("keys", "create", "viewer", "--role", "viewer")
        assert made.returncode == 0, made.stderr
        keys = {"owner": owner, "viewer": made.stdout.strip(), "wrong": f"{CANARY}guess"}
        assert walk(client, keys) == []
        audit = client.get("/api/v1/audit", headers=headers)
        assert audit.status_code == 200
        assert len(audit.json()["items"]) > 10
    file = platform.home.parent / "plain.json"
    file.write_text(json.dumps(bot_with_header(f"Bearer {CANARY}written-by-an-author")), encoding="utf-8")
    platform.command("import", str(file), "--bot", "plain")
    refused = platform.command("train", "--bot", "plain")
    assert refused.returncode != 0
    assert "X-Shop-Key" in refused.stderr + refused.stdout
    for command in (["export", "-"], ["keys", "list"], ["channel", "show"], ["doctor"], ["db", "check"], ["releases"]):
        done = platform.command(*command)
        assert CANARY not in done.stdout + done.stderr, command
    assert CANARY not in platform.text()
    assert files_with_secrets(platform.home) == []

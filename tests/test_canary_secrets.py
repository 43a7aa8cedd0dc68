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
BOT_KEY = f"{CANARY}bot-llm-key"
"""Written into the bot itself. An export on the command line holds it, as the bot file that it is a copy of."""
CONTROL = "canary0control0"
"""In a reply, which may be seen: a search that does not find it is blind, and finds no secret either."""
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
CONTROLLED = {"get /api/v1/bots/default/draft", "get /admin/bots/default/export"}
"""Requests whose response holds the control."""
METHODS = ("get", "post", "put", "patch", "delete")


class Platform(LocalPlatform):
    """A platform with secrets in its environment."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, **ENVIRONMENT}


def bot_with_header(value: str) -> dict[str, Any]:
    """Return a bot whose tool sends a header, with a key of a language model and the control in a reply."""
    bot: dict[str, Any] = json.loads(json.dumps(TINY_BOT_WIRE))
    llm = {"base_url": "https://llm.example/v1", "api_key": BOT_KEY, "model_name": "m"}
    bot["nlu_config"] = {"pipeline_type": "traditional", "llm_settings": llm}
    greeting = next(each for each in bot["intents"] if each["intentId"] == "greet")
    greeting["speechResponse"] = f"Hello! {CONTROL}"
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


def marks_of(response: httpx2.Response) -> set[str]:
    told = [response.text, *response.headers.values()]
    return {mark for mark in (CANARY, CONTROL) if any(mark in text for text in told)}


def walk(client: httpx2.Client, keys: dict[str, str]) -> dict[str, list[str]]:
    """Send right and wrong requests to every route with every key; return where a secret and the control came out."""
    document = client.get("/openapi.json").json()
    values = defaultdict(lambda: "x", {"bot": "default", "name": "default", "channel": "facebook", "number": "1"})
    found: dict[str, list[str]] = {CANARY: [], CONTROL: []}
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
                    for mark in marks_of(response) if not echoed else ():
                        found[mark].append(f"{method} {url}: {response.status_code} {response.text[:200]}")
    return found


def files_with(mark: str, home: Path) -> list[str]:
    """Return the files of the home folder that hold a mark, apart from those that are meant to hold secrets."""
    found = []
    for file in sorted(home.rglob("*")):
        if not file.is_file() or file.name in KEPT or file.is_relative_to(home / "mongo"):
            continue
        if mark.encode() in file.read_bytes():
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
        found = walk(client, keys)
        assert found[CANARY] == []
        assert {place.partition(":")[0] for place in found[CONTROL]} >= CONTROLLED
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
        told = done.stdout + done.stderr
        assert CANARY not in (told.replace(BOT_KEY, "") if command[0] == "export" else told), command
        assert (CONTROL in done.stdout) is (command[0] == "export"), command
    assert CANARY not in platform.text()
    assert files_with(CANARY, platform.home) == []
    assert any(name.endswith("bot.json") for name in files_with(CONTROL, platform.home))

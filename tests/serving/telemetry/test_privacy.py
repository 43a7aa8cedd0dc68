"""No customer's word and no secret is in what is exported, measured or logged for operators."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pipelines.registry.release import load_release
from pipelines.schemas.bot import BotFile
from pipelines.settings import Settings
from serving.api.app import create_app
from serving.logs import EventFormatter, JsonFormatter
from serving.telemetry import setup
from serving.telemetry.meter import Meter
from serving.telemetry.prometheus import exposition
from tests.fakes.llm_server import chooses, llm_server
from tests.fakes.tool_server import ToolServer, answer, hang_up, tool_server
from tests.support.bots import TINY_BOT_WIRE
from tests.support.fixed import FixedReleases
from tests.support.llm import asking
from tests.support.releases import make_release
from tests.support.traces import read_file

SAID = "wordsofacustomer"
"""In everything that a customer sends."""
ORDER = "ORD-4711"
"""A customer's value, which the tool gets in its path, query, header and body."""
MADE_UP = "no-such-bot"
"""A bot that a stranger asks for. The log may name it; a metric may not, or strangers could use up its labels."""
SECRET = "planted0secret0"
"""In every secret."""
ATTRIBUTES = {
    *("intentloop.bot", "intentloop.channel", "intentloop.thread", "intentloop.turn", "intentloop.release"),
    *("intentloop.intent", "intentloop.route", "intentloop.outcome", "intentloop.llm.outcome", "mlflow.run_id"),
    *("gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"),
    *("http.request.method", "http.route", "http.response.status_code", "db.system.name", "messaging.system"),
    "error.type",
}
"""All that a span may have."""
MESSAGES = "/api/v1/bots/default/messages"


def bot_with_secrets() -> BotFile:
    """Return a bot whose tool gets the customer's value in each place, and a secret."""
    wire: dict[str, Any] = json.loads(json.dumps(TINY_BOT_WIRE))
    details = next(each["apiDetails"] for each in wire["intents"] if each["intentId"] == "track_order")
    details["url"] += "?order={{ parameters.order_id }}"
    details["headers"] = [
        {"headerKey": "X-Shop-Key", "headerValue": "{{ secrets.SHOP }}"},
        {"headerKey": "X-Order", "headerValue": "{{ parameters.order_id }}"},
    ]
    details |= {"requestType": "POST", "isJson": True, "jsonData": '{"order": "{{ parameters.order_id }}"}'}
    return BotFile.model_validate(wire)


async def talk(client: httpx2.AsyncClient, shop: ToolServer) -> None:
    """Let a customer say everything that comes near to what is exported."""

    async def say(number: int, text: str, **more: object) -> int:
        body = {"thread_id": f"{SAID}-{number}", "message_id": f"{SAID}-{number}", "text": f"{text} {SAID}", **more}
        return (await client.post(MESSAGES, json=body, headers={"tracestate": f"a={SAID}"})).status_code

    assert await say(1, "hello", context={"username": SAID}) == 200
    faults = (answer(json.dumps({"status": SAID})), hang_up, answer(f"no {SAID}", status="422 Unprocessable"))
    for number, behaviour in enumerate(faults, start=2):
        shop.behaviours = [behaviour]
        assert await say(number, f"where is my order {ORDER}") == 200
    assert len(shop.received) >= len(faults)
    assert ORDER in shop.received[0].target
    assert shop.received[0].headers["x-shop-key"] == f"{SECRET}shop"
    assert await say(6, "xyzzy plugh") == 200  # asks the language model
    assert await say(7, "x" * 9000) == 422
    requests: tuple[Awaitable[httpx2.Response], ...] = (
        client.get(f"/api/v1/bots/{SAID}/draft", headers={"Authorization": f"Bearer {SECRET}"}),
        client.get(f"/{SAID}?q={SAID}", headers={"Cookie": SECRET}),
        client.post(f"/api/v1/bots/default/channels/facebook/webhook?{SAID}", content=SAID),
        client.post(f"/api/v1/bots/{MADE_UP}/messages", json={"thread_id": SAID, "text": SAID}),
        client.post(MESSAGES, content=f"{{{SAID}"),
    )
    for request in requests:
        assert (await request).status_code >= 400


async def test_nothing_that_was_said_and_no_secret_is_exported(
    settings: Settings, mongo_uri: str, new_name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    meters: list[Meter] = []
    make: Callable[[], Meter] = setup.Meter
    monkeypatch.setattr(setup, "Meter", lambda: meters.append(make()) or meters[0])
    monkeypatch.setenv("INTENTLOOP_SECRET_SHOP", f"{SECRET}shop")
    release = load_release(make_release(settings.home / "made", bot_with_secrets()), version="1")
    file: Path = settings.home / "traces.jsonl"
    async with tool_server() as shop, llm_server() as llm:
        llm.behaviours = [chooses("greet", confidence=0.9)]
        own: dict[str, Any] = {
            "mongo_uri": mongo_uri,
            "mongo_database": f"privacy_{new_name}",
            "endpoints": {"shop": shop.url},
            "telemetry": "json",
            "telemetry_file": file,
            "trace_share": 1.0,
            "llm_base_url": f"{llm.url}/v1",
            **{f"{name}": f"{SECRET}0123456789" for name in ("admin_token", "verdict_key", "openai_api_key")},
        }
        settings = Settings(_env_file=None, home=settings.home, **own)  # type: ignore[call-arg]
        app = create_app(settings, releases=FixedReleases({"default": asking(replace(release, run_id="r" * 32))}))
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=transport, base_url="http://chat.test", timeout=60) as client,
        ):
            await talk(client, shop)
        assert any(SECRET in request.headers.get("authorization", "") for request in llm.received)
    spans = read_file(file)
    assert {"llm", "tool", "POST", "turn", "commit"} <= {span.name for span in spans}
    assert {name for span in spans for name in span.attributes} - ATTRIBUTES == set()
    # as `configure_logging` has it: of libraries only warnings
    records = [each for each in caplog.records if each.name.startswith("serving") or each.levelname != "INFO"]
    logged = [form.format(record) for record in records for form in (EventFormatter(), JsonFormatter())]
    assert len(logged) > 4
    written = await asyncio.to_thread(file.read_text, encoding="utf-8")
    places = {"spans and metrics": written, "Prometheus": exposition(meters[0]), "log": "\n".join(logged)}
    forbidden = re.compile("|".join((SAID, SECRET, ORDER, "4711")), re.IGNORECASE)
    for place, text in places.items():
        assert place == "log" or MADE_UP not in text
        assert [(place, found[0]) for found in forbidden.finditer(text)] == []

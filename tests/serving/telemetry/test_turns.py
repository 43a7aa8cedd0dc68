"""What operators see of turns that a real server answers."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.api.app import create_app
from serving.logs import JsonFormatter
from serving.store.client import Database
from serving.telemetry.instruments import (
    DATABASE_SECONDS,
    HOP_SECONDS,
    LLM_CALLS,
    LLM_SPEND,
    LLM_TOKENS,
    TOOL_CALLS,
    TURNS,
)
from serving.telemetry.meter import Meter, total
from serving.telemetry.spans import Trace
from tests.fakes.llm_server import chooses, llm_server
from tests.fakes.tool_server import ToolServer, answer, hang_up, tool_server
from tests.support.fixed import FixedReleases
from tests.support.llm import asking
from tests.support.traces import recording

TOKEN = "a-token-for-this-test"
MESSAGES = "/api/v1/bots/default/messages"
RUN_ID = "0123456789abcdef0123456789abcdef"


def parents(trace: Trace) -> list[tuple[str, str | None]]:
    """Give each span's name and its parent's, in the order in which they began; database calls are left out."""
    name_by_id = {span.id: span.name for span in trace.spans}
    ordered = sorted(trace.spans, key=lambda span: span.began_ns)
    return [(span.name, name_by_id.get(span.parent_id or 0)) for span in ordered if not span.name.startswith("db ")]


@dataclass
class Api:
    """The app over a real database, tool and language model, and what it would export."""

    client: httpx2.AsyncClient
    shop: ToolServer
    database: Database
    traces: list[Trace]
    meter: Meter

    async def say(self, text: str, *, message_id: str = "m-1", thread: str = "visitor-7", **headers: str) -> Any:
        """Send a message; gives the response, and the trace last exported is its."""
        body = {"thread_id": thread, "message_id": message_id, "text": text}
        return await self.client.post(MESSAGES, json=body, headers=headers)

    def turns(self, **labels: str) -> float:
        """Count turns."""
        return total(self.meter.points(), TURNS, **labels)


@pytest.fixture
async def api(settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str) -> AsyncIterator[Api]:
    name = f"traces_{new_name}"
    async with tool_server() as shop, llm_server() as llm:
        llm.behaviours = [chooses("greet", confidence=0.9)]
        own = {
            "mongo_uri": mongo_uri,
            "mongo_database": name,
            "endpoints": {"shop": shop.url},
            "admin_token": SecretStr(TOKEN),
            "llm_base_url": f"{llm.url}/v1",
            "llm_prompt_price": 1e6,
            "llm_completion_price": 1e6,
        }
        releases = FixedReleases({"default": asking(replace(tiny_release, run_id=RUN_ID))})
        app = create_app(settings.model_copy(update=own), releases=releases)
        database = Database(mongo_uri, name=name, timeout_seconds=5)
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        with recording() as (traces, meter):
            async with (
                app.router.lifespan_context(app),
                httpx2.AsyncClient(transport=transport, base_url="http://chat.test", timeout=60) as client,
            ):
                yield Api(client, shop, database, traces, meter)
        database.close()


async def test_a_turn_is_a_span_for_each_hop(api: Api) -> None:
    assert (await api.say("where is my order ORD-4711?")).status_code == 200
    (trace,) = api.traces
    assert parents(trace) == [
        ("POST /api/v1/bots/{bot}/messages", None),
        ("turn", "POST /api/v1/bots/{bot}/messages"),
        ("lease", "turn"),
        ("state", "turn"),
        ("interpret", "turn"),
        ("route", "turn"),
        ("slots", "turn"),
        ("tool", "turn"),
        ("GET", "tool"),
        ("reply", "turn"),
        ("commit", "turn"),
    ]
    assert all(span.began_ns <= span.ended_ns and span.error_type is None for span in trace.spans)


async def test_an_answer_in_a_form_fills_slots_before_the_route(api: Api) -> None:
    await api.say("i want to buy a tent")
    await api.say("two", message_id="m-2")
    names = [name for name, _ in parents(api.traces[1])]
    assert names.index("slots") < names.index("route")


async def test_turn_trace_release_and_run_are_connected(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    api.shop.behaviours = [answer("{}", status="400 Bad Request")]
    with caplog.at_level(logging.WARNING, logger="serving"):
        formatter, lines = JsonFormatter(), []
        caplog.handler.formatter, emit = formatter, caplog.handler.emit
        caplog.handler.emit = lambda record: (lines.append(formatter.format(record)), emit(record))[1]  # type: ignore[method-assign]
        await api.say("where is my order ORD-4711?")
    (trace,) = api.traces
    trace_id = f"{trace.id:032x}"
    turn = next(span for span in trace.spans if span.name == "turn")
    stored = await api.database.collection("turns").find_one({"turn": 1})
    assert stored is not None
    assert stored["trace_id"] == trace_id
    assert turn.attributes["mlflow.run_id"] == RUN_ID
    assert turn.attributes["intentloop.release"] == stored["release"] == "1"
    assert turn.attributes["intentloop.turn"] == stored["turn"]
    assert (turn.attributes["intentloop.route"], turn.attributes["intentloop.outcome"]) == ("intent", "tool_failed")
    logged = [json.loads(line) for line in lines]
    assert {line["trace_id"] for line in logged} == {trace_id}
    assert any(turn.attributes["intentloop.thread"] in line["event"] for line in logged)


async def test_the_admin_api_names_the_trace_of_a_turn(api: Api) -> None:
    await api.say("hello")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    shown = await api.client.get("/api/v1/bots/default/conversations/visitor-7", headers=headers)
    assert shown.status_code == 200, shown.text
    assert shown.json()["turns"][0]["trace_id"] == f"{api.traces[0].id:032x}"


async def test_context_comes_from_the_caller_and_goes_to_the_tool(api: Api) -> None:
    caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await api.say("where is my order ORD-4711?", traceparent=caller, tracestate="vendor=strange")
    (trace,) = api.traces
    call = next(span for span in trace.spans if span.name == "GET")
    sent = api.shop.received[0].headers
    assert f"{trace.id:032x}" == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert sent["traceparent"] == f"00-{trace.id:032x}-{call.id:016x}-01"
    assert "tracestate" not in sent
    assert trace.spans[-1].parent_id == 0x00F067AA0BA902B7


async def test_pages_of_other_sites_may_send_a_traceparent(api: Api) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    headers = {**asked, "Access-Control-Request-Headers": "content-type,traceparent"}
    response = await api.client.options(MESSAGES, headers=headers)
    assert response.status_code == 200
    assert "traceparent" in response.headers["access-control-allow-headers"].lower()


async def test_turns_are_counted_by_route_and_outcome(api: Api) -> None:
    await api.say("hello")
    await api.say("hello")  # the same message once more
    await api.say("x" * 5000, message_id="m-2")
    await api.say("where is my order ORD-4711?", message_id="m-3")
    api.shop.behaviours = [hang_up]
    await api.say("where is my order ORD-4711?", message_id="m-4")
    assert api.turns(route="intent", outcome="answered", bot="default", release="1") == 2
    assert api.turns(outcome="repeated") == 1
    assert api.turns(route="none", outcome="refused") == 1
    assert api.turns(outcome="tool_failed") == 1
    assert api.turns() == 5
    points = api.meter.points()
    assert total(points, TOOL_CALLS, outcome="answered") == total(points, TOOL_CALLS, outcome="tool_failed") == 1
    assert total(points, HOP_SECONDS, hop="turn") == total(points, HOP_SECONDS, hop="http") == 5
    assert total(points, DATABASE_SECONDS, operation="read") > 0
    assert total(points, DATABASE_SECONDS, operation="write") > 0


async def test_the_language_models_calls_tokens_and_cost_are_counted(api: Api) -> None:
    await api.say("xyzzy plugh")
    (trace,) = api.traces
    span = next(span for span in trace.spans if span.name == "llm")
    points = api.meter.points()
    assert total(points, LLM_CALLS, answer="understood") == 1
    prompt, completion = (total(points, LLM_TOKENS, tokens=name) for name in ("prompt", "completion"))
    assert span.attributes["gen_ai.usage.input_tokens"] == prompt > 0
    assert total(points, LLM_SPEND) == pytest.approx(prompt + completion)
    await api.say("xyzzy plugh", message_id="m-2", thread="visitor-8")
    assert total(api.meter.points(), LLM_CALLS, answer="cached") == 1
    assert total(api.meter.points(), LLM_TOKENS, tokens="prompt") == prompt


async def test_requests_are_named_after_their_route_and_probes_are_left_out(api: Api) -> None:
    await api.client.get("/health/live")
    await api.client.get("/api/v1/bots/somebody-s-name/draft")
    await api.client.get("/no/such/path/for/anna")
    spans = [trace.spans[-1] for trace in api.traces]
    assert [span.name for span in spans] == ["GET /api/v1/bots/{bot}/draft", "GET"]
    assert [span.attributes["http.response.status_code"] for span in spans] == [401, 404]

import asyncio
from collections.abc import AsyncIterator

import pytest

from serving.bench.generator import run_load
from serving.bench.plan import LoadEvent, LoadPlan
from tests.fakes.tool_server import Behaviour, Received, ToolServer, answer, json_of, tool_server


@pytest.fixture
async def server() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


async def load(plan: LoadPlan, events: list[LoadEvent] | None = None) -> LoadEvent:
    return await asyncio.to_thread(run_load, plan, lambda event: (events if events is not None else []).append(event))


def plan(server: ToolServer, **fields: object) -> LoadPlan:
    values = {"clients": 2, "warm_up_seconds": 0.2, "seconds": 0.5, "texts": ("hello",), "run_id": "r", **fields}
    return LoadPlan.model_validate({"url": f"{server.url}/messages", **values})


def slow(seconds: float) -> Behaviour:
    async def behave(request: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await answer("{}")(request, writer)

    return behave


async def test_closed_loop_keeps_as_many_messages_under_way_as_there_are_clients(server: ToolServer) -> None:
    server.behaviours = [slow(0.1)]
    events: list[LoadEvent] = []
    done = await load(plan(server), events)
    assert events[0].kind == "counting"
    assert 6 <= len(done.samples) <= 11
    assert all(sample.is_answered and sample.latency_ms >= 100 for sample in done.samples)
    bodies = [json_of(request) for request in server.received]
    assert len({body["message_id"] for body in bodies if isinstance(body, dict)}) == len(bodies)
    assert len({body["text"] for body in bodies if isinstance(body, dict)}) == len(bodies)


async def test_open_loop_charges_a_stall_to_every_message_that_was_due(server: ToolServer) -> None:
    server.behaviours = [slow(0.3)]
    done = await load(plan(server, rate=60.0, seconds=1.0))
    assert len(done.samples) > 30
    assert min(sample.latency_ms for sample in done.samples) >= 300


async def test_messages_go_to_the_named_threads(server: ToolServer) -> None:
    await load(plan(server, threads=("a", "b")))
    assert {body["thread_id"] for body in map(json_of, server.received) if isinstance(body, dict)} == {"a", "b"}


async def test_refusals_and_broken_connections_are_counted(server: ToolServer) -> None:
    async def hang_up(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server.behaviours = [answer("{}", status="503 Busy"), hang_up, answer("{}", status="503 Busy")]
    done = await load(plan(server, clients=1, warm_up_seconds=0))
    outcomes = {sample.outcome for sample in done.samples}
    assert "503" in outcomes
    assert len(outcomes) == 2

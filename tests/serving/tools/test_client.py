import asyncio
import gzip
import time
from collections.abc import AsyncIterator

import pytest

from pipelines.errors import ToolFailed
from serving.tools.breaker import FAILURES_TO_OPEN
from serving.tools.client import MAX_TRIES, ToolClient
from serving.tools.guard import GuardedBackend, allowed_origins
from serving.tools.templates import ToolRequest
from tests.fakes.tool_server import (
    Behaviour,
    ToolServer,
    answer,
    drip,
    flood,
    hang,
    hang_up,
    json_of,
    tool_server,
)

MAX_BYTES = 100_000


async def no_wait(_: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def client(tool: ToolServer) -> AsyncIterator[ToolClient]:
    backend = GuardedBackend(allowed=allowed_origins([], [tool.url]))
    async with ToolClient(backend, timeout_seconds=0.6, max_response_bytes=MAX_BYTES, sleep=no_wait) as client:
        yield client


def request_to(tool: ToolServer, **fields: object) -> ToolRequest:
    defaults = {"intent_id": "buy", "method": "GET", "url": f"{tool.url}/orders/1?a=b%26c", "key": "k1"}
    return ToolRequest.model_validate(defaults | fields)


async def test_call_sends_what_was_rendered(client: ToolClient, tool: ToolServer) -> None:
    sent = request_to(tool, method="POST", headers=(("X-Token", "abc"),), body={"a": 'é"\n'})
    assert (await client.call(sent)).result == {"status": "shipped"}
    received = tool.received[0]
    assert (received.method, received.target) == ("POST", "/orders/1?a=b%26c")
    assert received.headers["x-token"] == "abc"
    assert received.headers["idempotency-key"] == "k1"
    assert json_of(received) == {"a": 'é"\n'}


async def test_call_gives_text_for_an_answer_that_is_no_json(client: ToolClient, tool: ToolServer) -> None:
    tool.behaviours = [answer("all good", kind="text/plain")]
    assert (await client.call(request_to(tool))).result == "all good"


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (hang, "no answer within 0.6 s"),
        (drip, "no answer within 0.6 s"),
        (flood, "larger than 100000 bytes"),
        (hang_up, "."),
        (answer("", status="302 Found", more="Location: http://169.254.169.254/\r\n"), "redirect"),
        (answer("{}", status="404 Not Found"), "status 404"),
        (answer("{}", status="500 Oops"), "status 500"),
        (answer('{"a": '), "not valid JSON"),
        (answer('{"a": NaN}'), "not valid JSON"),
        (answer("[" * 50_000), "not valid JSON"),
        (answer("9" * 50_000), "not valid JSON"),
        (answer(b"\xff\xfe"), "not valid JSON"),
        (answer(gzip.compress(b" " * 10_000_000), more="Content-Encoding: gzip\r\n"), "compressed"),
        (answer("x", more="Transfer-Encoding: chunked\r\n"), "."),
    ],
    ids=[
        *("hang", "drip", "flood", "hang_up", "redirect", "404", "500", "cut_off", "nan", "deep", "long_number"),
        *("bytes", "bomb", "smuggled"),
    ],
)
async def test_call_of_a_bad_tool_fails_in_time(
    client: ToolClient, tool: ToolServer, behaviour: Behaviour, reason: str
) -> None:
    tool.behaviours = [behaviour]
    started = time.monotonic()
    with pytest.raises(ToolFailed, match=reason):
        await client.call(request_to(tool))
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(("method", "tries"), [("GET", MAX_TRIES), ("PUT", MAX_TRIES), ("POST", 1), ("PATCH", 1)])
async def test_call_repeats_only_what_may_be_repeated(
    client: ToolClient, tool: ToolServer, method: str, tries: int
) -> None:
    tool.behaviours = [answer("", status="503 Busy")]
    with pytest.raises(ToolFailed, match="status 503"):
        await client.call(request_to(tool, method=method))
    assert len(tool.received) == tries
    assert {request.headers["idempotency-key"] for request in tool.received} == {"k1"}


async def test_call_takes_the_answer_of_a_later_try(client: ToolClient, tool: ToolServer) -> None:
    tool.behaviours = [answer("", status="503 Busy"), hang_up, answer('{"ok": true}')]
    assert (await client.call(request_to(tool))).result == {"ok": True}


async def test_call_leaves_a_host_alone_that_keeps_failing(client: ToolClient, tool: ToolServer) -> None:
    tool.behaviours = [answer("", status="500 Oops")]
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(ToolFailed, match="status 500"):
            await client.call(request_to(tool, method="POST"))
    with pytest.raises(ToolFailed, match="left alone"):
        await client.call(request_to(tool, method="POST"))
    assert len(tool.received) == FAILURES_TO_OPEN


async def test_call_of_a_host_that_refuses_says_no_value_of_the_customer(client: ToolClient, tool: ToolServer) -> None:
    tool.behaviours = [answer("{}", status="404 Not Found")]
    with pytest.raises(ToolFailed) as failure:
        await client.call(request_to(tool, url=f"{tool.url}/orders/SECRET", body={"name": "SECRET"}))
    assert "SECRET" not in str(failure.value)


async def test_call_of_a_private_host_is_refused_without_a_connection(client: ToolClient, tool: ToolServer) -> None:
    async with tool_server() as neighbour:
        for host in ("127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]"):
            with pytest.raises(ToolFailed, match=r"TOOL_ALLOWED_HOSTS|malformed"):
                await client.call(request_to(tool, url=f"http://{host}:{neighbour.port}/"))
        assert neighbour.received == []


async def test_call_ignores_a_proxy_from_the_environment(
    client: ToolClient, tool: ToolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    backend = GuardedBackend(allowed=allowed_origins([], [tool.url]))
    async with ToolClient(backend, timeout_seconds=2, max_response_bytes=MAX_BYTES) as fresh:
        assert (await fresh.call(request_to(tool))).result == {"status": "shipped"}

import asyncio
import gzip
import json
import os
import time
from collections.abc import AsyncIterator

import pytest

from pipelines.errors import ToolFailed
from pipelines.templates.request import ToolRequest
from serving.breaker import FAILURES_TO_OPEN
from serving.tools.client import MAX_CALLS_PER_HOST, MAX_TRIES, ToolClient
from serving.tools.guard import GuardedBackend, allowed_origins
from tests.fakes.tool_server import (
    Behaviour,
    ToolServer,
    answer,
    date_in,
    drip,
    flood,
    for_ever,
    hang,
    hang_up,
    json_of,
    raw,
    reset,
    slow,
    tool_server,
)
from tests.support.servers import free_port

MAX_BYTES = 100_000


async def no_wait(_: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


def client_of(tool: ToolServer, *more: ToolServer, timeout_seconds: float = 5.0) -> ToolClient:
    """Make a client that waits long enough for a busy machine."""
    backend = GuardedBackend(allowed=allowed_origins([], [server.url for server in (tool, *more)]))
    return ToolClient(backend, timeout_seconds=timeout_seconds, max_response_bytes=MAX_BYTES, sleep=no_wait)


@pytest.fixture
async def client(tool: ToolServer) -> AsyncIterator[ToolClient]:
    async with client_of(tool) as client:
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


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BROKE_OFF = "the connection broke off before its answer was complete"
NO_HTTP = "its answer is not valid HTTP"
NO_JSON = "its answer is not valid JSON"
LATE = "no answer within 0.6 s"
BAD_TOOLS: dict[str, tuple[Behaviour, str]] = {
    "hangs": (hang, LATE),
    "slow": (slow(answer("{}"), seconds=1.0), LATE),
    "drips its body": (drip, LATE),
    "drips its head": (for_ever(OK, b"X-A: 1\r\n", pause_seconds=0.05), LATE),
    "drips a chunk": (for_ever(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", pause_seconds=0.05), LATE),
    "informs for ever": (for_ever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", pause_seconds=0.001), LATE),
    "50 MB": (flood, "larger than INTENTLOOP_TOOL_MAX_RESPONSE_BYTES=100000"),
    "50 MB announced": (
        raw(OK + b"Content-Length: 50000000\r\n\r\n", *[b"x" * 65536] * 10),
        "larger than INTENTLOOP_TOOL_MAX_RESPONSE_BYTES=100000",
    ),
    "headers for ever": (for_ever(OK, b"X-A: " + b"a" * 1000 + b"\r\n"), NO_HTTP),
    "one header for ever": (for_ever(OK + b"X-A: ", b"a" * 10_000), NO_HTTP),
    "a chunk size for ever": (for_ever(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1" * 10_000), NO_HTTP),
    "hangs up": (hang_up, BROKE_OFF),
    "hangs up within the head": (raw(b"HTTP/1.1 200 O"), BROKE_OFF),
    "hangs up within the body": (raw(OK + b"Content-Length: 100\r\n\r\n{"), BROKE_OFF),
    "hangs up within a chunk": (raw(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{"), BROKE_OFF),
    "resets": (reset, BROKE_OFF),
    "chunks that are none": (raw(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"), NO_HTTP),
    "negative chunk": (raw(OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n"), NO_HTTP),
    "negative length": (raw(OK + b"Content-Length: -1\r\n\r\n{}"), NO_HTTP),
    "two lengths": (raw(OK + b"Content-Length: 2\r\nContent-Length: 50\r\n\r\n{}"), NO_HTTP),
    "another protocol": (raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), NO_HTTP),
    "status that is none": (raw(b"HTTP/1.1 abc OK\r\n\r\n"), NO_HTTP),
    "redirect to metadata": (
        answer("", status="302 Found", more="Location: http://169.254.169.254/latest/\r\n"),
        "it answered with a redirect, which is not followed",
    ),
    "redirect that keeps the method": (answer("", status="307 Found", more="Location: /x\r\n"), "redirect"),
    "asks for another protocol": (raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), NO_HTTP),
    "404": (answer("{}", status="404 Not Found"), "it answered with status 404"),
    "500": (answer("{}", status="500 Oops"), "it answered with status 500"),
    "999": (answer("{}", status="999 Odd"), "it answered with status 999"),
    "cut off": (answer('{"a": '), NO_JSON),
    "not a number": (answer('{"a": NaN}'), NO_JSON),
    "infinity": (answer('{"a": 1e999}'), "a number that JSON cannot write"),
    "nested": (answer("[" * 50_000), NO_JSON),
    "nested and closed": (answer("[" * 300 + "]" * 300), NO_JSON),
    "long number": (answer("9" * 50_000), NO_JSON),
    "no text": (answer(b"\xff\xfe"), NO_JSON),
    "half a character": (answer('"\\ud800"'), NO_JSON),
    "HTML that calls itself JSON": (answer("<html></html>"), NO_JSON),
    "gzip bomb": (answer(gzip.compress(b" " * 10_000_000), more="Content-Encoding: gzip\r\n"), "compressed"),
    "odd encoding": (answer("{}", more="Content-Encoding: br, identity\r\n"), "compressed"),
    "smuggled": (answer("x", more="Transfer-Encoding: chunked\r\n"), LATE),
}


@pytest.mark.parametrize("name", BAD_TOOLS)
async def test_call_of_a_bad_tool_fails_in_time_and_the_next_one_works(tool: ToolServer, name: str) -> None:
    behaviour, reason = BAD_TOOLS[name]
    tool.behaviours = [behaviour]
    async with client_of(tool, timeout_seconds=0.6 if LATE in reason else 5.0) as client:
        started = time.monotonic()
        with pytest.raises(ToolFailed, match=reason):
            await client.call(request_to(tool, method="POST"))
        assert time.monotonic() - started < client.timeout_seconds + 1
        tool.behaviours = [answer('{"ok": true}')]
        assert (await client.call(request_to(tool, method="POST"))).result == {"ok": True}


async def test_call_of_a_tool_that_is_down_says_so(tool: ToolServer) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    backend = GuardedBackend(allowed=allowed_origins([], [url]))
    async with ToolClient(backend, timeout_seconds=2, max_response_bytes=MAX_BYTES, sleep=no_wait) as client:
        with pytest.raises(ToolFailed, match=r"failed: it cannot be reached$"):
            await client.call(request_to(tool, url=url))


@pytest.mark.parametrize(
    ("behaviour", "result"),
    [
        (raw(b'HTTP/1.0 200 OK\r\n\r\n{"a": 1}'), {"a": 1}),
        (raw(OK + b"\r\n[1]"), [1]),
        (raw(OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1;x=y\r\n]\r\n0\r\nX: 1\r\n\r\n"), []),
        (raw(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\n{}"), {}),
        (answer("", status="204 No Content"), None),
        (answer(""), None),
        (answer(" \n"), None),
        (answer("null"), None),
        (answer('{"a": 1, "a": 2}'), {"a": 2}),
        (answer(b"\xef\xbb\xbf[1]"), [1]),
        (answer("[1]", kind="text/html"), [1]),
        (answer("all good", kind="text/plain"), "all good"),
        (answer("<html>é</html>", kind="text/html; charset=utf-8"), "<html>é</html>"),
        (answer("é".encode("latin-1"), kind="text/plain; charset=ISO-8859-1"), "é"),
        (answer('"é"'.encode("latin-1"), kind='application/json; charset="latin1"'), "é"),
        (answer('"é"'.encode("utf-16"), kind="application/json;charset=utf-16"), "é"),
        (answer("uryyb", kind="text/plain; charset=rot13"), "uryyb"),
        (answer(b"a\xff", kind="text/plain"), "a\ufffd"),
        (answer('{"a": 1}', kind="application/problem+json"), {"a": 1}),
        (answer("{}", more="Content-Encoding: identity\r\n"), {}),
        (answer("{}", more="Content-Encoding: IDENTITY\r\n"), {}),
        (answer("{}", more="Content-Encoding: \r\n"), {}),
    ],
)
async def test_call_reads_every_usual_answer(
    client: ToolClient, tool: ToolServer, behaviour: Behaviour, result: object
) -> None:
    tool.behaviours = [behaviour]
    assert (await client.call(request_to(tool))).result == result


async def test_call_reads_a_large_answer_aside(client: ToolClient, tool: ToolServer) -> None:
    tool.behaviours = [answer(json.dumps({"rows": ["x" * 1000] * 90, "id": 7}))]
    mapped = await client.call(request_to(tool, mapping={"result": "id"}))
    assert (mapped.result, mapped.context) == (7, {})


async def test_two_hundred_failures_leave_no_connection_open(tool: ToolServer) -> None:
    bad = [hang_up, reset, answer("{}", status="404 Not Found"), answer("{"), BAD_TOOLS["headers for ever"][0]]
    async with client_of(tool, timeout_seconds=1.0) as client:
        await client.call(request_to(tool))
        before = len(os.listdir("/proc/self/fd"))
        for number in range(200):
            tool.behaviours = [drip if number % 50 == 0 else bad[number % len(bad)]]
            with pytest.raises(ToolFailed, match=r"failed: (?!.*not called)"):
                await client.call(request_to(tool, method="POST"))
        tool.behaviours = [answer('{"ok": true}')]
        assert (await client.call(request_to(tool))).result == {"ok": True}
        await asyncio.sleep(0.2)  # the server notices what was closed
        assert tool.open_connections <= 2
        assert len(os.listdir("/proc/self/fd")) <= before + 2


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
    with pytest.raises(ToolFailed, match="not called"):
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


async def test_call_waits_until_the_date_the_host_gives(tool: ToolServer) -> None:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    backend = GuardedBackend(allowed=allowed_origins([], [tool.url]))
    more = f"Retry-After: {date_in(4.0)}\r\n"
    tool.behaviours = [answer("", status="503 Busy", more=more), answer('{"ok": true}')]
    async with ToolClient(backend, timeout_seconds=10, max_response_bytes=MAX_BYTES, sleep=note) as client:
        await client.call(request_to(tool))
    [seconds] = waited
    assert 1.0 < seconds <= 4.0


@pytest.mark.parametrize(
    ("more", "waits"),
    [
        ("Retry-After: 1\r\n", [1.0]),
        ("Retry-After: 0\r\n", [None]),
        ("Retry-After: soon\r\n", [None]),
        ("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", [None]),
        ("Retry-After: 3600\r\n", []),
        ("Retry-After: 99999999999999999999\r\n", []),
        ("Retry-After: Wed, 21 Oct 2099 07:28:00 GMT\r\n", []),
    ],
)
async def test_call_waits_as_long_as_the_host_asks_within_the_limit(
    tool: ToolServer, more: str, waits: list[float | None]
) -> None:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    backend = GuardedBackend(allowed=allowed_origins([], [tool.url]))
    tool.behaviours = [answer("", status="429 Too Many", more=more), answer('{"ok": true}')]
    async with ToolClient(backend, timeout_seconds=5, max_response_bytes=MAX_BYTES, sleep=note) as client:
        if not waits:
            with pytest.raises(ToolFailed, match="status 429"):
                await client.call(request_to(tool))
        else:
            assert (await client.call(request_to(tool))).result == {"ok": True}
    assert [seconds if seconds == 1.0 else None for seconds in waited] == waits
    assert all(seconds <= 1.0 for seconds in waited)


async def test_call_takes_no_answer_that_was_there_before_its_request(client: ToolClient, tool: ToolServer) -> None:
    def of(number: int) -> bytes:
        return OK + b'Content-Length: 8\r\n\r\n{"n": %d}' % number

    async def twice(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(of(1) + of(2))
        await writer.drain()

    tool.behaviours = [twice, answer('{"n": 3}')]
    assert (await client.call(request_to(tool))).result == {"n": 1}
    assert (await client.call(request_to(tool))).result == {"n": 3}
    tool.behaviours = [twice, answer('{"n": 3}')]
    await client.call(request_to(tool))
    with pytest.raises(ToolFailed, match=NO_HTTP) as failure:
        await client.call(request_to(tool, method="POST"))
    assert failure.value.may_have_acted


async def test_call_of_a_host_without_a_name_never_went_out() -> None:
    async def nowhere(_host: str, _port: int) -> list[str]:
        return []

    backend = GuardedBackend(allowed=frozenset(), resolver=nowhere)
    async with ToolClient(backend, timeout_seconds=2, max_response_bytes=MAX_BYTES) as client:
        request = ToolRequest(intent_id="buy", method="POST", url="http://shop.example/", key="k")
        with pytest.raises(ToolFailed, match="the name of its host is not known") as failure:
            await client.call(request)
    assert not failure.value.may_have_acted


ANSWERS_OR_NOT: dict[str, tuple[Behaviour, bool]] = {
    **{name: (BAD_TOOLS[name][0], True) for name in ("hangs", "slow", "drips its head", "drips its body", "resets")},
    **{name: (BAD_TOOLS[name][0], True) for name in ("informs for ever", "headers for ever", "another protocol")},
    **{name: (BAD_TOOLS[name][0], True) for name in ("hangs up", "hangs up within a chunk", "two lengths")},
    "trailers for ever": (
        for_ever(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X: " + b"a" * 5000 + b"\r\n"),
        True,
    ),
    "5,000 cookies": (answer("{}", more="Set-Cookie: a=b; Domain=.example\r\n" * 5000), True),
    **{f"status {status}": (answer("", status=f"{status} X"), True) for status in (303, 502, 504, 520, 524, 599)},
    **{f"status {status}": (answer("", status=f"{status} X"), False) for status in (400, 404, 408, 409, 429, 500, 503)},
    "redirect": (BAD_TOOLS["redirect to metadata"][0], False),
    "not JSON": (BAD_TOOLS["cut off"][0], False),
}


@pytest.mark.parametrize("name", ANSWERS_OR_NOT)
async def test_call_says_whether_the_tool_may_have_acted(tool: ToolServer, name: str) -> None:
    tool.behaviours = [ANSWERS_OR_NOT[name][0]]
    async with client_of(tool, timeout_seconds=0.6) as client:
        with pytest.raises(ToolFailed) as failure:
            await client.call(request_to(tool, method="POST"))
        assert failure.value.may_have_acted is ANSWERS_OR_NOT[name][1]
        with pytest.raises(ToolFailed) as failure:
            await client.call(request_to(tool, method="GET"))
        assert not failure.value.may_have_acted


async def test_call_repeats_a_post_whose_tool_recognises_its_key(client: ToolClient, tool: ToolServer) -> None:
    tool.behaviours = [hang_up, answer("", status="502 X"), answer('{"ok": true}')]
    assert (await client.call(request_to(tool, method="POST", idempotent=True))).result == {"ok": True}
    assert tool.effects == ["k1"]


async def test_call_keeps_no_cookie_for_the_next_customer(client: ToolClient, tool: ToolServer) -> None:
    tool.behaviours = [answer("{}", more="Set-Cookie: session=ann; Path=/\r\n"), answer("{}")]
    await client.call(request_to(tool))
    await client.call(request_to(tool))
    assert "cookie" not in tool.received[1].headers


async def test_call_reuses_a_connection_to_the_address_that_was_checked(tool: ToolServer) -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    backend = GuardedBackend(allowed=frozenset({("shop.example", tool.port)}), resolver=rebinding)
    async with ToolClient(backend, timeout_seconds=2, max_response_bytes=MAX_BYTES) as client:
        for _ in range(3):
            await client.call(request_to(tool, url=f"http://shop.example:{tool.port}/"))
    assert (asked, tool.connections) == (["shop.example"], 1)
    assert tool.received[0].headers["host"] == f"shop.example:{tool.port}"


async def test_call_checks_the_address_again_when_the_connection_is_gone(tool: ToolServer) -> None:
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    backend = GuardedBackend(allowed=frozenset(), resolver=rebinding)
    async with ToolClient(backend, timeout_seconds=2, max_response_bytes=MAX_BYTES) as client:
        for _ in range(2):
            with pytest.raises(ToolFailed, match="TOOL_ALLOWED_HOSTS"):
                await client.call(request_to(tool, url=f"http://shop.example:{tool.port}/"))
    assert (len(asked), tool.connections) == (2, 0)


async def test_a_host_that_hangs_holds_up_no_other(tool: ToolServer) -> None:
    async with tool_server() as other, client_of(tool, other, timeout_seconds=3.0) as client:
        tool.behaviours = [hang]
        hanging = [asyncio.create_task(client.call(request_to(tool))) for _ in range(4 * MAX_CALLS_PER_HOST)]
        await tool.is_called.wait()
        await asyncio.gather(*(client.call(request_to(other)) for _ in range(20)))
        assert not any(task.done() for task in hanging)
        assert tool.connections == MAX_CALLS_PER_HOST
        outcomes = await asyncio.gather(*hanging, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {ToolFailed}


async def test_a_half_open_circuit_lets_one_of_many_calls_through(
    client: ToolClient, tool: ToolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool.behaviours = [answer("", status="500 Oops")]
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(ToolFailed, match="status 500"):
            await client.call(request_to(tool, method="POST"))
    monkeypatch.setattr("serving.breaker.OPEN_SECONDS", 0.0)
    tool.behaviours = [slow(answer("{}"), seconds=0.1)]
    calls = (client.call(request_to(tool, method="POST")) for _ in range(20))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(outcome, ToolFailed) and "not called" in str(outcome) for outcome in outcomes) == 19
    assert len(tool.received) == FAILURES_TO_OPEN + 1
    assert (await client.call(request_to(tool))).result == {}

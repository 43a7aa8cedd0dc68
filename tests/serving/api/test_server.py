"""The HTTP protocol over real sockets: what usual requests get, and senders that never come to an end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.api.connections import RESERVED_CONNECTIONS, ConnectionLimits
from serving.api.protocol import MAX_HEAD_BYTES
from serving.api.server import make_server
from tests.support.servers import free_port

POST = b"POST / HTTP/1.1\r\nHost: here\r\n"
GET = b"GET %s HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
LIMIT_SECONDS = 0.3
PIECE = 65_536
MANY = 64  # pieces, far more than is taken


async def count_body(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer how long the request's body is."""
    if scope["type"] == "lifespan":
        return
    await PlainTextResponse(str(len(await Request(scope, receive).body())))(scope, receive, send)


async def wait_for_it(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer `/health/live` at once, a stream of pauses on `/stream`, and anything else when the client has left."""
    if scope["type"] == "lifespan":
        return
    if scope["path"] == "/health/live":
        await PlainTextResponse("alive")(scope, receive, send)
    elif scope["path"] == "/stream":

        async def pieces() -> AsyncIterator[bytes]:
            for number in range(3):
                await asyncio.sleep(2 * LIMIT_SECONDS)
                yield b"event %d\n" % number

        await StreamingResponse(pieces())(scope, receive, send)
    else:
        while (await receive())["type"] != "http.disconnect":
            pass


@asynccontextmanager
async def serving(
    app: ASGIApp, limits: ConnectionLimits, *, on_exit: Callable[[], None] = lambda: None
) -> AsyncIterator[int]:
    """Serve an app; gives the port."""
    port = free_port()
    server = make_server(app, host="127.0.0.1", port=port, limits=limits, on_exit=on_exit)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(120):
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    yield port
    server.should_exit = True
    await task


@pytest.fixture
async def port() -> AsyncIterator[int]:
    limits = ConnectionLimits(max_connections=64, receive_seconds=9.0, send_seconds=9.0, keep_alive_seconds=9)
    async with serving(count_body, limits) as port:
        yield port


async def exchange(port: int, *pieces: bytes, whole: bool = False) -> bytes:
    """Send pieces until the server has enough, and give what it says."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        with suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
        async with asyncio.timeout(10):
            with suppress(ConnectionError):
                return await reader.read(-1 if whole else PIECE)
        return b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_bodies_of_any_size_and_requests_in_a_row_are_read(port: int) -> None:
    large = b"x" * (4 * MAX_HEAD_BYTES)
    whole = POST + b"Content-Length: %d\r\n\r\n" % len(large) + large
    assert (await exchange(port, whole)).endswith(b"\r\n\r\n262144")
    pieces = [b"%x\r\n" % PIECE + b"x" * PIECE + b"\r\n"] * 8
    assert (await exchange(port, POST + b"Transfer-Encoding: chunked\r\n\r\n", *pieces, b"0\r\n\r\n")).endswith(
        b"524288"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(40):  # more bytes of heads on one connection than one head may have
        writer.write(POST + b"X-Padding: %s\r\nContent-Length: 2\r\n\r\nok" % (b"p" * 4000))
        answer = await reader.readuntil(b"\r\n\r\n2")
        assert answer.startswith(b"HTTP/1.1 200")
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    "beginning",
    [POST + b"X-Endless: ", b"GET /", POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Trailer: "],
    ids=["header", "url", "trailer"],
)
async def test_what_has_no_end_is_refused(port: int, beginning: bytes) -> None:
    answer = await exchange(port, beginning, *[b"a" * PIECE] * MANY)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")  # a connection reset may overtake the answer
    assert (await exchange(port, POST + b"Content-Length: 1\r\n\r\nx")).endswith(b"\r\n\r\n1")


async def test_what_is_not_http_is_refused(port: int) -> None:
    assert (await exchange(port, b"\x16\x03\x01 not http\r\n\r\n")).startswith(b"HTTP/1.1 400")
    both = POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert (await exchange(port, both)).startswith(b"HTTP/1.1 400")  # two servers could read two requests in it


@pytest.fixture
async def busy_port() -> AsyncIterator[int]:
    limits = ConnectionLimits(
        max_connections=32, receive_seconds=LIMIT_SECONDS, send_seconds=LIMIT_SECONDS, keep_alive_seconds=1
    )
    async with serving(wait_for_it, limits) as port:
        yield port


async def test_health_answers_while_all_that_may_be_worked_on_is_in_work(busy_port: int) -> None:
    room = 32 - RESERVED_CONNECTIONS
    writers = []
    for _ in range(room):
        _, writer = await asyncio.open_connection("127.0.0.1", busy_port)
        writer.write(GET % b"/work")
        writers.append(writer)
    await asyncio.sleep(0.2)
    for _ in range(3):
        answer = await exchange(busy_port, GET % b"/work")
        assert answer.startswith(b"HTTP/1.1 503")
        assert b'"busy"' in answer
        assert b"retry-after" in answer.lower()
        assert (await exchange(busy_port, GET % b"/health/live")).endswith(b"alive")
    await asyncio.sleep(3 * LIMIT_SECONDS)  # work may take longer than clients
    assert not any(writer.transport.is_closing() for writer in writers)
    writers[0].transport.abort()
    await asyncio.sleep(0.2)
    more = asyncio.create_task(exchange(busy_port, GET % b"/work"))
    await asyncio.sleep(0.2)
    assert not more.done()
    for writer in writers:
        writer.transport.abort()
    more.cancel()
    with suppress(asyncio.CancelledError):
        await more


async def test_a_stream_with_pauses_is_not_cut_off(busy_port: int) -> None:
    answer = await exchange(busy_port, GET % b"/stream", whole=True)
    assert answer.count(b"event") == 3
    assert answer.endswith(b"0\r\n\r\n")


async def test_streams_that_would_never_end_are_told_when_the_server_is_asked_to_end() -> None:
    is_ending = asyncio.Event()

    async def forever() -> AsyncIterator[bytes]:
        yield b"begun\n"
        await is_ending.wait()
        yield b"last\n"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await StreamingResponse(forever())(scope, receive, send)

    limits = ConnectionLimits(max_connections=64, receive_seconds=9.0, send_seconds=9.0, keep_alive_seconds=9)
    async with asyncio.timeout(10), serving(app, limits, on_exit=is_ending.set) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET % b"/")
        await reader.readuntil(b"begun\n")
    assert b"last\n" in await reader.read()
    writer.close()

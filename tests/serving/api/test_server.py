"""The HTTP protocol over real sockets: what usual requests get, and senders that never come to an end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from serving.api.server import MAX_HEAD_BYTES, BoundedHttp
from tests.support.servers import free_port

POST = b"POST / HTTP/1.1\r\nHost: here\r\n"
PIECE = 65_536
MANY = 64  # pieces, far more than is taken


async def count_body(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer how long the request's body is."""
    await PlainTextResponse(str(len(await Request(scope, receive).body())))(scope, receive, send)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(count_body, port=port, http=BoundedHttp, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    yield port
    server.should_exit = True
    await serving


async def exchange(port: int, *pieces: bytes) -> bytes:
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
                return await reader.read(PIECE)
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

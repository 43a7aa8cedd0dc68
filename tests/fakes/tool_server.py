"""A customer's tool, scriptable, over a real socket: it can be slow, broken, huge or malicious."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime


@dataclass(frozen=True)
class Received:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


def date_in(seconds: float) -> str:
    """Give a moment as HTTP writes it, to the second below."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def answer(body: bytes | str, *, status: str = "200 OK", kind: str = "application/json", more: str = "") -> Behaviour:
    """Answer with these bytes."""
    content = body.encode() if isinstance(body, str) else body

    async def behave(_: Received, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n{more}\r\n"
        writer.write(head.encode() + content)
        await writer.drain()

    return behave


async def hang(_: Received, writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.sleep(30)


async def drip(_: Received, writer: asyncio.StreamWriter) -> None:
    """Answer a byte at a time, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def flood(_: Received, writer: asyncio.StreamWriter) -> None:
    """Answer 50 MB without saying so before."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    for _number in range(800):
        writer.write(b"[" * 65536)
        await writer.drain()


async def hang_up(_: Received, writer: asyncio.StreamWriter) -> None:
    """Close the connection in place of an answer."""
    writer.close()


def raw(*pieces: bytes, pause_seconds: float = 0.0) -> Behaviour:
    """Write these bytes, whatever they are, and hang up."""

    async def behave(_: Received, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_seconds)
        writer.close()

    return behave


def for_ever(head: bytes, piece: bytes, *, pause_seconds: float = 0.0) -> Behaviour:
    """Write a head and then the same piece without end."""

    async def behave(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_seconds)

    return behave


async def reset(_: Received, writer: asyncio.StreamWriter) -> None:
    """Begin an answer and reset the connection in the middle of it."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    connection = writer.get_extra_info("socket")
    # Zero seconds of lingering: the peer gets a reset in place of an end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def slow(behaviour: Behaviour, *, seconds: float) -> Behaviour:
    """Take a while before another behaviour."""

    async def behave(received: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await behaviour(received, writer)

    return behave


@dataclass
class ToolServer:
    """What the test scripts and reads. `behaviours` are used up in order; the last one stays."""

    port: int
    behaviours: list[Behaviour] = field(default_factory=lambda: [answer('{"status": "shipped"}')])
    received: list[Received] = field(default_factory=list)
    is_called: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    open_connections: int = 0

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def effects(self) -> list[str]:
        """The idempotency keys that came in, each once, in order: what a well-behaved tool would have done."""
        return list(dict.fromkeys(request.headers["idempotency-key"] for request in self.received))

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        self.open_connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, target, _ = head[0].split(" ")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.received.append(request := Received(method, target, headers, body))
                self.is_called.set()
                behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
                await behaviour(request, writer)
        except (asyncio.IncompleteReadError, ConnectionError, RuntimeError):
            return
        finally:
            self.open_connections -= 1
            writer.close()


@asynccontextmanager
async def tool_server(port: int = 0) -> AsyncIterator[ToolServer]:
    """Run a tool on loopback, on a free port if none is named."""
    tool = ToolServer(port=port)
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            connections.add(task)
        await tool.handle(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    tool.port = server.sockets[0].getsockname()[1]
    try:
        yield tool
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


def json_of(request: Received) -> object:
    """Read the body of a request."""
    return json.loads(request.body)

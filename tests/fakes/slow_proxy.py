"""A TCP proxy that a test makes slow or deaf, for a server that is there and does not answer in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class SlowProxy:
    """Passes bytes on to a port of this machine.

    `delay_seconds` is how long each piece waits on its way to the server; `hangs` keeps it there.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._open: set[asyncio.Task[None]] = set()
        self.delay_seconds = 0.0
        self.hangs = False
        self.port = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        try:
            with suppress(OSError, asyncio.CancelledError):
                there = await asyncio.open_connection("127.0.0.1", self._target)
                try:
                    await asyncio.gather(self._pass(reader, there[1], slowly=True), self._pass(there[0], writer))
                finally:
                    there[1].close()
        finally:
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slowly: bool = False) -> None:
        while data := await reader.read(65536):
            if slowly:
                await asyncio.sleep(self.delay_seconds)
                while self.hangs:  # noqa: ASYNC110 - the test decides when it ends
                    await asyncio.sleep(0.05)
            writer.write(data)
            await writer.drain()
        writer.close()

    async def close_connections(self) -> None:
        """End what is open."""
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)


@asynccontextmanager
async def slow_proxy(target: int) -> AsyncIterator[SlowProxy]:
    """Run a proxy on loopback."""
    proxy = SlowProxy(target)
    server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close_connections()

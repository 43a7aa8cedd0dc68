"""A crowd of clients that keep a server waiting, as a process: `python -m tests.fakes.crowd ...`.

It comes on the line `begin` of its standard input and goes on the line `end`. Whoever is sent away comes again.
"""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

HEAD = b"POST /api/v1/bots/default/messages HTTP/1.1\r\nHost: here\r\n"
ALIVE = b"GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n"
LONG = b"GET /static-offline-docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: here\r\n\r\n"
DRIP_SECONDS = 0.5
PAUSE_SECONDS = 0.5
FAR = "127.0.0.2"
"""An address of this machine that no customer uses."""


@dataclass(frozen=True)
class Attack:
    """What a client sends at first, what again and again, and whether it reads what it is told."""

    name: str
    first: bytes = b""
    drip: bytes = b""
    reads: bool = True

    async def once(self, port: int, *, address: str = FAR) -> bytes:
        """Attack over one connection until the server ends it; gives what it said."""
        loop = asyncio.get_running_loop()
        _, attacker = await loop.create_connection(lambda: Attacker(self), "127.0.0.1", port, local_addr=(address, 0))
        try:
            await attacker.is_over.wait()
        finally:
            attacker.leave()
        return bytes(attacker.heard)

    async def for_ever(self, port: int, *, address: str) -> None:
        """Attack over one connection after the other."""
        while True:
            with suppress(OSError):
                await self.once(port, address=address)
            await asyncio.sleep(PAUSE_SECONDS)


SILENT, KEPT_ALIVE = Attack("silent"), Attack("kept alive", ALIVE)
HALF_A_HEAD = Attack("half a head", HEAD + b"X-Half: ")
DRIPPED_HEAD = Attack("dripped head", HEAD + b"X-Endless: ", b"x")
HALF_A_BODY = Attack("half a body", HEAD + b"Content-Length: 100\r\n\r\n{")
DRIPPED_BODY = Attack("dripped body", HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n")
EMPTY_LINES = Attack("empty lines", ALIVE, b"\r\n")
UNREAD = Attack("unread", LONG * 5, reads=False)  # more than the kernel takes for a client
TOO_LARGE = Attack("too large", HEAD + b"Content-Length: 1000000\r\n\r\n", b"x")
NO_HTTP = Attack("no HTTP", b"\x16\x03\x01\r\n\r\n")
ATTACKS = (
    SILENT, KEPT_ALIVE, HALF_A_HEAD, DRIPPED_HEAD, HALF_A_BODY, DRIPPED_BODY, EMPTY_LINES, UNREAD, TOO_LARGE, NO_HTTP,
)  # fmt: skip


class Attacker(asyncio.Protocol):
    """A client that attacks."""

    def __init__(self, attack: Attack) -> None:
        self.heard = bytearray()
        self.is_over = asyncio.Event()
        self._attack = attack

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what comes first."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._attack.reads:
            transport.pause_reading()
        transport.write(self._attack.first)
        if self._attack.drip:
            asyncio.get_running_loop().call_later(DRIP_SECONDS, self._drip)

    def data_received(self, data: bytes) -> None:
        """Keep the beginning of what the server says."""
        self.heard.extend(data[:1000])

    def connection_lost(self, _: Exception | None) -> None:
        """Stop."""
        self.is_over.set()

    def leave(self) -> None:
        """Go away without a word."""
        self._transport.abort()

    def _drip(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._attack.drip)
            asyncio.get_running_loop().call_later(DRIP_SECONDS, self._drip)


class Crowd:
    """The process of a crowd."""

    def __init__(self, port: int, *attacks: Attack, count: int, address: str = FAR) -> None:
        command = [sys.executable, "-m", "tests.fakes.crowd", "--port", str(port), "--count", str(count)]
        self._process = subprocess.Popen(
            [*command, "--address", address, *(attack.name for attack in attacks)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
        )  # fmt: skip

    def begin(self) -> None:
        """Come, and return when everybody has knocked."""
        self._say(b"begin\n")

    def end(self) -> None:
        """Go away."""
        self._say(b"end\n")

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=30)

    def _say(self, word: bytes) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(word)
        self._process.stdin.flush()
        assert self._process.stdout.readline() == b"done\n"


@contextmanager
def crowd(port: int, *attacks: Attack, count: int, address: str = FAR) -> Iterator[None]:
    """Have a crowd of `count` clients for each attack."""
    attackers = Crowd(port, *attacks, count=count, address=address)
    try:
        attackers.begin()
        yield
        attackers.end()
    finally:
        attackers.close()


async def main() -> None:
    """Do what the standard input says until it ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--address", required=True)
    parser.add_argument("attacks", nargs="+")
    options = parser.parse_args()
    tasks: list[asyncio.Task[None]] = []
    while word := await asyncio.to_thread(sys.stdin.readline):
        if word == "begin\n":
            for attack in ATTACKS:
                if attack.name in options.attacks:
                    tasks += [
                        asyncio.create_task(attack.for_ever(options.port, address=options.address))
                        for _ in range(options.count)
                    ]
            await asyncio.sleep(1.0)
            assert not any(task.done() for task in tasks)
        else:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            tasks = []
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())

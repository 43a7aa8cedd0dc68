"""The load generator: `python -m serving.bench.load`, a separate process.

It reads a `LoadPlan` from standard input and writes `LoadEvent` lines. A message passes only through sockets and the
standard library, about 0.1 ms of CPU each.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from serving.bench.plan import LoadEvent, LoadPlan, Sample
from serving.bench.texts import FreshTexts

TURNS_PER_THREAD = 5
_OPEN_LOOP_THREADS = 500
_PROGRESS_SECONDS = 0.5
_KEPT_SECONDS = 3.0
"""Longest idle time of a connection; uvicorn closes it after 5 seconds."""
_BROKEN = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError)


class _Connection:
    """One keep-alive connection. A broken one is reopened for the next message."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        self._is_tls = parts.scheme == "https"
        self._head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\nContent-Length: "
        )
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used_at = 0.0

    async def post(self, body: bytes) -> str:
        """Send a body and return the response's status."""
        if time.monotonic() > self._used_at + _KEPT_SECONDS:
            await self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, ssl=self._is_tls or None)
        reader, writer = self._streams
        writer.write(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(
            int(line.partition(":")[2])
            for line in head.split("\r\n")[1:]
            if line.partition(":")[0].lower() == "content-length"
        )
        await reader.readexactly(length)
        self._used_at = time.monotonic()
        return head.split(" ", 2)[1]

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            with suppress(OSError):
                await self._streams[1].wait_closed()
            self._streams = None


class _Generator:
    def __init__(self, plan: LoadPlan, tell: Callable[[LoadEvent], None]) -> None:
        self._plan, self._tell = plan, tell
        self._texts = FreshTexts(plan.texts, seed=plan.seed)
        self._samples: list[Sample] = []
        self._number = 0
        self._idle: list[_Connection] = []

    async def run(self) -> None:
        """Generate the planned load and report it."""
        self._from = time.monotonic() + self._plan.warm_up_seconds
        self._until = self._from + self._plan.seconds
        reporting = asyncio.create_task(self._report())
        if self._plan.rate is None:
            await asyncio.gather(*(self._customer(number) for number in range(self._plan.clients)))
        else:
            await self._arrivals(self._plan.rate)
        ended = time.monotonic()
        await reporting
        await asyncio.gather(*(connection.close() for connection in self._idle))
        counted = tuple(sample for sample in self._samples if sample.due_at >= self._from)
        self._tell(LoadEvent(kind="done", share=1.0, seconds=ended - self._from, samples=counted))

    async def _customer(self, number: int) -> None:
        count = 0
        while (now := time.monotonic()) < self._until:
            thread = f"{self._plan.run_id}-{number}-{count // TURNS_PER_THREAD}"
            if self._plan.threads:
                thread = self._plan.threads[number % len(self._plan.threads)]
            await self._send(thread, due_at=now)
            count += 1

    async def _arrivals(self, rate: float) -> None:
        dice = random.Random(self._plan.seed)  # noqa: S311 - a benchmark's dice
        under_way: set[asyncio.Task[None]] = set()
        threads = self._plan.threads or [f"{self._plan.run_id}-{number}" for number in range(_OPEN_LOOP_THREADS)]
        due_at, count = time.monotonic(), 0
        while due_at < self._until:
            await asyncio.sleep(due_at - time.monotonic())
            task = asyncio.create_task(self._send(threads[count % len(threads)], due_at=due_at))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            # Counted from this due time, not from the clock: a stall must not delay later messages.
            due_at += dice.expovariate(rate)
            count += 1
        await asyncio.gather(*under_way)

    async def _send(self, thread: str, *, due_at: float) -> None:
        self._number += 1
        message = {
            "thread_id": thread,
            "message_id": f"{self._plan.run_id}-{self._number}",
            "text": self._texts.next(),
        }
        connection = self._idle.pop() if self._idle else _Connection(self._plan.url)
        try:
            async with asyncio.timeout(self._plan.timeout_seconds):
                outcome = await connection.post(json.dumps(message).encode())
        except TimeoutError:
            outcome = "timeout"
        except _BROKEN as error:
            outcome = type(error).__name__
        latency_ms = (time.monotonic() - due_at) * 1000
        self._samples.append(Sample(due_at=due_at, latency_ms=round(latency_ms, 3), outcome=outcome))
        if not outcome.isdigit():
            await connection.close()
        self._idle.append(connection)

    async def _report(self) -> None:
        await asyncio.sleep(self._from - time.monotonic())
        self._tell(LoadEvent(kind="counting"))
        while (now := time.monotonic()) < self._until:
            self._tell(LoadEvent(kind="progress", share=(now - self._from) / self._plan.seconds))
            await asyncio.sleep(min(_PROGRESS_SECONDS, self._until - now))


def main() -> None:
    """Read the plan, generate the load, report it."""
    plan = LoadPlan.model_validate_json(sys.stdin.read())

    def tell(event: LoadEvent) -> None:
        sys.stdout.write(event.model_dump_json() + "\n")
        sys.stdout.flush()

    asyncio.run(_Generator(plan, tell).run())


if __name__ == "__main__":
    main()

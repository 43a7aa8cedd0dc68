"""What telemetry costs a turn: `python -m tests.support.telemetry_cost`.

One process answers the same messages in short stretches, with and without telemetry in turns, so that both meet the
same machine. Its CPU time is compared pair by pair. Everything that telemetry does is in it, encoding and sending
included: spans after every 100 messages, which are five seconds at 20 a second. Tool, database and collector are other
processes. HTTP is left out: it would make the share smaller.
"""

import argparse
import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from pipelines.registry.release import load_release
from pipelines.settings import Settings
from serving.telemetry import spans
from serving.telemetry.exporting import Exporters, Exporting
from serving.telemetry.meter import Meter
from serving.telemetry.spans import Live
from tests.support.bots import TINY_BOT
from tests.support.chat import Chat, open_chat
from tests.support.releases import make_release
from tests.support.servers import ENGINES, mongo_server

TEXTS = ("hello", "where is my order ORD-4711?", "i want to buy a tent", "two")
STRETCH, STRETCHES = 20, 20
"""Messages between two changes, and changes within a pair."""
FLUSHED = 100
"""Messages after which spans are sent."""


@dataclass(frozen=True)
class Pair:
    """CPU milliseconds of a turn without and with telemetry, at about the same time."""

    off: float
    on: float

    @property
    def share(self) -> float:
        """What telemetry adds, as a share of a turn without it."""
        return self.on / self.off - 1


def _serve(ready: Connection) -> None:
    """Answer as a tool and as a collector."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(b'{"status": "shipped"}', "application/json")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(b"", "application/x-protobuf")

        def _answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ready.send(server.server_port)
    server.serve_forever()


@contextmanager
def outside() -> Iterator[str]:
    """Run the tool and the collector in a process of their own; gives their address."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()


async def stretch(chat: Chat) -> float:
    """Answer some messages as the API does; return the CPU seconds."""
    before = time.process_time()
    for number in range(STRETCH):
        with spans.begin("http", kind="server") as span:
            thread = f"t{(chat.count - number % len(TEXTS)) // len(TEXTS)}"
            await chat.send(TEXTS[number % len(TEXTS)], thread=thread)
            span.set("http.response.status_code", 200)
    return time.process_time() - before


async def pair_of(chat: Chat, exporting: Exporting, live: Live) -> Pair:
    """Measure a pair. What the second of two stretches gains by being second, each side gains half the time."""
    seconds = {True: 0.0, False: 0.0}
    for number in range(STRETCHES):
        for is_on in (True, False) if number % 2 else (False, True):
            spans.install(live if is_on else None)
            seconds[is_on] += await stretch(chat)
            if is_on and (number + 1) * STRETCH % FLUSHED == 0:
                before = time.process_time()
                await asyncio.to_thread(exporting._processor.force_flush)
                seconds[True] += time.process_time() - before
    before = time.process_time()
    await asyncio.to_thread(exporting._export_metrics)  # once a minute, elsewhere
    seconds[True] += time.process_time() - before
    spans.install(None)
    ms = {is_on: each / (STRETCH * STRETCHES) * 1000 for is_on, each in seconds.items()}
    return Pair(off=ms[False], on=ms[True])


async def measure(folder: Path, *, pairs: int, share: float) -> list[Pair]:
    """Measure so many pairs."""
    release = load_release(make_release(folder / "release", TINY_BOT), version="1")
    with outside() as url, mongo_server(ENGINES[0], folder / "mongo") as uri:
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = url
        own = {"home": folder / "home", "mongo_uri": uri, "mongo_database": "cost", "endpoints": {"shop": url}}
        meter = Meter()
        exporting = Exporting(Exporters.over_otlp(), meter, service="cost", version="1")
        live = Live(meter, export=exporting.take, share=share)
        async with open_chat(Settings(_env_file=None, **own), release, bot="default") as chat:  # type: ignore[arg-type]
            for _ in range(5):
                await stretch(chat)  # what the first messages load
            found = [await pair_of(chat, exporting, live) for _ in range(pairs)]
        exporting.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--share", type=float, default=0.1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pairs = asyncio.run(measure(Path(folder), pairs=options.pairs, share=options.share))
    for pair in pairs:
        sys.stdout.write(f"{pair.off:.3f} ms without, {pair.on:.3f} ms with telemetry: {pair.share:+.1%}\n")
    off, on = median(pair.off for pair in pairs), median(pair.on for pair in pairs)
    shares = sorted(pair.share for pair in pairs)
    sys.stdout.write(
        f"medians of {len(pairs)} pairs: {off:.3f} ms, {on:.3f} ms, {median(shares):+.1%} "
        f"({shares[0]:+.1%} to {shares[-1]:+.1%})\n"
    )


if __name__ == "__main__":
    main()

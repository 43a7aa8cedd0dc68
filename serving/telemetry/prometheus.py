"""The metrics for Prometheus, on a port of their own: the one that customers reach shows none."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import accumulate

from pipelines.errors import SetupProblem
from serving.telemetry.instruments import INSTRUMENTS, SECONDS, Instrument
from serving.telemetry.meter import Meter, Point

PATH = "/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_REQUEST_SECONDS = 5.0
_UNITS = {"s": "_seconds"}

_log = logging.getLogger(__name__)


def prometheus_name(instrument: Instrument) -> str:
    """Return the name that an instrument has in Prometheus."""
    ending = "_total" if instrument.kind == "counter" else _UNITS.get(instrument.unit, "")
    return f"{instrument.name.replace('.', '_')}{ending}"


def exposition(meter: Meter) -> str:
    """Return what a meter holds in Prometheus' text format."""
    points, lines = meter.points(), []
    for instrument in INSTRUMENTS:
        name = prometheus_name(instrument)
        lines += [f"# HELP {name} {instrument.meaning}", f"# TYPE {name} {instrument.kind}"]
        lines += [line for point in points if point.instrument is instrument for line in _lines(name, point)]
    return "\n".join([*lines, ""])


def _lines(name: str, point: Point) -> Iterator[str]:
    labels, series = point.labels, point.series
    if point.instrument.kind != "histogram":
        yield f"{name}{_written(labels)} {series.value!r}"
        return
    for bound, so_far in zip((*map(repr, SECONDS), "+Inf"), accumulate(series.buckets), strict=True):
        yield f"{name}_bucket{_written({**labels, 'le': bound})} {so_far}"
    yield f"{name}_sum{_written(labels)} {series.value!r}"
    yield f"{name}_count{_written(labels)} {series.count}"


def _written(labels: dict[str, str]) -> str:
    escaped = (
        (name, value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")) for name, value in labels.items()
    )
    text = ",".join(f'{name}="{value}"' for name, value in escaped)
    return f"{{{text}}}" if text else ""


@contextmanager
def serve_metrics(meter: Meter, *, host: str, port: int) -> Iterator[None]:
    """Answer `GET /metrics`; raise `SetupProblem` if the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_SECONDS

        def do_GET(self) -> None:
            body = exposition(meter).encode() if self.path.partition("?")[0] == PATH else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing: it is asked every few seconds."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise SetupProblem(f"no metrics on port {port} ({error.strerror}); set INTENTLOOP_METRICS_PORT") from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="prometheus", daemon=True).start()
    _log.info("metrics are served host=%s port=%d", host, port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()

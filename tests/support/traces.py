"""Exported spans and metrics, as files and collectors get them."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from serving.telemetry.meter import Meter
from serving.telemetry.spans import Live, Trace, install
from tests.fakes.tool_server import Received


@dataclass(frozen=True)
class Exported:
    """A span as it was exported; times in seconds since 1970."""

    name: str
    kind: str
    trace_id: str
    id: str
    parent_id: str | None
    began: float
    ended: float
    has_failed: bool
    attributes: dict[str, Any]
    service: str

    @property
    def ms(self) -> float:
        """How long it took."""
        return (self.ended - self.began) * 1000


@contextmanager
def recording(*, share: float = 1.0, **more: Any) -> Iterator[tuple[list[Trace], Meter]]:
    """Record the traces that this process would export, and its metrics."""
    traces: list[Trace] = []
    meter = Meter()
    install(Live(meter, export=traces.append, share=share, **more))
    try:
        yield traces, meter
    finally:
        install(None)


def read_file(file: Path) -> list[Exported]:
    """Read the spans that a process has written so far; its metrics are left out."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    return [_of_json(line) for line in lines if "context" in line]


def read_metrics(file: Path) -> dict[str, Any]:
    """Read the metrics that a process has written last, by name."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    last = [line for line in lines if "resource_metrics" in line][-1]
    metrics = last["resource_metrics"][0]["scope_metrics"][0]["metrics"]
    return {metric["name"]: metric["data"]["data_points"] for metric in metrics}


def _of_json(line: dict[str, Any]) -> Exported:
    return Exported(
        name=line["name"],
        kind=line["kind"].removeprefix("SpanKind.").lower(),
        trace_id=line["context"]["trace_id"][2:],
        id=line["context"]["span_id"][2:],
        parent_id=line["parent_id"][2:] if line["parent_id"] else None,
        began=datetime.fromisoformat(line["start_time"]).timestamp(),
        ended=datetime.fromisoformat(line["end_time"]).timestamp(),
        has_failed=line["status"]["status_code"] == "ERROR",
        attributes=line["attributes"],
        service=line["resource"]["attributes"]["service.name"],
    )


def of_requests(received: Iterable[Received]) -> list[Any]:
    """Read the spans that a collector got, as OTLP has them."""
    spans = []
    for request in received:
        if request.target == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(request.body).resource_spans:
                spans += [span for scope in resource.scope_spans for span in scope.spans]
    return spans


def tree(spans: Iterable[Exported]) -> str:
    """Draw one trace as a table: each span below its parent, with its service, when it began, and how long it took."""
    spans = sorted(spans, key=lambda span: span.began)
    known, first = {span.id for span in spans}, min(span.began for span in spans)
    lines = [f"{'span':<50} {'service':<18} {'at ms':>8} {'ms':>8}"]

    def draw(span: Exported, depth: int) -> None:
        name = f"{'  ' * depth}{span.name}"
        lines.append(f"{name:<50} {span.service:<18} {(span.began - first) * 1000:>8.1f} {span.ms:>8.1f}")
        for below in spans:
            if below.parent_id == span.id:
                draw(below, depth + 1)

    for span in spans:
        if span.parent_id not in known:
            draw(span, 0)
    return "\n".join(lines)


def path_of(span: Exported, spans: Iterable[Exported]) -> list[str]:
    """Return the names from the root down to a span."""
    by_id = {each.id: each for each in spans}
    names = [span.name]
    while span.parent_id in by_id:
        span = by_id[span.parent_id]
        names.append(span.name)
    return names[::-1]

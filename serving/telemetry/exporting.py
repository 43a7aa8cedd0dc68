"""Exports finished traces and the metrics through the OpenTelemetry SDK. Imported only where telemetry is on.

Spans go into a queue of limited size, and threads send what is in it: a collector that is down, slow or broken costs
telemetry and nothing else. Addresses, headers, time limits and sizes are the SDK's own `OTEL_*` variables.
"""

import logging
import os
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from opentelemetry.sdk.environment_variables import OTEL_BSP_MAX_QUEUE_SIZE, OTEL_METRIC_EXPORT_INTERVAL
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter, MetricExportResult, MetricsData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation import set_span_in_context

from serving.telemetry.instruments import EXPORTS
from serving.telemetry.meter import Meter
from serving.telemetry.metric_data import SCOPE, metrics_data
from serving.telemetry.spans import Span, Trace

CLOSE_SECONDS = 3.0
"""Longest wait for a collector at the end of the process."""
_INTERVAL_MS = 60_000
_MOST_WAITING = 2048
"""Spans that wait for the collector; more are left out, as the SDK would do without counting them."""
_FAILED = Status(StatusCode.ERROR)
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_NO_PARENT = set_span_in_context(NonRecordingSpan(SpanContext(0, 0, is_remote=False)))

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exporters:
    """Where spans and metrics go, and the file that is to be closed then."""

    spans: SpanExporter
    metrics: MetricExporter
    file: IO[str] | None = None

    @classmethod
    def over_otlp(cls) -> "Exporters":
        """Send them to a collector."""
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return cls(OTLPSpanExporter(), OTLPMetricExporter())

    @classmethod
    def as_json(cls, file: Path | None) -> "Exporters":
        """Append them to a file, one JSON object a line; None: print them."""
        if file is None:
            return cls(ConsoleSpanExporter(formatter=_span_line), ConsoleMetricExporter(formatter=_metrics_line))
        file.parent.mkdir(parents=True, exist_ok=True)
        stream = file.open("a", encoding="utf-8")
        spans = ConsoleSpanExporter(out=stream, formatter=_span_line)
        return cls(spans, ConsoleMetricExporter(out=stream, formatter=_metrics_line), stream)


def _span_line(span: ReadableSpan) -> str:
    return f"{span.to_json(indent=None)}\n"


def _metrics_line(data: MetricsData) -> str:
    return f"{data.to_json(indent=None)}\n"


class _Success:
    """Counts what was sent and what was lost, and logs when that changes: not what a collector said."""

    def __init__(self, signal: str, meter: Meter) -> None:
        self._signal, self._meter, self._is_lost = signal, meter, False
        self.n_done = 0

    def note(self, number: int, *, is_sent: bool) -> None:
        self.n_done += number
        self._meter.add(EXPORTS, number, (self._signal, "sent" if is_sent else "lost"))
        if self._is_lost == is_sent:
            self._is_lost = not is_sent
            became = "exported again" if is_sent else "not exported for now; is the collector up?"
            _log.warning("%s are %s", self._signal, became)


class _CountedSpans(SpanExporter):
    """Counts what becomes of spans."""

    def __init__(self, exporter: SpanExporter, success: _Success) -> None:
        self._exporter, self._success = exporter, success

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            self._success.note(len(spans), is_sent=result is SpanExportResult.SUCCESS)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class _OwnIds(IdGenerator):
    """Gives the SDK the ids that a span has already: other processes know them."""

    def __init__(self) -> None:
        self.trace_id = self.span_id = 0

    def generate_trace_id(self) -> int:
        return self.trace_id

    def generate_span_id(self) -> int:
        return self.span_id


class Exporting:
    """Exports traces as they end, and the metrics once a minute or every `OTEL_METRIC_EXPORT_INTERVAL` milliseconds."""

    def __init__(self, exporters: Exporters, meter: Meter, *, service: str, version: str) -> None:
        # the SDK would log what the collector says, which may be anything; `_Success` says that it fails
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._resource = _resource(service, version)
        self._exporters, self._meter, self._success = exporters, meter, _Success("metrics", meter)
        self._seconds = int(os.environ.get(OTEL_METRIC_EXPORT_INTERVAL, _INTERVAL_MS)) / 1000
        self._ids, self._lock = _OwnIds(), threading.Lock()
        provider = TracerProvider(ALWAYS_ON, resource=self._resource, shutdown_on_exit=False, id_generator=self._ids)
        self._spans, self._n_taken = _Success("traces", meter), 0
        self._most_waiting = int(os.environ.get(OTEL_BSP_MAX_QUEUE_SIZE, _MOST_WAITING))
        self._processor = BatchSpanProcessor(_CountedSpans(exporters.spans, self._spans))
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer(SCOPE)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def take(self, trace: Trace) -> None:
        """Take a finished trace; never waits and never fails."""
        number = len(trace.spans)
        if self._n_taken + number - self._spans.n_done > self._most_waiting:
            self._meter.add(EXPORTS, number, ("traces", "lost"))
            return
        try:
            with self._lock:
                self._n_taken += number
                for span in trace.spans:
                    self._hand_over(span, trace)
        except Exception as error:
            self._n_taken -= number
            _log.error("a trace is not exported: %s", type(error).__name__)

    def close(self) -> None:
        """Export what is left, unless that takes too long."""
        self._stopped.set()
        # in a thread, since it waits for half a minute if a collector hangs
        closing = threading.Thread(target=self._processor.shutdown, name="last-spans", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)
        self._thread.join(CLOSE_SECONDS)
        self._exporters.metrics.shutdown()  # ends its attempts
        if self._exporters.file is not None:
            self._exporters.file.close()

    def _hand_over(self, span: Span, trace: Trace) -> None:
        self._ids.trace_id, self._ids.span_id = trace.id, span.id
        parent = _NO_PARENT
        if span.parent_id is not None:
            above = SpanContext(trace.id, span.parent_id, is_remote=False, trace_flags=_SAMPLED)
            parent = set_span_in_context(NonRecordingSpan(above))
        attributes = span.attributes
        if span.error_type is not None:
            attributes = {**attributes, "error.type": span.error_type}
        began_ns, kind = trace.moment_ns(span.began_ns), SpanKind[span.kind.upper()]
        written = self._tracer.start_span(span.name, parent, kind, attributes, start_time=began_ns)
        if span.error_type is not None:
            written.set_status(_FAILED)
        written.end(trace.moment_ns(span.ended_ns))

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            self._export_metrics()
        self._export_metrics()

    def _export_metrics(self) -> None:
        result = MetricExportResult.FAILURE
        try:
            result = self._exporters.metrics.export(metrics_data(self._meter, self._resource))
        except Exception as error:
            _log.error("metrics are not exported: %s", type(error).__name__)
        finally:
            self._success.note(1, is_sent=result is MetricExportResult.SUCCESS)


def _resource(service: str, version: str) -> Resource:
    """Return what tells this process from others; the environment's `OTEL_SERVICE_NAME` comes first."""
    found = Resource.create({"service.version": version, "service.instance.id": uuid.uuid4().hex})
    if str(found.attributes["service.name"]).startswith("unknown_service"):
        return found.merge(Resource({"service.name": service}))
    return found

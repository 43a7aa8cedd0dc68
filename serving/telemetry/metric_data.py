"""The metrics as the OpenTelemetry SDK writes them. Imported only where telemetry is on."""

import time
from collections import defaultdict

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from serving.telemetry.instruments import SECONDS, Instrument
from serving.telemetry.meter import Meter, Point

SCOPE = "intentloop"
_SINCE_START = AggregationTemporality.CUMULATIVE


def metrics_data(meter: Meter, resource: Resource) -> MetricsData:
    """Return everything that a meter holds now."""
    now_ns, points_of = time.time_ns(), defaultdict[Instrument, list[Point]](list)
    for point in meter.points():
        points_of[point.instrument].append(point)
    metrics = [
        Metric(
            name=instrument.name,
            description=instrument.meaning,
            unit=instrument.unit,
            data=_data(instrument, points, (meter.started_ns, now_ns)),
        )
        for instrument, points in points_of.items()
    ]
    scope = ScopeMetrics(InstrumentationScope(SCOPE), metrics, "")
    return MetricsData([ResourceMetrics(resource, [scope], "")])


def _data(instrument: Instrument, points: list[Point], times_ns: tuple[int, int]) -> Sum | Gauge | Histogram:
    if instrument.kind == "histogram":
        return Histogram([_histogram(point, times_ns) for point in points], _SINCE_START)
    numbers = [NumberDataPoint(point.labels, *times_ns, point.series.value) for point in points]
    return Gauge(numbers) if instrument.kind == "gauge" else Sum(numbers, _SINCE_START, is_monotonic=True)


def _histogram(point: Point, times_ns: tuple[int, int]) -> HistogramDataPoint:
    series = point.series
    return HistogramDataPoint(
        point.labels, *times_ns, series.count, series.value, series.buckets, SECONDS, series.least, series.most
    )

"""Counts and measures in memory; exporters read a copy of it now and then."""

import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from serving.telemetry.instruments import INSTRUMENTS, LABELS, OTHER, SECONDS, Instrument

Values = tuple[str, ...]
_BUCKETS = len(SECONDS) + 1


@dataclass(slots=True)
class Series:
    """One series: a number, or what a histogram holds."""

    value: float = 0.0
    count: int = 0
    least: float = 0.0
    most: float = 0.0
    buckets: list[int] = field(default_factory=list)

    def observe(self, value: float) -> None:
        """Add a value to a histogram."""
        if value > self.most:
            self.most = value
        if value < self.least or not self.count:
            self.least = value
        self.count += 1
        self.value += value
        self.buckets[bisect_left(SECONDS, value)] += 1

    def copy(self) -> "Series":
        """Return a copy that stays as it is."""
        return Series(self.value, self.count, self.least, self.most, list(self.buckets))


@dataclass(frozen=True)
class Point:
    """What a series holds at one moment."""

    instrument: Instrument
    labels: dict[str, str]
    series: Series


class Meter:
    """Holds the series of one process. Thread-safe; a value costs about a microsecond.

    The values of labels are given in the order of the instrument's labels.
    """

    def __init__(self) -> None:
        self.started_ns = time.time_ns()
        self._series: dict[Instrument, dict[Values, Series]] = {instrument: {} for instrument in INSTRUMENTS}
        self._known: dict[str, set[str]] = {name: set() for name, label in LABELS.items() if not label.values}
        self._lock = threading.Lock()

    def add(self, instrument: Instrument, value: float, values: Values) -> None:
        """Add to a counter."""
        with self._lock:
            self._of(instrument, values).value += value

    def observe(self, instrument: Instrument, value: float, values: Values) -> None:
        """Add a value to a histogram."""
        with self._lock:
            series = self._series[instrument].get(values) or self._of(instrument, values)
            series.observe(value)

    def set(self, instrument: Instrument, value: float, values: Values) -> None:
        """Set a gauge."""
        with self._lock:
            self._of(instrument, values).value = value

    def points(self) -> list[Point]:
        """Return every series as it stands now."""
        with self._lock:
            return [
                Point(instrument, dict(zip(instrument.labels, values, strict=True)), series.copy())
                for instrument, series_by_values in self._series.items()
                for values, series in series_by_values.items()
            ]

    def _of(self, instrument: Instrument, values: Values) -> Series:
        known = self._series[instrument]
        series = known.get(values)
        if series is None:
            bounded = tuple(map(self._bounded, instrument.labels, values))
            series = known.get(bounded)
        if series is None:
            buckets = [0] * _BUCKETS if instrument.kind == "histogram" else []
            series = known[bounded] = Series(buckets=buckets)
        return series

    def _bounded(self, name: str, value: str) -> str:
        label = LABELS[name]
        if label.values:
            return value if value in label.values else OTHER
        known = self._known[name]
        if value not in known and len(known) < label.most:
            known.add(value)
        return value if value in known else OTHER


def total(points: Sequence[Point], instrument: Instrument, **labels: str) -> float:
    """Return the sum of a counter's series with these labels, or how many values a histogram has."""
    return sum(
        point.series.count if instrument.kind == "histogram" else point.series.value
        for point in points
        if point.instrument is instrument and labels.items() <= point.labels.items()
    )

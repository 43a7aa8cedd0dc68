"""Spans: what happened when, within one trace, across processes (W3C Trace Context).

A span is light, since every message makes a dozen of them. Which traces are exported is decided twice: at the beginning
for a share of all of them, so that every process decides alike, and at the end of a process's part for one that failed.
So a failure is always there to be looked at, with all the spans of the process in which it happened.
"""

import random
import time
from collections.abc import Callable, Mapping
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from functools import wraps
from types import TracebackType
from typing import Literal, ParamSpec, Self, TypeVar

from serving.telemetry.instruments import DATABASE_SECONDS, HOP_SECONDS, HOPS, Instrument
from serving.telemetry.meter import Meter
from serving.telemetry.traces import Allowance, Remote

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Value = str | int | float | bool
Measure = tuple[Instrument, tuple[str, ...]]
"""The histogram that a span's duration goes into, with the values of its labels."""

MOST_SPANS = 300
"""Spans of one trace that a process keeps; the others are left out."""
ASKED_PER_SECOND, FAILED_PER_SECOND = 10.0, 20.0
"""Traces that a process exports because a stranger asks for it, and because they failed; neither may cost too much."""

_MEASURE_BY_HOP = {hop: (HOP_SECONDS, (hop,)) for hop in HOPS}
_READING, _WRITING = (DATABASE_SECONDS, ("read",)), (DATABASE_SECONDS, ("write",))
_READING_WORDS = frozenset(("read", "list", "look", "search", "count", "ping", "ask", "server"))
_LOW_BITS = 2**64
_ids = random.Random()  # noqa: S311 - ids need not be secret; seeded by the system, whatever a program seeds

P = ParamSpec("P")
T = TypeVar("T")


class Trace:
    """What happens within a trace in one process."""

    __slots__ = ("_clock_ns", "_started_ns", "id", "is_closed", "is_failed", "is_sampled", "spans")

    def __init__(self, trace_id: int, *, is_sampled: bool) -> None:
        self.id, self.is_sampled = trace_id, is_sampled
        self.is_failed = self.is_closed = False
        self.spans: list[Span] = []
        # one look at the clock of the day: the rest of the trace goes by one that cannot jump
        self._started_ns, self._clock_ns = time.time_ns(), time.perf_counter_ns()

    def moment_ns(self, clock_ns: int) -> int:
        """Return a moment of `time.perf_counter_ns` as nanoseconds since 1970."""
        return self._started_ns + clock_ns - self._clock_ns


@dataclass
class Live:
    """What spans and values go to while telemetry is on; `export` takes finished traces, and None traces nothing."""

    meter: Meter
    export: Callable[[Trace], None] | None = None
    share: float = 0.1
    asked: Allowance = field(default_factory=lambda: Allowance(ASKED_PER_SECOND))
    failed: Allowance = field(default_factory=lambda: Allowance(FAILED_PER_SECOND))


_live: Live | None = None
_current: ContextVar["Span | None"] = ContextVar("intentloop_span", default=None)


class Nothing:
    """The span of a process without telemetry."""

    __slots__ = ()
    trace_id = traceparent = None
    attributes: Mapping[str, Value] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def set(self, name: str, value: Value | None) -> None:
        """Set nothing."""

    def rename(self, name: str) -> None:
        """Rename nothing."""

    def fail(self, error_type: str) -> None:
        """Note nothing."""


class Span:
    """Something that takes time. As a context manager it is the parent of what begins inside.

    `attributes` hold names, numbers and ids, and nothing that anybody wrote.
    """

    __slots__ = (
        "_before",
        "_is_root",
        "_live",
        "_measure",
        "attributes",
        "began_ns",
        "ended_ns",
        "error_type",
        "id",
        "kind",
        "name",
        "parent_id",
        "trace",
    )

    def __init__(
        self,
        live: Live,
        name: str,
        kind: Kind,
        trace: Trace | None,
        parent_id: int | None,
        *,
        is_root: bool = False,
        measure: Measure | None = None,
    ) -> None:
        self._live, self._is_root, self._measure = live, is_root, measure or _MEASURE_BY_HOP.get(name)
        self._before: Span | None = None
        self.name, self.kind, self.trace, self.parent_id = name, kind, trace, parent_id
        self.id = _ids.getrandbits(64) or 1
        self.attributes: dict[str, Value] = {}
        self.error_type: str | None = None
        self.began_ns = self.ended_ns = 0

    @property
    def trace_id(self) -> str | None:
        """The id of its trace as it is written; None if it is timed and not traced."""
        return f"{self.trace.id:032x}" if self.trace is not None else None

    @property
    def traceparent(self) -> str | None:
        """The W3C header with which another process goes on."""
        if self.trace is None:
            return None
        return f"00-{self.trace.id:032x}-{self.id:016x}-{int(self.trace.is_sampled):02x}"

    def set(self, name: str, value: Value | None) -> None:
        """Set an attribute; None leaves it out."""
        if value is not None:
            self.attributes[name] = value

    def rename(self, name: str) -> None:
        """Give it a name that is known only now; it is measured under the first one."""
        self.name = name

    def fail(self, error_type: str) -> None:
        """Mark it as failed, and export its trace whatever was decided at its beginning."""
        self.error_type = error_type
        if self.trace is not None:
            self.trace.is_failed = True

    def __enter__(self) -> Self:
        if self.trace is not None:
            self._before = _current.get()
            _current.set(self)
        self.began_ns = time.perf_counter_ns()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.ended_ns = time.perf_counter_ns()
        if kind is not None and self.error_type is None:
            self.error_type = kind.__name__
        if self._measure is not None:
            instrument, values = self._measure
            self._live.meter.observe(instrument, (self.ended_ns - self.began_ns) / 1e9, values)
        trace = self.trace
        if trace is None:
            return
        _current.set(self._before)
        if self._is_root or trace.is_closed or len(trace.spans) >= MOST_SPANS:
            self._end(trace)
        else:
            trace.spans.append(self)

    def _end(self, trace: Trace) -> None:
        """Export a trace with its root. Leave out what went on after it was answered, or is too much."""
        if self._is_root and not trace.is_closed:
            trace.spans.append(self)
            trace.is_closed = True
            is_wanted = trace.is_sampled or (trace.is_failed and self._live.failed.take())
            if is_wanted and self._live.export is not None:
                self._live.export(trace)


_NOTHING = Nothing()
AnySpan = Span | Nothing


def install(live: Live | None) -> None:
    """Send what happens from now on to `live`; None: nowhere."""
    global _live  # one for the whole process, as with logging: it reaches every place without an argument
    _live = live


def is_on() -> bool:
    """Whether anything is measured."""
    return _live is not None


def begin(name: str, *, kind: Kind, parent: Remote | None = None, is_own: bool = True) -> AnySpan:
    """Begin this process's part of a trace, under a span of another process if there is one.

    A `parent` that is not our `own` comes from a stranger, who may ask for so many traces a second to be exported.
    """
    live = _live
    if live is None:
        return _NOTHING
    if live.export is None:
        return Span(live, name, kind, None, None, is_root=True)
    if parent is None:
        # Its beginning is the time: AWS X-Ray wants that.
        trace_id = int(time.time()) << 96 | _ids.getrandbits(96) | 1
        trace = Trace(trace_id, is_sampled=trace_id % _LOW_BITS < live.share * _LOW_BITS)
        return Span(live, name, kind, trace, None, is_root=True)
    trace = Trace(parent.trace_id, is_sampled=parent.is_sampled and (is_own or live.asked.take()))
    return Span(live, name, kind, trace, parent.span_id, is_root=True)


def resume(name: str, *, kind: Kind, traceparent: str | None) -> AnySpan:
    """Go on with a trace that a stored message belongs to: under the span at work if that is of the same trace."""
    parent, at_work = Remote.read(traceparent), _open_trace()
    if at_work is not None and parent is not None and at_work.id == parent.trace_id:
        return span(name, kind=kind)
    return begin(name, kind=kind, parent=parent)


def span(name: str, *, kind: Kind = "internal", measure: Measure | None = None) -> AnySpan:
    """Begin a span under the one at work; outside of a trace it is only timed. A hop's name says what it measures."""
    live = _live
    if live is None:
        return _NOTHING
    parent = _current.get()
    if parent is None or parent.trace is None or parent.trace.is_closed:
        return Span(live, name, kind, None, None, measure=measure)
    return Span(live, name, kind, parent.trace, parent.id, measure=measure)


def database_call(what: str) -> AnySpan:
    """Begin a call to the database; `what` it does, beginning with a verb."""
    if _live is None:
        return _NOTHING
    is_reading = what.partition(" ")[0] in _READING_WORDS
    call = span(f"db {what}", kind="client", measure=_READING if is_reading else _WRITING)
    call.set("db.system.name", "mongodb")
    return call


def current() -> AnySpan:
    """Return the span at work."""
    return _current.get() or _NOTHING


def detached() -> Context:
    """Return a context for work that goes on in the background, in no trace: its own is that of what it works on."""
    context = copy_context()
    context.run(_current.set, None)
    return context


def _open_trace() -> Trace | None:
    at_work = _current.get()
    return None if at_work is None or at_work.trace is None or at_work.trace.is_closed else at_work.trace


def traced(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make each call of a function within a trace a span; the function knows nothing of it."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def measured(*args: P.args, **options: P.kwargs) -> T:
            if _live is None or _current.get() is None:
                return function(*args, **options)
            with span(name):
                return function(*args, **options)

        return measured

    return decorate


def count(instrument: Instrument, *values: str, by: float = 1.0) -> None:
    """Add to a counter; `values` are those of its labels, in their order."""
    if _live is not None:
        _live.meter.add(instrument, by, values)


def observe(instrument: Instrument, seconds: float, *values: str) -> None:
    """Add a duration to a histogram."""
    if _live is not None:
        _live.meter.observe(instrument, seconds, values)


def gauge(instrument: Instrument, value: float, *values: str) -> None:
    """Set what was measured just now."""
    if _live is not None:
        _live.meter.set(instrument, value, values)

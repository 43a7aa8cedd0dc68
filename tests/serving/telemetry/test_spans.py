import asyncio
import logging

import pytest

from serving.logs import EventFormatter, JsonFormatter
from serving.telemetry import spans
from serving.telemetry.instruments import DATABASE_SECONDS, HOP_SECONDS
from serving.telemetry.meter import Meter, total
from serving.telemetry.spans import MOST_SPANS, Live, Trace
from serving.telemetry.traces import Allowance, Remote
from tests.support.clocks import Ticking
from tests.support.traces import recording

STRANGER = Remote(trace_id=7, span_id=8, is_sampled=True)


def names(trace: Trace) -> dict[str, str | None]:
    """Give the parent of each span, by their names."""
    name_by_id = {span.id: span.name for span in trace.spans}
    return {span.name: name_by_id.get(span.parent_id or 0) for span in trace.spans}


def test_spans_are_below_what_they_begin_in() -> None:
    with recording() as (traces, meter), spans.begin("http", kind="server"), spans.span("turn"):
        with spans.span("state"), spans.database_call("read state"):
            pass
        with spans.span("commit"):
            pass
    (trace,) = traces
    parents = {"turn": "http", "state": "turn", "db read state": "state", "commit": "turn", "http": None}
    assert names(trace) == parents
    points = meter.points()
    assert [total(points, HOP_SECONDS, hop=hop) for hop in ("http", "turn", "state", "tool")] == [1, 1, 1, 0]
    assert total(points, DATABASE_SECONDS, operation="read") == 1


async def test_concurrent_traces_do_not_mix() -> None:
    async def handle(number: int) -> None:
        with spans.begin("http", kind="server"):
            for _ in range(3):
                with spans.span(f"step {number}"):
                    await asyncio.sleep(0)

    with recording() as (traces, _):
        await asyncio.gather(*map(handle, range(20)))
    assert len(traces) == len({trace.id for trace in traces}) == 20
    for trace in traces:
        steps = {span.name for span in trace.spans if span.name != "http"}
        assert len(steps) == 1
        assert {span.parent_id for span in trace.spans if span.name in steps} == {trace.spans[-1].id}


def test_a_share_of_traces_is_exported_and_their_ids_decide() -> None:
    with recording(share=0.1) as (traces, _):
        for _ in range(5000):
            with spans.begin("http", kind="server"):
                pass
    assert 350 < len(traces) < 650
    assert all(trace.id % 2**64 < 0.1 * 2**64 for trace in traces)


@pytest.mark.parametrize("is_sampled", [True, False])
def test_a_child_follows_its_parents_decision(is_sampled: bool) -> None:
    with recording(share=0.5) as (traces, _):
        for _ in range(20):
            with spans.begin("work", kind="consumer", parent=Remote(7, 8, is_sampled)) as span:
                assert span.traceparent is not None
                assert span.traceparent.endswith("-01" if is_sampled else "-00")
    assert len(traces) == (20 if is_sampled else 0)


def test_strangers_cannot_make_us_export_everything() -> None:
    clock = Ticking()
    with recording(share=0.0, asked=Allowance(3, clock=clock)) as (traces, _):
        for _ in range(50):
            with spans.begin("http", kind="server", parent=STRANGER, is_own=False):
                pass
        assert len(traces) == 3
        clock.seconds += 1
        with spans.begin("http", kind="server", parent=STRANGER, is_own=False):
            pass
    assert len(traces) == 4


def test_a_failed_trace_is_exported_whole_although_its_share_is_zero() -> None:
    with recording(share=0.0) as (traces, _):
        with spans.begin("http", kind="server"), spans.span("turn"), spans.span("tool") as tool:
            tool.fail("tool_failed")
        with spans.begin("http", kind="server"), spans.span("turn"):
            pass
    (trace,) = traces
    assert names(trace) == {"tool": "turn", "turn": "http", "http": None}
    assert [span.error_type for span in trace.spans] == ["tool_failed", None, None]


def test_failures_of_an_outage_are_exported_up_to_a_limit() -> None:
    with recording(share=0.0, failed=Allowance(5, clock=Ticking())) as (traces, _):
        for _ in range(100):
            with spans.begin("http", kind="server") as span:
                span.fail("500")
    assert len(traces) == 5


def test_an_error_that_passes_through_is_named_by_its_type_alone() -> None:
    def fail() -> None:
        with spans.begin("http", kind="server"), spans.span("turn"):
            raise ValueError("secret words")

    with recording() as (traces, _), pytest.raises(ValueError, match="secret words"):
        fail()
    assert [span.error_type for span in traces[0].spans] == ["ValueError", "ValueError"]


async def test_what_goes_on_after_the_answer_is_not_part_of_the_trace() -> None:
    async def linger() -> None:
        await asyncio.sleep(0.01)
        with spans.span("late"):
            pass

    with recording() as (traces, _):
        with spans.begin("http", kind="server"):
            task = asyncio.create_task(linger())
        await task
    assert names(traces[0]) == {"http": None}


async def test_detached_work_has_its_own_trace() -> None:
    async def work(traceparent: str | None) -> None:
        with spans.resume("deliver", kind="consumer", traceparent=traceparent):
            await asyncio.sleep(0)

    with recording() as (traces, _), spans.begin("http", kind="server") as span:
        task = asyncio.create_task(work(span.traceparent), context=spans.detached())
        await task
    assert [names(trace) for trace in traces] == [{"deliver": None}, {"http": None}]
    assert traces[0].id == traces[1].id
    assert traces[0].spans[0].parent_id == traces[1].spans[0].id


def test_a_trace_has_a_limit() -> None:
    with recording() as (traces, _), spans.begin("http", kind="server"):
        for _ in range(2 * MOST_SPANS):
            with spans.span("state"):
                pass
    assert len(traces[0].spans) == MOST_SPANS + 1
    assert traces[0].spans[-1].name == "http"


def test_ids_begin_with_the_time_and_differ() -> None:
    with recording() as (traces, _):
        for _ in range(1000):
            with spans.begin("http", kind="server"):
                pass
    assert len({trace.id for trace in traces}) == len({trace.spans[0].id for trace in traces}) == 1000
    seconds = traces[0].spans[0]._live.meter.started_ns // 10**9
    assert 0 <= (traces[-1].id >> 96) - seconds <= 60


@pytest.mark.parametrize(
    "header",
    [
        "",
        "x",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "0" * 100_000,
    ],
)
def test_a_malformed_traceparent_begins_a_new_trace(header: str) -> None:
    assert Remote.read(header) is None


def test_a_traceparent_of_a_later_version_is_read() -> None:
    header = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"
    assert Remote.read(header) == Remote(0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7, is_sampled=True)


def test_log_lines_carry_the_trace() -> None:
    record = logging.LogRecord("serving.x", logging.INFO, __file__, 1, "release loaded", None, None)
    assert "trace_id" not in EventFormatter().format(record)
    with recording(), spans.begin("http", kind="server") as span:
        assert f"trace_id={span.trace_id}" in EventFormatter().format(record)
        assert f'"trace_id": "{span.trace_id}"' in JsonFormatter().format(record)


def test_without_telemetry_nothing_happens() -> None:
    assert not spans.is_on()
    with spans.begin("http", kind="server") as span, spans.span("turn") as turn:
        turn.set("intentloop.bot", "default")
        turn.fail("x")
        assert (span.trace_id, turn.traceparent, spans.current().trace_id) == (None, None, None)


def test_metrics_alone_trace_nothing() -> None:
    meter = Meter()
    spans.install(Live(meter))
    try:
        with spans.begin("http", kind="server") as span, spans.span("turn"):
            assert span.traceparent is None
    finally:
        spans.install(None)
    assert total(meter.points(), HOP_SECONDS, hop="turn") == 1

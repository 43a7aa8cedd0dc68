"""A collector that is down, slow or broken costs telemetry, and no turn."""

import asyncio
import time
from collections.abc import Callable

import pytest

from pipelines.settings import Settings
from serving.telemetry import spans
from serving.telemetry.instruments import EXPORTS, TURNS
from serving.telemetry.meter import total
from serving.telemetry.setup import open_telemetry
from tests.fakes.tool_server import Behaviour, answer, drip, hang, hang_up, raw, reset, tool_server
from tests.support.servers import free_port
from tests.support.traces import of_requests

TRACES = 700
TIMEOUT_SECONDS = 30
FAULTS = {
    "hangs": hang,
    "hangs up": hang_up,
    "resets": reset,
    "drips": drip,
    "is overloaded": answer("later", status="503 Service Unavailable", more="Retry-After: 60\r\n"),
    "refuses": answer("no", status="401 Unauthorized"),
    "answers garbage": raw(b"\x00\xff<html>" * 100),
    "answers garbage as OTLP": answer("\x00\xff{", kind="application/x-protobuf"),
}


@pytest.fixture
def otlp(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Give settings that export everything to an address."""

    def make(url: str, timeout_seconds: int = TIMEOUT_SECONDS) -> Settings:
        for name, value in {"ENDPOINT": url, "TIMEOUT": str(timeout_seconds)}.items():
            monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{name}", value)
        for name, value in {"BSP_SCHEDULE_DELAY": "50", "METRIC_EXPORT_INTERVAL": "100"}.items():
            monkeypatch.setenv(f"OTEL_{name}", value)
        return settings.model_copy(update={"telemetry": "otlp", "trace_share": 1.0})

    return make


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def make_traces(number: int) -> float:
    """Make traces as turns do; gives the longest time that one has taken, in seconds."""
    longest = 0.0
    for _ in range(number):
        began = time.perf_counter()
        with spans.begin("http", kind="server"), spans.span("turn"), spans.span("state"):
            pass
        spans.count(TURNS, "default", "1", "intent", "answered")
        longest = max(longest, time.perf_counter() - began)
    return longest


async def test_a_collector_gets_spans_and_metrics(otlp: Callable[..., Settings]) -> None:
    async with tool_server() as collector:
        collector.behaviours = [answer("", kind="application/x-protobuf")]
        with open_telemetry(otlp(collector.url), service="intentloop-api") as meter:
            assert meter is not None
            make_traces(3)
            await until(lambda: {"/v1/traces", "/v1/metrics"} <= {each.target for each in collector.received})
            await until(lambda: total(meter.points(), EXPORTS, signal="traces", export="sent") == 9)
        got = of_requests(collector.received)
    assert sorted(span.name for span in got) == ["http"] * 3 + ["state"] * 3 + ["turn"] * 3
    roots = [span for span in got if span.name == "http"]
    assert {span.parent_span_id for span in got if span.name == "turn"} == {root.span_id for root in roots}
    assert all(root.kind == 2 and root.end_time_unix_nano > root.start_time_unix_nano for root in roots)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_broken_collector_hurts_no_turn(
    fault: Behaviour, otlp: Callable[..., Settings], caplog: pytest.LogCaptureFixture
) -> None:
    async with tool_server() as collector:
        collector.behaviours = [fault]
        with open_telemetry(otlp(collector.url), service="intentloop-api") as meter:
            assert meter is not None
            longest = await asyncio.to_thread(make_traces, TRACES)
            await asyncio.wait_for(collector.is_called.wait(), 60)
            began = time.perf_counter()
        assert time.perf_counter() - began < TIMEOUT_SECONDS - 5  # two waits of a few seconds, on a slow machine
        sent = total(meter.points(), EXPORTS, signal="traces", export="sent")
    assert longest < TIMEOUT_SECONDS - 5
    assert total(meter.points(), TURNS) == TRACES
    assert sent == 0 or fault is FAULTS["answers garbage as OTLP"]  # it said 200
    assert all("<html>" not in record.getMessage() for record in caplog.records)


async def test_a_collector_that_is_not_there_hurts_no_turn(
    otlp: Callable[..., Settings], caplog: pytest.LogCaptureFixture
) -> None:
    with open_telemetry(otlp(f"http://127.0.0.1:{free_port()}", 1), service="intentloop-api") as meter:
        assert meter is not None
        make_traces(5000)
        await until(lambda: total(meter.points(), EXPORTS, signal="traces", export="lost") > 0)
    assert "traces are not exported for now" in caplog.text
    assert caplog.text.count("traces are not exported for now") == 1


async def test_the_queue_for_a_collector_is_bounded(otlp: Callable[..., Settings]) -> None:
    async with tool_server() as collector:
        collector.behaviours = [hang]
        with open_telemetry(otlp(collector.url), service="intentloop-api") as meter:
            assert meter is not None
            await asyncio.to_thread(make_traces, 2000)  # three spans each, and 2,048 are kept
            await asyncio.wait_for(collector.is_called.wait(), 60)
            assert total(meter.points(), EXPORTS, signal="traces", export="lost") >= 3 * 2000 - 2048
        assert len(of_requests(collector.received)) <= 2048


def test_the_environment_names_the_service(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    file = settings.home / "traces.jsonl"
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop-bot")
    more = {"telemetry": "json", "telemetry_file": file, "trace_share": 1.0}
    with open_telemetry(settings.model_copy(update=more), service="intentloop-api"):
        make_traces(1)
    assert '"service.name": "shop-bot"' in file.read_text(encoding="utf-8")

"""A trace goes through both queues: SQS, and the inbox in the database."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.channels.contract import IncomingEvent, Parsed
from serving.channels.delivery import Deliveries
from serving.channels.inbox import WebhookInbox, open_deliveries
from serving.channels.sqs import SqsQueue
from serving.telemetry import spans
from serving.telemetry.instruments import QUEUE_AGE, QUEUE_DEPTH
from serving.telemetry.meter import total
from serving.telemetry.spans import Trace
from serving.wiring import open_services
from tests.fakes.graph_server import ACCEPTS, GraphServer, failure, graph_server
from tests.support.fixed import FixedReleases
from tests.support.sqs_server import AWS_VARIABLES, TestQueue, make_queue, sqs_server
from tests.support.traces import recording

pytestmark = pytest.mark.integration
SECRET = "app-secret"


class Nowhere:
    """A queue that loses everything: the inbox alone is left."""

    def check_room(self) -> None:
        pass

    async def put(self, thread_hashes: object) -> None:
        pass


@pytest.fixture(scope="module")
def sqs_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with sqs_server(tmp_path_factory.mktemp("sqs")) as endpoint:
        yield endpoint


@pytest.fixture
def test_queue(sqs_endpoint: str, new_name: str, monkeypatch: pytest.MonkeyPatch) -> TestQueue:
    for name, value in {**AWS_VARIABLES, "AWS_ENDPOINT_URL": sqs_endpoint}.items():
        monkeypatch.setenv(name, value)
    return make_queue(sqs_endpoint, new_name, max_receives=3)


@pytest.fixture
async def graph() -> AsyncIterator[GraphServer]:
    async with graph_server(app_secret=SECRET) as graph:
        graph.behaviours = [ACCEPTS]
        yield graph


@asynccontextmanager
async def a_process(
    settings: Settings, release: Release, graph: GraphServer, *, uri: str, name: str
) -> AsyncIterator[Deliveries]:
    """Open what a process of its own would have."""
    own = {"mongo_uri": uri, "mongo_database": f"queues_{name}", "facebook_api_url": graph.url}
    settings = settings.model_copy(update=own).model_validate(
        {**settings.model_dump(), **own, "facebook_verify_token": "v", "facebook_app_secret": SECRET}
        | {"facebook_page_token": "t"}
    )
    releases = FixedReleases({"default": release})
    async with (
        open_services(settings, releases=releases) as services,
        open_deliveries(settings, services) as deliveries,
    ):
        yield deliveries


def hello(number: int = 1) -> Parsed:
    names = {"thread_id": f"facebook:1:{number}", "message_id": f"m-{number}", "account": "1", "sender": str(number)}
    return Parsed(events=(IncomingEvent(kind="text", text="hello", **names),))


def names(trace: Trace) -> set[str]:
    return {span.name for span in trace.spans}


async def accept(deliveries: Deliveries, queue: object, parsed: Parsed) -> str:
    """Accept an event as a webhook does; gives the traceparent of that."""
    with spans.begin("webhook", kind="server") as span:
        await WebhookInbox(deliveries, queue).accept("default", "facebook", parsed)  # type: ignore[arg-type]
    assert span.traceparent is not None
    return span.traceparent


async def test_the_inbox_carries_the_trace_to_another_process(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, graph: GraphServer
) -> None:
    where = {"uri": mongo_uri, "name": new_name}
    with recording() as (traces, meter):
        async with a_process(settings, tiny_release, graph, **where) as deliveries:
            first = await accept(deliveries, Nowhere(), hello())
        async with a_process(settings, tiny_release, graph, **where) as deliveries:
            due = await deliveries.inbox.due_threads(deliveries.services.now(), limit=10)
            assert await deliveries.work(due[0]) is None
    answered = next(trace for trace in traces if "deliver" in names(trace))
    assert {"turn", "send"} <= names(answered)
    root = answered.spans[-1]
    assert (f"{answered.id:032x}", f"{root.parent_id:016x}") == tuple(first.split("-")[1:3])
    assert total(meter.points(), QUEUE_DEPTH) in (0, 1)
    assert total(meter.points(), QUEUE_AGE) >= 0


async def test_events_of_one_thread_go_on_with_their_own_traces(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, graph: GraphServer
) -> None:
    with recording() as (traces, _):
        async with a_process(settings, tiny_release, graph, uri=mongo_uri, name=new_name) as deliveries:
            one = hello().events[0]
            parents = [
                await accept(deliveries, Nowhere(), Parsed(events=(one.model_copy(update={"message_id": f"m{n}"}),)))
                for n in range(3)
            ]
            due = await deliveries.inbox.due_threads(deliveries.services.now(), limit=10)
            await deliveries.work(due[0])
    answered = [f"{trace.id:032x}" for trace in traces if "deliver" in names(trace)]
    assert answered == [parent.split("-")[1] for parent in parents]


async def test_sqs_carries_the_trace_in_a_message_attribute(test_queue: TestQueue) -> None:
    queue = await SqsQueue.connect(test_queue.url)
    with recording() as (traces, _), spans.begin("http", kind="server"):
        await queue.put([f"thread-{number}" for number in range(12)])
    (trace,) = traces
    sent = next(span for span in trace.spans if span.name == "queue send")
    received = [each for _ in range(4) for each in await queue.receive(10, visibility_seconds=60)]
    assert {each.traceparent for each in received} == {sent.traceparent}
    assert len(received) == 12


async def test_messages_without_a_trace_are_worked_on_all_the_same(test_queue: TestQueue) -> None:
    queue = await SqsQueue.connect(test_queue.url)
    await queue.put(["thread"])  # telemetry is off
    (received,) = await queue.receive(10, visibility_seconds=60)
    assert received.traceparent is None
    assert received.job is not None


async def test_a_failed_delivery_is_exported_although_its_share_is_zero(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, graph: GraphServer
) -> None:
    graph.behaviours = [failure(100)]
    with recording(share=0.0) as (traces, _):
        async with a_process(settings, tiny_release, graph, uri=mongo_uri, name=new_name) as deliveries:
            await accept(deliveries, Nowhere(), hello())
            due = await deliveries.inbox.due_threads(deliveries.services.now(), limit=10)
            await deliveries.work(due[0])
    (trace,) = traces
    assert trace.spans[-1].name == "deliver"
    assert trace.spans[-1].error_type in ("given_up", "postponed")

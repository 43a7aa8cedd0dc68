"""One message through every process is one trace: page, API, tool, webhook, queue, worker, platform."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from serving.store.client import Database
from tests.fakes.graph_server import ACCEPTS, graph_server
from tests.fakes.tool_server import Behaviour, Received, answer, tool_server
from tests.serving.channels.test_facebook_webhook import FacebookPlatform
from tests.support.api_process import DATABASE, api_process
from tests.support.servers import ENGINES, mongo_server, stop
from tests.support.sqs_server import AWS_VARIABLES, make_queue, sqs_server
from tests.support.traces import Exported, path_of, read_file, read_metrics, tree
from tests.support.worker_process import start_worker

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SECRET = "app-secret"
TRACE_ID, PAGE_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
WEBHOOK = "/api/v1/bots/default/channels/facebook/webhook"
MESSAGES = "/api/v1/bots/default/messages"


@dataclass
class Platform:
    """The processes and where they write their spans."""

    url: str
    api_file: Path
    worker_file: Path
    mongo_uri: str

    def spans(self) -> list[Exported]:
        return [*read_file(self.api_file), *read_file(self.worker_file)]


@pytest.fixture(scope="module")
def sqs_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with sqs_server(tmp_path_factory.mktemp("sqs")) as endpoint:
        yield endpoint


@asynccontextmanager
async def running(
    folder: Path, release: Path, shop: str, *, queue: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Platform]:
    """Run the API and a worker that write their spans to files, and end them."""
    api_file, worker_file = folder / "api.jsonl", folder / "worker.jsonl"
    own = {"queue_url": queue, "telemetry": "json", "telemetry_file": str(api_file), "trace_share": 0.0}
    worker = {"QUEUE_URL": queue, "TELEMETRY": "json", "TELEMETRY_FILE": str(worker_file), "TRACE_SHARE": "0"}
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    with (
        mongo_server(ENGINES[0], folder / "mongo") as uri,
        api_process(folder / "api", release=release, mongo_uri=uri, shop=shop, settings=own) as url,
    ):
        for name, value in worker.items():
            monkeypatch.setenv(f"INTENTLOOP_{name}", value)
        process = start_worker(folder / "worker", release=release, mongo_uri=uri, shop=shop)
        try:
            yield Platform(url, api_file, worker_file, uri)
        finally:
            await asyncio.to_thread(stop, process)


def telling(platform: FacebookPlatform, url: list[str]) -> Behaviour:
    """Answer as a shop does, whose customer then hears from it in Messenger, too: it goes on with the trace."""

    async def behave(request: Received, writer: asyncio.StreamWriter) -> None:
        body = platform.body([platform.text_event("m-shop", "hello", customer="7")])
        headers = {**platform.headers(body, secret=SECRET), "traceparent": request.headers["traceparent"]}
        async with httpx2.AsyncClient() as client:
            assert (await client.post(url[0] + WEBHOOK, content=body, headers=headers)).status_code == 200
        await answer('{"status": "shipped"}')(request, writer)

    return behave


async def test_one_message_is_one_trace_from_the_page_to_the_worker(
    tmp_path: Path,
    tiny_release_folder: Path,
    sqs_endpoint: str,
    new_name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {**AWS_VARIABLES, "AWS_ENDPOINT_URL": sqs_endpoint}.items():
        monkeypatch.setenv(name, value)
    queue = make_queue(sqs_endpoint, new_name, max_receives=5)
    async with graph_server(app_secret=SECRET) as graph, tool_server() as shop:
        variables = {"API_URL": graph.url, "VERIFY_TOKEN": "v", "APP_SECRET": SECRET, "PAGE_TOKEN": "t"}
        for name, value in variables.items():
            monkeypatch.setenv(f"INTENTLOOP_FACEBOOK_{name}", value)
        graph.behaviours, url = [ACCEPTS], [""]
        shop.behaviours = [telling(FacebookPlatform(graph), url)]
        async with running(
            tmp_path, tiny_release_folder, shop.url, queue=queue.url, monkeypatch=monkeypatch
        ) as platform:
            url[0] = platform.url
            spans = await _send(platform)
            database = Database(platform.mongo_uri, name=DATABASE, timeout_seconds=5)
            stored = await database.collection("turns").find({}, {"trace_id": 1}).to_list(None)
            database.close()
        called = shop.received[0].headers["traceparent"]
    with capsys.disabled():
        sys.stdout.write(f"\n{tree(spans)}\n")
    by_name = {span.name: span for span in spans}
    page = by_name["POST /api/v1/bots/{bot}/messages"]
    assert (page.parent_id, page.service, page.kind) == (PAGE_SPAN, "intentloop-api", "server")
    assert called == f"00-{TRACE_ID}-{by_name['GET'].id}-01"
    sent = by_name["send"]
    assert sent.service == "intentloop-worker"
    assert path_of(sent, spans) == [
        *("POST /api/v1/bots/{bot}/messages", "turn", "tool", "GET"),
        *("POST /api/v1/bots/{bot}/channels/{channel}/webhook", "queue send", "work", "deliver", "send"),
    ]
    assert [turn["trace_id"] for turn in stored].count(TRACE_ID) == 2
    turns = read_metrics(platform.worker_file)["intentloop.turns"]
    assert [(point["attributes"]["outcome"], point["value"]) for point in turns] == [("answered", 1.0)]


async def _send(platform: Platform) -> list[Exported]:
    """Send a message as a page does that traces, and wait for the whole of its trace."""
    body = {"thread_id": "visitor-7", "message_id": "m-1", "text": "where is my order ORD-4711?"}
    headers = {"traceparent": f"00-{TRACE_ID}-{PAGE_SPAN}-01"}
    async with httpx2.AsyncClient(timeout=30) as client:
        # the first message of a process loads what the others use
        first = {"thread_id": "visitor-6", "text": "hello"}
        assert (await client.post(platform.url + MESSAGES, content=json.dumps(first))).status_code == 200
        response = await client.post(platform.url + MESSAGES, content=json.dumps(body), headers=headers)
    assert response.status_code == 200, response.text
    async with asyncio.timeout(60):
        while True:
            spans = [span for span in platform.spans() if span.trace_id == TRACE_ID]
            if {"work", "POST /api/v1/bots/{bot}/messages"} <= {span.name for span in spans}:
                return spans
            await asyncio.sleep(0.1)

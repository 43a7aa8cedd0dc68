"""Webhooks are answered although processes are killed in the middle: in the background of the API, and by workers."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from subprocess import Popen

import httpx2
import pytest

from pipelines.schemas.keys import thread_key
from serving.store.client import Database
from serving.store.threads.turns import TurnLog
from tests.fakes.graph_server import ACCEPTS, GraphServer, graph_server
from tests.fakes.tool_server import hang
from tests.serving.channels.test_facebook_webhook import PAGE, FacebookPlatform
from tests.support.api_process import DATABASE, start_api
from tests.support.servers import ENGINES, mongo_server, stop
from tests.support.sqs_server import AWS_VARIABLES, TestQueue, make_queue, sqs_server
from tests.support.worker_process import start_worker

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SECRET = "app-secret"
PATH = "/api/v1/bots/default/channels/facebook/webhook"
CUSTOMERS = 8
TEXTS = ("hello", "i want to buy a tent", "two")
ANSWERS = ["Hello!", "How many?", "Ordered: 2 x tent.", "Anything else?"]


@dataclass
class World:
    """The processes of one test, and the platform around them."""

    folder: Path
    release: Path
    mongo_uri: str
    platform: FacebookPlatform
    database: Database
    processes: list[Popen[bytes]]
    url: str = ""

    @property
    def graph(self) -> GraphServer:
        return self.platform.graph

    async def start_api(self) -> Popen[bytes]:
        folder = self.folder / f"api{len(self.processes)}"
        process, self.url = await asyncio.to_thread(
            start_api, folder, release=self.release, mongo_uri=self.mongo_uri, shop="http://127.0.0.1:1"
        )
        self.processes.append(process)
        return process

    def start_worker(self) -> Popen[bytes]:
        folder = self.folder / f"worker{len(self.processes)}"
        process = start_worker(folder, release=self.release, mongo_uri=self.mongo_uri)
        self.processes.append(process)
        return process

    def batches(self) -> list[bytes]:
        """Give what the platform brings: a request for each text, with the events of all customers."""
        return [
            self.platform.body(
                [self.platform.text_event(f"m{number}-{customer}", text, customer=str(customer))
                 for customer in range(CUSTOMERS)]
            )
            for number, text in enumerate(TEXTS)
        ]  # fmt: skip

    async def bring(self, bodies: list[bytes]) -> None:
        async with httpx2.AsyncClient(timeout=10) as client:
            for body in bodies:
                headers = self.platform.headers(body, secret=SECRET)
                response = await client.post(self.url + PATH, content=body, headers=headers)
                assert response.status_code == 200, response.text

    async def settled(self) -> None:
        async with asyncio.timeout(60):
            while await self.database.collection("inbox").find_one({"is_open": True}):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def check(self, *, repeats: int) -> None:
        """Each customer got all answers in their order, at most so many twice; each message has one turn."""
        log = TurnLog(self.database, ttl=timedelta(days=1))
        extra = 0
        for customer in range(CUSTOMERS):
            texts = [text for receiver, text in self.platform.sent() if receiver == str(customer)]
            assert list(dict.fromkeys(texts)) == ANSWERS
            extra += sum(count - 1 for count in Counter(texts).values())
            assert await log.last_number(thread_key("default", f"facebook:{PAGE}:{customer}")) == len(TEXTS)
        assert extra <= repeats


@pytest.fixture(params=ENGINES)
async def world(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tiny_release_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[World]:
    async with graph_server(app_secret=SECRET) as graph:
        variables = {"API_URL": graph.url, "VERIFY_TOKEN": "v", "APP_SECRET": SECRET, "PAGE_TOKEN": "secret:PAGE"}
        for name, value in variables.items():
            monkeypatch.setenv(f"INTENTLOOP_FACEBOOK_{name}", value)
        monkeypatch.setenv("INTENTLOOP_SECRET_PAGE", "page-token-7")
        with mongo_server(request.param, tmp_path / "mongo") as uri:
            database = Database(uri, name=DATABASE, timeout_seconds=5)
            world = World(tmp_path, tiny_release_folder, uri, FacebookPlatform(graph), database, [])
            yield world
            for process in world.processes:
                await asyncio.to_thread(stop, process)
            database.close()


async def test_an_api_that_was_killed_answers_after_its_restart(world: World) -> None:
    api = await world.start_api()
    world.graph.behaviours = [*[ACCEPTS] * 5, hang]
    await world.bring(world.batches())
    await world.graph.wait_for(8)
    api.kill()
    api.wait()
    accepted = 5
    hanging = len(world.graph.messages) - accepted
    assert hanging <= CUSTOMERS
    received = world.graph.tool.received
    received[:] = [request for request in received if b"sender_action" not in request.body][:accepted]
    world.graph.behaviours = [ACCEPTS]
    await world.start_api()
    await world.settled()
    assert {sent.token for sent in world.graph.messages} == {"page-token-7"}
    await world.check(repeats=accepted)


async def test_an_api_that_is_asked_to_end_finishes_what_is_under_way(world: World) -> None:
    api = await world.start_api()
    await world.bring(world.batches())
    api.terminate()
    assert await asyncio.to_thread(api.wait, 15) in (0, -signal.SIGTERM)
    assert not await world.database.collection("inbox").find_one({"is_open": True})
    await world.check(repeats=0)


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestQueue]:
    with sqs_server(tmp_path / "sqs") as endpoint:
        queue = make_queue(endpoint, "chat", max_receives=10)
        for name, value in {**AWS_VARIABLES, "AWS_ENDPOINT_URL": endpoint}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("INTENTLOOP_QUEUE_URL", queue.url)
        yield queue


async def test_a_worker_finishes_what_a_killed_one_began(queue: TestQueue, world: World) -> None:
    await world.start_api()
    batches = world.batches()
    await world.bring(batches)
    assert queue.count() == CUSTOMERS * len(TEXTS)
    world.graph.behaviours = [*[ACCEPTS] * 5, hang]
    first = world.start_worker()
    await world.graph.wait_for(8, seconds=60)
    first.kill()
    first.wait()
    received = world.graph.tool.received
    received[:] = [request for request in received if b"sender_action" not in request.body][:5]
    world.graph.behaviours = [ACCEPTS]
    second, third = world.start_worker(), world.start_worker()
    await world.bring(batches)  # the platform repeats itself, and saves the wait for hidden messages
    await world.settled()
    await world.check(repeats=5)
    for worker in (second, third):
        worker.terminate()
        assert await asyncio.to_thread(worker.wait, 30) == 0
    assert queue.count(dead=True) == 0

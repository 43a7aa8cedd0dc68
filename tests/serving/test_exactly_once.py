"""Two API processes, many clients, repeated messages, and `kill -9` of a process and of the database in the middle."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from subprocess import Popen

import httpx2
import pytest

from pipelines.schemas.bot import ToolSpec
from serving.store.client import Database
from serving.store.keys import thread_key
from serving.store.turns import TurnLog
from tests.fakes.tool_server import ToolServer, tool_server
from tests.support.api_process import start_api
from tests.support.bots import TINY_BOT
from tests.support.releases import make_release
from tests.support.servers import ENGINES, free_port, mongo_command, start, stop

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CLIENTS, THREADS, MESSAGES = 16, 12, 240
TEXTS = ("hello", "buy two tents", "i want to buy a tent", "two", "cancel", "track order ORD-7")


@dataclass
class Cluster:
    """The processes of one run."""

    folder: Path
    engine: str
    release: Path
    mongo_port: int
    tool: ToolServer
    database: Popen[bytes] | None = None
    apis: list[Popen[bytes]] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    @property
    def mongo_uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.mongo_port}"

    def start_database(self) -> None:
        folder = self.folder / "database"
        folder.mkdir(exist_ok=True)
        command = mongo_command(self.engine, port=self.mongo_port, folder=folder)
        self.database = start(command, port=self.mongo_port, folder=folder)

    def start_api(self, number: int) -> None:
        port = int(self.urls[number].rsplit(":", 1)[1]) if number < len(self.urls) else 0
        folder = self.folder / f"api{number}"
        process, url = start_api(folder, release=self.release, mongo_uri=self.mongo_uri, shop=self.tool.url, port=port)
        self.apis[number:] = [process, *self.apis[number + 1 :]]
        self.urls[number:] = [url, *self.urls[number + 1 :]]

    def stop(self) -> None:
        for process in (*self.apis, self.database):
            if process is not None:
                stop(process)


@pytest.fixture(scope="module")
def buying_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the tiny bot with a tool that has an effect."""
    spec = ToolSpec.model_validate(
        {
            "url": "{{ endpoints.shop }}/orders",
            "requestType": "POST",
            "isJson": True,
            "jsonData": "{{ parameters|tojson }}",
        }
    )
    intents = tuple(
        intent.model_copy(update={"api_trigger": True, "api_details": spec})
        if intent.intent_id == "order_product"
        else intent
        for intent in TINY_BOT.intents
    )
    return make_release(tmp_path_factory.mktemp("release") / "r", TINY_BOT.model_copy(update={"intents": intents}))


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture(params=ENGINES)
def cluster(
    request: pytest.FixtureRequest, tmp_path: Path, buying_release: Path, tool: ToolServer
) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, request.param, buying_release, free_port(), tool)
    yield cluster
    cluster.stop()


async def answered(client: httpx2.AsyncClient, urls: list[str], message: dict[str, str], start_at: int) -> bytes:
    """Send a message until it is answered, to one process after the other, as a webhook platform would."""
    for attempt in range(120):
        try:
            url = urls[(start_at + attempt) % len(urls)]
            response = await client.post(f"{url}/api/v1/bots/default/messages", json=message)
        except httpx2.TransportError:
            await asyncio.sleep(0.1)
            continue
        if response.status_code == 200:
            return response.content
        assert response.status_code in (409, 503), response.text
        await asyncio.sleep(0.1)
    raise AssertionError(f"never answered: {message}")


async def test_every_message_has_one_turn_and_every_effect_happens_once(cluster: Cluster) -> None:
    await asyncio.to_thread(cluster.start_database)
    for number in (0, 1):
        await asyncio.to_thread(cluster.start_api, number)
    dice = random.Random(7)
    messages = [
        {"thread_id": f"t{number % THREADS}", "message_id": f"m{number}", "text": TEXTS[number % len(TEXTS)]}
        for number in range(MESSAGES)
    ]
    sends = [*messages, *dice.sample(messages, MESSAGES * 3 // 10)]
    late = dice.sample(range(len(sends)), len(sends) // 5)
    for first, second in zip(late[::2], late[1::2], strict=False):
        sends[first], sends[second] = sends[second], sends[first]
    queue = iter(enumerate(sends))
    answers: list[tuple[str, bytes]] = []
    sent = Counter[str]()

    async def client_loop(client: httpx2.AsyncClient) -> None:
        for number, message in queue:
            sent[message["message_id"]] += 1
            answers.append((message["message_id"], await answered(client, cluster.urls, message, number)))

    async def killer() -> None:
        while len(answers) < len(sends) // 4:  # noqa: ASYNC110 - other clients' progress
            await asyncio.sleep(0.02)
        cluster.apis[0].kill()
        cluster.apis[0].wait()
        await asyncio.to_thread(cluster.start_api, 0)
        while len(answers) < len(sends) // 2:  # noqa: ASYNC110 - other clients' progress
            await asyncio.sleep(0.02)
        assert cluster.database is not None
        cluster.database.kill()
        cluster.database.wait()
        await asyncio.to_thread(cluster.start_database)

    limits = httpx2.Limits(max_connections=CLIENTS * 2)
    async with httpx2.AsyncClient(timeout=30, limits=limits) as client:
        await asyncio.gather(killer(), *(client_loop(client) for _ in range(CLIENTS)))
    await check(cluster, {message["message_id"] for message in messages}, answers)


async def check(cluster: Cluster, message_ids: set[str], answers: list[tuple[str, bytes]]) -> None:
    """Compare the log with what clients were told and with what the tool has seen."""
    database = Database(cluster.mongo_uri, name="intentloop_process", timeout_seconds=10)
    log = TurnLog(database, ttl=timedelta(days=1))
    answer_by_message, keys = {}, []
    for number in range(THREADS):
        key = thread_key("default", f"t{number}")
        for turn in range(1, await log.last_number(key) + 1):
            found = await log.at(key, turn)
            assert found is not None, f"thread {number} has no turn {turn}"
            assert found.record is not None, f"turn {turn} of thread {number} was never finished"
            assert found.message_id not in answer_by_message
            answer_by_message[found.message_id] = json.loads(found.record.answer)
            if found.record.tool is not None and found.record.intent_id == "order_product":
                assert found.record.tool.failure is None
                keys.append(found.record.tool.key)
    database.close()
    assert answer_by_message.keys() == message_ids
    for message_id, body in answers:
        assert json.loads(body) == answer_by_message[message_id]
    effects = [request.headers["idempotency-key"] for request in cluster.tool.received if request.method == "POST"]
    assert set(effects) == set(keys)
    assert len(keys) == len(set(keys))

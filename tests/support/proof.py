"""A run that proves the engine: clients and a platform that send until they are answered, and what came back."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
import pytest

from pipelines.errors import StoreUnavailable
from pipelines.schemas.keys import INBOX
from pipelines.schemas.turns import TurnRecord
from serving.store.client import Database
from tests.fakes.graph_server import graph_server
from tests.serving.channels.test_facebook_webhook import FacebookPlatform
from tests.support.cluster import Cluster
from tests.support.sqs_server import AWS_VARIABLES, make_queue, sqs_server

TEXTS = ("hello", "buy two tents", "i want to buy a tent", "two", "cancel", "track order ORD-1007")
TWICE = 0.3
"""Share of what is sent that is sent again at once."""
PATIENCE_SECONDS = 120.0
CUSTOMERS, APP_SECRET = 40, "app-secret"
MOST_REPEATED = 16
"""Replies that one killed process may have had under way."""


@dataclass(frozen=True)
class Size:
    """How much is sent: `messages` over REST, and `events` of a platform, which workers answer."""

    clients: int
    threads: int
    messages: int
    tool_timeout_seconds: float
    clocks: tuple[float, ...] = (0.0, 0.0)
    worker_clocks: tuple[float, ...] = ()
    events: int = 0
    troubles: tuple[str, ...] = ("api0", "database", "api1")


@dataclass
class Run:
    """What was sent and what came back."""

    cluster: Cluster
    size: Size
    answers: list[tuple[str, bytes]] = field(default_factory=list)
    hitches: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    event_waits: list[float] = field(default_factory=list)

    async def until_answered(self, share: float, of: int) -> None:
        """Wait until a share of the messages is answered."""
        while len(self.answers) < share * of:  # noqa: ASYNC110 - other clients' progress
            await asyncio.sleep(0.02)


@dataclass
class Messenger:
    """A platform whose customers write to the bot: it repeats a request until it is taken, and some after that."""

    run: Run
    platform: FacebookPlatform
    n_sent: int = 0
    is_over: bool = False

    async def send_all(self, client: httpx2.AsyncClient, *, pace: int) -> None:
        """Send every event as the other messages are answered, and wait until no event is open."""
        watching = asyncio.create_task(self._watch())
        dice = random.Random(11)
        bodies = []
        for number in range(self.run.size.events):
            await self.run.until_answered(number / self.run.size.events, pace)
            customer, text = str(number % CUSTOMERS), TEXTS[number % len(TEXTS)]
            bodies.append(self.platform.body([self.platform.text_event(f"e{number}", text, customer=customer)]))
            for body in [bodies[-1]] + ([dice.choice(bodies)] if dice.random() < TWICE else []):
                await self._send(client, body)
        self.is_over = True
        await asyncio.wait_for(watching, PATIENCE_SECONDS)

    async def _send(self, client: httpx2.AsyncClient, body: bytes) -> None:
        while True:
            self.n_sent += 1
            url = self.run.cluster.urls[self.n_sent % len(self.run.cluster.urls)]
            headers = self.platform.headers(body, secret=APP_SECRET)
            try:
                response = await client.post(
                    f"{url}/api/v1/bots/default/channels/facebook/webhook", content=body, headers=headers
                )
            except httpx2.TransportError:
                await asyncio.sleep(0.1)
                continue
            if response.status_code == 200:
                return
            assert response.status_code == 503, response.text
            await asyncio.sleep(0.1)

    async def _watch(self) -> None:
        """Note for how long each event is seen open, by the clock of this process."""
        database = Database(self.run.cluster.mongo_uri, name=self.run.cluster.database_name, timeout_seconds=5)
        open_since: dict[str, float] = {}
        while True:
            is_last, now = self.is_over, time.monotonic()
            try:
                reading = database.collection(INBOX).find({"is_open": True}, {"_id": 1}).to_list(None)
                still_open = {document["_id"] for document in await database.call("read inbox", reading)}
            except StoreUnavailable:
                await asyncio.sleep(0.1)
                continue
            self.run.event_waits += [now - since for key, since in open_since.items() if key not in still_open]
            open_since = {key: open_since.get(key, now) for key in still_open}
            if is_last and not still_open:
                database.close()
                return
            await asyncio.sleep(0.1)

    def check_replies(self, records: dict[str, TurnRecord]) -> int:
        """Every reply of every turn has been sent; give how many came twice, which a kill in the middle allows."""
        told = Counter(self.platform.sent())
        due: Counter[tuple[str, str | None]] = Counter()
        for number in range(self.run.size.events):
            due.update((str(number % CUSTOMERS), reply) for reply in records[f"e{number}"].replies)
        assert due - told == Counter()
        repeated = sum((told - due).values())
        assert repeated <= MOST_REPEATED * sum(name != "database" for name in self.run.size.troubles)
        return repeated


@asynccontextmanager
async def messenger(run: Run) -> AsyncIterator[Messenger | None]:
    """Give the platform, with a queue between webhooks and workers, if a run has one."""
    if not run.size.events:
        yield None
        return
    with sqs_server(run.cluster.folder / "sqs") as endpoint, pytest.MonkeyPatch.context() as environment:
        async with graph_server(app_secret=APP_SECRET) as graph:
            facebook = {"API_URL": graph.url, "VERIFY_TOKEN": "v", "APP_SECRET": APP_SECRET, "PAGE_TOKEN": "p"}
            variables = {f"INTENTLOOP_FACEBOOK_{name}": value for name, value in facebook.items()}
            queue = make_queue(endpoint, "chat", max_receives=100)
            variables |= {**AWS_VARIABLES, "AWS_ENDPOINT_URL": endpoint, "INTENTLOOP_QUEUE_URL": queue.url}
            for name, value in variables.items():
                environment.setenv(name, value)
            yield Messenger(run, FacebookPlatform(graph))
            await asyncio.to_thread(run.cluster.stop)

"""Two API processes, many clients, repeated messages, and `kill -9` of processes and of the database in the middle."""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from pipelines.schemas.keys import thread_key
from pipelines.schemas.turns import TurnRecord
from serving.store.client import Database
from serving.store.turns import TurnLog
from tests.support.cluster import Cluster, buying_release
from tests.support.servers import ENGINES

pytestmark = [pytest.mark.integration, pytest.mark.slow]

TEXTS = ("hello", "buy two tents", "i want to buy a tent", "two", "cancel", "track order ORD-1007")
TWICE, OUT_OF_ORDER = 0.3, 0.2
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Size:
    """How much is sent."""

    clients: int
    threads: int
    messages: int
    tool_timeout_seconds: float


SMALL = Size(clients=16, threads=12, messages=240, tool_timeout_seconds=1.0)
# A patient tool limit: on a busy machine a slow answer would count as a failure, which is another test's subject.
FULL = Size(clients=64, threads=200, messages=5000, tool_timeout_seconds=10.0)


@dataclass
class Run:
    """What was sent and what came back."""

    cluster: Cluster
    size: Size
    answers: list[tuple[str, bytes]] = field(default_factory=list)
    hitches: Counter[str] = field(default_factory=Counter)

    async def until_answered(self, share: float, of: int) -> None:
        """Wait until a share of the messages is answered."""
        while len(self.answers) < share * of:  # noqa: ASYNC110 - other clients' progress
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return buying_release(tmp_path_factory.mktemp("release") / "r")


@pytest.fixture(
    params=[
        *((engine, SMALL) for engine in ENGINES),
        pytest.param((ENGINES[0], FULL), marks=pytest.mark.prove),
    ],
    ids=lambda param: f"{param[0]}-{param[1].messages}",
)
def run(request: pytest.FixtureRequest, tmp_path: Path, release: Path) -> Iterator[Run]:
    engine, size = request.param
    cluster = Cluster(tmp_path, engine, release, tool_timeout_seconds=size.tool_timeout_seconds)
    yield Run(cluster, size)
    cluster.stop()


def sends_of(messages: list[dict[str, str]], *, seed: int) -> list[dict[str, str]]:
    """Say what is sent: every message, some of them again at once, and some again later in another order."""
    dice = random.Random(seed)
    sends: list[dict[str, str]] = []
    twice = {message["message_id"] for message in dice.sample(messages, round(TWICE * len(messages)))}
    for message in messages:
        sends += [message, message] if message["message_id"] in twice else [message]
    late = dice.sample(messages, round(OUT_OF_ORDER * len(messages)))
    for message in late:
        sends.insert(dice.randint(0, len(sends)), message)
    return sends


async def answered(client: httpx2.AsyncClient, run: Run, message: dict[str, str], start_at: int) -> bytes:
    """Send a message until it is answered, to one process after the other, as a webhook platform would."""
    give_up_at, attempt = time.monotonic() + PATIENCE_SECONDS, 0
    while time.monotonic() < give_up_at:
        attempt += 1
        try:
            url = run.cluster.urls[(start_at + attempt) % len(run.cluster.urls)]
            response = await client.post(f"{url}/api/v1/bots/default/messages", json=message)
        except httpx2.TransportError as error:
            run.hitches[type(error).__name__] += 1
        else:
            if response.status_code == 200:
                return response.content
            assert response.status_code in (409, 503), response.text
            run.hitches[str(response.status_code)] += 1
        await asyncio.sleep(0.1)
    raise AssertionError(f"never answered: {message}")


async def cause_trouble(run: Run, sends: int) -> None:
    """Kill a process, the database, and the other process, and start each again."""
    for share, name in ((0.25, "api0"), (0.5, "database"), (0.75, "api1")):
        await run.until_answered(share, sends)
        await asyncio.to_thread(run.cluster.kill, name)
        if name == "database":
            await asyncio.to_thread(run.cluster.start_database)
        else:
            await asyncio.to_thread(run.cluster.start_api, int(name[-1]))


async def test_every_message_has_one_turn_and_every_effect_happens_once(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.to_thread(run.cluster.start)
    messages = [
        {"thread_id": f"t{number % run.size.threads}", "message_id": f"m{number}", "text": TEXTS[number % len(TEXTS)]}
        for number in range(run.size.messages)
    ]
    sends = sends_of(messages, seed=7)
    queue = iter(enumerate(sends))

    async def client_loop(client: httpx2.AsyncClient) -> None:
        for number, message in queue:
            run.answers.append((message["message_id"], await answered(client, run, message, number)))

    limits = httpx2.Limits(max_connections=run.size.clients * 2)
    started = time.monotonic()
    async with httpx2.AsyncClient(timeout=30, limits=limits) as client:
        await asyncio.gather(cause_trouble(run, len(sends)), *(client_loop(client) for _ in range(run.size.clients)))
    seconds = time.monotonic() - started
    records = await logged_turns(run)
    check_answers(run, {message["message_id"] for message in messages}, records)
    effects = await asyncio.to_thread(check_effects, run, records)
    with capsys.disabled():
        hitches = ", ".join(f"{name}: {count}" for name, count in run.hitches.most_common())
        sys.stdout.write(
            f"\n{run.cluster.engine}: {len(messages):,} messages sent {len(sends):,} times by {run.size.clients} "
            f"clients in {seconds:.0f} s; {len(records):,} turns, {effects:,} effects; sent again after {hitches}\n"
        )


async def logged_turns(run: Run) -> dict[str, TurnRecord]:
    """Read every turn, by the message it answers; numbers without a gap, none unfinished, no message twice."""
    database = Database(run.cluster.mongo_uri, name=run.cluster.database_name, timeout_seconds=10)
    log = TurnLog(database, ttl=timedelta(days=1))
    records: dict[str, TurnRecord] = {}
    for number in range(run.size.threads):
        key = thread_key("default", f"t{number}")
        for turn in range(1, await log.last_number(key) + 1):
            found = await log.at(key, turn)
            assert found is not None, f"thread {number} has no turn {turn}"
            assert found.record is not None, f"turn {turn} of thread {number} was never finished"
            assert found.message_id not in records
            records[found.message_id] = found.record
    database.close()
    return records


def check_answers(run: Run, message_ids: set[str], records: dict[str, TurnRecord]) -> None:
    """Every message has a turn, and whoever was told something was told what the log says."""
    assert records.keys() == message_ids
    for message_id, body in run.answers:
        assert json.loads(body) == json.loads(records[message_id].answer)


def check_effects(run: Run, records: dict[str, TurnRecord]) -> int:
    """What the log says was done is what the shop has done, each thing once; gives how many."""
    orders = [each for each in records.values() if each.tool is not None and each.intent_id == "order_product"]
    assert all(each.tool is not None and each.tool.failure is None for each in orders)
    keys = Counter(each.tool.key for each in orders if each.tool is not None)
    effects = Counter(effect["idempotency_key"] for effect in run.cluster.effects())
    assert effects == keys
    assert set(effects.values()) == {1}
    return len(effects)

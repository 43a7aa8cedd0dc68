"""Many clients, repeated messages, and `kill -9` of APIs, workers and the database in the middle."""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from pipelines.schemas.keys import thread_key
from pipelines.schemas.turns import TurnRecord
from serving.store.client import Database
from serving.store.threads.turns import TurnLog
from tests.serving.channels.test_facebook_webhook import PAGE
from tests.support.cluster import Cluster, buying_release
from tests.support.proof import CUSTOMERS, PATIENCE_SECONDS, TEXTS, TWICE, Messenger, Run, Size, messenger
from tests.support.servers import ENGINES

pytestmark = [pytest.mark.integration, pytest.mark.slow]

OUT_OF_ORDER = 0.2

SMALL = Size(clients=16, threads=12, messages=240, tool_timeout_seconds=1.0)
# A patient tool limit: on a busy machine a slow answer would count as a failure, which is another test's subject.
FULL = Size(clients=64, threads=200, messages=5000, tool_timeout_seconds=10.0)
TWO_CLOCKS = Size(
    clients=48,
    threads=150,
    messages=2400,
    tool_timeout_seconds=10.0,
    clocks=(0.0, 3600.0, 0.0, 3600.0),
    worker_clocks=(0.0, 3600.0),
    events=600,
    troubles=("api1", "worker0", "database", "api3", "worker1", "api0") * 2,
)
LONGEST_WAIT_SECONDS = 20.0


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return buying_release(tmp_path_factory.mktemp("release") / "r")


@pytest.fixture(
    params=[
        *((engine, SMALL) for engine in ENGINES),
        pytest.param((ENGINES[0], FULL), marks=pytest.mark.prove),
        pytest.param((ENGINES[0], TWO_CLOCKS), marks=pytest.mark.prove),
    ],
    ids=lambda param: f"{param[0]}-{param[1].messages + param[1].events}",
)
def run(request: pytest.FixtureRequest, tmp_path: Path, release: Path) -> Iterator[Run]:
    engine, size = request.param
    cluster = Cluster(
        tmp_path,
        engine,
        release,
        tool_timeout_seconds=size.tool_timeout_seconds,
        clocks=size.clocks,
        worker_clocks=size.worker_clocks,
    )
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
    began, attempt = time.monotonic(), 0
    give_up_at = began + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        attempt += 1
        try:
            url = run.cluster.urls[(start_at + attempt) % len(run.cluster.urls)]
            response = await client.post(f"{url}/api/v1/bots/default/messages", json=message)
        except httpx2.TransportError as error:
            run.hitches[type(error).__name__] += 1
        else:
            if response.status_code == 200:
                run.waits.append(time.monotonic() - began)
                return response.content
            assert response.status_code in (409, 503), response.text
            run.hitches[str(response.status_code)] += 1
        await asyncio.sleep(0.1)
    raise AssertionError(f"never answered: {message}")


async def cause_trouble(run: Run, sends: int) -> None:
    """Kill processes and the database, one after the other, and start each again."""
    for number, name in enumerate(run.size.troubles, start=1):
        await run.until_answered(number / (len(run.size.troubles) + 1), sends)
        await asyncio.to_thread(run.cluster.kill, name)
        await asyncio.to_thread(run.cluster.start_again, name)


async def test_every_message_has_one_turn_and_every_effect_happens_once(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    async with messenger(run) as platform:
        await asyncio.to_thread(run.cluster.start)
        await send_and_check(run, platform, capsys)


async def send_and_check(run: Run, platform: Messenger | None, capsys: pytest.CaptureFixture[str]) -> None:
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
        work = [client_loop(client) for _ in range(run.size.clients)]
        if platform is not None:
            work.append(platform.send_all(client, pace=len(sends)))
        await asyncio.gather(cause_trouble(run, len(sends)), *work)
    seconds = time.monotonic() - started
    records = await logged_turns(run)
    expected = {message["message_id"] for message in messages}
    if platform is not None:
        expected |= {f"e{number}" for number in range(run.size.events)}
        repeated = platform.check_replies(records)
        assert max(run.waits + run.event_waits) < LONGEST_WAIT_SECONDS
    check_answers(run, expected, records)
    effects = await asyncio.to_thread(check_effects, run, records)
    with capsys.disabled():
        hitches = ", ".join(f"{name}: {count}" for name, count in run.hitches.most_common())
        sys.stdout.write(
            f"\n{run.cluster.engine}: {len(messages):,} messages sent {len(sends):,} times by {run.size.clients} "
            f"clients in {seconds:.0f} s; {len(records):,} turns, {effects:,} effects; sent again after {hitches}; "
            f"longest wait {max(run.waits):.1f} s\n"
        )
        if platform is not None:
            sys.stdout.write(
                f"{run.size.events:,} of the turns answer a platform's events, sent {platform.n_sent:,} times; longest "
                f"wait {max(run.event_waits):.1f} s; {repeated} replies sent twice; killed: "
                f"{', '.join(run.size.troubles)}\n"
            )


async def logged_turns(run: Run) -> dict[str, TurnRecord]:
    """Read every turn, by the message it answers; numbers without a gap, none unfinished, no message twice."""
    database = Database(run.cluster.mongo_uri, name=run.cluster.database_name, timeout_seconds=10)
    log = TurnLog(database, ttl=timedelta(days=1))
    records: dict[str, TurnRecord] = {}
    threads = [f"t{number}" for number in range(run.size.threads)]
    if run.size.events:
        threads += [f"facebook:{PAGE}:{customer}" for customer in range(CUSTOMERS)]
    for thread in threads:
        key = thread_key("default", thread)
        for turn in range(1, await log.last_number(key) + 1):
            found = await log.at(key, turn)
            assert found is not None, f"thread {thread} has no turn {turn}"
            assert found.record is not None, f"turn {turn} of thread {thread} was never finished"
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

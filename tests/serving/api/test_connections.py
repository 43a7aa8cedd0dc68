"""Clients that keep the chat API waiting, with real processes and sockets: everybody else is still answered."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest

from serving.bench.beside import Slices
from serving.bench.generator import run_load
from serving.bench.plan import LoadPlan
from tests.fakes.crowd import (
    ALIVE,
    DRIPPED_BODY,
    DRIPPED_HEAD,
    EMPTY_LINES,
    HALF_A_BODY,
    HALF_A_HEAD,
    HEAD,
    KEPT_ALIVE,
    LONG,
    NO_HTTP,
    SILENT,
    TOO_LARGE,
    UNREAD,
    Attack,
    Crowd,
    crowd,
)
from tests.support.api_process import start_api
from tests.support.ratios import assert_hardly_slower
from tests.support.servers import ENGINES, mongo_server, stop

pytestmark = [pytest.mark.integration, pytest.mark.slow]

OPEN_FILES = 1024
ATTACKERS = 1100
ATTACK_SECONDS = 4.0
RECEIVE_SECONDS, SEND_SECONDS, KEEP_ALIVE_SECONDS = 2.0, 2.0, 3
SWEEP_SECONDS = 1.5  # limits are looked at once a second
SOON_SECONDS = 10.0  # also on a busy machine
HELLO = b'{"thread_id": "t", "text": "hello"}'
ALLOWED_RATIO = 1.3
PROOF_ATTACKERS = 200
RATE, MEASURED_SECONDS = 40.0, 120.0  # half of it is attacked


@dataclass(frozen=True)
class Api:
    """A chat API with little patience and few files."""

    url: str
    process: psutil.Process
    log: Path

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def cpu_seconds(self) -> float:
        used = self.process.cpu_times()
        return used.user + used.system

    async def is_greeted(self, client: httpx2.AsyncClient, thread: str, *, comes_again: bool = False) -> bool:
        """Whether a customer gets a reply, at once or, if it `comes_again`, soon."""
        message = {"thread_id": thread, "message_id": "m", "text": "hello"}
        give_up_at = time.monotonic() + SOON_SECONDS
        while True:
            try:
                response = await client.post(f"{self.url}/api/v1/bots/default/messages", json=message)
            except httpx2.TransportError:
                if not comes_again or time.monotonic() > give_up_at:
                    raise
            else:
                if response.status_code != 503 or not comes_again or time.monotonic() > give_up_at:
                    return response.status_code == 200 and response.json()["replies"] == [{"text": "Hello!"}]
            await asyncio.sleep(0.5)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mongo_server(ENGINES[0], tmp_path_factory.mktemp("database")) as mongo_uri:
        yield mongo_uri


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, tiny_release_folder: Path, database: str) -> Iterator[Api]:
    """Give a chat API with the usual limits."""
    yield from serve(tmp_path_factory.mktemp("api"), tiny_release_folder, database, open_files=OPEN_FILES)


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory, tiny_release_folder: Path, database: str) -> Iterator[Api]:
    """Give a chat API that waits for seconds only."""
    yield from serve(
        tmp_path_factory.mktemp("impatient"), tiny_release_folder, database, open_files=OPEN_FILES,
        receive_timeout_seconds=RECEIVE_SECONDS, send_timeout_seconds=SEND_SECONDS,
        keep_alive_seconds=KEEP_ALIVE_SECONDS,
    )  # fmt: skip


def serve(folder: Path, release: Path, mongo_uri: str, *, open_files: int, **settings: object) -> Iterator[Api]:
    process, url = start_api(
        folder, release=release, mongo_uri=mongo_uri, shop="http://127.0.0.1:1", open_files=open_files,
        settings=settings,
    )  # fmt: skip
    try:
        yield Api(url, psutil.Process(process.pid), folder / "output.log")
    finally:
        stop(process)
    assert process.returncode == 0


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client with a new connection for every request, as a newcomer has."""
    async with httpx2.AsyncClient(timeout=20, limits=httpx2.Limits(max_keepalive_connections=0)) as client:
        yield client


LOCKOUTS = (SILENT, DRIPPED_HEAD, HALF_A_BODY, KEPT_ALIVE, UNREAD, NO_HTTP)
TIMED_OUT: tuple[tuple[Attack, list[bytes]], ...] = (
    (SILENT, []),
    (HALF_A_HEAD, [b"408"]),
    (DRIPPED_HEAD, [b"408"]),
    (HALF_A_BODY, [b"408"]),
    (DRIPPED_BODY, [b"408"]),
    (KEPT_ALIVE, [b"200"]),
    (EMPTY_LINES, [b"200", b"408"]),
    (TOO_LARGE, [b"413"]),
)


@pytest.mark.parametrize("attack", LOCKOUTS, ids=lambda attack: attack.name)
async def test_more_attackers_than_files_shut_nobody_out(
    api: Api, client: httpx2.AsyncClient, attack: Attack, new_name: str
) -> None:
    waits: list[float] = []
    log_size, used, started = api.log.stat().st_size, api.cpu_seconds(), time.monotonic()
    with crowd(api.port, attack, count=ATTACKERS):
        while time.monotonic() - started < ATTACK_SECONDS:
            asked_at = time.monotonic()
            # what the unread answers need is work at first, of which there may be too much for a moment
            assert await api.is_greeted(client, f"{new_name}-{len(waits)}", comes_again=attack is UNREAD)
            assert (await client.get(f"{api.url}/health/ready")).status_code == 200
            waits.append(time.monotonic() - asked_at)
            assert api.process.num_fds() < OPEN_FILES
            await asyncio.sleep(0.2)
    seconds = time.monotonic() - started
    assert max(waits) < SOON_SECONDS
    assert attack is UNREAD or api.cpu_seconds() - used < 0.9 * seconds
    assert api.log.stat().st_size - log_size < 1000 * seconds, api.log.read_text()[-2000:]


@pytest.mark.parametrize(("attack", "expected"), TIMED_OUT, ids=[attack.name for attack, _ in TIMED_OUT])
async def test_who_keeps_the_server_waiting_is_told_and_sent_away(
    impatient: Api, attack: Attack, expected: list[bytes]
) -> None:
    started = time.monotonic()
    async with asyncio.timeout(20):
        said = await attack.once(impatient.port)
    seconds = time.monotonic() - started
    assert re.findall(rb"HTTP/1.1 (\d+)", said) == expected
    assert seconds > RECEIVE_SECONDS - 0.1


async def test_an_answer_that_nobody_reads_is_not_kept(impatient: Api) -> None:
    before = len(impatient.process.net_connections())
    attacking = asyncio.create_task(UNREAD.once(impatient.port))
    await asyncio.sleep(0.5)
    assert len(impatient.process.net_connections()) == before + 1
    async with asyncio.timeout(2 * SEND_SECONDS + 2 * SWEEP_SECONDS):
        while len(impatient.process.net_connections()) > before:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    attacking.cancel()
    await asyncio.gather(attacking, return_exceptions=True)


async def test_slow_clients_are_served(impatient: Api) -> None:
    """A phone on a bad network sends and reads for much longer than the limits, but never stops."""
    body = b'{"thread_id": "slow", "text": "hello", "context": {"note": "%s"}}' % (b"x" * 6000)
    reader, writer = await asyncio.open_connection("127.0.0.1", impatient.port)
    writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(body))
    for start in range(0, len(body), 600):
        await asyncio.sleep(0.5)
        writer.write(body[start : start + 600])
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    writer.transport.abort()
    reader, writer = await asyncio.open_connection("127.0.0.1", impatient.port, limit=4096)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    writer.write(LONG.replace(b"here", b"here\r\nConnection: close"))
    give_up_at = time.monotonic() + 3 * SEND_SECONDS
    while time.monotonic() < give_up_at:
        assert await reader.read(2000)
        await asyncio.sleep(0.2)
    writer.transport.abort()


async def test_requests_in_one_piece_are_answered_in_order(impatient: Api) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", impatient.port)
    hello = HEAD + b"Content-Length: %d\r\n\r\n" % len(HELLO) + HELLO
    writer.write(ALIVE + hello + ALIVE[:20])
    assert b'"ok"' in await reader.readuntil(b"}")
    assert b"Hello!" in await reader.readuntil(b'"is_handed_over":false}')
    await asyncio.sleep(RECEIVE_SECONDS / 2)
    writer.write(ALIVE[20:])
    assert b'"ok"' in await reader.readuntil(b"}")
    writer.transport.abort()


async def test_a_process_with_hardly_any_files_recovers(
    tmp_path: Path, tiny_release_folder: Path, database: str, client: httpx2.AsyncClient, new_name: str
) -> None:
    for api in serve(tmp_path, tiny_release_folder, database, open_files=64):
        size = api.log.stat().st_size
        with crowd(api.port, SILENT, count=300):
            for number in range(3):
                assert await api.is_greeted(client, f"{new_name}-{number}", comes_again=True)
        assert await api.is_greeted(client, new_name)
        assert api.log.stat().st_size - size < 20_000


class Comings:
    """A crowd that comes and goes with the slices of the run."""

    def __init__(self, crowd: Crowd) -> None:
        self.times_begun = 0
        self.end = crowd.close
        self._crowd = crowd
        self._is_here = False

    def cpu_seconds(self) -> float | None:
        return None

    def resume(self) -> None:  # called many times in a slice
        if not self._is_here:
            self._is_here = True
            self._crowd.begin()

    def pause(self) -> None:
        self._is_here = False
        self._crowd.end()


@pytest.mark.prove
async def test_latency_of_others_hardly_moves(
    tmp_path: Path, tiny_release_folder: Path, database: str, new_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for api in serve(tmp_path, tiny_release_folder, database, open_files=OPEN_FILES):
        plan = LoadPlan(
            url=f"{api.url}/api/v1/bots/default/messages", clients=1, rate=RATE, warm_up_seconds=1,
            seconds=MEASURED_SECONDS, texts=("hello", "hi there", "good morning"), run_id=new_name,
        )  # fmt: skip
        comings = Comings(Crowd(api.port, SILENT, DRIPPED_HEAD, count=PROOF_ATTACKERS))
        slices = Slices(comings)
        alternating = asyncio.create_task(asyncio.to_thread(slices.run))
        done = await asyncio.to_thread(run_load, plan, lambda _: None)
        slices.stop()
        await alternating
        comings.end()
    words = ("a crowd", "alone", f"beside {2 * PROOF_ATTACKERS} attackers")
    assert_hardly_slower(slices, done.samples, at_most=ALLOWED_RATIO, words=words, capsys=capsys)

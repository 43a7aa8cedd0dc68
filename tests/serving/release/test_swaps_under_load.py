"""Two chat APIs follow a real MLflow server while customers talk: releases come and go, and nobody notices."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

import httpx2
import psutil
import pytest

from pipelines.registry.client import Registry, model_name
from serving.release.cache import ReleaseCache
from serving.release.promoter import Promoter
from serving.store.client import Database
from serving.store.releases.promotions import Promotions
from tests.fakes.slow_proxy import SlowProxy, slow_proxy
from tests.support.bots import TINY_BOT
from tests.support.mlflow_server import register_release, start_mlflow
from tests.support.releases import make_release
from tests.support.serve_process import environment_of, start_serve
from tests.support.servers import free_port, mongo_server, stop

pytestmark = [pytest.mark.integration, pytest.mark.slow]

LIVE_SECONDS = 10.0
CLIENTS = 4
WARM_UP = 5
MAX_GROWTH = 1.15
SIDES = ("one", "two")


def speaking_release(folder: Path, name: str) -> Path:
    """Train the tiny bot so that each of its replies says which release it is from."""
    intents = tuple(
        intent.model_copy(update={"speech_response": f"{name} here###{name} there"})
        if intent.intent_id == "greet"
        else intent
        for intent in TINY_BOT.intents
    )
    return make_release(folder / name, TINY_BOT.model_copy(update={"intents": intents}), seed=SIDES.index(name))


@dataclass
class Site:
    """Everything that runs, and what customers saw."""

    registry: Registry
    promoter: Promoter
    promotions: Promotions
    proxy: SlowProxy
    folder: Path
    mlflow_port: int
    mlflow: Popen[bytes]
    environments: list[dict[str, str]]
    apis: list[Popen[bytes]] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    name_by_version: dict[str, str] = field(default_factory=dict)
    answered: int = 0
    failures: list[str] = field(default_factory=list)

    def start_api(self, number: int) -> None:
        """Start one of the APIs, at its old place if it was there before."""
        port = int(self.urls[number].rsplit(":", 1)[1]) if number < len(self.urls) else 0
        process, url = start_serve(self.folder / f"api{number}", self.environments[number], port=port)
        self.apis[number:] = [process, *self.apis[number + 1 :]]
        self.urls[number:] = [url, *self.urls[number + 1 :]]

    def start_registry(self) -> None:
        """Start MLflow again."""
        self.mlflow = start_mlflow(self.folder / "mlflow", port=self.mlflow_port)

    def resident_bytes(self) -> list[int]:
        """Give what each API holds in memory."""
        return [psutil.Process(api.pid).memory_info().rss for api in self.apis]

    async def versions(self, client: httpx2.AsyncClient) -> set[str | None]:
        """Give the versions that answer now."""
        states = [await client.get(f"{url}/health/ready") for url in self.urls]
        return {state.json()["release"] for state in states}

    async def until_live(self, version: str) -> float:
        """Wait until a version answers everywhere; gives the seconds that took."""
        began = time.monotonic()
        async with httpx2.AsyncClient(timeout=30) as client, asyncio.timeout(300):
            while await self.versions(client) != {version}:  # noqa: ASYNC110 - other processes' progress
                await asyncio.sleep(0.1)
        return time.monotonic() - began

    @asynccontextmanager
    async def under_load(self) -> AsyncIterator[None]:
        """Let customers talk to both APIs for as long as the context lasts."""
        done = asyncio.Event()
        customers = [asyncio.create_task(self._talk(number, done)) for number in range(CLIENTS)]
        try:
            yield
        finally:
            done.set()
            await asyncio.gather(*customers)

    async def _talk(self, number: int, done: asyncio.Event) -> None:
        async with httpx2.AsyncClient(timeout=30) as client:
            while not done.is_set():
                url = self.urls[self.answered % len(self.urls)]
                message = {"thread_id": f"c{number}-{self.answered}", "text": "hello"}
                try:
                    response = await client.post(f"{url}/api/v1/bots/default/messages", json=message)
                except httpx2.TransportError as error:
                    self.failures.append(repr(error))
                    continue
                self.answered += 1
                self._check(response)
                await asyncio.sleep(0.01)

    def _check(self, response: httpx2.Response) -> None:
        if response.status_code != 200:
            self.failures.append(f"{response.status_code} {response.text}")
            return
        body = response.json()
        name = self.name_by_version[body["release"]]
        if [reply["text"] for reply in body["replies"]] != [f"{name} here", f"{name} there"]:
            self.failures.append(f"release {body['release']} said {body['replies']}")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Run MLflow behind a proxy, a database and two APIs, with two versions of which the first is promoted."""
    port = free_port()
    async with AsyncExitStack() as stack:
        mlflow = await asyncio.to_thread(start_mlflow, tmp_path / "mlflow", port=port)
        mongo_uri = stack.enter_context(mongo_server("nx-27017", tmp_path / "mongo"))
        proxy = await stack.enter_async_context(slow_proxy(port))
        database = Database(mongo_uri, name="intentloop_serve", timeout_seconds=5.0)
        stack.callback(database.close)
        direct = f"http://127.0.0.1:{port}"
        registry, promotions = Registry(direct), Promotions(database)
        promoter = Promoter(
            registry, promotions, ReleaseCache(tmp_path / "here"), bot="default", alias="production", verdict_key=None
        )
        # a busy machine makes the small database slow, which is not what is tested here
        environments = [
            environment_of(
                tmp_path / f"api{number}", mongo_uri=mongo_uri, mlflow_uri=proxy.url, mongo_timeout_seconds="20"
            )
            for number in (0, 1)
        ]
        site = Site(registry, promoter, promotions, proxy, tmp_path, port, mlflow, environments)
        try:
            for name in SIDES:
                release = await asyncio.to_thread(speaking_release, tmp_path, name)
                version = await asyncio.to_thread(register_release, direct, release, name=model_name("default"))
                site.name_by_version[version] = name
            await promoter.promote(registry.find_version("default", "1"))
            for number in (0, 1):
                await asyncio.to_thread(site.start_api, number)
            await site.until_live("1")
            yield site
        finally:
            for process in (*site.apis, site.mlflow):
                stop(process)


async def timed(site: Site, move: Callable[[], Awaitable[object]], version: str) -> float:
    await move()
    return await site.until_live(version)


async def swap_again_and_again(site: Site, rounds: int) -> None:
    """Promote as somebody in the MLflow UI does and roll back by command, while customers talk."""

    async def promote_in_the_ui() -> None:
        await asyncio.to_thread(site.registry.set_alias, "default", "production", "2")

    seconds: list[float] = []
    before: list[int] = []
    async with site.under_load():
        for number in range(rounds):
            seconds.append(await timed(site, promote_in_the_ui, "2"))
            seconds.append(await timed(site, site.promoter.roll_back, "1"))
            if number == WARM_UP:
                before = site.resident_bytes()
    after = site.resident_bytes()
    print(  # noqa: T201 - `make prove` shows the figures
        f"\n{2 * rounds} swaps on two APIs, {site.answered} messages answered, {len(site.failures)} failed; live after "
        f"{sorted(seconds)[rounds]:.1f} s (median), {max(seconds):.1f} s at most; resident MB after {WARM_UP} rounds "
        f"{[size >> 20 for size in before]}, at the end {[size >> 20 for size in after]}"
    )
    assert site.failures == []
    assert site.answered > 20 * rounds
    assert max(seconds) < LIVE_SECONDS
    assert all(end < MAX_GROWTH * begin for begin, end in zip(before, after, strict=False))
    moves = [entry.move for entry in await site.promotions.recent("default")]
    assert len(moves) == 2 * rounds + 1
    assert {(move.kind, move.to_version) for move in moves} == {
        ("promotion", "1"), ("noticed", "2"), ("rollback", "1"),
    }  # fmt: skip


async def lose_the_registry(site: Site) -> None:
    """Let MLflow hang, end it, start an API without it, start it again, and let it be slow, while customers talk."""
    async with site.under_load():
        site.proxy.hangs = True
        await asyncio.sleep(7)
        await asyncio.to_thread(stop, site.mlflow)
        await site.proxy.close_connections()
        site.proxy.hangs = False
        await asyncio.sleep(7)
    assert site.failures == []
    await asyncio.to_thread(stop, site.apis[0])
    await asyncio.to_thread(site.start_api, 0)
    await site.until_live("1")
    async with site.under_load():
        await asyncio.to_thread(site.start_registry)
        site.proxy.delay_seconds = 0.5
        await asyncio.to_thread(site.registry.set_alias, "default", "production", "2")
        await site.until_live("2")
    assert site.failures == []


async def test_releases_and_the_registry_come_and_go_and_nobody_notices(site: Site) -> None:
    await swap_again_and_again(site, 2)
    await lose_the_registry(site)


@pytest.mark.prove
async def test_fifty_promotions_and_fifty_rollbacks_are_live_soon_and_nobody_notices(site: Site) -> None:
    await swap_again_and_again(site, 50)

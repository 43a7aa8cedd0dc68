"""Tools and language models that misbehave: their customer gets a sensible reply in time, others notice nothing."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from serving.bench.beside import Slices
from serving.bench.generator import run_load
from serving.bench.plan import LoadPlan
from serving.dialogue.phrases import SERVICE_UNAVAILABLE
from tests.fakes.llm_server import chooses
from tests.fakes.tool_server import Behaviour, Received, ToolServer, answer, drip, flood, hang, hang_up, tool_server
from tests.support.api_process import api_process
from tests.support.ratios import assert_hardly_slower
from tests.support.servers import ENGINES, free_port, mongo_server

pytestmark = [pytest.mark.integration, pytest.mark.slow]

LIMIT_SECONDS = 1.0
MARGIN_SECONDS = 3.0  # a busy machine, and the rest of a turn
OTHERS = 12
METADATA = "http://169.254.169.254/latest/meta-data/"
ALLOWED_RATIO = 1.2
RATE, CUSTOMERS, MEASURED_SECONDS = 40.0, 16, 54.0


async def be_slow(request: Received, writer: asyncio.StreamWriter) -> None:
    """Answer properly, but after the limit."""
    await asyncio.sleep(2 * LIMIT_SECONDS)
    await answer('{"status": "late"}')(request, writer)


BAD: dict[str, Behaviour | None] = {
    "down": None,
    "hanging up": hang_up,
    "hanging": hang,
    "slow": be_slow,
    "dripping": drip,
    "50 MB": flood,
    "redirect to the metadata address": answer("", status="302 Found", more=f"Location: {METADATA}\r\n"),
    "invalid JSON": answer('{"status": "shipped"'),
}
NUMBERS = itertools.count(1)
KEEPS_WAITING = frozenset(("hanging", "slow", "dripping"))
GOOD_TOOL, GOOD_LLM = answer('{"status": "shipped"}'), chooses("greet", confidence=0.9)


@dataclass(frozen=True)
class Place:
    """Where the API is, and the ports where it looks for its tool and its language model."""

    url: str
    tool_port: int
    llm_port: int

    async def say(self, client: httpx2.AsyncClient, text: str, *, thread: str) -> list[str]:
        message = {"thread_id": thread, "text": text}
        response = await client.post(f"{self.url}/api/v1/bots/default/messages", json=message)
        assert response.status_code == 200, response.text
        return [reply["text"] for reply in response.json()["replies"]]


@dataclass(frozen=True)
class Partner:
    """An outside server that the API depends on, and what makes the bot turn to it."""

    name: str
    question: str
    good: Behaviour
    reply_when_good: str
    reply_when_bad: str

    def port(self, place: Place) -> int:
        return place.tool_port if self.name == "tool" else place.llm_port


TOOL = Partner("tool", "track order ORD-{}", GOOD_TOOL, "Order ORD-{} is shipped.", SERVICE_UNAVAILABLE)
LLM = Partner("llm", "stop the order {}", GOOD_LLM, "Hello!", "Sorry, I did not understand.")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, tiny_release_folder: Path) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("misbehaving")
    tool_port, llm_port = free_port(), free_port()
    with (
        mongo_server(ENGINES[0], folder / "database") as mongo_uri,
        api_process(
            folder / "api",
            release=tiny_release_folder,
            mongo_uri=mongo_uri,
            shop=f"http://127.0.0.1:{tool_port}",
            llm=f"http://127.0.0.1:{llm_port}/v1",
            tool_timeout_seconds=LIMIT_SECONDS,
        ) as url,
    ):
        yield Place(url, tool_port, llm_port)


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=60) as client:
        yield client


@pytest.mark.parametrize("partner", [TOOL, LLM], ids=lambda partner: partner.name)
@pytest.mark.parametrize("fault", BAD)
async def test_customer_is_answered_in_time_and_others_at_once(
    place: Place, client: httpx2.AsyncClient, partner: Partner, fault: str, new_name: str
) -> None:
    async with AsyncExitStack() as stack:
        behaviour = BAD[fault]
        server = None
        if behaviour is not None:
            server = await stack.enter_async_context(tool_server(partner.port(place)))
            server.behaviours = [behaviour]
        # numbers of their own, since a language model's answers are kept
        first, second = next(NUMBERS), next(NUMBERS)
        await place.say(client, "hello", thread=new_name)
        started = time.monotonic()
        asked = asyncio.create_task(place.say(client, partner.question.format(first), thread=new_name))
        if server is not None:
            await asyncio.wait_for(server.is_called.wait(), 10)
        others = [place.say(client, "hello", thread=f"{new_name}-{number}") for number in range(OTHERS)]
        assert await asyncio.gather(*others) == [["Hello!"]] * OTHERS
        if fault in KEEPS_WAITING:
            assert not asked.done(), "the others were to be answered first"
        assert await asked == [partner.reply_when_bad.format(first)]
        assert time.monotonic() - started < LIMIT_SECONDS + MARGIN_SECONDS
    async with tool_server(partner.port(place)) as server:
        server.behaviours = [partner.good]
        assert await place.say(client, partner.question.format(second), thread=new_name) == [
            partner.reply_when_good.format(second)
        ]


class Alternating:
    """A partner that behaves in one slice of the run and misbehaves in the next; its customers keep coming."""

    def __init__(self, server: ToolServer, good: Behaviour, bad: Behaviour) -> None:
        self.times_begun = 0
        self._server, self._good, self._bad = server, good, bad
        self.pause()

    def cpu_seconds(self) -> float | None:
        return None

    def resume(self) -> None:
        self._server.behaviours = [self._bad]

    def pause(self) -> None:
        self._server.behaviours = [self._good]

    def end(self) -> None:
        self.pause()


async def keep_asking(place: Place, client: httpx2.AsyncClient, partner: Partner, customer: str) -> None:
    """Be a customer who turns to the partner again and again, a second or so after each answer."""
    dice = random.Random(customer)  # or else a time limit that all of them meet would make them a chorus
    while True:
        number = next(NUMBERS)
        await place.say(client, partner.question.format(number), thread=f"{customer}-{number}")
        await asyncio.sleep(dice.uniform(0.5, 1.5))


@pytest.mark.prove
@pytest.mark.parametrize("partner", [TOOL, LLM], ids=lambda partner: partner.name)
@pytest.mark.parametrize("fault", [name for name, behaviour in BAD.items() if behaviour is not None])
async def test_latency_of_others_does_not_move(
    place: Place,
    client: httpx2.AsyncClient,
    partner: Partner,
    fault: str,
    new_name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan = LoadPlan(
        url=f"{place.url}/api/v1/bots/default/messages",
        clients=1,
        rate=RATE,
        warm_up_seconds=1,
        seconds=MEASURED_SECONDS,
        texts=("hello", "hi there", "good morning", "order status please"),
        run_id=new_name,
    )
    bad = BAD[fault]
    assert bad is not None
    async with tool_server(partner.port(place)) as server:
        slices = Slices(Alternating(server, partner.good, bad))
        customers = [
            asyncio.create_task(keep_asking(place, client, partner, f"{new_name}-bad{number}"))
            for number in range(CUSTOMERS)
        ]
        alternating = asyncio.create_task(asyncio.to_thread(slices.run))
        done = await asyncio.to_thread(run_load, plan, lambda _: None)
        slices.stop()
        await alternating
        assert not any(customer.done() for customer in customers)
        for customer in customers:
            customer.cancel()
        await asyncio.gather(*customers, return_exceptions=True)
    words = (f"{partner.name} {fault}", "while it behaves", "while it does not")
    assert_hardly_slower(slices, done.samples, at_most=ALLOWED_RATIO, words=words, capsys=capsys)

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from pipelines.errors import QueueUnavailable, SetupProblem, StoreUnavailable
from pipelines.settings import Settings
from serving.channels.sqs import SqsQueue
from serving.channels.worker import run_worker
from serving.queues import sqs
from serving.queues.worker import Worker
from tests.support.servers import free_port
from tests.support.sqs_server import AWS_VARIABLES, TestQueue, make_queue, sqs_server

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def sqs_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with sqs_server(tmp_path_factory.mktemp("sqs")) as endpoint:
        yield endpoint


@pytest.fixture
def test_queue(sqs_endpoint: str, new_name: str, monkeypatch: pytest.MonkeyPatch) -> TestQueue:
    monkeypatch.setattr(sqs, "POLL_SECONDS", 1)
    for name, value in {**AWS_VARIABLES, "AWS_ENDPOINT_URL": sqs_endpoint}.items():
        monkeypatch.setenv(name, value)
    return make_queue(sqs_endpoint, new_name, max_receives=3)


@asynccontextmanager
async def working(
    queue: SqsQueue, work: Callable[[str], Awaitable[float | None]], *, slots: int = 8, visibility_seconds: int = 1
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    worker = Worker(queue, lambda job: work(job.mark), slots=slots, visibility_seconds=visibility_seconds)
    task = asyncio.create_task(worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 15)


async def until(condition: Callable[[], bool], *, seconds: float = 120) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_worker_works_on_every_thread_and_empties_the_queue(test_queue: TestQueue) -> None:
    queue = await SqsQueue.connect(test_queue.url)
    threads = [f"bot:facebook%3A1%3A{number}" for number in range(23)]
    await queue.put(threads)
    done: list[str] = []

    async def work(thread: str) -> None:
        done.append(thread)

    async with working(queue, work):
        await until(lambda: test_queue.count() == 0)
    assert sorted(done) == sorted(threads)
    assert test_queue.count(dead=True) == 0


async def test_worker_keeps_a_message_hidden_while_it_works(test_queue: TestQueue) -> None:
    queue = await SqsQueue.connect(test_queue.url)
    await queue.put(["slow"])
    begun: list[str] = []

    async def work(thread: str) -> None:
        begun.append(thread)
        await asyncio.sleep(4)

    async with working(queue, work, visibility_seconds=2):
        await until(lambda: test_queue.count() == 0)
    assert begun == ["slow"]


async def test_worker_comes_back_when_it_was_told_to(test_queue: TestQueue) -> None:
    queue = await SqsQueue.connect(test_queue.url)
    await queue.put(["later"])
    moments: list[float] = []

    async def work(_: str) -> float | None:
        moments.append(asyncio.get_running_loop().time())
        return 1.2 if len(moments) == 1 else None

    async with working(queue, work, visibility_seconds=20):  # a busy machine must not bring it back before its time
        await until(lambda: test_queue.count() == 0)
    assert moments[1] - moments[0] > 1.2


async def test_what_fails_again_and_again_is_taken_aside_and_the_others_are_not(test_queue: TestQueue) -> None:
    queue = await SqsQueue.connect(test_queue.url)
    await queue.put(["poison", "good"])
    test_queue.client.send_message(QueueUrl=test_queue.url, MessageBody="no job of ours")
    tries: list[str] = []

    async def work(thread: str) -> None:
        tries.append(thread)
        if thread == "poison":
            raise StoreUnavailable("scripted") if len(tries) % 2 else RuntimeError("scripted")

    async with working(queue, work):
        await until(lambda: (test_queue.count(), test_queue.count(dead=True)) == (0, 2))
    assert (tries.count("poison"), tries.count("good")) == (3, 1)


async def test_worker_takes_no_more_than_it_has_slots_for(test_queue: TestQueue) -> None:
    queue = await SqsQueue.connect(test_queue.url)
    await queue.put([f"t{number}" for number in range(6)])
    at_once: list[int] = []
    running = 0

    async def work(_: str) -> None:
        nonlocal running
        running += 1
        at_once.append(running)
        await asyncio.sleep(0.1)
        running -= 1

    async with working(queue, work, slots=2):
        await until(lambda: test_queue.count() == 0)
    assert max(at_once) <= 2


async def test_a_queue_that_is_not_there_is_said_so(test_queue: TestQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = await SqsQueue.connect(f"{test_queue.url}-other")
    with pytest.raises(QueueUnavailable, match=r"NonExistentQueue|QueueDoesNotExist"):
        await queue.put(["t"])
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(QueueUnavailable, match="EndpointConnectionError"):
        await (await SqsQueue.connect(test_queue.url)).put(["t"])
    with pytest.raises(SetupProblem, match="use a standard one"):
        await SqsQueue.connect("https://sqs.eu-west-1.amazonaws.com/1/x.fifo")


async def test_a_worker_without_a_queue_says_what_to_set(settings: Settings) -> None:
    with pytest.raises(SetupProblem, match="set INTENTLOOP_QUEUE_URL"):
        await run_worker(settings)

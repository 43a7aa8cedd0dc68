"""What a worker does about a message, and the chat API about a job without a queue; trainings are scripted."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from pipelines.errors import NotFound
from pipelines.schemas.keys import JOBS, training_key
from serving.jobs.attempts import Attempts
from serving.jobs.child_runner import ChildRunner
from serving.jobs.process import EXIT_BUSY, ChildExit, TrainingProcess
from serving.jobs.queue import TrainingMessage, TrainingQueue
from serving.jobs.worker import TrainingHandler
from serving.queues import sqs
from serving.queues.sqs import QueueState
from serving.queues.worker import Worker
from serving.store.client import Database
from serving.store.work.jobs import Backend, Job, Jobs
from serving.store.work.leases import Leases
from tests.support.records import now
from tests.support.sqs_server import AWS_VARIABLES, make_queue, sqs_server

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
TTL = timedelta(seconds=30)
RUBBISH = (
    " ", "{", "null", "[]", "42", '"training"', '{"kind": "thread", "thread": "t"}',
    '{"kind": "training", "bot": "../x", "number": 1}', '{"kind": "training", "bot": "b", "number": -1}',
    '{"kind": "training", "bot": "b", "number": 1e99}', '{"kind": "training", "bot": "b"}',
    '{"kind": "training", "bot": "nobody", "number": 1}', "\u00e9\u4e2d" * 1000, "[" * 5000,
)  # fmt: skip


Script = Callable[[Jobs, Job], Awaitable[ChildExit]]


class ScriptedProcess:
    """Ends as it is told, and does to the job what a training would."""

    def __init__(self, jobs: Jobs, *scripts: Script) -> None:
        self._jobs, self._scripts = jobs, iter(scripts)
        self.begun = 0

    async def run(self, job: Job, *, stop: asyncio.Event) -> ChildExit:
        """Play the next script."""
        self.begun += 1
        return await next(self._scripts)(self._jobs, job)


class NotedQueue:
    """Notes what is sent to it."""

    name = "workers"

    def __init__(self) -> None:
        self.sent: list[tuple[int, int]] = []
        self.waiting = 0

    async def state(self) -> QueueState:
        """Tell how many messages wait."""
        return QueueState(waiting=self.waiting, has_redrive_policy=True)

    async def submit(self, job: Job) -> None:
        """Note a message."""
        self.sent.append((job.number, 0))

    async def send(self, messages: Sequence[TrainingMessage], *, delay_seconds: int = 0) -> None:
        """Note a message."""
        self.sent += [(message.number, delay_seconds) for message in messages]


async def dies(jobs: Jobs, job: Job) -> ChildExit:
    await jobs.claim(job, holder="h", until=now() + TTL, now=now())
    return ChildExit(137, "the training was ended by SIGKILL")


async def finishes(jobs: Jobs, job: Job) -> ChildExit:
    claimed = await jobs.claim(job, holder="h", until=now() + TTL, now=now())
    assert claimed is not None
    await jobs.change(claimed, state="done", version="3")
    return ChildExit(0, "the training ended with exit code 0")


async def is_late(jobs: Jobs, job: Job) -> ChildExit:
    return ChildExit(EXIT_BUSY, "busy")


def attempts_of(
    jobs: Jobs, database: Database, process: ScriptedProcess, *, retries: bool, told: list[str] | None = None
) -> Attempts:
    def tell(bot: str, reason: str) -> None:
        if told is not None:
            told.append(f"{bot}: {reason}")

    leases = Leases(database, ttl=TTL)
    return Attempts(jobs, leases, cast("TrainingProcess", process), on_failure=tell, retries=retries)


def work_of(
    database: Database, *scripts: Script, stop: asyncio.Event | None = None, told: list[str] | None = None
) -> tuple[TrainingHandler, ScriptedProcess, NotedQueue]:
    jobs, queue = Jobs(database), NotedQueue()
    process = ScriptedProcess(jobs, *scripts)
    work = TrainingHandler(
        cast("TrainingQueue", queue),
        jobs,
        attempts_of(jobs, database, process, retries=True, told=told),
        pause_seconds=TTL.total_seconds(),
        stop=stop or asyncio.Event(),
    )
    return work, process, queue


def runner_of(database: Database, *scripts: Script) -> ChildRunner:
    jobs = Jobs(database)
    return ChildRunner(jobs, attempts_of(jobs, database, ScriptedProcess(jobs, *scripts), retries=False))


@pytest.fixture
async def no_other_jobs(database: Database) -> None:
    """Take away what other tests have left; they share the database."""
    await database.collection(JOBS).delete_many({})


async def until_over(jobs: Jobs, bot: str, number: int) -> None:
    async with asyncio.timeout(180):
        while (job := await jobs.find(bot, number)) is None or not job.is_over:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def order(database: Database, bot: str) -> TrainingMessage:
    job, _ = await Jobs(database).request(bot, by="test", now=now())
    return TrainingMessage(kind="training", bot=bot, number=job.number)


async def test_work_tries_three_times_and_then_gives_up(database: Database, new_name: str) -> None:
    work, process, _ = work_of(database, dies, dies, dies)
    asked = await order(database, new_name)
    for _ in range(2):
        assert await work(asked) == TTL.total_seconds()
        job = await Jobs(database).find(new_name, 1)
        assert job is not None
        assert (job.state, job.reason) == ("queued", "the training was ended by SIGKILL")
    assert await work(asked) is None
    assert await work(asked) is None  # the message came twice
    job = await Jobs(database).find(new_name, 1)
    assert job is not None
    assert (job.state, process.begun) == ("failed", 3)
    assert "started 3 times and never finished; the last time: the training was ended by SIGKILL" in job.reason


async def test_work_waits_while_somebody_else_trains_the_bot(database: Database, new_name: str) -> None:
    work, process, queue = work_of(database, is_late, finishes)
    asked = await order(database, new_name)
    leases = Leases(database, ttl=TTL)
    lease, _ = await leases.take(training_key(new_name), holder="somebody", now=now())
    assert await work(asked) is None
    assert (queue.sent, process.begun) == ([(1, 30)], 0)
    await leases.give_back(lease, now=now())
    assert await work(asked) is None  # somebody was faster between a look at the lease and the child's own
    assert (len(queue.sent), process.begun) == (2, 1)
    assert await work(asked) is None
    assert len(queue.sent) == 2
    job = await Jobs(database).find(new_name, 1)
    assert job is not None
    assert (job.state, job.attempts) == ("done", 1)


async def test_work_that_is_told_to_end_hands_the_job_back_without_counting_a_try(
    database: Database, new_name: str
) -> None:
    asked = await order(database, new_name)
    for _ in range(5):
        stop = asyncio.Event()

        async def is_ended(jobs: Jobs, job: Job, stop: asyncio.Event = stop) -> ChildExit:
            stop.set()
            return await dies(jobs, job)

        work, _, queue = work_of(database, is_ended, stop=stop)
        assert await work(asked) is None  # so that the message is deleted, and its receives count no more
        assert queue.sent == [(1, 0)]
        job = await Jobs(database).find(new_name, 1)
        assert job is not None
        assert (job.state, job.attempts, job.until) == ("queued", 0, None)
    work, _, _ = work_of(database, finishes)
    assert await work(asked) is None
    job = await Jobs(database).find(new_name, 1)
    assert job is not None
    assert (job.state, job.attempts) == ("done", 1)


async def test_work_that_never_begins_fails_in_the_end_too(database: Database, new_name: str) -> None:
    async def cannot_start(jobs: Jobs, job: Job) -> ChildExit:
        return ChildExit(1, "it needs packages that are not installed")

    told: list[str] = []
    work, _, _ = work_of(database, cannot_start, cannot_start, cannot_start, told=told)
    asked = await order(database, new_name)
    assert [await work(asked) for _ in range(3)] == [30.0, 30.0, None]
    job = await Jobs(database).find(new_name, 1)
    assert job is not None
    assert (job.state, job.attempts) == ("failed", 3)
    assert told == [f"{new_name}: {job.reason}"]  # its own process told nobody


async def test_work_leaves_a_third_try_alone_that_is_under_way(database: Database, new_name: str) -> None:
    jobs, leases = Jobs(database), Leases(database, ttl=TTL)
    asked = await order(database, new_name)
    for _ in range(3):
        job = await jobs.find(new_name, 1)
        assert job is not None
        await jobs.claim(job, holder="h", until=now() + TTL, now=now())
    lease, _ = await leases.take(training_key(new_name), holder="h", now=now())
    work, process, queue = work_of(database)
    assert await work(asked) is None  # its message came twice
    job = await jobs.find(new_name, 1)
    assert job is not None
    assert (job.state, process.begun, queue.sent) == ("running", 0, [(1, 30)])
    await leases.give_back(lease, now=now())
    assert await work(asked) is None
    job = await jobs.find(new_name, 1)
    assert job is not None
    assert (job.state, "started 3 times and never finished; the last time: its process died" in job.reason) == (
        "failed", True,
    )  # fmt: skip


async def test_work_does_not_touch_a_job_that_another_process_has_begun_since(
    database: Database, new_name: str
) -> None:
    async def is_overtaken(jobs: Jobs, job: Job) -> ChildExit:
        ended = await dies(jobs, job)
        found = await jobs.find(job.bot, job.number)
        assert found is not None
        await jobs.claim(found, holder="other", until=now() + TTL, now=now())
        return ended

    work, _, queue = work_of(database, is_overtaken)
    assert await work(await order(database, new_name)) is None
    job = await Jobs(database).find(new_name, 1)
    assert job is not None
    assert (job.state, job.holder, job.attempts, queue.sent) == ("running", "other", 2, [(1, 30)])


@pytest.mark.usefixtures("no_other_jobs")
async def test_work_sends_a_job_once_more_whose_message_is_lost(database: Database, new_name: str) -> None:
    jobs, leases = Jobs(database), Leases(database, ttl=TTL)
    work, _, queue = work_of(database)
    await jobs.request(new_name, by="test", now=now(), backend="workers")
    await jobs.request(f"{new_name}x", by="test", now=now(), backend="chat API")
    queue.waiting = 1
    await work.resend_lost()
    lease, _ = await leases.take(training_key(new_name), holder="h", now=now())
    queue.waiting = 0
    await work.resend_lost()
    assert queue.sent == []
    await leases.give_back(lease, now=now())
    await work.resend_lost()
    assert queue.sent == [(1, 0)]


async def test_work_on_a_job_that_nobody_asked_for_leaves_the_message_alone(database: Database, new_name: str) -> None:
    work, _, _ = work_of(database)
    with pytest.raises(NotFound, match="nobody asked for it"):
        await work(TrainingMessage(kind="training", bot=new_name, number=1))


async def test_child_runner_trains_one_bot_after_the_other_and_says_what_failed(
    database: Database, new_name: str
) -> None:
    at_once: list[int] = []
    running = 0

    async def is_alone(jobs: Jobs, job: Job) -> ChildExit:
        nonlocal running
        running += 1
        at_once.append(running)
        await asyncio.sleep(0.1)
        running -= 1
        return await (dies if job.bot.endswith("a") else finishes)(jobs, job)

    jobs, runner = Jobs(database), runner_of(database, is_alone, is_alone)
    bots = [f"{new_name}{letter}" for letter in "ab"]
    for bot in (*bots, *bots):
        await runner.submit((await jobs.request(bot, by="test", now=now()))[0])
    async with asyncio.timeout(120):
        while [job.state for bot in bots for job in await jobs.recent(bot, limit=2)] != ["failed", "done"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert at_once == [1, 1]
    failed = await jobs.find(bots[0], 1)
    assert failed is not None
    assert failed.reason == "the training was ended by SIGKILL"
    await runner.aclose()


async def test_child_runner_fails_a_job_whose_process_cannot_be_begun(database: Database, new_name: str) -> None:
    async def has_no_room(jobs: Jobs, job: Job) -> ChildExit:
        raise OSError(28, "No space left on device")

    jobs, runner = Jobs(database), runner_of(database, has_no_room)
    await runner.submit((await jobs.request(new_name, by="test", now=now()))[0])
    await until_over(jobs, new_name, 1)
    job = await jobs.find(new_name, 1)
    assert job is not None
    assert (job.state, job.reason) == ("failed", "its process could not be started: No space left on device")
    await runner.aclose()


async def test_child_runner_takes_the_next_job_while_the_process_of_the_last_one_is_still_ending(
    database: Database, new_name: str
) -> None:
    jobs = Jobs(database)
    may_end = asyncio.Event()

    async def finishes_slowly(jobs: Jobs, job: Job) -> ChildExit:
        ended = await finishes(jobs, job)
        await may_end.wait()
        return ended

    runner = runner_of(database, finishes_slowly, finishes)
    await runner.submit((await jobs.request(new_name, by="test", now=now()))[0])
    await until_over(jobs, new_name, 1)
    job, is_new = await jobs.request(new_name, by="test", now=now())
    await runner.submit(job)
    may_end.set()
    await until_over(jobs, new_name, 2)
    assert (is_new, job.number) == (True, 2)
    await runner.aclose()


@pytest.mark.usefixtures("no_other_jobs")
async def test_child_runner_begins_what_another_chat_api_left_behind_in_the_order_it_was_asked_for(
    database: Database, new_name: str
) -> None:
    begun: list[str] = []

    async def notes(jobs: Jobs, job: Job) -> ChildExit:
        begun.append(job.bot.removeprefix(new_name))
        return await finishes(jobs, job)

    jobs = Jobs(database)
    for bot, seconds in (("c", 0), ("a", 2), ("b", 1), ("w", 0)):
        backend_name: Backend = "workers" if bot == "w" else "chat API"
        asked_at = now() + timedelta(seconds=seconds)
        job, _ = await jobs.request(f"{new_name}{bot}", by="test", now=asked_at, backend=backend_name)
        if bot == "c":  # was under way when its chat API died
            await jobs.claim(job, holder="h", until=now() + TTL, now=now())
    runner = runner_of(database, notes, notes, notes)
    runner.start()
    for bot in "cba":
        await until_over(jobs, f"{new_name}{bot}", 1)
    assert begun == ["c", "b", "a"]
    await runner.aclose()
    left = await jobs.find(f"{new_name}w", 1)  # is for the workers
    assert left is not None
    assert left.state == "queued"


@pytest.mark.usefixtures("no_other_jobs")
async def test_child_runner_that_is_closed_hands_back_what_it_does_and_leaves_the_rest_waiting(
    database: Database, new_name: str
) -> None:
    jobs = Jobs(database)
    begun = asyncio.Event()

    class Hangs(ScriptedProcess):
        async def run(self, job: Job, *, stop: asyncio.Event) -> ChildExit:
            ended = await dies(jobs, job)
            begun.set()
            await stop.wait()
            return ended

    runner = ChildRunner(jobs, attempts_of(jobs, database, Hangs(jobs), retries=False))
    for bot in "ab":
        await runner.submit((await jobs.request(f"{new_name}{bot}", by="test", now=now(), backend="chat API"))[0])
    await begun.wait()
    await runner.aclose()
    found = [await jobs.find(f"{new_name}{bot}", 1) for bot in "ab"]
    assert [(job.state, job.attempts) for job in found if job is not None] == [("queued", 0), ("queued", 0)]
    heir = runner_of(database, finishes, finishes)
    heir.start()
    for bot in "ab":
        await until_over(jobs, f"{new_name}{bot}", 1)
    await heir.aclose()


async def test_poison_ends_in_the_dead_letter_queue_and_stops_nothing(
    database: Database, new_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqs, "POLL_SECONDS", 1)
    with sqs_server(tmp_path) as endpoint:
        for name, value in {**AWS_VARIABLES, "AWS_ENDPOINT_URL": endpoint}.items():
            monkeypatch.setenv(name, value)
        test_queue = make_queue(endpoint, new_name, max_receives=2)
        for body in RUBBISH:
            test_queue.client.send_message(QueueUrl=test_queue.url, MessageBody=body)
        queue, jobs = await TrainingQueue.open(test_queue.url), Jobs(database)
        job, _ = await jobs.request(new_name, by="test", now=now())
        await queue.submit(job)
        process, stop = ScriptedProcess(jobs, finishes), asyncio.Event()
        attempts = attempts_of(jobs, database, process, retries=True)
        work = TrainingHandler(queue, jobs, attempts, pause_seconds=TTL.total_seconds(), stop=stop)
        working = asyncio.create_task(Worker(queue, work, slots=1, visibility_seconds=1).run(stop))
        await until_over(jobs, new_name, 1)
        async with asyncio.timeout(60):
            while await asyncio.to_thread(test_queue.count) or not await asyncio.to_thread(test_queue.count, dead=True):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        stop.set()
        await working
        assert (test_queue.count(dead=True), process.begun) == (len(RUBBISH), 1)

"""What a worker does about a message, and the chat API about a job without a queue; trainings are scripted."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from pipelines.errors import NotFound
from serving.channels import sqs
from serving.jobs.local import LocalCrew
from serving.jobs.process import EXIT_BUSY, Ended, TrainingProcess
from serving.jobs.queue import TrainingOrder, TrainingQueue
from serving.jobs.worker import TrainingWork
from serving.store.client import Database
from serving.store.jobs import Job, Jobs
from serving.store.keys import training_key
from serving.store.leases import Leases
from serving.worker import Worker
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


class ScriptedProcess:
    """Ends as it is told, and does to the job what a training would."""

    def __init__(self, jobs: Jobs, *scripts: Callable[[Jobs, Job], Awaitable[Ended]]) -> None:
        self._jobs, self._scripts = jobs, iter(scripts)
        self.begun = 0

    async def run(self, job: Job) -> Ended:
        """Play the next script."""
        self.begun += 1
        return await next(self._scripts)(self._jobs, job)


class NotedQueue:
    """Notes what is sent to it."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, int]] = []

    async def send(self, messages: Sequence[TrainingOrder], *, delay_seconds: int = 0) -> None:
        """Note a message."""
        self.sent += [(message.number, delay_seconds) for message in messages]


async def dies(jobs: Jobs, job: Job) -> Ended:
    await jobs.claim(job, holder="h", until=now() + TTL, now=now())
    return Ended(137, "the training was ended by SIGKILL")


async def finishes(jobs: Jobs, job: Job) -> Ended:
    claimed = await jobs.claim(job, holder="h", until=now() + TTL, now=now())
    assert claimed is not None
    await jobs.change(claimed, state="done", version="3")
    return Ended(0, "the training ended with exit code 0")


async def is_late(jobs: Jobs, job: Job) -> Ended:
    return Ended(EXIT_BUSY, "busy")


def work_of(
    database: Database, *scripts: Callable[[Jobs, Job], Awaitable[Ended]]
) -> tuple[TrainingWork, ScriptedProcess, NotedQueue]:
    process, queue = ScriptedProcess(Jobs(database), *scripts), NotedQueue()
    work = TrainingWork(
        cast("TrainingQueue", queue), Jobs(database), Leases(database, ttl=TTL), cast("TrainingProcess", process)
    )
    return work, process, queue


async def until_over(jobs: Jobs, bot: str, number: int) -> None:
    async with asyncio.timeout(20):
        while (job := await jobs.find(bot, number)) is None or not job.is_over:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def order(database: Database, bot: str) -> TrainingOrder:
    job, _ = await Jobs(database).order(bot, by="test", now=now())
    return TrainingOrder(kind="training", bot=bot, number=job.number)


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
    assert "begun 3 times and never finished; the last time: the training was ended by SIGKILL" in job.reason


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


async def test_work_on_a_job_that_nobody_asked_for_leaves_the_message_alone(database: Database, new_name: str) -> None:
    work, _, _ = work_of(database)
    with pytest.raises(NotFound, match="nobody asked for it"):
        await work(TrainingOrder(kind="training", bot=new_name, number=1))


async def test_crew_trains_one_bot_after_the_other_and_says_what_failed(database: Database, new_name: str) -> None:
    at_once: list[int] = []
    running = 0

    async def is_alone(jobs: Jobs, job: Job) -> Ended:
        nonlocal running
        running += 1
        at_once.append(running)
        await asyncio.sleep(0.1)
        running -= 1
        return await (dies if job.bot.endswith("a") else finishes)(jobs, job)

    jobs = Jobs(database)
    process = ScriptedProcess(jobs, is_alone, is_alone)
    crew = LocalCrew(jobs, Leases(database, ttl=TTL), cast("TrainingProcess", process))
    bots = [f"{new_name}{letter}" for letter in "ab"]
    for bot in (*bots, *bots):
        await crew.take_on((await jobs.order(bot, by="test", now=now()))[0])
    async with asyncio.timeout(10):
        while [job.state for bot in bots for job in await jobs.recent(bot, limit=2)] != ["failed", "done"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert at_once == [1, 1]
    failed = await jobs.find(bots[0], 1)
    assert failed is not None
    assert failed.reason == "the training was ended by SIGKILL"
    await crew.aclose()


async def test_crew_takes_the_next_job_while_the_process_of_the_last_one_is_still_ending(
    database: Database, new_name: str
) -> None:
    jobs = Jobs(database)
    may_end = asyncio.Event()

    async def finishes_slowly(jobs: Jobs, job: Job) -> Ended:
        ended = await finishes(jobs, job)
        await may_end.wait()
        return ended

    crew = LocalCrew(
        jobs, Leases(database, ttl=TTL), cast("TrainingProcess", ScriptedProcess(jobs, finishes_slowly, finishes))
    )
    await crew.take_on((await jobs.order(new_name, by="test", now=now()))[0])
    await until_over(jobs, new_name, 1)
    job, is_new = await jobs.order(new_name, by="test", now=now())
    await crew.take_on(job)
    may_end.set()
    await until_over(jobs, new_name, 2)
    assert (is_new, job.number) == (True, 2)
    await crew.aclose()


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
        job, _ = await jobs.order(new_name, by="test", now=now())
        await queue.take_on(job)
        process = ScriptedProcess(jobs, finishes)
        work = TrainingWork(queue, jobs, Leases(database, ttl=TTL), cast("TrainingProcess", process))
        stop = asyncio.Event()
        working = asyncio.create_task(Worker(queue, work, slots=1, visibility_seconds=1).run(stop))
        await until_over(jobs, new_name, 1)
        async with asyncio.timeout(60):
            while await asyncio.to_thread(test_queue.count) or not await asyncio.to_thread(test_queue.count, dead=True):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        stop.set()
        await working
        assert (test_queue.count(dead=True), process.begun) == (len(RUBBISH), 1)

import asyncio
from datetime import timedelta
from typing import cast

import pytest

from pipelines.schemas.keys import JOBS, job_key
from serving.store.client import Database
from serving.store.work.jobs import MAX_ATTEMPTS, Backend, Job, Jobs
from tests.support.clocks import Ticking
from tests.support.records import now

MINUTE = timedelta(minutes=1)
AHEAD = tuple(timedelta(hours=hours) for hours in (-200 * 24, -1, 0, 1, 200 * 24))


async def started(jobs: Jobs, bot: str, *, ahead: timedelta = 0 * MINUTE) -> Job:
    job, _ = await jobs.request(bot, by="test", now=now())
    begun_at = now() + ahead
    running = await jobs.claim(job, holder="here", until=begun_at + MINUTE, now=begun_at)
    assert running is not None
    return running


async def test_order_several_at_once_share_one_job(database: Database, new_name: str) -> None:
    jobs = Jobs(database)
    orders = await asyncio.gather(*(jobs.request(new_name, by=f"p{n}", now=now()) for n in range(6)))
    assert sorted(is_new for _, is_new in orders) == [False] * 5 + [True]
    assert {job.number for job, _ in orders} == {1}


async def test_claim_is_for_one(database: Database, new_name: str) -> None:
    jobs = Jobs(database)
    job, _ = await jobs.request(new_name, by="test", now=now())
    claims = [jobs.claim(job, holder=f"h{n}", until=now() + MINUTE, now=now()) for n in range(4)]
    [running] = [claimed for claimed in await asyncio.gather(*claims) if claimed is not None]
    assert (running.state, running.attempts) == ("running", 1)
    assert await jobs.find(new_name, 1) == running
    assert (await jobs.request(new_name, by="test", now=now()))[0] == running


async def test_change_of_what_somebody_else_has_changed_is_refused(database: Database, new_name: str) -> None:
    jobs = Jobs(database)
    running = await started(jobs, new_name)
    moved = await jobs.change(running, share=0.5, step="fitting")
    assert moved is not None
    assert await jobs.change(running, state="failed") is None
    assert await jobs.find(new_name, 1) == moved


@pytest.mark.parametrize("ahead", AHEAD, ids=str)
async def test_job_of_a_dead_process_waits_to_be_tried_again_and_fails_in_the_end_whatever_its_clock_says(
    database: Database, new_name: str, ahead: timedelta
) -> None:
    ticking = Ticking()
    jobs = Jobs(database, clock=ticking)
    running = await started(jobs, new_name, ahead=ahead)
    for attempt in range(1, MAX_ATTEMPTS):
        assert jobs.seen(running, now=now()) == running
        ticking.seconds += MINUTE.total_seconds()
        later = now() + MINUTE
        shown = jobs.seen(running, now=later)
        assert (shown.state, shown.step, shown.attempts) == ("queued", "waiting to be tried again", attempt)
        assert "here worked on it and stopped responding" in shown.reason
        assert await jobs.request(new_name, by="test", now=later) == (running, False)
        begun_at = now() + ahead
        again = await jobs.claim(running, holder="here", until=begun_at + MINUTE, now=begun_at)
        assert again is not None
        running = again
    assert jobs.seen(running, now=now()) == running
    ticking.seconds += MINUTE.total_seconds()
    later = now() + MINUTE
    shown = jobs.seen(running, now=later)
    assert shown.state == "failed"
    assert shown.ended_at is not None
    assert shown.ended_at <= later
    following, is_new = await jobs.request(new_name, by="test", now=later)
    assert (following.number, is_new) == (2, True)
    assert [job.state for job in await jobs.recent(new_name, limit=5)] == ["queued", "failed"]
    assert await jobs.claim(running, holder="late", until=later + MINUTE, now=later) is None


@pytest.mark.parametrize("ahead", AHEAD, ids=str)
async def test_job_whose_holder_lives_runs_whatever_the_clocks_say(
    database: Database, new_name: str, ahead: timedelta
) -> None:
    ticking = Ticking()
    jobs = Jobs(database, clock=ticking)
    running = await started(jobs, new_name, ahead=ahead)
    for _ in range(MAX_ATTEMPTS):  # the last attempt: whoever takes it for dead writes that it has failed
        begun_at = now() + ahead
        again = await jobs.claim(running, holder="here", until=begun_at + MINUTE, now=begun_at)
        assert again is not None
        running = again
    for _ in range(8):
        ticking.seconds += MINUTE.total_seconds() / 4
        changed = await jobs.change(running, until=now() + ahead + MINUTE)
        assert changed is not None
        running = changed
        assert jobs.seen(running, now=now()).state == "running"
        assert await jobs.request(new_name, by="test", now=now()) == (running, False)


async def test_job_whose_process_died_can_be_claimed_again(database: Database, new_name: str) -> None:
    jobs = Jobs(database)
    running = await started(jobs, new_name)
    assert running.until is not None
    again = await jobs.claim(running, holder="other", until=running.until + 2 * MINUTE, now=running.until)
    assert again is not None
    assert (again.attempts, again.holder) == (2, "other")


async def test_unfinished_are_those_of_one_backend_in_the_order_they_were_asked_for(
    database: Database, new_name: str
) -> None:
    jobs = Jobs(database)
    for number, (bot, backend) in enumerate(
        {"c": "chat API", "b": "workers", "d": "chat API", "a": "chat API"}.items()
    ):
        asked_at = now() + number * MINUTE
        await jobs.request(f"{new_name}{bot}", by="test", now=asked_at, backend=cast("Backend", backend))
    over = await jobs.find(f"{new_name}d", 1)
    assert over is not None
    await jobs.change(over, state="done")
    found = [job for job in await jobs.unfinished("chat API") if job.bot.startswith(new_name)]
    assert [(job.bot.removeprefix(new_name), job.backend) for job in found] == [("c", "chat API"), ("a", "chat API")]
    document = await database.collection(JOBS).find_one({"_id": job_key(f"{new_name}b", 1)})
    assert document is not None
    assert (document["crew"], "backend" in document) == ("workers", False)  # as documents have always had it


async def test_bots_do_not_see_each_others_jobs(database: Database, new_name: str) -> None:
    jobs = Jobs(database)
    await jobs.request(new_name, by="test", now=now())
    assert await jobs.recent(f"{new_name}x", limit=5) == []
    assert await jobs.find(f"{new_name}x", 1) is None

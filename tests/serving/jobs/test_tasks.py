"""Tasks from the request to the end, in child processes that only play the work."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import psutil
import pytest

from pipelines.errors import NotFound, TaskOver, TooManyRequests
from pipelines.settings import Settings
from serving.cli.tasks import work
from serving.clock import utc_now
from serving.jobs import task_service
from serving.jobs.kinds import KINDS, Forget, Replay, Validate
from serving.jobs.task_process import TaskProcess
from serving.jobs.task_runner import AT_ONCE, TaskRunner
from serving.jobs.task_service import TaskService
from serving.store.client import Database
from serving.store.work.tasks import Task, Tasks
from tests.support.played_tasks import FAKE, plan_tasks


@dataclass(frozen=True)
class Office:
    """A process of the API, as far as tasks go."""

    database: Database
    home: Path

    @asynccontextmanager
    async def open(self, *, is_working: bool = True) -> AsyncIterator[TaskService]:
        process = TaskProcess(Settings(_env_file=None, home=self.home), command=FAKE)  # type: ignore[call-arg]
        runner = TaskRunner(Tasks(self.database), process, now=utc_now)
        if is_working:
            runner.start()
        try:
            yield TaskService(self.database, runner, now=utc_now)
        finally:
            await runner.aclose()


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., None]:
    return partial(plan_tasks, tmp_path)


@pytest.fixture
async def office(mongo_uri: str, new_name: str, tmp_path: Path) -> AsyncIterator[Office]:
    database = Database(mongo_uri, name=f"tasks_{new_name}", timeout_seconds=5.0)  # for a runner takes all it finds
    yield Office(database, tmp_path)
    await database.drop()
    database.close()


async def until(service: TaskService, task: Task, condition: Callable[[Task], bool]) -> Task:
    async with asyncio.timeout(180):
        while not condition(found := await service.find(task.bot, task.id)):  # noqa: ASYNC110  as a client polls
            await asyncio.sleep(0.05)
    return found


async def ended(service: TaskService, task: Task) -> Task:
    return await until(service, task, lambda found: found.is_over)


def child_of(task: Task) -> psutil.Process:
    [found] = [process for process in psutil.process_iter(["cmdline"]) if _works_on(process, task)]
    return found


def _works_on(process: psutil.Process, task: Task) -> bool:
    words = process.info["cmdline"] or []
    return any(word.endswith(task.id) for word in words) and not any(word.endswith("wrapper.py") for word in words)


def test_each_kind_has_its_work() -> None:
    assert set(KINDS) == work.KINDS


@pytest.mark.parametrize(
    ("action", "state", "error"),
    [
        ("done", "done", ""),
        ("refuse", "failed", "there is no bot 'x'; import it"),
        ("die", "failed", "ended with exit code 9; the server's log of it says more"),
        ("flood", "failed", "its result is too large; ask for less"),
    ],
)
async def test_task_ends_with_its_result_or_the_reason_why_there_is_none(
    office: Office, plan: Callable[..., None], new_name: str, action: str, state: str, error: str
) -> None:
    plan(**{new_name: action})
    async with office.open() as service:
        asked = await service.request(new_name, Validate(), by="Ann")
        assert (asked.state, asked.kind, asked.by) == ("queued", "validate", "Ann")
        task = await ended(service, asked)
        with pytest.raises(TaskOver, match=f"validate {task.id} has ended already"):
            await service.cancel(new_name, task.id)
    assert (task.state, task.attempts) == (state, 1)
    assert task.error.endswith(error)
    assert task.result == ({"kind": "validate", "request": {}, "$odd.key": [1]} if state == "done" else None)
    assert not list((office.home / "tasks").iterdir())


async def test_progress_is_seen_while_the_child_works_and_cancelling_ends_it(
    office: Office, plan: Callable[..., None], new_name: str
) -> None:
    plan(**{new_name: "hang"})
    async with office.open() as service, office.open(is_working=False) as elsewhere:
        task = await service.request(new_name, Validate(), by="Ann")
        running = await until(service, task, lambda found: found.share == 0.5)
        assert (running.state, running.step) == ("running", "half of it")
        child = child_of(task)
        assert (await elsewhere.cancel(new_name, task.id)).is_cancelled  # as another process of the API
        cancelled = await ended(service, task)
        assert (cancelled.state, cancelled.error, cancelled.result) == ("cancelled", "", None)
        assert not child.is_running()
        assert await elsewhere.cancel(new_name, task.id) == cancelled


async def test_only_some_work_at_once_and_one_that_waits_can_be_cancelled(
    office: Office, plan: Callable[..., None], new_name: str
) -> None:
    plan(**{new_name: "hang"})
    async with office.open() as service:
        made = [await service.request(new_name, Validate(), by="Ann") for _ in range(AT_ONCE + 1)]
        for task in made[:AT_ONCE]:
            await until(service, task, lambda found: found.state == "running")
        await until(service, made[-1], lambda found: found.step == "waiting until one of 2 others has ended")
        assert (await service.cancel(new_name, made[-1].id)).state == "cancelled"
        assert (await service.find(new_name, made[-1].id)).attempts == 0


async def test_task_of_a_process_that_was_told_to_end_is_done_by_the_next_one(
    office: Office, plan: Callable[..., None], new_name: str
) -> None:
    plan(**{new_name: "hang"})
    async with office.open() as service:
        task = await service.request(new_name, Validate(), by="Ann")
        await until(service, task, lambda found: found.share == 0.5)
        child = child_of(task)
    assert not child.is_running()
    plan(**{new_name: "done"})
    async with office.open() as service:
        left = await service.find(new_name, task.id)
        # the attempt that was cut off does not count, and the next may have begun already
        assert (left.state, left.attempts) in (("queued", 0), ("running", 1), ("done", 1))
        assert (await ended(service, task)).state == "done"


async def test_task_whose_process_died_is_seen_as_failed(
    office: Office, plan: Callable[..., None], new_name: str
) -> None:
    async with office.open(is_working=False) as service:
        task = await service.request(new_name, Validate(), by="Ann")
        gone = await Tasks(office.database).change(task, state="running", holder="a machine that has died")
        assert gone is not None
    async with office.open() as service:
        failed = await ended(service, task)
    assert (failed.state, failed.error) == ("failed", "the process that worked on it died; ask for it again")


async def test_a_request_that_names_a_person_is_kept_no_longer_than_the_work(
    office: Office, plan: Callable[..., None], new_name: str
) -> None:
    plan(**{new_name: "done"})
    async with office.open(is_working=False) as service:
        waits = await service.request(new_name, Forget(thread="visitor-7"), by="Ann")
        assert (await service.cancel(new_name, waits.id)).request == {}
        task = await service.request(new_name, Forget(thread="visitor-7"), by="Ann")
        assert task.request["thread"] == "visitor-7"
    async with office.open() as service:
        assert (await ended(service, task)).request == {}


async def test_an_error_does_not_keep_whom_a_request_named(
    office: Office, plan: Callable[..., None], new_name: str
) -> None:
    plan(**{new_name: "echo"})
    async with office.open() as service:
        failed = await ended(service, await service.request(new_name, Forget(thread="visitor-7"), by="Ann"))
        assert (failed.state, failed.error) == ("failed", "there is no trace of '***'")
        shown = await ended(service, await service.request(new_name, Replay(version="1", thread="visitor-7"), by="Ann"))
        assert shown.error == "there is no trace of 'visitor-7'"


async def test_too_many_waiting_tasks_and_an_unknown_one_are_refused(
    office: Office, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_service, "MAX_OPEN", 1)
    async with office.open(is_working=False) as service:
        await service.request(new_name, Validate(), by="Ann")
        with pytest.raises(TooManyRequests, match="1 tasks of bot"):
            await service.request(new_name, Validate(), by="Ann")
        await service.request(f"{new_name}x", Validate(), by="Ann")
        with pytest.raises(NotFound, match="there is no task of bot"):
            await service.find(new_name, "0" * 20)


async def test_folders_of_killed_processes_are_removed_after_a_while(office: Office, new_name: str) -> None:
    old, young = (office.home / "tasks" / name for name in ("a" * 20, "b" * 20))
    for folder in (old, young):
        folder.mkdir(parents=True)
    long_ago = (utc_now() - timedelta(hours=2)).timestamp()
    os.utime(old, (long_ago, long_ago))
    async with office.open():
        async with asyncio.timeout(120):
            while old.exists():  # noqa: ASYNC110  a file has no event
                await asyncio.sleep(0.05)
    assert young.exists()

"""Where tasks are requested: stored, and left to the runner."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from pipelines.errors import NotFound, TaskOver, TooManyRequests
from pipelines.settings import Settings
from serving.dialogue.services import Services
from serving.jobs.kinds import TaskRequest, traits_of
from serving.jobs.task_process import TaskProcess
from serving.jobs.task_runner import TaskRunner
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.work.tasks import Task, Tasks, new_task_id

KEPT = timedelta(days=30)
KEPT_WITH_CUSTOMERS_WORDS = timedelta(days=7)
_WAIT_SECONDS = 10.0
"""About what a task takes."""
MAX_OPEN = 20
"""Tasks of a bot that may wait or run at once."""


class TaskService:
    """Accepts requests for long work, and reports on it."""

    def __init__(self, database: Database, runner: TaskRunner, *, now: Callable[[], datetime]) -> None:
        self._database, self._tasks, self._schema = database, Tasks(database), Schema(database)
        self._runner, self._now = runner, now

    async def request(self, bot: str, request: TaskRequest, *, by: str) -> Task:
        """Request a task; `by` says who asks, for the record.

        Raises `TooManyRequests` if too many wait already.
        """
        await self._schema.ensure()
        waiting = [task for task in await self._tasks.unfinished() if task.bot == bot]
        if len(waiting) >= MAX_OPEN:
            raise TooManyRequests(f"{len(waiting)} tasks of bot {bot!r} wait or run already", retry_after=_WAIT_SECONDS)
        now, kind = self._now(), traits_of(request.kind)
        task = Task(
            id=new_task_id(now),
            bot=bot,
            kind=request.kind,
            request=request.model_dump(mode="json", exclude={"kind"}),
            by=by,
            created_at=now,
            expires_at=self._database.expires_at(now, KEPT_WITH_CUSTOMERS_WORDS if kind.quotes_customers else KEPT),
        )
        await self._tasks.add(task)
        self._runner.wake()
        return task

    async def find(self, bot: str, task_id: str) -> Task:
        """Return a task; raises `NotFound` if there is none with that id."""
        task = await self._tasks.find(bot, task_id)
        if task is None:
            hint = f"`/api/v1/bots/{bot}/tasks` lists them; they are kept for {KEPT.days} days"
            raise NotFound(f"task of bot {bot!r}", task_id, hint=hint)
        return task

    async def page(self, bot: str, *, before: str | None, kinds: Collection[str], limit: int) -> list[Task]:
        """Return tasks of a bot, newest first and without their results; `before` is the last id seen."""
        return await self._tasks.page(bot, before=before, kinds=kinds, limit=limit)

    async def cancel(self, bot: str, task_id: str) -> Task:
        """Cancel a task: at once if it waits, and within about a second if a process works on it.

        Idempotent. Raises `TaskOver` if it has ended otherwise.
        """
        while True:
            task = await self.find(bot, task_id)
            if task.state == "cancelled" or task.is_cancelled:
                return task
            if task.is_over:
                raise TaskOver(task.kind, task.id, state=task.state)
            changes = {"is_cancelled": True, "step": "being cancelled"}
            if task.state == "queued":
                changes = {"state": "cancelled", "step": "cancelled", "ended_at": self._now(), "is_cancelled": True}
                changes |= {"request": {}} if traits_of(task.kind).names_person else {}
            changed = await self._tasks.change(task, **changes)
            if changed is not None:
                self._runner.wake()
                return changed


@asynccontextmanager
async def open_tasks(settings: Settings, services: Services) -> AsyncIterator[TaskService]:
    """Open the task service, and work on tasks until the context ends; the next process resumes what is left."""
    runner = TaskRunner(Tasks(services.database), TaskProcess(settings), now=services.now)
    runner.start()
    try:
        yield TaskService(services.database, runner, now=services.now)
    finally:
        await runner.aclose()

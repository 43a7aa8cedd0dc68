"""Tasks: long work that other routes begin, its progress and its result."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field, JsonValue

from pipelines.errors import AccessDenied, UserInputError
from serving.access.roles import Role
from serving.api.access import Caller, Reach, allow
from serving.api.admin.known_bots import KNOWN_BOT
from serving.api.admin.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from serving.api.admin.route import AdminRouter, note_change
from serving.api.admin.streams import STREAM, Closing, LastEventId, Shown, events
from serving.api.errors import ErrorBody, stored_error
from serving.channels.incoming import BotName
from serving.jobs.kinds import TaskRequest, traits_of
from serving.jobs.task_service import TaskService
from serving.store.work import tasks
from serving.store.work.tasks import ID_PATTERN, TaskState

Kind = Literal["validate", "repair", "undo", "compare", "replay", "forget", "mine", "drift"]
_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {
        "model": ErrorBody,
        "description": "There is no such bot or task; finished ones are kept for 30 days at most.",
    },
}
ACCEPTED: dict[int | str, dict[str, Any]] = {
    429: {"model": ErrorBody, "description": "Too many requests of a key, or too many tasks of the bot wait already."},
}

router = AdminRouter(prefix="/api/v1/bots/{bot}/tasks", tags=["tasks"], responses=_ERRORS)

Bot = Annotated[BotName, Path()]
TaskId = Annotated[str, Path(pattern=ID_PATTERN, description="The task's `id`.")]


class Task(BaseModel):
    """Long work and its state."""

    id: str
    bot: str
    kind: str = Field(
        description="What is done: `validate`, `repair`, `undo`, `compare`, `replay`, `forget`, `mine` or `drift`."
    )
    state: TaskState
    step: str = Field(description="What is being done now.")
    share: float = Field(description="Progress, from 0 to 1.")
    by: str = Field(description="Who asked for it.")
    is_cancelled: bool = Field(description="Whether somebody has cancelled it; it ends within about a second.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime = Field(description="When the result is deleted.")
    error: ErrorBody | None = Field(description="Why it failed, as a route would answer.")

    @classmethod
    def of(cls, task: tasks.Task) -> "Task":
        """Show a stored task."""
        fields = task.model_dump(include=set(cls.model_fields) - {"error"})
        return cls(error=stored_error(task.error_kind, task.error, bot=task.bot) if task.error else None, **fields)


class TaskWithResult(Task):
    """Long work, its state, and what came of it."""

    request: dict[str, JsonValue] = Field(description="What it was asked to do; empty if that would name a person.")
    result: dict[str, JsonValue] | None = Field(description="The result, once `state` is `done`.")

    @classmethod
    def of(cls, task: tasks.Task) -> "TaskWithResult":
        """Show a stored task."""
        request = {} if traits_of(task.kind).names_person else task.request
        return cls(**Task.of(task).model_dump(), request=request, result=task.result)


def task_service(request: Request) -> TaskService:
    """Return where tasks are requested."""
    service: TaskService = request.app.state.tasks
    return service


async def begin_task(request: Request, response: Response, bot: str, asked: TaskRequest, *, by: Caller) -> Task:
    """Request a task for a route that answers 202 with it, and with its place as `Location`."""
    task = await task_service(request).request(bot, asked, by=by.name)
    response.headers["Location"] = f"/api/v1/bots/{bot}/tasks/{task.id}"
    note_change(request, after={"kind": task.kind}, target=task.id)
    return Task.of(task)


def _require(caller: Caller, bot: str, kind: str, *, least: Role) -> None:
    """Require the role that it takes to see a task of some kind, or to cancel it."""
    traits = traits_of(kind)
    role = Role.OPERATOR if traits.names_person else Role.LABELLER if traits.quotes_customers else Role.VIEWER
    role = role if role.includes(least) else least
    if not caller.may(role, bot=bot):
        raise AccessDenied(role, Reach.BOT.value, held=caller.name)


def _id_in(cursor: str) -> str:
    (found,) = decode_cursor(cursor, str)
    if re.fullmatch(ID_PATTERN, str(found)) is None:
        raise UserInputError("cursor: not one of this list; take `next` of the page before, or leave it out")
    return str(found)


async def _visible(bot: Bot, task_id: TaskId, request: Request, caller: Caller) -> tasks.Task:
    task = await task_service(request).find(bot, task_id)
    _require(caller, bot, task.kind, least=Role.VIEWER)
    return task


Visible = Annotated[tasks.Task, Depends(_visible)]


@router.get("", summary="List tasks", dependencies=[allow(Role.VIEWER), KNOWN_BOT])
async def list_tasks(
    bot: Bot,
    request: Request,
    cursor: Cursor = None,
    limit: Limit = 50,
    kind: Annotated[list[Kind] | None, Query(description="Only tasks of these kinds.")] = None,
) -> Page[Task]:
    """Return a bot's tasks, the newest first and without their results."""
    before = _id_in(cursor) if cursor is not None else None
    found = await task_service(request).page(bot, before=before, kinds=kind or (), limit=limit + 1)
    page = found[:limit]
    more = encode_cursor(page[-1].id) if len(found) > limit else None
    return Page(items=[Task.of(task) for task in page], next=more)


@router.get("/{task_id}", summary="Show a task", dependencies=[allow(Role.VIEWER)])
async def show_task(task: Visible) -> TaskWithResult:
    """Return a task with its result.

    One that quotes customers takes the role `labeller`, one that names a person `operator`.
    """
    return TaskWithResult.of(task)


@router.get(
    "/{task_id}/events",
    summary="Follow a task",
    dependencies=[allow(Role.VIEWER)],
    response_class=EventSourceResponse,
    responses=STREAM,
)
async def watch_task(
    task: Visible, request: Request, closing: Closing, seen: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """Send an event whenever the task changes, and a last one when it has ended."""

    async def read() -> Shown:
        found = await task_service(request).find(task.bot, task.id)
        return Shown(Task.of(found), str(found.revision), found.is_over)

    async for event in events(read, closing=closing, seen=seen):
        yield event


@router.post(
    "/{task_id}/cancel",
    summary="Cancel a task",
    status_code=202,
    dependencies=[allow(Role.AUTHOR)],
    responses={409: {"model": ErrorBody, "description": "It has ended already."}},
)
async def cancel_task(bot: Bot, task_id: TaskId, request: Request, caller: Caller) -> Task:
    """Cancel a task: one that waits at once, one that runs within about a second. Cancelling it again does nothing."""
    service = task_service(request)
    _require(caller, bot, (await service.find(bot, task_id)).kind, least=Role.AUTHOR)
    return Task.of(await service.cancel(bot, task_id))

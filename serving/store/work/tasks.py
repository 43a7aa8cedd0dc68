"""Tasks: long work that a request asks for, such as a validation; trainings are `jobs`.

    tasks  {_id: "bot:id", the fields of `Task` with `request` and `result` as JSON text, is_open, expires_at}

One process works on a task at a time: it claims it by compare-and-set on the revision, and changes the revision every
second as a sign of life (`serving.store.watch`). `is_open` is there until the task has ended.
"""

import json
import secrets
from collections.abc import Collection as Group
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from pipelines.schemas.keys import TASKS, bot_key_range, task_key
from pipelines.schemas.stored import Moment, read_each
from serving.store.client import DESCENDING, Collection, Database, Document

TaskState = Literal["queued", "running", "done", "failed", "cancelled"]
ID_PATTERN = r"^[0-9a-f]{20}$"
_MAX_OPEN = 1000
_JSON_FIELDS = ("request", "result")


class Task(BaseModel):
    """Long work and what has come of it.

    `request` is what the work was asked to do, without its kind; it is emptied at the end if it names a person. `share`
    is the progress, in [0, 1], and `step` the current step. `holder` is the process that works on it. `result` is there
    once it is done, and `error` with `error_kind`, the name of its class, if it failed.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    bot: str
    kind: str
    request: dict[str, Any]
    revision: int = 0
    state: TaskState = "queued"
    step: str = "waiting"
    share: float = 0.0
    by: str
    created_at: Moment
    expires_at: Moment
    started_at: Moment | None = None
    ended_at: Moment | None = None
    attempts: int = 0
    holder: str | None = None
    is_cancelled: bool = False
    result: dict[str, Any] | None = None
    error: str = ""
    error_kind: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it has ended for good."""
        return self.state not in ("queued", "running")


def new_task_id(now: datetime) -> str:
    """Return an id that nobody has and that sorts by its time."""
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(4)}"


class Tasks:
    """Reads and writes `tasks`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tasks: Collection = database.collection(TASKS)

    async def add(self, task: Task) -> None:
        """Store a new task."""
        await self._database.call("write task", self._tasks.insert_one(_document(task)))

    async def find(self, bot: str, task_id: str) -> Task | None:
        """Return a task."""
        document = await self._database.call("read task", self._tasks.find_one({"_id": task_key(bot, task_id)}))
        return next(iter(_tasks([document])), None) if document is not None else None

    async def page(self, bot: str, *, before: str | None, kinds: Group[str], limit: int) -> list[Task]:
        """Return a bot's tasks of some kinds, newest first and without their results; `before` is the last id seen."""
        lowest, highest = bot_key_range(bot)
        query: Document = {"_id": {"$gte": lowest, "$lt": task_key(bot, before) if before else highest}}
        if kinds:
            query["kind"] = {"$in": sorted(kinds)}
        cursor = self._tasks.find(query, {"result": 0}).sort("_id", DESCENDING).limit(limit)
        return _tasks(await self._database.call("read tasks", cursor.to_list(limit)))

    async def unfinished(self) -> list[Task]:
        """Return the unfinished tasks of all bots, in the order they were requested."""
        # DocumentDB uses a sparse index only where `$exists` says so
        cursor = self._tasks.find({"is_open": {"$eq": True, "$exists": True}}).limit(_MAX_OPEN)
        documents = await self._database.call("read tasks", cursor.to_list(_MAX_OPEN))
        return sorted(_tasks(documents), key=lambda task: (task.id, task.bot))

    async def change(self, task: Task, **changes: Any) -> Task | None:
        """Write a task with some fields changed; None if it has changed since it was read."""
        changed = task.model_copy(update={**changes, "revision": task.revision + 1})
        query = {"_id": task_key(task.bot, task.id), "revision": task.revision}
        outcome = await self._database.call("write task", self._tasks.replace_one(query, _document(changed)))
        return changed if outcome.matched_count == 1 else None

    async def erase(self, bot: str, kinds: Sequence[str]) -> None:
        """Delete a bot's tasks of some kinds, and cancel those that run: somebody whom they quote is forgotten."""
        for task in await self.unfinished():
            if task.bot == bot and task.kind in kinds:
                await self._cancel(task)
        lowest, highest = bot_key_range(bot)
        ended = {"kind": {"$in": list(kinds)}, "state": {"$in": ["done", "failed", "cancelled"]}}
        query = {"_id": {"$gte": lowest, "$lt": highest}, **ended}
        await self._database.call("forget tasks", self._tasks.delete_many(query))

    async def _cancel(self, found: Task) -> None:
        task: Task | None = found
        while task is not None and not task.is_over:
            if await self.change(task, is_cancelled=True) is not None:
                return
            task = await self.find(task.bot, task.id)


def _document(task: Task) -> Document:
    # as text: results have keys and depths of their own, which databases limit
    fields = task.model_dump(exclude={"id"})
    text = {name: json.dumps(fields[name], ensure_ascii=False) for name in _JSON_FIELDS if fields[name] is not None}
    is_open = {} if task.is_over else {"is_open": True}
    return {"_id": task_key(task.bot, task.id), **fields, **text, **is_open}


def _tasks(documents: Iterable[Document]) -> list[Task]:
    return list(read_each(documents, _task, collection=TASKS))


def _task(document: Document) -> Task:
    fields = {name: value for name, value in document.items() if name in Task.model_fields}
    parsed = {name: json.loads(fields[name]) for name in _JSON_FIELDS if fields.get(name) is not None}
    return Task.model_validate({**fields, **parsed, "id": document["_id"].rpartition(":")[2]})

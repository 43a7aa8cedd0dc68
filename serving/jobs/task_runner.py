"""Works on the tasks of the admin API, beside the requests: in child processes, `AT_ONCE` at a time, the oldest first.

Every process of the API takes what waits, also what another one has left behind, and sees to it that a task ends whose
process has died. Who works on a task writes it every second, so that others see that it lives.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from pipelines.errors import BotError, StoreUnavailable
from serving.clock import is_set_within
from serving.jobs.kinds import KINDS, traits_of
from serving.jobs.task_process import TaskOutcome, TaskProcess
from serving.logs import describe_crash
from serving.store.watch import BEAT_SECONDS, SILENCE_SECONDS, Watch
from serving.store.work.tasks import Task, Tasks, TaskState

AT_ONCE = 2
"""Each child takes a processor and some hundred megabytes."""
WAITING_STEP = f"waiting until one of {AT_ONCE} others has ended"
MAX_ATTEMPTS = 3
"""A process that is told to end gives its tasks back; one that never gets to its end must not be tried for ever."""
_LOOK_SECONDS = 1.0
_IDLE_SECONDS = 10.0
"""Pause between two looks while nothing waits or runs."""
_MAX_ERROR_CHARS = 4000
_GIVE_UP_SECONDS = 60.0
"""For how long an outcome is written again while the database is away."""

_log = logging.getLogger(__name__)


class _Work:
    """A task that this process works on."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.stop = asyncio.Event()
        self._progress = {"share": 0.0, "step": "starting"}

    def changes(self, _task: Task) -> dict[str, Any]:
        """Return what to write of the progress."""
        return self._progress

    def note(self, share: float, step: str) -> None:
        """Remember the progress."""
        self._progress = {"share": min(max(share, 0.0), 1.0), "step": step[:200]}


class TaskRunner:
    """Works on tasks until it is closed."""

    def __init__(self, tasks: Tasks, process: TaskProcess, *, now: Callable[[], datetime]) -> None:
        self._tasks, self._process, self._now = tasks, process, now
        self._name = f"{socket.gethostname()}, process {os.getpid()}, {os.urandom(3).hex()}"
        self._watch = Watch()
        self._works: dict[str, _Work] = {}
        self._runs: set[asyncio.Task[None]] = set()
        self._is_ending = False
        self._wake = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look for tasks."""
        self._looking = asyncio.create_task(self._look(), name="tasks")

    def wake(self) -> None:
        """Look at once: a task was added, or cancelled."""
        self._wake.set()

    async def aclose(self) -> None:
        """End the children; their tasks wait for the next process."""
        self._is_ending = True
        self._wake.set()
        if self._looking is not None:
            await self._looking  # before the others, since it may be about to start one more
        for work in self._works.values():
            work.stop.set()
        await asyncio.gather(*self._runs, return_exceptions=True)

    async def _look(self) -> None:
        is_first = True
        while not self._is_ending:
            self._wake.clear()
            pause = _IDLE_SECONDS
            try:
                unfinished = await self._tasks.unfinished()
                if is_first:
                    await asyncio.to_thread(self._process.remove_abandoned, {task.id for task in unfinished})
                    is_first = False
                await self._handle(unfinished)
                pause = _LOOK_SECONDS if unfinished else _IDLE_SECONDS
            except BotError as error:
                _log.warning("tasks cannot be searched for: %s", error)
            except Exception as error:
                _log.error("tasks cannot be searched for: %s", describe_crash(error))
            await is_set_within(self._wake, seconds=pause)

    async def _handle(self, unfinished: list[Task]) -> None:
        for task in unfinished:
            own = self._works.get(task.id)
            if own is not None:
                if task.is_cancelled:
                    own.stop.set()
            elif task.state == "queued" and task.is_cancelled:
                await self._tasks.change(task, **self._ended(task, "cancelled"))
            elif task.state == "queued" and not self._is_ending:
                await (self._claim(task) if len(self._works) < AT_ONCE else self._tell_waiting(task))
            elif task.state == "running":
                await self._bury_if_dead(task)

    async def _tell_waiting(self, task: Task) -> None:
        if task.step != WAITING_STEP:
            await self._tasks.change(task, step=WAITING_STEP)

    async def _claim(self, task: Task) -> None:
        if task.attempts >= MAX_ATTEMPTS or task.kind not in KINDS:
            why = f"it was begun {task.attempts} times and never finished" if task.attempts else "unknown kind of task"
            await self._tasks.change(task, **self._ended(task, "failed", error=why, error_kind="Crash"))
            return
        running = {"state": "running", "step": "starting", "started_at": self._now(), "attempts": task.attempts + 1}
        claimed = await self._tasks.change(task, **running, holder=self._name)
        if claimed is not None:
            self._works[task.id] = work = _Work(claimed)
            run = asyncio.create_task(self._run(work), name=f"task-{task.kind}-{task.id}")
            self._runs.add(run)
            run.add_done_callback(self._runs.discard)

    async def _bury_if_dead(self, task: Task) -> None:
        if self._watch.unchanged_seconds(task.id, task.revision) < SILENCE_SECONDS:
            return
        state: TaskState = "cancelled" if task.is_cancelled else "failed"
        why = "" if task.is_cancelled else "the process that worked on it died; ask for it again"
        await self._tasks.change(task, **self._ended(task, state, error=why, error_kind="" if not why else "Crash"))

    async def _run(self, work: _Work) -> None:
        beating = asyncio.create_task(self._beat(work))
        try:
            outcome = await self._process.run(work.task, stop=work.stop, on_progress=work.note)
        except Exception as error:
            _log.error("task %s of bot %s: %s", work.task.id, work.task.bot, describe_crash(error))
            outcome = TaskOutcome(error="something went wrong here; see the server's log", error_kind="Crash")
        finally:
            beating.cancel()
            await asyncio.wait([beating])
        try:
            await self._conclude(work, outcome)
        finally:
            del self._works[work.task.id]
            self._wake.set()

    async def _beat(self, work: _Work) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self._write(work, work.changes)
            except StoreUnavailable as error:
                _log.warning("the progress of task %s is not written: %s", work.task.id, error)

    async def _conclude(self, work: _Work, outcome: TaskOutcome) -> None:
        give_up_at = time.monotonic() + _GIVE_UP_SECONDS
        while True:
            try:
                return await self._write(work, partial(self._changes_of, outcome))
            except StoreUnavailable as error:
                _log.warning("the outcome of task %s is not written: %s", work.task.id, error)
                if self._is_ending or time.monotonic() > give_up_at:
                    return None
            await asyncio.sleep(BEAT_SECONDS)

    def _changes_of(self, outcome: TaskOutcome, task: Task) -> dict[str, Any]:
        if task.is_cancelled:  # even if it is done: somebody may be about to be forgotten
            return self._ended(task, "cancelled")
        if outcome.result is not None:
            return self._ended(task, "done", result=outcome.result, share=1.0)
        if outcome.error:
            error = _without_person(outcome.error, task)[:_MAX_ERROR_CHARS]
            return self._ended(task, "failed", error=error, error_kind=outcome.error_kind)
        waiting = "waiting: the process that did it was told to end"
        return {"state": "queued", "step": waiting, "holder": None, "attempts": task.attempts - 1}

    async def _write(self, work: _Work, changes_of: Callable[[Task], dict[str, Any]]) -> None:
        """Write a task unless somebody else has ended it; who cancels one leaves its end to us."""
        while True:
            changed = await self._tasks.change(work.task, **changes_of(work.task))
            if changed is not None:
                work.task = changed
                return
            found = await self._tasks.find(work.task.bot, work.task.id)
            if found is None or found.holder != self._name or found.is_over:
                work.stop.set()
                return
            work.task = found
            if found.is_cancelled:
                work.stop.set()

    def _ended(self, task: Task, state: TaskState, **changes: Any) -> dict[str, Any]:
        request = {} if traits_of(task.kind).names_person else task.request
        return {"state": state, "step": state, "ended_at": self._now(), "request": request, **changes}


def _without_person(text: str, task: Task) -> str:
    """Mask whom a request names in an error that is kept."""
    names = [value for value in task.request.values() if isinstance(value, str) and value]
    for name in names if traits_of(task.kind).names_person else ():
        text = text.replace(name, "***")
    return text

"""The child process that works on a task: `python -m serving.cli task FOLDER`, which cannot outlive its parent.

What it is asked and what it answers lie as files in a folder of its own below the home folder, which is deleted
afterwards: a command line can be read by everybody on the machine, and a request may name a person.

    request.json     bot, kind and request
    progress.jsonl   written by the child, see `pipelines.progress`
    result.json      the result
    error.json       or why there is none
"""

import asyncio
import json
import shutil
import sys
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.progress import read_progress
from pipelines.settings import Settings
from serving.jobs.process import PATIENT, environment_of
from serving.processes.child import Child, Program
from serving.store.work.tasks import Task

WORK = (sys.executable, "-m", "serving.cli", "task")
REQUEST, PROGRESS, RESULT, ERROR = "request.json", "progress.jsonl", "result.json", "error.json"
MAX_RESULT_BYTES = 4 * 2**20
"""Largest result. A database takes 16 MB, and a page has to show it."""
_FOLDER = "tasks"
_POLL_SECONDS = 0.1
_ABANDONED_SECONDS = 3600.0

OnProgress = Callable[[float, str], None]


@dataclass(frozen=True)
class TaskOutcome:
    """What a child made of a task: a result, or an error with the name of its class; neither if it was ended early."""

    result: dict[str, Any] | None = None
    error: str = ""
    error_kind: str = ""


class TaskProcess:
    """Works on tasks, each in a child process with the same settings; `command` is given the folder."""

    def __init__(self, settings: Settings, *, command: Sequence[str] = WORK) -> None:
        self._settings, self._command = settings, command
        self._home = settings.home.resolve()

    async def run(self, task: Task, *, stop: asyncio.Event, on_progress: OnProgress) -> TaskOutcome:
        """Work on a task to its end, or end it as soon as `stop` is set or this coroutine is cancelled."""
        folder = self._home / _FOLDER / task.id
        try:
            child = await asyncio.to_thread(partial(self._start, task, folder))
            try:
                await self._follow(child, folder, stop=stop, on_progress=on_progress)
            finally:
                await asyncio.to_thread(child.finish_stop)
            if stop.is_set():
                return TaskOutcome()
            return await asyncio.to_thread(partial(self._read_outcome, task, child, folder))
        except OSError as error:  # the disk is full, or there are too many processes
            return TaskOutcome(error=f"its process could not be started: {error.strerror}", error_kind="OSError")
        finally:
            await asyncio.to_thread(partial(shutil.rmtree, folder, ignore_errors=True))

    def remove_abandoned(self, known: Collection[str]) -> None:
        """Delete the folders of processes that were killed, except those of the tasks that are `known`."""
        for folder in (self._home / _FOLDER).glob("*"):
            with suppress(OSError):
                if folder.name not in known and time.time() - folder.stat().st_mtime > _ABANDONED_SECONDS:
                    shutil.rmtree(folder)

    def _start(self, task: Task, folder: Path) -> Child:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        asked = {"bot": task.bot, "kind": task.kind, "request": task.request}
        (folder / REQUEST).write_text(json.dumps(asked), encoding="utf-8")
        program = Program(
            f"task-{task.kind}",
            f"the task {task.kind!r} of bot {task.bot!r}",
            [*self._command, str(folder)],
            environment={**environment_of(self._settings), **PATIENT},
        )
        return Child(program, home=folder)

    @staticmethod
    async def _follow(child: Child, folder: Path, *, stop: asyncio.Event, on_progress: OnProgress) -> None:
        place = 0
        while child.exit_code is None and not stop.is_set():
            await asyncio.sleep(_POLL_SECONDS)
            with suppress(OSError, ValueError):
                rows, place = read_progress(folder / PROGRESS, offset=place)
                if rows:
                    on_progress(*rows[-1])

    def _read_outcome(self, task: Task, child: Child, folder: Path) -> TaskOutcome:
        for name in (RESULT, ERROR):
            file = folder / name
            if not file.exists():
                continue
            if file.stat().st_size > MAX_RESULT_BYTES:
                return TaskOutcome(error="its result is too large; ask for less", error_kind="TooLarge")
            found = json.loads(file.read_bytes())
            return TaskOutcome(result=found) if name == RESULT else TaskOutcome(**found)
        log = self._home / "logs" / f"{child.program.name}-{task.bot}.log"  # for the operator: it may quote examples
        log.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(child.log, log)
        how = str(child.failure()).partition(";")[0]
        return TaskOutcome(error=f"{how}; the server's log of it says more", error_kind="Crash")

"""Where trainings are requested: the job is stored, and submitted to the backend that runs it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from pipelines.errors import NotFound, NothingToLearn, TaskOver, no_such_bot
from pipelines.settings import Settings
from serving.dialogue.services import Services
from serving.jobs.attempts import Attempts
from serving.jobs.child_runner import ChildRunner
from serving.jobs.process import TrainingProcess
from serving.jobs.retraining import report_failure
from serving.store.client import Database
from serving.store.drafts.bots import has_intents, has_own_examples
from serving.store.schema import Schema
from serving.store.work.jobs import Backend, Job, Jobs, describe_cancelling
from serving.store.work.leases import Leases


class JobBackend(Protocol):
    """Runs jobs."""

    @property
    def name(self) -> Backend:
        """Which backend this is."""
        ...

    async def submit(self, job: Job) -> None:
        """Submit a job. Idempotent."""
        ...

    async def aclose(self) -> None:
        """End the jobs that run in this process."""
        ...


class TrainingService:
    """Accepts requests for trainings, and reports on them.

    Parameters
    ----------
    database
        An open connection.
    backend
        Runs the jobs.
    now
        The current time, in UTC.
    """

    def __init__(self, database: Database, backend: JobBackend, *, now: Callable[[], datetime]) -> None:
        self._database, self._backend, self._now = database, backend, now
        self._jobs, self._schema = Jobs(database), Schema(database)

    async def request(self, bot: str, *, by: str, accepts_relabelled: bool = False) -> tuple[Job, bool]:
        """Request a training of a bot; returns the job, and whether it is new.

        A job that waits or runs is returned instead of a new one: an impatient second click is no error, and its
        training could not start before the first one ends anyway. A waiting job is submitted once more, in case its
        message was lost. `by` says who asks, for the record; `accepts_relabelled`, that labels which differ from those
        of the live release are meant.

        Raises `NotFound` if there is no such bot, `NothingToLearn` if it has no example of its own, and
        `QueueUnavailable` if the queue did not take the job; the next request submits the same job again.
        """
        if not await has_intents(self._database, bot=bot):
            raise no_such_bot(bot)
        if not await has_own_examples(self._database, bot=bot):
            raise NothingToLearn(bot)
        await self._schema.ensure()
        now = self._now()
        job, is_new = await self._jobs.request(
            bot, by=by, now=now, backend=self._backend.name, accepts_relabelled=accepts_relabelled
        )
        shown = self._jobs.seen(job, now=now)
        if shown.state == "queued":
            await self._backend.submit(job)
        return shown, is_new

    async def find(self, bot: str, number: int) -> Job:
        """Return a job as it stands now; raises `NotFound` if there is none with that number."""
        return self._jobs.seen(await self._find(bot, number), now=self._now())

    async def _find(self, bot: str, number: int) -> Job:
        job = await self._jobs.find(bot, number)
        if job is None:
            raise NotFound(f"training of bot {bot!r}", str(number), hint=f"`/api/v1/bots/{bot}/trainings` lists them")
        return job

    async def recent(self, bot: str, *, limit: int, before: int | None = None) -> list[Job]:
        """Return the last jobs of a bot as they stand now, newest first; `before` is the last number seen."""
        now = self._now()
        return [self._jobs.seen(job, now=now) for job in await self._jobs.recent(bot, limit=limit, before=before)]

    async def cancel(self, bot: str, number: int, *, by: str) -> Job:
        """End a job: at once if it waits, and within seconds if a process trains, wherever that runs.

        Idempotent. `by` says who wants it, for the record. Raises `NotFound`, and `TaskOver` if it has ended otherwise,
        or has made its version: that is registered.
        """
        while True:
            job = await self._find(bot, number)
            shown = self._jobs.seen(job, now=self._now())
            if shown.state == "cancelled" or (job.cancelled_by is not None and not shown.is_over):
                return shown
            if shown.is_over or (shown.state == "running" and shown.share >= 1):
                raise TaskOver("training", str(number), state=shown.state)
            changes: dict[str, Any] = {"cancelled_by": by}
            if shown.state == "queued":
                ended = {"state": "cancelled", "reason": describe_cancelling(by), "ended_at": self._now()}
                changes |= {**ended, "step": "cancelled", "until": None}
            changed = await self._jobs.change(job, **changes)
            if changed is not None:
                return changed


@asynccontextmanager
async def open_trainings(settings: Settings, services: Services) -> AsyncIterator[TrainingService]:
    """Open the training service. Trainings in this process end with the context; the next process resumes their jobs.

    With a `training_queue_url` in the settings workers run the jobs, otherwise child processes of this one.
    """
    backend: JobBackend
    if settings.training_queue_url is None:
        jobs, process = Jobs(services.database), TrainingProcess(settings)
        leases = Leases(services.database, ttl=timedelta(seconds=settings.training_lease_seconds))
        attempts = Attempts(jobs, leases, process, on_failure=partial(report_failure, settings), retries=False)
        runner = ChildRunner(jobs, attempts)
        runner.start()
        backend = runner
    else:
        from serving.jobs.queue import TrainingQueue  # boto3 takes a third of a second that most do not need

        backend = await TrainingQueue.open(settings.training_queue_url)
    try:
        yield TrainingService(services.database, backend, now=services.now)
    finally:
        await backend.aclose()

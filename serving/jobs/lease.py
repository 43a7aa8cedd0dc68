"""The lease on a bot while this process trains it, and the progress of its job.

Training keeps the main thread busy for minutes, so the lease has a thread and an event loop of its own.
"""

import asyncio
import logging
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

from pipelines.errors import BotError, JobOver, NotFound, StoreUnavailable, TrainingBusy
from pipelines.progress import READING_DRAFT
from pipelines.schemas.keys import training_key
from pipelines.settings import Settings
from serving.clock import is_set_within, utc_now
from serving.store.client import Database
from serving.store.work.jobs import Job, Jobs, Step
from serving.store.work.leases import Lease, Leases

WRITE_SECONDS = 1.0
_MAX_STEPS, _MAX_STEP_CHARS = 300, 200
_NUMBERS = re.compile(r"[\d.,]+")

_log = logging.getLogger(__name__)

T = TypeVar("T")


class TrainingLease:
    """A context in which this process may train a bot, for the job with the number `job` if there is one.

    Entering it raises `TrainingBusy` if another process trains the bot, and `JobOver` or `NotFound` if there is no such
    job to do. If another process takes the lease, which happens only to a process that gave no sign of life, if the
    training takes too long, or if somebody cancels it, the main thread is ended by `SIGTERM`.
    """

    def __init__(self, settings: Settings, bot: str, *, job: int | None) -> None:
        self._settings, self._bot, self._job_number = settings, bot, job
        self._ttl = timedelta(seconds=settings.training_lease_seconds)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="training-lease", daemon=True)
        self._progress = (0.0, "starting")
        self._steps: tuple[Step, ...] = ()
        self._run: dict[str, Any] = {}
        self._lease: Lease | None = None
        self._job: Job | None = None
        self.is_lost = False
        self.is_overdue = False
        self.cancelled_by: str | None = None

    @property
    def limit_hours(self) -> float:
        """How long a training may take."""
        return self._settings.training_limit_hours

    @property
    def has_job(self) -> bool:
        """Whether the training is for a job."""
        return self._job_number is not None

    @property
    def number(self) -> int:
        """Number of the lease that this process holds; later leases on the bot have higher ones."""
        if self._lease is None:
            raise RuntimeError("the lease is held only within the context")
        return self._lease.number

    def report(self, share: float, what: str) -> None:
        """Report the share done, in [0, 1], and the present step."""
        self._progress = (share, what)
        if what == READING_DRAFT:
            self._run.setdefault("draft_read_at", utc_now())
        if not self._steps or _plain(what) != _plain(self._steps[-1].text):
            self._steps = (*self._steps, Step(at=utc_now(), share=share, text=what[:_MAX_STEP_CHARS]))[-_MAX_STEPS:]

    def note_run(self, run_id: str, run_url: str) -> None:
        """Report the MLflow run."""
        self._run |= {"run_id": run_id, "run_url": run_url}

    def conclude(self, **changes: Any) -> None:
        """Write the outcome of the job, if there is one; waits if the database is away for a moment."""
        self._call(self._conclude(**changes, steps=self._steps, **self._run))

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._call(self._begin())
        except BaseException:
            self._end_thread()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(StoreUnavailable):  # the lease expires by itself
            self._call(self._end())
        self._end_thread()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _begin(self) -> None:
        settings = self._settings
        self._database = Database.from_settings(settings)
        self._leases, self._jobs = Leases(self._database, ttl=self._ttl), Jobs(self._database)
        self._writing = asyncio.Lock()
        try:
            lease = await self._acquire()
        except BaseException:
            self._database.close()
            raise
        self._stop = asyncio.Event()
        self._tasks = (asyncio.create_task(self._hold(lease)), asyncio.create_task(self._watch()))

    async def _acquire(self) -> Lease:
        holder = f"{socket.gethostname()}, process {os.getpid()}"
        lease, is_ours = await self._leases.take(training_key(self._bot), holder=holder, now=utc_now())
        if not is_ours:
            raise TrainingBusy(self._bot, holder=lease.holder, since=lease.since)
        self._lease = lease
        if self._job_number is not None:
            try:
                self._job = await self._claim(self._job_number, holder)
            except BotError:
                await self._leases.give_back(lease, now=utc_now())
                raise
        return lease

    async def _claim(self, number: int, holder: str) -> Job:
        job = await self._jobs.find(self._bot, number)
        while job is not None and not job.is_over:
            now = utc_now()
            claimed = await self._jobs.claim(job, holder=holder, until=now + self._ttl, now=now)
            if claimed is not None:
                self._steps = claimed.steps
                return claimed
            job = await self._jobs.find(self._bot, number)
        if job is None:
            raise NotFound("training", str(number), hint="ask for one at `/api/v1/bots/BOT/trainings`")
        raise JobOver(job.bot, job.number, state=job.state)

    async def _hold(self, lease: Lease) -> None:
        if not await self._leases.hold(lease, self._stop, on_renewal=self._write, on_failure=self._warn):
            self.is_lost, self._lease, self._job = True, None, None
            os.kill(os.getpid(), signal.SIGTERM)

    async def _watch(self) -> None:
        """Write the progress as it changes, and end a training that takes too long."""
        begun_at = time.monotonic()
        written: tuple[Any, ...] = ()
        while not await is_set_within(self._stop, seconds=min(WRITE_SECONDS, self._ttl.total_seconds() / 6)):
            if time.monotonic() - begun_at > self._settings.training_limit_hours * 3600 and not self.is_overdue:
                self.is_overdue = True
                os.kill(os.getpid(), signal.SIGTERM)
            await self._look_whether_cancelled()
            if written != (self._progress, {**self._run}):
                written = (self._progress, {**self._run})
                try:
                    await self._write(until=utc_now() + self._ttl)
                except StoreUnavailable as error:
                    self._warn(error)  # written with the next renewal

    async def _look_whether_cancelled(self) -> None:
        found = None
        with suppress(StoreUnavailable):
            found = await self._jobs.find(self._bot, self._job.number) if self._job is not None else None
        if found is not None and found.cancelled_by is not None and self.cancelled_by is None:
            self.cancelled_by = found.cancelled_by
            os.kill(os.getpid(), signal.SIGTERM)

    async def _write(self, *, until: datetime) -> None:
        share, what = self._progress
        await self._change_job(share=share, step=what, steps=self._steps, until=until, **self._run)

    def _warn(self, error: StoreUnavailable) -> None:
        _log.warning("the lease on training bot %s is not renewed: %s", self._bot, error)

    async def _conclude(self, **changes: Any) -> None:
        give_up_at = time.monotonic() + self._ttl.total_seconds()
        while True:
            try:
                return await self._change_job(**changes)
            except StoreUnavailable:
                if time.monotonic() > give_up_at:
                    raise
            await asyncio.sleep(WRITE_SECONDS)

    async def _change_job(self, **changes: Any) -> None:
        """Write the job, unless it has another holder or outcome by now."""
        async with self._writing:
            while self._job is not None:
                changed = await self._jobs.change(self._job, **changes)
                if changed is not None:
                    self._job = None if "state" in changes else changed  # nothing is written after the outcome
                    return
                found = await self._jobs.find(self._bot, self._job.number)
                is_ours = found is not None and found.holder == self._job.holder and not found.is_over
                self._job = found if is_ours else None

    async def _end(self) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)  # not cancelled: a write under way could arrive late
        try:
            if self._lease is not None:
                await self._leases.give_back(self._lease, now=utc_now())
        finally:
            self._database.close()


def _plain(what: str) -> str:
    """Return a step without its numbers: `evaluating 12 of 90` is the same step as `evaluating 13 of 90`."""
    return _NUMBERS.sub("", what)

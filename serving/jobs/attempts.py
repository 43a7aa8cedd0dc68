"""One attempt at a job, in a child process, and what its result means for the job; with and without a queue."""

import asyncio
import logging
from collections.abc import Callable
from enum import Enum

from pipelines.errors import NotFound
from pipelines.schemas.keys import training_key
from serving.clock import utc_now
from serving.jobs.process import EXIT_BUSY, ChildExit, TrainingProcess
from serving.store.work.jobs import MAX_ATTEMPTS, Job, Jobs, describe_cancelling
from serving.store.work.leases import Lease, Leases

_log = logging.getLogger(__name__)


class AttemptResult(Enum):
    """The result of an attempt."""

    FINISHED = "nothing is left to do about the job"
    BUSY = "another process is working on the bot; nothing was started"
    RETURNED = "this process was told to end, so another one has to do the job"
    UNFINISHED = "it failed, and another attempt may succeed"


class Attempts:
    """Starts jobs, and makes sure that each of them ends.

    Parameters
    ----------
    jobs
        The jobs in the database.
    leases
        Who trains which bot.
    process
        Runs a job.
    on_failure
        Called with a bot and a reason when a job has failed and its own process could not tell the operator.
    retries
        Whether to try again after an attempt that died without a word; a job that its process returned because its
        supervisor died is tried again in any case. At most `MAX_ATTEMPTS` attempts.
    """

    def __init__(
        self,
        jobs: Jobs,
        leases: Leases,
        process: TrainingProcess,
        *,
        on_failure: Callable[[str, str], None],
        retries: bool,
    ) -> None:
        self._jobs, self._leases, self._process = jobs, leases, process
        self._on_failure, self._retries = on_failure, retries

    async def run(self, bot: str, number: int, *, stop: asyncio.Event) -> AttemptResult:
        """Run a job unless it has finished or another process trains its bot.

        Parameters
        ----------
        bot
            The job's bot.
        number
            The job's number.
        stop
            Set when this process is told to end. A training under way is then ended and returned without counting the
            attempt, or three deployments would fail it.

        Returns
        -------
        AttemptResult
            What has to happen next.

        Raises
        ------
        NotFound
            There is no such job.
        """
        job = await self._jobs.find(bot, number)
        if job is None:
            raise NotFound("job", f"{number} of bot {bot}", hint="nobody asked for it, or it has expired")
        needless = await self._check(job, stop)
        if needless is not None:
            return needless
        ended = await self._run_child(job, stop)
        found = await self._jobs.find(bot, number)
        if found is None or found.is_over:
            return AttemptResult.FINISHED
        if ended.code == EXIT_BUSY or found.attempts > job.attempts + 1:  # another process has started it since
            return AttemptResult.BUSY
        if await self._end_if_cancelled(found):  # its process was ended before it could say so
            return AttemptResult.FINISHED
        if stop.is_set():
            back = {"state": "queued", "step": "waiting: the process that did it was told to end", "until": None}
            await self._jobs.change(found, **back, attempts=job.attempts, reason="")
            return AttemptResult.RETURNED
        # Counted here if the process died before it could: a broken installation must not be tried for ever.
        tried = found.model_copy(update={"attempts": job.attempts + 1})
        _log.warning("training %d of bot %s: attempt %d: exit code %d", number, bot, tried.attempts, ended.code)
        return await self._after_failure(tried, found.reason or ended.sentence)

    async def _run_child(self, job: Job, stop: asyncio.Event) -> ChildExit:
        try:
            return await self._process.run(job, stop=stop)
        except OSError as error:  # the disk is full, or there are too many processes
            return ChildExit(1, f"its process could not be started: {error.strerror or type(error).__name__}")

    async def find_holder(self, bot: str) -> Lease | None:
        """Return the lease of whoever trains a bot, or erases a person's messages from it; None if nobody does."""
        lease = await self._leases.find(training_key(bot))
        return lease if lease is not None and await self._leases.is_held(lease, now=utc_now()) else None

    async def _after_failure(self, job: Job, reason: str) -> AttemptResult:
        if not self._retries:
            await self._fail(job, reason)
            return AttemptResult.FINISHED
        waiting = {"state": "queued", "step": "waiting to be tried again", "until": None}
        returned = await self._jobs.change(job, **waiting, reason=reason)
        if returned is not None and returned.attempts >= MAX_ATTEMPTS:
            await self._fail(returned, _too_often(returned))
            return AttemptResult.FINISHED
        return AttemptResult.UNFINISHED

    async def _check(self, job: Job, stop: asyncio.Event) -> AttemptResult | None:
        """Return the result if no attempt is to be made."""
        if job.is_over:
            return AttemptResult.FINISHED
        # Checked after the job was read: whoever starts it from now on changes the revision that was read.
        if await self.find_holder(job.bot) is not None:
            return AttemptResult.BUSY
        if await self._end_if_cancelled(job):
            return AttemptResult.FINISHED
        if stop.is_set():
            return AttemptResult.RETURNED
        if job.attempts >= MAX_ATTEMPTS:
            await self._fail(job, _too_often(job))
            return AttemptResult.FINISHED
        return None

    async def _end_if_cancelled(self, job: Job) -> bool:
        if job.cancelled_by is None:
            return False
        reason = describe_cancelling(job.cancelled_by)
        await self._jobs.change(job, state="cancelled", reason=reason, ended_at=utc_now(), until=None)
        return True

    async def _fail(self, job: Job, reason: str) -> None:
        """Mark a job as failed, unless somebody has changed it since."""
        failed = {"state": "failed", "reason": reason, "ended_at": utc_now(), "until": None}
        if await self._jobs.change(job, **failed) is not None:
            await asyncio.to_thread(self._on_failure, job.bot, reason)


def _too_often(job: Job) -> str:
    last = job.reason or "its process died"
    return f"it was started {job.attempts} times and never finished; the last time: {last}"

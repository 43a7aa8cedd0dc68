"""One attempt at a job, in a child process, and what its end means for the job; the same with a queue and without."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum

from pipelines.errors import NotFound
from pipelines.schemas.keys import training_key
from serving.jobs.process import EXIT_BUSY, Ended, TrainingProcess
from serving.store.jobs import MAX_ATTEMPTS, Job, Jobs
from serving.store.leases import Lease, Leases

_log = logging.getLogger(__name__)


class Ending(Enum):
    """What an attempt came to."""

    OVER = "nothing is left to do about the job"
    BUSY = "somebody else is at work on the bot; nothing was begun"
    HANDED_BACK = "this process was told to end, so that another one has to do the job"
    UNFINISHED = "it failed, and another try may do better"


class Attempts:
    """Begins jobs, and sees to it that each of them ends.

    Parameters
    ----------
    jobs
        Where jobs are written down.
    leases
        Who trains which bot.
    process
        Does a job.
    tell
        Called with a bot and a reason when a job has failed and its own process could not tell the operator.
    tries_again
        Whether another try follows one that ended without a word on the job; what its process hands back at its
        supervisor's death is tried again in any case. Three tries at most.
    """

    def __init__(
        self,
        jobs: Jobs,
        leases: Leases,
        process: TrainingProcess,
        *,
        tell: Callable[[str, str], None],
        tries_again: bool,
    ) -> None:
        self._jobs, self._leases, self._process = jobs, leases, process
        self._tell, self._tries_again = tell, tries_again

    async def make(self, bot: str, number: int, *, stop: asyncio.Event) -> Ending:
        """Do a job, if it is still to be done and nobody trains its bot.

        Parameters
        ----------
        bot
            The job's bot.
        number
            The job's number.
        stop
            Set when this process is told to end. A training under way is ended and handed back; that it was begun does
            not count then, or three roll-outs would fail it.

        Returns
        -------
        Ending
            What has to happen next.

        Raises
        ------
        NotFound
            There is no such job.
        """
        job = await self._jobs.find(bot, number)
        if job is None:
            raise NotFound("job", f"{number} of bot {bot}", hint="nobody asked for it, or it has expired")
        if job.is_over:
            return Ending.OVER
        # Looked at after the job was read: whoever begins with it from now on changes the revision that was read.
        if await self.find_holder(bot) is not None:
            return Ending.BUSY
        if stop.is_set():
            return Ending.HANDED_BACK
        if job.attempts >= MAX_ATTEMPTS:
            await self._fail(job, _too_often(job))
            return Ending.OVER
        ended = await self._run(job, stop)
        found = await self._jobs.find(bot, number)
        if found is None or found.is_over:
            return Ending.OVER
        if ended.code == EXIT_BUSY or found.attempts > job.attempts + 1:  # another process has begun with it since
            return Ending.BUSY
        if stop.is_set():
            back = {"state": "queued", "step": "waiting: the process that did it was told to end", "until": None}
            await self._jobs.change(found, **back, attempts=job.attempts, reason="")
            return Ending.HANDED_BACK
        # Counted here where the process died before it could: a broken installation must not be tried for ever.
        tried = found.model_copy(update={"attempts": job.attempts + 1})
        _log.warning("training %d of bot %s: attempt %d: exit code %d", number, bot, tried.attempts, ended.code)
        return await self._after_failure(tried, found.reason or ended.sentence)

    async def _run(self, job: Job, stop: asyncio.Event) -> Ended:
        try:
            return await self._process.run(job, stop=stop)
        except OSError as error:  # the disk is full, or there are too many processes
            return Ended(1, f"its process could not be begun: {error.strerror or type(error).__name__}")

    async def find_holder(self, bot: str) -> Lease | None:
        """Find who trains a bot, or takes a person out of what it has learnt; None if nobody does."""
        lease = await self._leases.find(training_key(bot))
        return lease if lease is not None and lease.until > datetime.now(UTC) else None

    async def _after_failure(self, job: Job, reason: str) -> Ending:
        if not self._tries_again:
            await self._fail(job, reason)
            return Ending.OVER
        waiting = {"state": "queued", "step": "waiting to be tried again", "until": None}
        given_back = await self._jobs.change(job, **waiting, reason=reason)
        if given_back is not None and given_back.attempts >= MAX_ATTEMPTS:
            await self._fail(given_back, _too_often(given_back))
            return Ending.OVER
        return Ending.UNFINISHED

    async def _fail(self, job: Job, reason: str) -> None:
        """Write that a job has failed, unless somebody has changed it meanwhile."""
        failed = {"state": "failed", "reason": reason, "ended_at": datetime.now(UTC), "until": None}
        if await self._jobs.change(job, **failed) is not None:
            await asyncio.to_thread(self._tell, job.bot, reason)


def _too_often(job: Job) -> str:
    last = job.reason or "its process died"
    return f"it was begun {job.attempts} times and never finished; the last time: {last}"

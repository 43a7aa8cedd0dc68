"""`intentloop worker --trainings`: does the jobs that the SQS queue of trainings names, each in a child process.

The heartbeat that keeps a message hidden cannot stall, since the work is done elsewhere. A message is hidden for twice
as long as a lease lasts: when it comes back after a crash, whoever worked on it is dead for sure, and the next worker
marks what that one left behind. A job's own tries run out before a redrive policy takes its message aside if its
`maxReceiveCount` is above `MAX_ATTEMPTS`; what goes there is what no worker can read.
"""

import asyncio
import logging
import math
import signal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pipelines.errors import NotFound, SetupProblem
from pipelines.settings import Settings
from serving.jobs.process import EXIT_BUSY, RETRAIN, TrainingProcess
from serving.jobs.queue import TrainingOrder, TrainingQueue
from serving.store.client import Database
from serving.store.jobs import Job, Jobs
from serving.store.keys import training_key
from serving.store.leases import Leases
from serving.worker import Worker

MAX_ATTEMPTS = 3
_MAX_DELAY_SECONDS = 900
"""SQS delays a message no longer than this."""

_log = logging.getLogger(__name__)


class TrainingWork:
    """Does what a message asks for.

    Parameters
    ----------
    queue
        Where the messages come from.
    jobs
        Where jobs are written down.
    leases
        Who trains which bot.
    process
        Does a job.
    """

    def __init__(self, queue: TrainingQueue, jobs: Jobs, leases: Leases, process: TrainingProcess) -> None:
        self._queue, self._jobs, self._leases, self._process = queue, jobs, leases, process
        self._pause_seconds = leases.ttl.total_seconds()

    async def __call__(self, order: TrainingOrder) -> float | None:
        """Do a job.

        Parameters
        ----------
        order
            Names the job.

        Returns
        -------
        float | None
            Seconds until it is to be tried again; None: its message is done with.

        Raises
        ------
        NotFound
            There is no such job; the message goes aside in the end.
        """
        job = await self._jobs.find(order.bot, order.number)
        if job is None:
            raise NotFound("job", str(order), hint="nobody asked for it, or it has expired")
        if job.is_over or await self._has_used_up_its_tries(job):
            return None
        lease = await self._leases.find(training_key(order.bot))
        if lease is not None and lease.until > datetime.now(UTC):
            await self._put_off(order)
            return None
        ended = await self._process.run(job)
        job = await self._jobs.find(order.bot, order.number)
        if job is None or job.is_over:
            return None
        if ended.code == EXIT_BUSY:
            await self._put_off(order)
            return None
        _log.warning("%s: attempt %d ended with exit code %d", order, job.attempts, ended.code)
        waiting = {"state": "queued", "step": "waiting to be tried again", "until": None}
        given_back = await self._jobs.change(job, **waiting, reason=job.reason or ended.sentence)
        if given_back is not None and await self._has_used_up_its_tries(given_back):
            return None
        return self._pause_seconds

    async def _put_off(self, order: TrainingOrder) -> None:
        """Try again later, with a new message: that the bot is being trained already is no try that failed."""
        await self._queue.send([order], delay_seconds=min(math.ceil(self._pause_seconds), _MAX_DELAY_SECONDS))

    async def _has_used_up_its_tries(self, job: Job) -> bool:
        if job.attempts < MAX_ATTEMPTS:
            return False
        reason = (
            f"it was begun {job.attempts} times and never finished; the last time: {job.reason or 'its worker died'}"
        )
        await self._jobs.change(job, state="failed", reason=reason, ended_at=datetime.now(UTC), until=None)
        return True


async def run_training_worker(settings: Settings, *, command: Sequence[str] = RETRAIN) -> None:
    """Work until the process is asked to end (SIGTERM or Ctrl-C); a training under way is cut off and handed back.

    Parameters
    ----------
    settings
        The platform's; `training_queue_url` must be set.
    command
        What a job is done by.

    Raises
    ------
    SetupProblem
        There is no queue in the settings, or it cannot be used.
    """
    if settings.training_queue_url is None:
        raise SetupProblem(
            "there is no queue of trainings; set INTENTLOOP_TRAINING_QUEUE_URL, or leave them to the chat API, "
            "which does them in child processes"
        )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    queue = await TrainingQueue.open(settings.training_queue_url)
    database = Database(
        settings.resolved_mongo_uri, name=settings.mongo_database, timeout_seconds=settings.mongo_timeout_seconds
    )
    leases = Leases(database, ttl=timedelta(seconds=settings.training_lease_seconds))
    work = TrainingWork(queue, Jobs(database), leases, TrainingProcess(settings, command=command))
    try:
        _log.info("doing the trainings of %s", settings.training_queue_url)
        visibility_seconds = math.ceil(2 * settings.training_lease_seconds)
        await Worker(queue, work, slots=1, visibility_seconds=visibility_seconds, drain_seconds=0.0).run(stop)
    finally:
        database.close()

"""`intentloop worker --trainings`: does the jobs that the SQS queue of trainings names, each in a child process.

The heartbeat that keeps a message hidden cannot stall, since the work is done elsewhere. A message is hidden for twice
as long as a lease lasts: when it comes back after a crash, whoever worked on it is dead for sure, and the next worker
marks what that one left behind. A job's own tries run out before a redrive policy takes its message aside if its
`maxReceiveCount` is above `MAX_ATTEMPTS`; what goes there is what no worker can read. Where a job waits and nothing
failed, because its bot is busy or this worker is told to end, it gets a new message, whose receives count from zero.
"""

import asyncio
import logging
import math
import signal
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from pipelines.errors import BotError, SetupProblem
from pipelines.settings import Settings
from serving.jobs.attempts import Attempts, Ending
from serving.jobs.process import RETRAIN, TrainingProcess
from serving.jobs.queue import TrainingOrder, TrainingQueue
from serving.jobs.retraining import tell_of_failure
from serving.logs import describe_crash
from serving.queues.worker import Worker
from serving.store.client import Database
from serving.store.jobs import Jobs
from serving.store.leases import Leases

_MAX_DELAY_SECONDS = 900
"""SQS delays a message no longer than this."""
_ROUND_SECONDS = 600.0

_log = logging.getLogger(__name__)


class TrainingWork:
    """Does what a message asks for.

    Parameters
    ----------
    queue
        Where the messages come from.
    jobs
        Where jobs are written down.
    attempts
        Does a job.
    pause_seconds
        How long a job waits while its bot is busy, and after a try that failed.
    stop
        Set when this worker is told to end.
    """

    def __init__(
        self, queue: TrainingQueue, jobs: Jobs, attempts: Attempts, *, pause_seconds: float, stop: asyncio.Event
    ) -> None:
        self._queue, self._jobs, self._attempts = queue, jobs, attempts
        self._pause_seconds, self._stop = pause_seconds, stop

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
        ending = await self._attempts.make(order.bot, order.number, stop=self._stop)
        if ending is Ending.BUSY:
            await self._queue.send([order], delay_seconds=min(math.ceil(self._pause_seconds), _MAX_DELAY_SECONDS))
        elif ending is Ending.HANDED_BACK:
            await self._queue.send([order])
        return self._pause_seconds if ending is Ending.UNFINISHED else None

    async def look_for_lost(self) -> None:
        """Send jobs once more that nobody does and no message in sight asks for.

        A message goes aside or expires while the database is down for long, and its job would wait for ever. One too
        many does no harm: whoever receives it finds the job done, or its bot busy.

        Raises
        ------
        QueueUnavailable
            The queue does not say how many messages wait, or takes none.
        StoreUnavailable
            The database does not answer.
        """
        if (await self._queue.state()).waiting:
            return  # the workers have not come to them yet
        for job in await self._jobs.unfinished(self._queue.name):
            if await self._attempts.find_holder(job.bot) is None:
                await self._queue.take_on(job)

    async def look_for_ever(self) -> None:
        """Look for lost jobs every ten minutes; not at once, when a roll-out's messages may be on their way."""
        while True:
            await asyncio.sleep(_ROUND_SECONDS)
            try:
                await self.look_for_lost()
            except BotError as error:
                _log.warning("lost trainings cannot be looked for: %s", error)
            except Exception as error:
                _log.error("lost trainings cannot be looked for: %s", describe_crash(error))


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
    database = Database.from_settings(settings)
    work = _work_of(settings, queue, database, command=command, stop=stop)
    looking = asyncio.create_task(work.look_for_ever())
    try:
        _log.info("doing the trainings of %s", settings.training_queue_url)
        visibility_seconds = math.ceil(2 * settings.training_lease_seconds)
        await Worker(queue, work, slots=1, visibility_seconds=visibility_seconds).run(stop)
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        database.close()


def _work_of(
    settings: Settings, queue: TrainingQueue, database: Database, *, command: Sequence[str], stop: asyncio.Event
) -> TrainingWork:
    ttl = timedelta(seconds=settings.training_lease_seconds)
    jobs, process = Jobs(database), TrainingProcess(settings, command=command)
    tell = partial(tell_of_failure, settings)
    attempts = Attempts(jobs, Leases(database, ttl=ttl), process, tell=tell, tries_again=True)
    return TrainingWork(queue, jobs, attempts, pause_seconds=ttl.total_seconds(), stop=stop)

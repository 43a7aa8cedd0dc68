"""`intentloop worker --trainings`: runs the jobs named in the SQS queue of trainings, each in a child process.

The heartbeat that keeps a message hidden cannot stall, since the work is done in another process. A message is hidden
for twice as long as a lease lasts: when it comes back after a crash, its worker is certainly dead, and the next worker
marks what that one left behind. If the queue's `maxReceiveCount` is above `MAX_ATTEMPTS`, a job runs out of attempts
before the redrive policy takes its message, and only messages that no worker can read go to the dead-letter queue. A
job that waits without a failure, because its bot is busy or this worker is told to end, gets a new message, whose
receives count from zero.
"""

import asyncio
import logging
import math
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from pipelines.errors import BotError, SetupProblem
from pipelines.settings import Settings
from serving.jobs.attempts import AttemptResult, Attempts
from serving.jobs.process import RETRAIN, TrainingProcess
from serving.jobs.queue import TrainingMessage, TrainingQueue
from serving.jobs.retraining import report_failure
from serving.logs import describe_crash
from serving.processes.signals import stop_event_on_signals
from serving.queues.worker import Worker
from serving.store.client import Database
from serving.store.work.jobs import Jobs
from serving.store.work.leases import Leases
from serving.telemetry.setup import open_telemetry

_MAX_DELAY_SECONDS = 900
"""The longest delay of a message in SQS."""
_ROUND_SECONDS = 600.0

_log = logging.getLogger(__name__)


class TrainingHandler:
    """Handles the messages of the queue.

    `pause_seconds` is how long a job waits while its bot is busy, and after a failed attempt; `stop` is set when this
    worker is told to end.
    """

    def __init__(
        self, queue: TrainingQueue, jobs: Jobs, attempts: Attempts, *, pause_seconds: float, stop: asyncio.Event
    ) -> None:
        self._queue, self._jobs, self._attempts = queue, jobs, attempts
        self._pause_seconds, self._stop = pause_seconds, stop

    async def __call__(self, message: TrainingMessage) -> float | None:
        """Run a job; return the seconds until its message shall come back, None to acknowledge it.

        Raises `NotFound` if there is no such job; its message ends in the dead-letter queue.
        """
        result = await self._attempts.run(message.bot, message.number, stop=self._stop)
        if result is AttemptResult.BUSY:
            await self._queue.send([message], delay_seconds=min(math.ceil(self._pause_seconds), _MAX_DELAY_SECONDS))
        elif result is AttemptResult.RETURNED:
            await self._queue.send([message])
        return self._pause_seconds if result is AttemptResult.UNFINISHED else None

    async def resend_lost(self) -> None:
        """Send unfinished jobs again that nobody runs, if the queue is empty.

        While the database is down for long, a message expires or goes to the dead-letter queue, and its job would wait
        for ever. A surplus message does no harm: its receiver finds the job finished, or its bot busy.

        Raises
        ------
        QueueUnavailable
            The queue does not answer.
        StoreUnavailable
            The database does not answer.
        """
        if (await self._queue.state()).waiting:
            return  # the workers have yet to receive them
        for job in await self._jobs.unfinished(self._queue.name):
            if await self._attempts.find_holder(job.bot) is None:
                await self._queue.submit(job)

    async def resend_lost_forever(self) -> None:
        """Resend lost jobs every ten minutes; not at once, when a deployment's messages may be on their way."""
        while True:
            await asyncio.sleep(_ROUND_SECONDS)
            try:
                await self.resend_lost()
            except BotError as error:
                _log.warning("lost trainings cannot be searched for: %s", error)
            except Exception as error:
                _log.error("lost trainings cannot be searched for: %s", describe_crash(error))


async def run_training_worker(settings: Settings, *, command: Sequence[str] = RETRAIN) -> None:
    """Work until the process is told to end (SIGTERM or Ctrl-C); a training under way is ended and its job returned.

    Raises `SetupProblem` if the settings name no queue, or it cannot be used.
    """
    if settings.training_queue_url is None:
        raise SetupProblem(
            "there is no queue of trainings; set INTENTLOOP_TRAINING_QUEUE_URL, or leave them to the chat API, "
            "which runs them in child processes"
        )
    queue = await TrainingQueue.open(settings.training_queue_url)
    with stop_event_on_signals() as stop, open_telemetry(settings, service="intentloop-trainer"):
        await _work(settings, queue, command=command, stop=stop)


async def _work(settings: Settings, queue: TrainingQueue, *, command: Sequence[str], stop: asyncio.Event) -> None:
    database = Database.from_settings(settings)
    handler = _handler_of(settings, queue, database, command=command, stop=stop)
    resending = asyncio.create_task(handler.resend_lost_forever())
    try:
        _log.info("running the trainings of %s", settings.training_queue_url)
        visibility_seconds = math.ceil(2 * settings.training_lease_seconds)
        await Worker(queue, handler, slots=1, visibility_seconds=visibility_seconds).run(stop)
    finally:
        resending.cancel()
        await asyncio.gather(resending, return_exceptions=True)
        database.close()


def _handler_of(
    settings: Settings, queue: TrainingQueue, database: Database, *, command: Sequence[str], stop: asyncio.Event
) -> TrainingHandler:
    ttl = timedelta(seconds=settings.training_lease_seconds)
    jobs, process = Jobs(database), TrainingProcess(settings, command=command)
    on_failure = partial(report_failure, settings)
    attempts = Attempts(jobs, Leases(database, ttl=ttl), process, on_failure=on_failure, retries=True)
    return TrainingHandler(queue, jobs, attempts, pause_seconds=ttl.total_seconds(), stop=stop)

"""Trainings without a queue: the chat API runs them in its own child processes, one after the other.

A job outlives the chat API that accepted it: at its start and every minute, each chat API submits the jobs left behind,
in the order in which they were requested. Several chat APIs on one database may pick up the same job; the lease on the
bot lets one start, and the others find the job finished.
"""

import asyncio
import logging

from pipelines.errors import BotError
from serving.clock import is_set_within
from serving.jobs.attempts import AttemptResult, Attempts
from serving.logs import describe_crash
from serving.store.work.jobs import Backend, Job, Jobs

_LOOK_SECONDS = 2.0
_ROUND_SECONDS = 60.0

_log = logging.getLogger(__name__)


class ChildRunner:
    """The backend that runs jobs on this machine, in child processes."""

    name: Backend = "chat API"

    def __init__(self, jobs: Jobs, attempts: Attempts) -> None:
        self._jobs, self._attempts = jobs, attempts
        self._one_at_a_time = asyncio.Lock()
        self._stop = asyncio.Event()
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Submit jobs that were left behind, now and every minute."""
        self._looking = asyncio.create_task(self._submit_left_behind(), name="trainings-left-behind")

    async def submit(self, job: Job) -> None:
        """Run a job once the jobs before it have ended. Idempotent."""
        key = (job.bot, job.number)
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._run(job), name=f"training-{job.bot}-{job.number}")
            self._tasks[key].add_done_callback(lambda _: self._tasks.pop(key))

    async def aclose(self) -> None:
        """End the job that runs; the next chat API to start resumes it."""
        self._stop.set()
        if self._looking is not None:
            await self._looking  # before the others, since it may be about to submit one more
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _submit_left_behind(self) -> None:
        while not self._stop.is_set():
            try:
                for job in await self._jobs.unfinished(self.name):
                    await self.submit(job)
            except BotError as error:
                _log.warning("jobs left behind cannot be searched for: %s", error)
            except Exception as error:
                _log.error("jobs left behind cannot be searched for: %s", describe_crash(error))
            await is_set_within(self._stop, seconds=_ROUND_SECONDS)

    async def _run(self, job: Job) -> None:
        try:
            result = AttemptResult.BUSY
            while result is AttemptResult.BUSY and not self._stop.is_set():
                async with self._one_at_a_time:
                    result = await self._attempts.run(job.bot, job.number, stop=self._stop)
                if result is AttemptResult.BUSY:
                    await self._wait_for_others(job)
        except BotError as error:
            _log.warning("training %d of bot %s: %s", job.number, job.bot, error)
        except Exception as error:
            _log.error("training %d of bot %s: %s", job.number, job.bot, describe_crash(error))

    async def _wait_for_others(self, job: Job) -> None:
        """Wait while another process trains the bot, for example `intentloop retrain` in a terminal."""
        is_shown = job.state != "queued"
        while (holder := await self._attempts.find_holder(job.bot)) and not self._stop.is_set():
            if not is_shown:
                await self._jobs.change(job, step=f"waiting: {holder.holder} trains the bot")
                is_shown = True
            await is_set_within(self._stop, seconds=_LOOK_SECONDS)

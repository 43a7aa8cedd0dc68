"""Trainings without a queue: the chat API has them done in child processes of its own, one after the other.

A job outlives the chat API that was asked for it: whichever runs next looks for jobs that were left behind, at its
start and every minute, and takes them on in the order in which they were asked for. Several chat APIs on one database
may take on the same job; the lease on the bot lets one begin, and the others find the job done.
"""

import asyncio
import logging

from pipelines.errors import BotError
from serving.clock import is_set_within
from serving.jobs.attempts import Attempts, Ending
from serving.logs import describe_crash
from serving.store.jobs import Crew, Job, Jobs

_LOOK_SECONDS = 2.0
_ROUND_SECONDS = 60.0

_log = logging.getLogger(__name__)


class LocalCrew:
    """Sees to it that jobs are done on this machine.

    Parameters
    ----------
    jobs
        Where jobs are written down.
    attempts
        Does a job.
    """

    name: Crew = "chat API"

    def __init__(self, jobs: Jobs, attempts: Attempts) -> None:
        self._jobs, self._attempts = jobs, attempts
        self._one_at_a_time = asyncio.Lock()
        self._stop = asyncio.Event()
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look for jobs that were left behind, now and every minute."""
        self._looking = asyncio.create_task(self._look_for_ever(), name="trainings-left-behind")

    async def take_on(self, job: Job) -> None:
        """Begin with a job as soon as the ones before it are done; asked again for the same job, do nothing."""
        key = (job.bot, job.number)
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._see_to(job), name=f"training-{job.bot}-{job.number}")
            self._tasks[key].add_done_callback(lambda _: self._tasks.pop(key))

    async def aclose(self) -> None:
        """End what is under way; it is done by whichever chat API runs next."""
        self._stop.set()
        if self._looking is not None:
            await self._looking  # before the others, since it may be about to take on one more
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _look_for_ever(self) -> None:
        while not self._stop.is_set():
            try:
                for job in await self._jobs.unfinished(self.name):
                    await self.take_on(job)
            except BotError as error:
                _log.warning("trainings that were left behind cannot be looked for: %s", error)
            except Exception as error:
                _log.error("trainings that were left behind cannot be looked for: %s", describe_crash(error))
            await is_set_within(self._stop, seconds=_ROUND_SECONDS)

    async def _see_to(self, job: Job) -> None:
        try:
            ending = Ending.BUSY
            while ending is Ending.BUSY and not self._stop.is_set():
                async with self._one_at_a_time:
                    ending = await self._attempts.make(job.bot, job.number, stop=self._stop)
                if ending is Ending.BUSY:
                    await self._wait_for_others(job)
        except BotError as error:
            _log.warning("training %d of bot %s: %s", job.number, job.bot, error)
        except Exception as error:
            _log.error("training %d of bot %s: %s", job.number, job.bot, describe_crash(error))

    async def _wait_for_others(self, job: Job) -> None:
        """Wait while somebody else trains the bot, `intentloop retrain` in a terminal for example."""
        is_said = job.state != "queued"
        while (holder := await self._attempts.find_holder(job.bot)) and not self._stop.is_set():
            if not is_said:
                await self._jobs.change(job, step=f"waiting: {holder.holder} trains the bot")
                is_said = True
            await is_set_within(self._stop, seconds=_LOOK_SECONDS)

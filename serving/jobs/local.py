"""Trainings without a queue: the chat API has them done in child processes of its own, one after the other."""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime

from pipelines.errors import BotError
from serving.jobs.process import EXIT_BUSY, TrainingProcess
from serving.logs import describe_crash
from serving.store.jobs import Job, Jobs
from serving.store.keys import training_key
from serving.store.leases import Leases

_LOOK_SECONDS = 2.0

_log = logging.getLogger(__name__)


class LocalCrew:
    """Sees to it that jobs are done on this machine.

    Parameters
    ----------
    jobs
        Where jobs are written down.
    leases
        Who trains which bot.
    process
        Does a job.
    """

    def __init__(self, jobs: Jobs, leases: Leases, process: TrainingProcess) -> None:
        self._jobs, self._leases, self._process = jobs, leases, process
        self._one_at_a_time = asyncio.Lock()
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}

    async def take_on(self, job: Job) -> None:
        """Begin with a job as soon as the ones before it are done; asked again for the same job, do nothing."""
        key = (job.bot, job.number)
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._see_to(job), name=f"training-{job.bot}-{job.number}")
            self._tasks[key].add_done_callback(lambda _: self._tasks.pop(key))

    async def aclose(self) -> None:
        """End what is under way; it has failed then."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _see_to(self, job: Job) -> None:
        try:
            async with self._one_at_a_time:
                code = EXIT_BUSY
                while code == EXIT_BUSY:
                    await self._wait_for_others(job)
                    ended = await self._process.run(job)
                    code = ended.code
            await self._fail(job, ended.sentence)
        except asyncio.CancelledError:
            with suppress(BotError):
                await self._fail(job, "the chat API ended, and the training with it; ask for it again")
            raise
        except BotError as error:
            _log.warning("training %d of bot %s: %s", job.number, job.bot, error)
        except Exception as error:
            _log.error("training %d of bot %s: %s", job.number, job.bot, describe_crash(error))

    async def _wait_for_others(self, job: Job) -> None:
        """Wait while somebody else trains the bot, `intentloop retrain` in a terminal for example."""
        is_said = False
        while (lease := await self._leases.find(training_key(job.bot))) and lease.until > datetime.now(UTC):
            if not is_said:
                await self._jobs.change(job, step=f"waiting: {lease.holder} trains the bot")
                is_said = True
            await asyncio.sleep(_LOOK_SECONDS)

    async def _fail(self, job: Job, reason: str) -> None:
        """Write that a job has failed, unless its process has said what became of it."""
        while (found := await self._jobs.find(job.bot, job.number)) is not None and not found.is_over:
            failed = {"state": "failed", "reason": found.reason or reason, "ended_at": datetime.now(UTC), "until": None}
            if await self._jobs.change(found, **failed) is not None:
                return

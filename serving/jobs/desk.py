"""Where trainings are asked for: the job is written down, and handed to whoever does it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Protocol

from pipelines.errors import NotFound
from pipelines.settings import Settings
from serving.jobs.local import LocalCrew
from serving.jobs.process import TrainingProcess
from serving.services import Services
from serving.store.bots import has_intents
from serving.store.jobs import Job, Jobs
from serving.store.leases import Leases


class Crew(Protocol):
    """Sees to it that jobs are done."""

    async def take_on(self, job: Job) -> None:
        """Have a job done; asked twice, it is done once."""
        ...

    async def aclose(self) -> None:
        """End what is under way in this process."""
        ...


class TrainingDesk:
    """Takes orders for trainings, and knows how they stand.

    Parameters
    ----------
    services
        The database and the clock.
    crew
        Does the work.
    """

    def __init__(self, services: Services, crew: Crew) -> None:
        self._services, self._crew = services, crew
        self._jobs = Jobs(services.database)

    async def order(self, bot: str, *, by: str) -> tuple[Job, bool]:
        """Ask for a training of a bot.

        While one waits or runs that one will do: an impatient second click is no error, and the training that it would
        begin could not start before the first one's end anyway. One that waits is handed on once more, in case its
        message was lost.

        Parameters
        ----------
        bot
            The bot.
        by
            Who asks, for the record.

        Returns
        -------
        tuple[Job, bool]
            The job, and whether it is new.

        Raises
        ------
        NotFound
            There is no such bot.
        QueueUnavailable
            The queue did not take it; asked again, the same job is sent again.
        """
        if not await has_intents(self._services.database, bot=bot):
            raise NotFound("bot", bot, hint="import one with `intentloop import FILE --bot NAME`")
        await self._services.ledger.schema.ensure()
        job, is_new = await self._jobs.order(bot, by=by, now=self._services.now())
        if job.state == "queued":
            await self._crew.take_on(job)
        return job, is_new

    async def find(self, bot: str, number: int) -> Job:
        """Give a job as it stands now; `NotFound` if there is none of that number."""
        job = await self._jobs.find(bot, number)
        if job is None:
            raise NotFound(f"training of bot {bot!r}", str(number), hint=f"`/api/v1/bots/{bot}/trainings` lists them")
        return job.seen_at(self._services.now())

    async def recent(self, bot: str, *, limit: int) -> list[Job]:
        """Give the last jobs of a bot as they stand now, the newest first."""
        now = self._services.now()
        return [job.seen_at(now) for job in await self._jobs.recent(bot, limit=limit)]


@asynccontextmanager
async def open_trainings(settings: Settings, services: Services) -> AsyncIterator[TrainingDesk]:
    """Open the desk; in the end, trainings of this process end with it.

    Parameters
    ----------
    settings
        The platform's; with a `training_queue_url` workers do the jobs.
    services
        The database and the clock.

    Yields
    ------
    TrainingDesk
        Ready to be used until the context ends.
    """
    crew: Crew
    if settings.training_queue_url is None:
        leases = Leases(services.database, ttl=timedelta(seconds=settings.training_lease_seconds))
        crew = LocalCrew(Jobs(services.database), leases, TrainingProcess(settings))
    else:
        from serving.jobs.queue import TrainingQueue  # boto3 takes a third of a second that most do not need

        crew = await TrainingQueue.open(settings.training_queue_url)
    try:
        yield TrainingDesk(services, crew)
    finally:
        await crew.aclose()

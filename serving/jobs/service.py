"""Where trainings are asked for: the job is written down, and handed to whoever does it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from pipelines.errors import NotFound
from pipelines.settings import Settings
from serving.dialogue.services import Services
from serving.jobs.attempts import Attempts
from serving.jobs.child_runner import LocalCrew
from serving.jobs.process import TrainingProcess
from serving.jobs.retraining import tell_of_failure
from serving.store.bots import has_intents
from serving.store.client import Database
from serving.store.jobs import Crew as CrewName
from serving.store.jobs import Job, Jobs
from serving.store.leases import Leases
from serving.store.schema import Schema


class Crew(Protocol):
    """Sees to it that jobs are done."""

    @property
    def name(self) -> CrewName:
        """Which crew this is."""
        ...

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
    database
        An open connection.
    crew
        Does the work.
    now
        The current time, in UTC.
    """

    def __init__(self, database: Database, crew: Crew, *, now: Callable[[], datetime]) -> None:
        self._database, self._crew, self._now = database, crew, now
        self._jobs, self._schema = Jobs(database), Schema(database)

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
        if not await has_intents(self._database, bot=bot):
            raise NotFound("bot", bot, hint="import one with `intentloop import FILE --bot NAME`")
        await self._schema.ensure()
        now = self._now()
        job, is_new = await self._jobs.order(bot, by=by, now=now, crew=self._crew.name)
        shown = job.seen_at(now)
        if shown.state == "queued":
            await self._crew.take_on(job)
        return shown, is_new

    async def find(self, bot: str, number: int) -> Job:
        """Give a job as it stands now; `NotFound` if there is none of that number."""
        job = await self._jobs.find(bot, number)
        if job is None:
            raise NotFound(f"training of bot {bot!r}", str(number), hint=f"`/api/v1/bots/{bot}/trainings` lists them")
        return job.seen_at(self._now())

    async def recent(self, bot: str, *, limit: int) -> list[Job]:
        """Give the last jobs of a bot as they stand now, the newest first."""
        now = self._now()
        return [job.seen_at(now) for job in await self._jobs.recent(bot, limit=limit)]


@asynccontextmanager
async def open_trainings(settings: Settings, services: Services) -> AsyncIterator[TrainingDesk]:
    """Open the desk; in the end, trainings of this process end with it, and are begun again by the next one.

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
        jobs, process = Jobs(services.database), TrainingProcess(settings)
        leases = Leases(services.database, ttl=timedelta(seconds=settings.training_lease_seconds))
        attempts = Attempts(jobs, leases, process, tell=partial(tell_of_failure, settings), tries_again=False)
        local = LocalCrew(jobs, attempts)
        local.start()
        crew = local
    else:
        from serving.jobs.queue import TrainingQueue  # boto3 takes a third of a second that most do not need

        crew = await TrainingQueue.open(settings.training_queue_url)
    try:
        yield TrainingDesk(services.database, crew, now=services.now)
    finally:
        await crew.aclose()

"""Jobs: requested long-running work, its progress and its result.

    jobs  {_id: "bot:number", the fields of `Job`, expires_at}

A bot's jobs are numbered by `_id`, so that of two concurrent requests only one creates a job and the other finds it.
Whole documents are replaced by compare-and-set on their revision.
"""

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from pipelines.errors import StoreUnavailable
from pipelines.schemas.keys import JOBS, job_key, job_key_range
from serving.store.client import DESCENDING, Collection, Database, Document, DuplicateKeyError

State = Literal["queued", "running", "done", "failed", "nothing-to-do"]
Backend = Literal["chat API", "workers"]
KEPT = timedelta(days=90)
MAX_ATTEMPTS = 3
"""Attempts per job; one that was returned on purpose does not count."""
_TRIES = 20
_MAX_READ = 1000


class Job(BaseModel):
    """A requested training.

    `share` is the progress, in [0, 1], and `step` the current step. `run_url` is the page of the MLflow run, which is
    also the log. `version` is the result, and `reason` why it failed, waits, had nothing to do or was refused by the
    gate. `until` is when its holder counts as dead; None without one. `backend` runs such jobs: the chat API in child
    processes, or the workers on a queue; documents call it `crew`.
    """

    model_config = ConfigDict(frozen=True)

    bot: str
    number: int
    revision: int = 0
    kind: Literal["train"] = "train"
    state: State = "queued"
    step: str = "waiting"
    share: float = 0.0
    by: str
    backend: Backend | None = None
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    attempts: int = 0
    holder: str | None = None
    until: datetime | None = None
    run_id: str | None = None
    run_url: str | None = None
    version: str | None = None
    answers: bool = False
    reason: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it has ended for good."""
        return self.state not in ("queued", "running")

    def is_dead(self, now: datetime) -> bool:
        """Whether its holder has shown no sign of life for too long."""
        return self.state == "running" and self.until is not None and self.until <= now

    def seen_at(self, now: datetime) -> "Job":
        """Return the job as it should be shown: with the effect of its holder's death, which nobody could store."""
        if not self.is_dead(now):
            return self
        reason = f"{self.holder} worked on it and stopped responding"
        changes: dict[str, Any] = {"state": "failed", "reason": reason, "ended_at": self.until, "until": None}
        if self.attempts < MAX_ATTEMPTS:
            changes |= {"state": "queued", "step": "waiting to be tried again", "ended_at": None}
        return self.model_copy(update=changes)


class Jobs:
    """Reads and writes `jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs: Collection = database.collection(JOBS)

    async def request(self, bot: str, *, by: str, now: datetime, backend: Backend | None = None) -> tuple[Job, bool]:
        """Request a training; return the job and whether it is new. A job that waits or runs already is reused.

        `by` names the requester for the record. Raise `StoreUnavailable` if the database does not respond, or if too
        many concurrent requests take every number.
        """
        for _ in range(_TRIES):
            newest = next(iter(await self.recent(bot, limit=1)), None)
            if newest is not None and not newest.seen_at(now).is_over:
                return newest, False
            if newest is not None and not newest.is_over:
                dead = newest.seen_at(now).model_dump(include={"state", "reason", "ended_at", "until"})
                if await self.change(newest, **dead) is None:
                    continue  # it was not dead after all
            job = Job(bot=bot, number=newest.number + 1 if newest else 1, by=by, backend=backend, created_at=now)
            try:
                await self._database.call("write job", self._jobs.insert_one(_document(job)))
            except DuplicateKeyError:
                continue
            return job, True
        raise StoreUnavailable("write job: too many concurrent writers")

    async def find(self, bot: str, number: int) -> Job | None:
        """Return a job."""
        document = await self._database.call("read job", self._jobs.find_one({"_id": job_key(bot, number)}))
        return _job(document) if document is not None else None

    async def recent(self, bot: str, *, limit: int) -> list[Job]:
        """Return a bot's last jobs, newest first."""
        lowest, highest = job_key_range(bot)
        cursor = self._jobs.find({"_id": {"$gte": lowest, "$lte": highest}}).sort("_id", DESCENDING).limit(limit)
        return [_job(document) for document in await self._database.call("read jobs", cursor.to_list(limit))]

    async def unfinished(self, backend: Backend) -> list[Job]:
        """Return the unfinished jobs of a backend, of all bots, in the order they were requested."""
        # No index: 90 days of requests are a small collection, and this query is rare.
        cursor = self._jobs.find({"crew": backend, "state": {"$in": ["queued", "running"]}}).limit(_MAX_READ)
        documents = await self._database.call("read jobs", cursor.to_list(_MAX_READ))
        return sorted(map(_job, documents), key=lambda job: (job.created_at, job.bot))

    async def claim(self, job: Job, *, holder: str, until: datetime, now: datetime) -> Job | None:
        """Start working on a job; None if it has changed since it was read, or has ended.

        The caller holds the lease on training the bot, so that no living process works on a running job. `holder` names
        the worker for people; at `until` it counts as dead.
        """
        if job.is_over:
            return None
        return await self.change(
            job,
            state="running",
            step="starting",
            share=0.0,
            attempts=job.attempts + 1,
            holder=holder,
            until=until,
            started_at=now,
            reason="",
        )

    async def change(self, job: Job, **changes: Any) -> Job | None:
        """Write a job with some fields changed; None if it has changed since it was read."""
        changed = job.model_copy(update={**changes, "revision": job.revision + 1})
        query = {"_id": job_key(job.bot, job.number), "revision": job.revision}
        outcome = await self._database.call("write job", self._jobs.replace_one(query, _document(changed)))
        return changed if outcome.matched_count == 1 else None


def _document(job: Job) -> Document:
    fields = job.model_dump(exclude={"backend"})
    return {"_id": job_key(job.bot, job.number), **fields, "crew": job.backend, "expires_at": job.created_at + KEPT}


def _job(document: Document) -> Job:
    fields = {name: value for name, value in document.items() if name in Job.model_fields}
    return Job.model_validate({**fields, "backend": document.get("crew")})

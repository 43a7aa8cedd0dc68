"""Jobs: requested long-running work, its progress and its result.

    jobs  {_id: "bot:number", the fields of `Job`, expires_at}

A bot's jobs are numbered by `_id`, so that of two concurrent requests only one creates a job and the other finds it.
Whole documents are replaced by compare-and-set on their revision. A job that cannot be read counts as failed, so that
the next request gets a new one; a document under a key that is no job's is put aside.
"""

import logging
import math
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import StoreUnavailable
from pipelines.schemas.keys import JOBS, bot_of, job_key, job_key_range, number_in
from pipelines.schemas.stored import UNREADABLE, Moment
from serving.clock import MonotonicClock, utc_now
from serving.store.client import DESCENDING, Collection, Database, Document, DuplicateKeyError
from serving.store.upkeep.quarantine import Quarantine
from serving.store.upkeep.salvage import salvage
from serving.store.watch import Watch

State = Literal["queued", "running", "done", "failed", "nothing-to-do", "cancelled"]
Backend = Literal["chat API", "workers"]
KEPT = timedelta(days=90)
MAX_ATTEMPTS = 3
"""Attempts per job; one that was returned on purpose does not count."""
_FORMER_TTL_SECONDS = 60.0
"""How long a holder of an earlier version may stay silent."""
_TRIES = 20
_MAX_READ = 1000
_MOST_TTL_SECONDS = 366 * 86_400

_log = logging.getLogger(__name__)


class Step(BaseModel):
    """A line of a training's log: what began, when, and the share done by then."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    share: float
    text: str


class Job(BaseModel):
    """A requested training.

    `share` is the progress, in [0, 1], and `step` the current step. `run_url` is the page of the MLflow run, which is
    also the log. `version` is the result, and `reason` why it failed, waits, had nothing to do or was refused by the
    gate. `until` is when its holder counts as dead, by the holder's clock, and `ttl_seconds` for how long it may stay
    silent; None without one. `backend` runs such jobs: the chat API in child processes, or the workers on a queue;
    documents call it `crew`. `cancelled_by` names who wants it to end. `accepts_relabelled`: the requester means
    the labels that differ from the live release's. `draft_read_at` is when the draft was read; None: not yet.
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
    created_at: Moment
    started_at: Moment | None = None
    ended_at: Moment | None = None
    attempts: int = 0
    holder: str | None = None
    until: Moment | None = None
    ttl_seconds: float | None = Field(default=None, ge=0, le=_MOST_TTL_SECONDS)
    run_id: str | None = None
    run_url: str | None = None
    version: str | None = None
    answers: bool = False
    reason: str = ""
    cancelled_by: str | None = None
    accepts_relabelled: bool = False
    draft_read_at: Moment | None = None
    steps: tuple[Step, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether it has ended for good."""
        return self.state not in ("queued", "running")

    def after_death(self, now: datetime) -> "Job":
        """Return the job with the effect of its holder's death, which nobody could store."""
        reason = f"{self.holder} worked on it and stopped responding"
        ended_at = now if self.until is None else min(self.until, now)
        changes: dict[str, Any] = {"state": "failed", "reason": reason, "ended_at": ended_at, "until": None}
        if self.cancelled_by is not None:
            changes |= {"state": "cancelled", "reason": describe_cancelling(self.cancelled_by)}
        elif self.attempts < MAX_ATTEMPTS:
            changes |= {"state": "queued", "step": "waiting to be tried again", "ended_at": None}
        return self.model_copy(update=changes)


def describe_cancelling(by: str) -> str:
    """Return the reason of a training that was cancelled."""
    return f"cancelled by {by}"


class Jobs:
    """Reads and writes `jobs`; `clock` is monotonic, in seconds."""

    def __init__(self, database: Database, *, clock: MonotonicClock = time.monotonic) -> None:
        self._database = database
        self._jobs: Collection = database.collection(JOBS)
        # people ask when they like, and a holder writes without being asked
        self._watch = Watch(max_gap_seconds=math.inf, clock=clock)
        self._quarantine = Quarantine(database)
        self._named: set[str] = set()

    async def request(
        self, bot: str, *, by: str, now: datetime, backend: Backend | None = None, accepts_relabelled: bool = False
    ) -> tuple[Job, bool]:
        """Request a training; return the job and whether it is new. A job that waits or runs already is reused.

        `by` names the requester for the record. Raise `StoreUnavailable` if the database does not respond, or if too
        many concurrent requests take every number.
        """
        for _ in range(_TRIES):
            newest = await self._newest(bot)
            seen = None if newest is None else self.seen(newest, now=now)
            if newest is not None and seen is not None and not seen.is_over:
                return newest, False
            if newest is not None and seen is not None and not newest.is_over:
                dead = seen.model_dump(include={"state", "reason", "ended_at", "until"})
                if await self.change(newest, **dead) is None:
                    continue  # it was not dead after all
            number = newest.number + 1 if newest else 1
            job = Job(
                bot=bot, number=number, by=by, backend=backend, created_at=now, accepts_relabelled=accepts_relabelled
            )
            try:
                await self._database.call("write job", self._jobs.insert_one(self._document(job)))
            except DuplicateKeyError:
                continue
            return job, True
        raise StoreUnavailable("write job: too many concurrent writers")

    def seen(self, job: Job, *, now: datetime) -> Job:
        """Return a job as it should be shown: one whose holder is dead does not run.

        `until` is believed if both clocks agree on it. Otherwise one may be wrong: the holder is dead once it has
        missed two renewals between two of these looks.
        """
        if job.state != "running" or job.until is None:
            return job
        unchanged_seconds = self._watch.unchanged_seconds((job.bot, job.number), job.revision)
        ttl_seconds = _FORMER_TTL_SECONDS if job.ttl_seconds is None else job.ttl_seconds
        is_alive = now < job.until <= now + timedelta(seconds=ttl_seconds) or unchanged_seconds < ttl_seconds / 2
        return job if is_alive else job.after_death(now)

    async def find(self, bot: str, number: int) -> Job | None:
        """Return a job."""
        document = await self._database.call("read job", self._jobs.find_one({"_id": job_key(bot, number)}))
        return next(iter(await self._read_all([document] if document is not None else [])), None)

    async def recent(self, bot: str, *, limit: int, before: int | None = None) -> list[Job]:
        """Return a bot's last jobs, newest first and without their steps; `before` is the last number seen."""
        lowest, highest = job_key_range(bot)
        until = {"$lte": highest} if before is None else {"$lt": job_key(bot, before)}
        query = {"_id": {"$gte": lowest, **until}}
        for _ in range(_TRIES):
            cursor = self._jobs.find(query, {"steps": 0}).sort("_id", DESCENDING).limit(limit)
            found = await self._database.call("read jobs", cursor.to_list(limit))
            jobs = await self._read_all(found)
            if jobs or not found:
                return jobs
        return []

    async def _newest(self, bot: str) -> Job | None:
        """Return the last job, whole: it may be written again."""
        newest = next(iter(await self.recent(bot, limit=1)), None)
        return await self.find(bot, newest.number) if newest is not None else None

    async def unfinished(self, backend: Backend) -> list[Job]:
        """Return the unfinished jobs of a backend, of all bots, in the order they were requested."""
        # No index: 90 days of requests are a small collection, and this query is rare.
        cursor = self._jobs.find({"crew": backend, "state": {"$in": ["queued", "running"]}}).limit(_MAX_READ)
        documents = await self._database.call("read jobs", cursor.to_list(_MAX_READ))
        jobs = [job for job in await self._read_all(documents) if not job.is_over]
        return sorted(jobs, key=lambda job: (job.created_at, job.bot))

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
            ttl_seconds=(until - now).total_seconds(),
            started_at=now,
            draft_read_at=None,
            reason="",
        )

    async def change(self, job: Job, **changes: Any) -> Job | None:
        """Write a job with some fields changed; None if it has changed since it was read."""
        changed = job.model_copy(update={**changes, "revision": job.revision + 1})
        query = {"_id": job_key(job.bot, job.number), "revision": job.revision}
        outcome = await self._database.call("write job", self._jobs.replace_one(query, self._document(changed)))
        return changed if outcome.matched_count == 1 else None

    def _document(self, job: Job) -> Document:
        fields = job.model_dump(exclude={"backend"})
        key, expiry = job_key(job.bot, job.number), self._database.expires_at(job.created_at, KEPT)
        return {"_id": key, **fields, "crew": job.backend, "expires_at": expiry}

    async def _read_all(self, documents: Sequence[Document]) -> list[Job]:
        jobs = []
        for document in documents:
            key = document["_id"]
            if number_in(key) is None:
                _log.error("jobs: %r is no job's key; the document is put aside", str(key)[:100])
                await self._quarantine.move(JOBS, document, reason="not a job's key", now=utc_now())
                continue
            job, unreadable = _job(document)
            if unreadable and key not in self._named:
                self._named.add(key)
                _log.error("job %s counts as %s: it cannot be read: %s", key, job.state, ", ".join(sorted(unreadable)))
            jobs.append(job)
        return jobs


def _job(document: Document) -> tuple[Job, set[str]]:
    """Read a job; also return the names of the fields that cannot be read. One that is not over has failed then."""
    fields = {name: value for name, value in document.items() if name in Job.model_fields and name != "steps"}
    key = document["_id"]
    known: dict[str, Any] = {"bot": bot_of(key), "number": number_in(key)}
    wrong = {name for name in known if fields.get(name) != known[name]}
    substitutes = {**known, "by": "", "created_at": utc_now()}
    job, unreadable = salvage(Job, {**fields, **known, "backend": document.get("crew")}, substitutes, strict=True)
    unreadable |= wrong | ({"revision"} - document.keys())  # what no write is fenced by cannot be changed
    if unreadable and not job.is_over:
        reason = f"its record cannot be read: {', '.join(sorted(unreadable))}"
        job = job.model_copy(update={"state": "failed", "reason": reason, "until": None, "ended_at": job.created_at})
    try:
        return job.model_copy(
            update={"steps": tuple(map(Step.model_validate, document.get("steps") or ()))}
        ), unreadable
    except UNREADABLE:
        return job, unreadable | {"steps"}

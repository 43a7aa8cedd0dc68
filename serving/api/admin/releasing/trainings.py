"""Requesting and following trainings."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from pipelines.schemas.verdict import ACCEPT_RELABELLED
from serving.access.roles import Role
from serving.api.access import Caller, allow
from serving.api.admin.known_bots import KNOWN_BOT
from serving.api.admin.route import AdminRouter
from serving.api.admin.streams import STREAM, Closing, LastEventId, Shown, events
from serving.api.errors import ErrorBody
from serving.channels.incoming import BotName
from serving.jobs.service import TrainingService
from serving.store.work.jobs import Job, State, Step

_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorBody, "description": "There is no such bot, or no such training."},
    503: {"model": ErrorBody, "description": "The database or the queue is unavailable; try again later."},
}

Bot = Annotated[BotName, Path()]
Number = Annotated[int, Path(ge=1, lt=10**10, description="The training's `id`.")]

router = AdminRouter(tags=["training"], responses=_ERRORS)


class Training(BaseModel):
    """A training and its state."""

    id: int
    bot: str
    state: State
    step: str = Field(description="The current step.")
    share: float = Field(description="Progress, from 0 to 1.")
    by: str = Field(description="Who requested it.")
    attempts: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    log: str | None = Field(description="Page of the MLflow run, with figures, tables and the executed notebook.")
    version: str | None = Field(description="The version it produced.")
    answers: bool = Field(description="Whether that version was promoted.")
    draft_read_at: datetime | None = Field(
        description="Changes of the draft that were saved by then are learnt; null: it has not been read yet."
    )
    is_relabelled: bool = Field(
        description="Whether it was refused for labels that differ from those of the live release; a training with "
        "`accept_relabelled` accepts them."
    )
    reason: str = Field(description="Why it failed, waits, had nothing to do, or was refused by the gate.")

    @classmethod
    def of(cls, job: Job) -> "Training":
        """Convert a job."""
        shown = job.model_dump(include=set(cls.model_fields) - {"id", "log", "is_relabelled"})
        is_relabelled = job.state == "done" and ACCEPT_RELABELLED in job.reason
        return cls(id=job.number, log=job.run_url or None, is_relabelled=is_relabelled, **shown)


class TrainingIn(BaseModel):
    """What a training shall accept."""

    model_config = ConfigDict(extra="forbid")

    accept_relabelled: bool = Field(
        default=False, description="Accept that labels differ from those of the live release: they are meant."
    )


_ACCEPTING_NOTHING = TrainingIn()


class TrainingLog(BaseModel):
    """The steps of a training."""

    lines: tuple[Step, ...] = Field(description="What began when, the earliest first.")
    state: State
    reason: str = Field(description="Why it failed, waits, had nothing to do, or was refused by the gate.")
    run: str | None = Field(description="Page of the MLflow run, with figures, tables and the executed notebook.")


def trainings_of(request: Request) -> TrainingService:
    """Return the training service of the app that handles the request."""
    trainings: TrainingService = request.app.state.trainings
    return trainings


@router.post(
    "/api/v1/bots/{bot}/trainings",
    status_code=202,
    summary="Request a training",
    dependencies=[allow(Role.AUTHOR)],
    responses={
        200: {"model": Training, "description": "A training is waiting or running already."},
        409: {"model": ErrorBody, "description": "No intent of your own has an example yet."},
    },
)
async def request_training(
    bot: Bot, request: Request, response: Response, caller: Caller, said: TrainingIn = _ACCEPTING_NOTHING
) -> Training:
    """Train a bot in the background. Status 200 and the existing training if one is waiting or running already.

    The training reads the draft when it begins, not when it is requested: `draft_read_at` says when.
    """
    job, is_new = await trainings_of(request).request(bot, by=caller.name, accepts_relabelled=said.accept_relabelled)
    response.status_code = 202 if is_new else 200
    response.headers["Location"] = f"/api/v1/bots/{bot}/trainings/{job.number}"
    return Training.of(job)


@router.get(
    "/api/v1/bots/{bot}/trainings",
    summary="List trainings",
    dependencies=[allow(Role.VIEWER), KNOWN_BOT],
    responses={
        200: {"headers": {"Link": {"description": "`rel=next`: the page after.", "schema": {"type": "string"}}}}
    },
)
async def list_trainings(
    bot: Bot,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 20,
    before: Annotated[int | None, Query(ge=1, lt=10**10, description="Only those with a lower `id`.")] = None,
) -> list[Training]:
    """Return a bot's last trainings, newest first. The header `Link` leads to the earlier ones."""
    found = await trainings_of(request).recent(bot, limit=limit + 1, before=before)
    if len(found) > limit:
        place = f"/api/v1/bots/{bot}/trainings?limit={limit}&before={found[limit - 1].number}"
        response.headers["Link"] = f'<{place}>; rel="next"'
    return [Training.of(job) for job in found[:limit]]


@router.get("/api/v1/bots/{bot}/trainings/{number}", summary="Show a training", dependencies=[allow(Role.VIEWER)])
async def show_training(bot: Bot, number: Number, request: Request) -> Training:
    """Return one training."""
    return Training.of(await trainings_of(request).find(bot, number))


@router.post(
    "/api/v1/bots/{bot}/trainings/{number}/cancel",
    summary="Cancel a training",
    status_code=202,
    dependencies=[allow(Role.AUTHOR)],
    responses={409: {"model": ErrorBody, "description": "It has ended already, or has made its release."}},
)
async def cancel_training(bot: Bot, number: Number, request: Request, caller: Caller) -> Training:
    """Cancel a training: one that waits at once, one that runs within seconds, on whichever machine it runs.

    Nothing of it is registered. Cancelling it again does nothing.
    """
    return Training.of(await trainings_of(request).cancel(bot, number, by=caller.name))


@router.get(
    "/api/v1/bots/{bot}/trainings/{number}/log", summary="Read a training's log", dependencies=[allow(Role.VIEWER)]
)
async def read_training_log(bot: Bot, number: Number, request: Request) -> TrainingLog:
    """Return the steps of a training, the last 300 of them, and its page in MLflow. They quote nobody."""
    job = await trainings_of(request).find(bot, number)
    return TrainingLog(lines=job.steps, state=job.state, reason=job.reason, run=job.run_url or None)


async def _known(bot: Bot, number: Number, request: Request) -> Job:
    return await trainings_of(request).find(bot, number)


@router.get(
    "/api/v1/bots/{bot}/trainings/{number}/events",
    summary="Follow a training",
    dependencies=[allow(Role.VIEWER)],
    response_class=EventSourceResponse,
    responses=STREAM,
)
async def watch_training(
    job: Annotated[Job, Depends(_known)], request: Request, closing: Closing, seen: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """Send an event whenever the training changes, and a last one when it has ended."""

    async def read() -> Shown:
        found = await trainings_of(request).find(job.bot, job.number)
        return Shown(Training.of(found), f"{found.revision}-{found.state}", found.is_over)

    async for event in events(read, closing=closing, seen=seen):
        yield event

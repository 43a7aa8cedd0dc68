"""Requesting and following trainings: our routes, and the one of ai-chatbot-framework."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from serving.api.access import AdminOnly
from serving.api.errors import ErrorBody
from serving.channels.incoming import BotName
from serving.jobs.service import TrainingService
from serving.store.jobs import Job, State

_ERRORS: dict[int | str, dict[str, Any]] = {
    403: {"model": ErrorBody, "description": "The operator's token is missing or wrong."},
    404: {"model": ErrorBody, "description": "There is no such bot, or no such training."},
    503: {"model": ErrorBody, "description": "The database or the queue is unavailable; try again later."},
}
_BY = "the admin API"

router = APIRouter(tags=["training"], dependencies=[AdminOnly], responses=_ERRORS)


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
    reason: str = Field(description="Why it failed, waits, had nothing to do, or was refused by the gate.")

    @classmethod
    def of(cls, job: Job) -> "Training":
        """Convert a job."""
        shown = job.model_dump(include=set(cls.model_fields) - {"id", "log"})
        return cls(id=job.number, log=job.run_url or None, **shown)


class CompatTraining(BaseModel):
    """The response of ai-chatbot-framework, and the training it omits."""

    status: str
    training: Training


def _trainings(request: Request) -> TrainingService:
    trainings: TrainingService = request.app.state.trainings
    return trainings


@router.post("/api/v1/bots/{bot}/trainings", status_code=202, summary="Request a training")
async def order_training(bot: Annotated[BotName, Path()], request: Request, response: Response) -> Training:
    """Train a bot in the background. Status 200 and the existing training if one is waiting or running already."""
    job, is_new = await _trainings(request).request(bot, by=_BY)
    response.status_code = 202 if is_new else 200
    response.headers["Location"] = f"/api/v1/bots/{bot}/trainings/{job.number}"
    return Training.of(job)


@router.get("/api/v1/bots/{bot}/trainings", summary="List trainings")
async def list_trainings(
    bot: Annotated[BotName, Path()], request: Request, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[Training]:
    """Return a bot's last trainings, newest first."""
    return [Training.of(job) for job in await _trainings(request).recent(bot, limit=limit)]


@router.get("/api/v1/bots/{bot}/trainings/{number}", summary="Show a training")
async def show_training(
    bot: Annotated[BotName, Path()], number: Annotated[int, Path(ge=1, lt=10**10)], request: Request
) -> Training:
    """Return one training."""
    return Training.of(await _trainings(request).find(bot, number))


@router.post("/admin/train/build_models", summary="Request a training of the default bot (compatible)")
async def build_models(request: Request) -> CompatTraining:
    """Train the default bot in the background; a body is ignored."""
    job, is_new = await _trainings(request).request(request.app.state.default_bot, by=_BY)
    status = "training started in the background" if is_new else "training is under way already"
    return CompatTraining(status=status, training=Training.of(job))

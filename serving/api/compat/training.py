"""ai-chatbot-framework's "Train Models": a training of the default bot."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field

from serving.access.roles import Role
from serving.api.access import Caller, Reach, allow
from serving.api.admin.releasing.trainings import Training, trainings_of
from serving.api.admin.route import AdminRouter
from serving.api.errors import ErrorBody
from serving.api.webhooks import DefaultBot

_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorBody, "description": "There is no such bot."},
    503: {"model": ErrorBody, "description": "The database or the queue is unavailable; try again later."},
}

router = AdminRouter(prefix="/admin/train", tags=["compatible"], responses=_ERRORS)


class CompatTraining(BaseModel):
    """What ai-chatbot-framework answers, and the training that it does not mention."""

    status: str = Field(examples=["training started in the background"])
    training: Training


@router.post(
    "/build_models", summary="Request a training (compatible)",
    dependencies=[allow(Role.AUTHOR, on=Reach.DEFAULT_BOT)],
)  # fmt: skip
async def build_models(request: Request, bot: DefaultBot, caller: Caller) -> CompatTraining:
    """Train the default bot in the background; a body is ignored."""
    job, is_new = await trainings_of(request).request(bot, by=caller.name)
    status = "training started in the background" if is_new else "training is under way already"
    return CompatTraining(status=status, training=Training.of(job))

"""Replays: stored conversations answered again by a release, to see what it would change."""

from typing import Annotated, Any

from fastapi import Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import UserInputError
from serving.access.roles import Role
from serving.api.access import Caller, allow
from serving.api.admin.releasing.releases import manager_of
from serving.api.admin.route import AdminRouter
from serving.api.admin.tasks import ACCEPTED, Task, begin_task
from serving.api.errors import ErrorBody
from serving.api.fields import VERSION_PATTERN
from serving.channels.incoming import BotName, Id
from serving.jobs.kinds import MAX_REPLAYED, Replay

_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorBody, "description": "There is no such bot, or no such version."},
}

router = AdminRouter(prefix="/api/v1/bots/{bot}/replays", tags=["replays"], responses=_ERRORS | ACCEPTED)


class ReplayIn(BaseModel):
    """What to replay, on which version."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"version": "7", "count": 500}, {"version": "7", "thread": "v7"}]},
    )

    version: str = Field(pattern=VERSION_PATTERN, description="The version that answers again.")
    against: str | None = Field(
        default=None,
        pattern=VERSION_PATTERN,
        description="The version to compare with, by default the one that answers; not with `thread`.",
    )
    thread: Id | None = Field(default=None, description="One conversation, compared with what was answered then.")
    count: int = Field(default=200, ge=1, le=MAX_REPLAYED, description="How many of the newest, without `thread`.")


@router.post("", summary="Replay conversations", status_code=202, dependencies=[allow(Role.AUTHOR)])
async def request_replay(
    bot: Annotated[BotName, Path()], asked: ReplayIn, request: Request, response: Response, caller: Caller
) -> Task:
    """Answer stored conversations again with a version, as a task. Nothing is sent anywhere.

    Answers of tools and of the language model come from the log. The result has every turn that changes, and whether a
    conversation loses its goal.
    """
    if asked.thread is not None and asked.against is not None:
        raise UserInputError("against: a thread is compared with what was answered then; leave it out")
    for version in (asked.version, asked.against):
        if version is not None:
            await manager_of(request).find(bot, version)
    return await begin_task(request, response, bot, Replay.model_validate(asked.model_dump()), by=caller)

"""Forgetting a person: what they wrote, what was remembered, and what was learnt from it."""

from typing import Annotated

from fastapi import Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import UserInputError
from serving.access.roles import Role
from serving.api.access import Caller, allow
from serving.api.admin.known_bots import KNOWN_BOT, NO_BOT
from serving.api.admin.route import AdminRouter
from serving.api.admin.tasks import ACCEPTED, Task, begin_task
from serving.channels.incoming import BotName, Id
from serving.jobs.kinds import Forget

router = AdminRouter(prefix="/api/v1/bots/{bot}/forget", tags=["privacy"], responses=ACCEPTED | NO_BOT)


class ForgetIn(BaseModel):
    """Whom to forget, and how far."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"user": "2614735", "dry_run": True}, {"retire": True}]}
    )

    thread: Id | None = Field(default=None, description="One conversation, as its channel named it.")
    user: Id | None = Field(default=None, description="A sender: their conversations on every channel of the bot.")
    purge: bool | None = Field(
        default=None,
        description="Whether snapshots, runs and drafts lose the texts too. Null: if any holds them, nothing goes.",
    )
    dry_run: bool = Field(default=False, description="Only say what would be done.")
    retire: bool = Field(
        default=False,
        description="Instead of a person: delete the versions that earlier requests named, except those with an alias.",
    )


@router.post("", summary="Forget a person", status_code=202, dependencies=[allow(Role.OPERATOR), KNOWN_BOT])
async def request_forgetting(
    bot: Annotated[BotName, Path()], asked: ForgetIn, request: Request, response: Response, caller: Caller
) -> Task:
    """Delete a person's data for good, as a task; or the versions that have learnt from it.

    Neither the task nor the audit log keeps who it was. Deleted data cannot be restored.
    """
    if sum((asked.thread is not None, asked.user is not None, asked.retire)) != 1:
        raise UserInputError("give one of thread, user and retire")
    if not asked.retire and not (asked.thread or asked.user or "").strip():
        raise UserInputError("the id is blank; name a thread or a user")
    return await begin_task(request, response, bot, Forget.model_validate(asked.model_dump()), by=caller)

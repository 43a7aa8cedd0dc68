"""Whether the process is alive and whether it can answer."""

import asyncio
from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from pipelines.errors import ModelNotLoaded, NotFound, StoreUnavailable
from pipelines.files import lack_of_room
from pipelines.settings import Settings
from serving.api.errors import public_text
from serving.api.webhooks import InboxOfApp
from serving.dialogue.services import Services
from serving.store.threads.inbox import Inbox

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process runs and its event loop turns."""

    status: str = "ok"


class Readiness(BaseModel):
    """Whether messages can be answered, and by which release. Ages are in seconds.

    `status` is `ok`, `unavailable`, or `degraded`: messages are answered, but not by the version behind the alias, or
    an index of the database is missing, or the disk is nearly full; `problems` says why. `database` is whether it can
    be read and written. `inbox_waiting` counts unanswered platform events, up to 1,000. It is for alarms: this process
    can answer regardless of the backlog. `tool_calls_unknown` counts calls of this process of which nobody knows so far
    whether the tool has acted.
    """

    status: str
    bot: str
    database: bool
    release: str | None = None
    release_age_seconds: float | None = None
    data_hash: str | None = None
    registry_poll_age_seconds: float | None = None
    inbox_waiting: int | None = None
    inbox_oldest_seconds: float | None = None
    tool_calls_unknown: int = 0
    problems: tuple[str, ...] = ()


async def _readiness(request: Request, inbox: Inbox) -> Readiness:
    services: Services = request.app.state.services
    bot: str = request.app.state.default_bot
    problems: list[str] = []
    drawbacks: list[str] = []  # messages are answered all the same
    now = services.now()

    def age(moment: datetime | None) -> float | None:
        return None if moment is None else round(max(0.0, (now - moment).total_seconds()), 1)

    backlog = None
    try:
        drawbacks += await services.store_readiness.check()
        backlog = await inbox.backlog()
    except StoreUnavailable as error:
        problems.append(str(error))
    has_database = not problems
    release = None
    status = services.releases.status(bot)
    try:
        release = services.releases.current(bot)
    except (ModelNotLoaded, NotFound) as error:
        problems.append(str(error))
    is_available = not problems
    if release is not None and status.problem is not None:
        drawbacks.append(status.problem)
    settings: Settings = request.app.state.settings
    # in a thread: a network file system may not answer
    if await asyncio.to_thread(lack_of_room, settings.home) is not None:
        drawbacks.append("the disk of the home folder is nearly full, and releases are fetched to it; make room on it")
    problems += drawbacks
    return Readiness(
        status="unavailable" if not is_available else "degraded" if problems else "ok",
        bot=bot,
        database=has_database,
        release=release.version if release else None,
        release_age_seconds=age(release.manifest.created_at) if release else None,
        data_hash=release.manifest.data_hash if release else None,
        registry_poll_age_seconds=age(status.last_poll_at) if release else None,
        inbox_waiting=backlog.waiting if backlog else None,
        inbox_oldest_seconds=age(backlog.oldest_at) if backlog else None,
        tool_calls_unknown=services.late_answers.n_unknown,
        problems=tuple(map(public_text, problems)),
    )


@router.get("/health/live", summary="Is the process alive?")
async def live() -> Alive:
    """Answer as long as the event loop runs; touches neither database nor registry."""
    return Alive()


@router.get("/health/ready", summary="Can messages be answered?", responses={503: {"model": Readiness}})
async def ready(request: Request, response: Response, webhook_inbox: InboxOfApp) -> Readiness:
    """Report whether the database and a release are available; 503 if one is missing.

    A release that answers although the alias is on a version that is refused stays 200, `degraded`: every process is in
    the same state, and a load balancer must not take all of them out.
    """
    readiness = await _readiness(request, webhook_inbox.deliveries.inbox)
    if readiness.status == "unavailable":
        response.status_code = 503
    return readiness


@router.get("/ready", include_in_schema=False)
async def compat_ready(request: Request, response: Response, webhook_inbox: InboxOfApp) -> Alive:
    """Answer as ai-chatbot-framework does, but truthfully."""
    readiness = await _readiness(request, webhook_inbox.deliveries.inbox)
    is_available = readiness.status != "unavailable"
    if not is_available:
        response.status_code = 503
    return Alive(status="ok" if is_available else readiness.status)

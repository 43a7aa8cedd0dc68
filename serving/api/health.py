"""Whether the process is alive and whether it can answer."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from pipelines.errors import ModelNotLoaded, NotFound, StoreUnavailable
from serving.api.webhooks import InboxOfApp
from serving.dialogue.services import Services
from serving.store.inbox import Inbox

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process runs and its event loop turns."""

    status: str = "ok"


class Readiness(BaseModel):
    """Whether messages can be answered, and by which release. Ages are in seconds.

    `inbox_waiting` counts unanswered platform events, up to 1,000. It is for alarms: this process can answer regardless
    of the backlog.
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
    problems: tuple[str, ...] = ()


async def _readiness(request: Request, inbox: Inbox) -> Readiness:
    services: Services = request.app.state.services
    bot: str = request.app.state.default_bot
    problems: list[str] = []
    now = services.now()

    def age(moment: datetime | None) -> float | None:
        return None if moment is None else round(max(0.0, (now - moment).total_seconds()), 1)

    backlog = None
    try:
        await services.database.ping()
        await services.ledger.schema.ensure()
        backlog = await inbox.backlog()
    except StoreUnavailable as error:
        problems.append(str(error))
    has_database = not problems
    release = None
    polled_at = None
    try:
        release = services.releases.current(bot)
        polled_at = services.releases.status(bot).last_poll_at
    except (ModelNotLoaded, NotFound) as error:
        problems.append(str(error))
    return Readiness(
        status="unavailable" if problems else "ok",
        bot=bot,
        database=has_database,
        release=release.version if release else None,
        release_age_seconds=age(release.manifest.created_at) if release else None,
        data_hash=release.manifest.data_hash if release else None,
        registry_poll_age_seconds=age(polled_at),
        inbox_waiting=backlog.waiting if backlog else None,
        inbox_oldest_seconds=age(backlog.oldest_at) if backlog else None,
        problems=tuple(problems),
    )


@router.get("/health/live", summary="Is the process alive?")
async def live() -> Alive:
    """Answer as long as the event loop runs; touches neither database nor registry."""
    return Alive()


@router.get("/health/ready", summary="Can messages be answered?", responses={503: {"model": Readiness}})
async def ready(request: Request, response: Response, webhook_inbox: InboxOfApp) -> Readiness:
    """Report whether the database and a release are available; 503 if one is missing."""
    readiness = await _readiness(request, webhook_inbox.deliveries.inbox)
    if readiness.status != "ok":
        response.status_code = 503
    return readiness


@router.get("/ready", include_in_schema=False)
async def compat_ready(request: Request, response: Response, webhook_inbox: InboxOfApp) -> Alive:
    """Answer as ai-chatbot-framework does, but truthfully."""
    readiness = await _readiness(request, webhook_inbox.deliveries.inbox)
    if readiness.status != "ok":
        response.status_code = 503
    return Alive(status=readiness.status)

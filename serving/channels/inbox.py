"""Everything between a platform's webhook and its answer, built once and injected."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx2
from pydantic import JsonValue

from pipelines.errors import StoreUnavailable
from pipelines.settings import Settings
from serving.channels import graph_api
from serving.channels.connections import Connections
from serving.channels.contract import Parsed
from serving.channels.delivery import Deliveries
from serving.channels.graph_api import GraphApi
from serving.channels.queue import LocalQueue, ThreadQueue
from serving.dialogue.services import Services
from serving.store.integrations import Integration, IntegrationStore
from serving.store.threads.inbox import KEPT, Inbox, InboxItem
from serving.telemetry import spans
from serving.telemetry.instruments import QUEUE_AGE, QUEUE_DEPTH

BACKLOG_SECONDS = 15.0
"""Time between two measurements of what waits for an answer."""
_REPEATED_FOR = timedelta(days=2)
"""How long a platform repeats a request."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WebhookInbox:
    """Accepts platforms' events and has them answered."""

    deliveries: Deliveries
    queue: ThreadQueue
    _newest_by_channel: dict[str, datetime] = field(default_factory=dict, init=False)

    @property
    def connections(self) -> Connections:
        """The bots' connections to platforms."""
        return self.deliveries.connections

    async def accept(self, bot: str, channel: str, parsed: Parsed) -> None:
        """Accept events: store them, then enqueue their threads.

        Raises
        ------
        QueueUnavailable
            Nobody can work on them now. They may be stored already; the platform must send them again.
        StoreUnavailable
            They may not be stored.
        """
        now = self.deliveries.services.now()
        ignored = list(parsed.ignored)
        items = []
        # a clock ahead of ours must not reorder events
        moments = [min(event.sent_at or now, now) for event in parsed.events]
        newest = await self._newest(channel, moments, now=now)
        for place, (event, happened_at) in enumerate(zip(parsed.events, moments, strict=True)):
            if happened_at < now - KEPT and (newest is None or happened_at < newest - _REPEATED_FOR):
                # Its record may have expired from the inbox. A platform does not repeat requests this old.
                ignored.append("too old")
                continue
            item = InboxItem.new(
                bot,
                event.thread_id,
                event.message_id,
                channel=channel,
                event=event.model_dump_json(),
                happened_at=happened_at,
                place=place,
                now=now,
                traceparent=spans.current().traceparent,
            )
            items.append(item)
        if ignored:
            _log.info("bot %s: %s events ignored: %s", bot, channel, ", ".join(sorted(set(ignored))))
        if items:
            self.queue.check_room()
            await self.deliveries.inbox.accept(items)
            await self.queue.put(list(dict.fromkeys(item.thread_hash for item in items)))

    async def _newest(self, channel: str, moments: Sequence[datetime], *, now: datetime) -> datetime | None:
        """Return the latest moment of a channel's events before these, by the platform's clock; None if unknown.

        An own clock that is a month ahead must not lose what customers write: to it, every event is too old.
        """
        newest = self._newest_by_channel.get(channel)
        if newest is None and any(moment < now - KEPT for moment in moments):
            newest = await self.deliveries.inbox.newest_moment(channel)
        known = [*moments, *([newest] if newest is not None else [])]
        if known:
            self._newest_by_channel[channel] = max(known)
        if newest is not None and max(known) < now - KEPT:
            _log.warning("every event of %s seems older than %d days; is this clock right?", channel, KEPT.days)
        return newest


@asynccontextmanager
async def open_deliveries(settings: Settings, services: Services) -> AsyncIterator[Deliveries]:
    """Build what answers the inbox."""
    # no timeout here: the Graph API client limits each attempt as a whole
    async with httpx2.AsyncClient(timeout=None, headers={"User-Agent": "intentloop"}) as http:
        connections = Connections(
            IntegrationStore(services.database),
            secrets=services.secrets,
            graph_api=GraphApi(http, base_url=settings.facebook_api_url),
            defaults=_facebook_of(settings),
        )
        deliveries = Deliveries(Inbox(services.database, services.ledger.schema), connections, services)
        measuring = asyncio.create_task(_measure_backlog(deliveries)) if spans.is_on() else None
        try:
            yield deliveries
        finally:
            if measuring is not None:
                measuring.cancel()
                await asyncio.gather(measuring, return_exceptions=True)


async def _measure_backlog(deliveries: Deliveries) -> None:
    """Measure what waits for an answer: every process sees all of it."""
    while True:
        with suppress(StoreUnavailable):  # reported by whoever needs the database next
            backlog = await deliveries.inbox.backlog()
            oldest_at = backlog.oldest_at
            age = deliveries.services.now() - oldest_at if oldest_at is not None else timedelta()
            spans.gauge(QUEUE_DEPTH, backlog.waiting)
            spans.gauge(QUEUE_AGE, max(0.0, age.total_seconds()))
        await asyncio.sleep(BACKLOG_SECONDS)


@asynccontextmanager
async def open_webhook_inbox(settings: Settings, services: Services) -> AsyncIterator[WebhookInbox]:
    """Build what accepts webhooks; without a queue in the settings, this process also does the work.

    At the end, wait for work in progress.
    """
    async with open_deliveries(settings, services) as deliveries:
        if settings.queue_url is not None:
            from serving.channels.sqs import SqsQueue  # boto3 takes a third of a second to import

            yield WebhookInbox(deliveries, await SqsQueue.connect(settings.queue_url))
            return

        async def due_threads(limit: int) -> list[str]:
            due = await deliveries.inbox.due_threads(services.now(), limit=limit)
            return [*due, *await deliveries.stuck_threads()][:limit]

        queue = LocalQueue(deliveries.work, due_threads, max_pending=settings.channel_max_pending)
        queue.start()
        try:
            yield WebhookInbox(deliveries, queue)
        finally:
            await queue.aclose()


def _facebook_of(settings: Settings) -> tuple[Integration, ...]:
    """Return the default bot's Messenger settings from the environment, if there are any."""
    given = {
        "verify": settings.facebook_verify_token,
        "secret": settings.facebook_app_secret,
        "page_access_token": settings.facebook_page_token,
    }
    values: dict[str, JsonValue] = {name: value.get_secret_value() for name, value in given.items() if value}
    return (Integration(bot=settings.default_bot, channel=graph_api.CHANNEL, settings=values),) if values else ()

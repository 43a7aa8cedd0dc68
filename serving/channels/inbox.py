"""Everything between a platform's webhook and its answer, built once and handed in."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from pydantic import JsonValue

from pipelines.settings import Settings
from serving.channels import graph_api
from serving.channels.connections import Connections
from serving.channels.contract import Parsed
from serving.channels.delivery import Deliveries
from serving.channels.graph_api import GraphApi
from serving.channels.queue import LocalQueue, ThreadQueue
from serving.dialogue.services import Services
from serving.store.inbox import KEPT, Inbox, InboxItem
from serving.store.integrations import Integration, IntegrationStore

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChannelDesk:
    """Takes in what platforms bring, and has it answered."""

    deliveries: Deliveries
    queue: ThreadQueue

    @property
    def connections(self) -> Connections:
        """How bots are connected to platforms."""
        return self.deliveries.connections

    async def accept(self, bot: str, channel: str, parsed: Parsed) -> None:
        """Promise to answer events: write them down, then see to it that somebody works on them.

        Parameters
        ----------
        bot
            Whom they are for.
        channel
            Where they came from.
        parsed
            What the request held.

        Raises
        ------
        QueueUnavailable
            Nobody can work on them now. They may be written down; the platform must send them again.
        StoreUnavailable
            They are not certain to be written down.
        """
        now = self.deliveries.services.now()
        ignored = list(parsed.ignored)
        items = []
        for place, event in enumerate(parsed.events):
            happened_at = min(event.sent_at or now, now)  # a clock ahead of ours must not put it behind what follows
            if happened_at < now - KEPT:
                # Its mark may be gone from the inbox: somebody repeats an old request, platforms do not.
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
            )
            items.append(item)
        if ignored:
            _log.info("bot %s: %s events ignored: %s", bot, channel, ", ".join(sorted(set(ignored))))
        if items:
            self.queue.check_room()
            await self.deliveries.inbox.accept(items)
            await self.queue.put(list(dict.fromkeys(item.mark for item in items)))


@asynccontextmanager
async def open_deliveries(settings: Settings, services: Services) -> AsyncIterator[Deliveries]:
    """Build what answers the inbox.

    Parameters
    ----------
    settings
        The platform's.
    services
        What turns need.

    Yields
    ------
    Deliveries
        Ready to work until the context ends.
    """
    # no time limit of its own: the Graph API client has one for the whole of a try
    async with httpx2.AsyncClient(timeout=None, headers={"User-Agent": "intentloop"}) as http:
        connections = Connections(
            IntegrationStore(services.database),
            secrets=services.secrets,
            graph_api=GraphApi(http, base_url=settings.facebook_api_url),
            defaults=_facebook_of(settings),
        )
        yield Deliveries(Inbox(services.database, services.ledger.schema), connections, services)


@asynccontextmanager
async def open_desk(settings: Settings, services: Services) -> AsyncIterator[ChannelDesk]:
    """Build what takes webhooks in; without a queue in the settings, this process does the work as well.

    Parameters
    ----------
    settings
        The platform's.
    services
        What turns need.

    Yields
    ------
    ChannelDesk
        Ready until the context ends, which waits for what is under way.
    """
    async with open_deliveries(settings, services) as deliveries:
        if settings.queue_url is not None:
            from serving.channels.sqs import SqsQueue  # boto3 takes a third of a second that most do not need

            yield ChannelDesk(deliveries, await SqsQueue.connect(settings.queue_url))
            return

        async def due_threads(limit: int) -> list[str]:
            return await deliveries.inbox.due_threads(services.now(), limit=limit)

        queue = LocalQueue(deliveries.work, due_threads, max_pending=settings.channel_max_pending)
        queue.start()
        try:
            yield ChannelDesk(deliveries, queue)
        finally:
            await queue.aclose()


def _facebook_of(settings: Settings) -> tuple[Integration, ...]:
    """Give the default bot's Messenger settings as the environment has them, if it has any."""
    given = {
        "verify": settings.facebook_verify_token,
        "secret": settings.facebook_app_secret,
        "page_access_token": settings.facebook_page_token,
    }
    values: dict[str, JsonValue] = {name: value.get_secret_value() for name, value in given.items() if value}
    return (Integration(bot=settings.default_bot, channel=graph_api.CHANNEL, settings=values),) if values else ()

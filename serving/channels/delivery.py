"""Answers what waits in the inbox: one thread at a time in its order, each message once, each reply to its platform.

The turn is exactly once, whatever happens here. The way to the platform is at least once: how many messages of an
answer are out is written down after each, so that a crash between the two, or an answer of the platform's that never
came, sends that one message again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from pipelines.errors import BotError, DeliveryFailed, DeliveryRefused, NotFound, ThreadForgotten, UserInputError
from serving.channels.connections import Connections
from serving.channels.contract import Channel, IncomingEvent
from serving.dialogue.messages import UserMessage
from serving.dialogue.services import Services
from serving.dialogue.turn import handle_turn
from serving.logs import describe_crash
from serving.store.inbox import Inbox, InboxItem

RETRY_SECONDS = (5.0, 20.0, 60.0, 300.0, 1200.0, 3600.0, 3600.0)
"""How long an event waits after each try. After the last try it is left for a person to look at."""
MAX_WAIT_SECONDS = 3600.0
"""How long an event waits at most, whatever the platform asks for: later events of its thread wait with it."""
TYPING_AFTER_SECONDS = 0.4
_SENDING_SECONDS = 30.0

_log = logging.getLogger(__name__)


class _TakenAway(Exception):
    """Somebody else works on the event: this process was too slow."""


class Deliveries:
    """Works on the inbox.

    Parameters
    ----------
    inbox
        What waits.
    connections
        Where answers go.
    services
        What turns need.
    retry_seconds
        How long an event waits after each try that failed.
    """

    def __init__(
        self,
        inbox: Inbox,
        connections: Connections,
        services: Services,
        *,
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
    ) -> None:
        self.inbox = inbox
        self.connections = connections
        self.services = services
        self.retry_seconds = retry_seconds
        # Longer than the longest step between two notes in the inbox: a wait for other work on the thread and the turn
        # itself, or one message with all its tries.
        self.lease = timedelta(seconds=2 * services.patience_seconds + _SENDING_SECONDS)

    async def work(self, mark: str) -> float | None:
        """Answer a thread's events in their order, those included that come in meanwhile.

        Parameters
        ----------
        mark
            What stands for the thread, see `thread_hash`.

        Returns
        -------
        float | None
            None once nothing waits. Otherwise the seconds until the first event, which the others wait for, is to be
            tried again, or until whoever has it may be given up.

        Raises
        ------
        StoreUnavailable
            The database does not answer; the same call later goes on.
        """
        while items := await self.inbox.open_of(mark):
            now = self.services.now()
            hindrance = next((item for item in items if item.tries and item.due_at > now), None)
            if hindrance is not None:
                await self._let_wait(items, hindrance.due_at)
                return (hindrance.due_at - now).total_seconds()
            claimed = await self.inbox.claim(items[0], until=now + self.lease)
            if claimed is None:  # somebody was faster, and goes on with what comes after it
                return self.lease.total_seconds()
            await _Delivery(claimed, self).run()
        return None

    async def _let_wait(self, items: list[InboxItem], due_at: datetime) -> None:
        """Keep what waits for another event from being found as due: it would hide threads that can be worked on.

        An event that nobody has tried waits for others only: whoever ends the wait goes on with it, due or not.
        """
        for item in items:
            if not item.tries and item.due_at < due_at:
                await self.inbox.update(item, due_at=due_at, sent=item.sent)


class _Delivery:
    """One try to answer one event. `item` is as the inbox has it."""

    def __init__(self, item: InboxItem, deliveries: Deliveries) -> None:
        self._item = item
        self._with = deliveries

    async def run(self) -> None:
        """Answer the event, or see to it that somebody tries again later."""
        if self._item.tries > len(self._with.retry_seconds) + 1:  # it kills whoever works on it
            await self._give_up(f"nobody finished it in {self._item.tries - 1} tries")
            return
        try:
            await self._deliver()
        except _TakenAway:
            _log.warning("thread %.12s: an event was taken over by another worker", self._item.mark)
        except ThreadForgotten:  # the event is gone too; its thread is named nowhere any more
            _log.info("an event of a thread that is being forgotten is dropped")
        except NotFound as error:  # a bot or channel that is not there now may be there later
            await self._put_off(str(error))
        except (DeliveryRefused, UserInputError) as error:
            await self._give_up(str(error))
        except DeliveryFailed as error:
            await self._put_off(str(error), at_least_seconds=error.retry_after_seconds or 0.0)
        except BotError as error:
            await self._put_off(str(error))
        except Exception as error:
            await self._put_off(describe_crash(error))

    async def _deliver(self) -> None:
        event = IncomingEvent.model_validate_json(self._item.event)
        channel = await self._with.connections.open(self._item.bot, self._item.channel)
        message = UserMessage(
            bot=self._item.bot,
            thread_id=event.thread_id,
            message_id=event.message_id,
            text=event.text[: self._with.services.max_message_chars],  # an answer to its beginning, rather than none
            channel=self._item.channel,
            sent_at=self._item.happened_at,
        )
        async with _typing(channel, event):
            answer = await handle_turn(message, self._with.services)
        outgoing = channel.compose(answer.replies)
        for number in range(self._item.sent, len(outgoing)):
            await channel.send(event, outgoing[number])
            if number + 1 < len(outgoing):
                await self._note(sent=number + 1)
        await self._with.inbox.close(self._item, sent=len(outgoing))

    async def _note(self, *, sent: int) -> None:
        updated = await self._with.inbox.update(
            self._item, due_at=self._with.services.now() + self._with.lease, sent=sent
        )
        if updated is None:
            raise _TakenAway
        self._item = updated

    async def _put_off(self, reason: str, *, at_least_seconds: float = 0.0) -> None:
        if self._item.tries > len(self._with.retry_seconds):
            await self._give_up(reason)
            return
        seconds = min(max(at_least_seconds, self._with.retry_seconds[self._item.tries - 1]), MAX_WAIT_SECONDS)
        _log.warning("thread %.12s: tried again in %g s: %s", self._item.mark, seconds, reason)
        due_at = self._with.services.now() + timedelta(seconds=seconds)
        await self._with.inbox.update(self._item, due_at=due_at, sent=self._item.sent)

    async def _give_up(self, reason: str) -> None:
        _log.error("thread %.12s: an event is given up: %s", self._item.mark, reason)
        await self._with.inbox.close(self._item, sent=self._item.sent, failure=reason)


@asynccontextmanager
async def _typing(channel: Channel, event: IncomingEvent) -> AsyncIterator[None]:
    """Show that an answer is on its way if it takes long enough to be worth a request; it may fail."""

    async def show() -> None:
        await asyncio.sleep(TYPING_AFTER_SECONDS)
        with suppress(DeliveryFailed):
            await channel.show_typing(event)

    showing = asyncio.create_task(show())
    try:
        yield
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)

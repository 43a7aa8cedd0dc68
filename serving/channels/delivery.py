"""Answers the events in the inbox: each thread in order, each message once, each reply to its platform.

The turn is exactly once. Delivery to the platform is at least once: the number of messages sent is stored after each of
them, so a crash in between, or a lost acknowledgement, repeats that one message.
"""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from pydantic import JsonValue

from pipelines.errors import (
    BotError,
    DeliveryFailed,
    DeliveryRefused,
    NotFound,
    StoreUnavailable,
    ThreadForgotten,
    UserInputError,
)
from pipelines.schemas.keys import channel_thread_key
from serving.channels.connections import Connections
from serving.channels.contract import Channel, IncomingEvent
from serving.dialogue.messages import BotMessage, UserMessage
from serving.dialogue.phrases import phrases_of
from serving.dialogue.services import Services
from serving.dialogue.turn import handle_turn
from serving.logs import describe_crash
from serving.store.threads.inbox import Inbox, InboxItem, Progress
from serving.store.watch import BEAT_SECONDS, SILENCE_SECONDS, Watch
from serving.telemetry import spans

HEALING_SECONDS = 30.0
"""Pause between two looks for events that no other look would find."""
RETRY_SECONDS = (5.0, 20.0, 60.0, 300.0, 1200.0, 3600.0, 3600.0)
"""How long an event waits after each attempt. After the last one it is left for a person."""
MAX_WAIT_SECONDS = 3600.0
"""Longest wait of an event, even if the platform asks for more: later events of its thread wait with it."""
TYPING_AFTER_SECONDS = 0.4
_SENDING_SECONDS = 30.0
_MAX_GAP_SECONDS = 6.0

_log = logging.getLogger(__name__)


class _EventTakenOver(Exception):
    """Another worker has taken over the event: this process was too slow."""


class Deliveries:
    """Works on the inbox; `retry_seconds` is how long an event waits after each failed attempt."""

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
        # For earlier versions, which see no signs of life. Longer than the longest step between two writes to the
        # inbox: waiting for other work on the thread plus the turn itself, or one message with all its attempts.
        self.lease = timedelta(seconds=2 * services.patience_seconds + _SENDING_SECONDS)
        self._watch = Watch(max_gap_seconds=_MAX_GAP_SECONDS)
        self._healed_at = -math.inf

    async def work(self, thread_hash: str) -> float | None:
        """Answer a thread's events in order, including those that arrive meanwhile.

        Return None if nothing waits any more; else the seconds until the first event, which blocks the others, is due
        again or its worker may count as dead. Raise `StoreUnavailable` if the database does not respond; a later call
        resumes.
        """
        while found := await self.inbox.open_of(thread_hash):
            items = [item for item in found if item.is_open]
            if not items:
                return None
            waits = [self._seconds_left(item.progress) for item in items if item.tries]
            blocking = next((seconds for seconds in waits if seconds > 0), None)
            if blocking is not None:
                await self._postpone_others(items, seconds=blocking)
                return blocking
            claimed = await self.inbox.claim(items[0], until=self.services.now() + self.lease)
            if claimed is None:  # another worker was faster, and takes up what follows
                return SILENCE_SECONDS
            with spans.resume("deliver", kind="consumer", traceparent=claimed.traceparent) as span:
                span.set("intentloop.channel", claimed.channel)
                await _Delivery(claimed, self, aside=[item for item in found if not item.is_open]).run()
        return None

    async def stuck_threads(self) -> list[str]:
        """Return the hashes of threads whose worker died, or that seem to wait for long because a clock was wrong.

        To be called every few seconds: it takes several looks to tell.
        """
        if time.monotonic() - self._healed_at >= HEALING_SECONDS:
            await self.inbox.heal_misfits()
            self._healed_at = time.monotonic()
        waiting = await self.inbox.not_due(self.services.now())
        return list(dict.fromkeys(each.thread_hash for each in waiting if self._seconds_left(each) <= 0))

    async def overdue_threads(self) -> list[str]:
        """Return the hashes of threads with an event that nobody takes up, as if the queue had lost its message.

        A worker that dies leaves messages hidden in the queue that it had received and not begun. To be called every
        few seconds, as `stuck_threads` is.
        """
        due = await self.inbox.due(self.services.now())
        waited = [each for each in due if self._watch.unchanged_seconds(each.key, each) >= SILENCE_SECONDS]
        return list(dict.fromkeys(each.thread_hash for each in waited))

    def _seconds_left(self, progress: Progress) -> float:
        """Return how long an event is left alone: by no other clock alone, for it may be wrong."""
        unchanged_seconds = self._watch.unchanged_seconds(progress.key, progress)
        if progress.beat is not None:
            return SILENCE_SECONDS - unchanged_seconds
        seconds = MAX_WAIT_SECONDS if progress.wait_seconds is None else progress.wait_seconds
        return min((progress.due_at - self.services.now()).total_seconds(), seconds - unchanged_seconds)

    async def _postpone_others(self, items: list[InboxItem], *, seconds: float) -> None:
        """Postpone the events behind a blocking one: if they seemed due, they would hide threads that can be worked on.

        An untried event waits only for others: whoever ends the wait takes it up, due or not.
        """
        now = self.services.now()
        for item in items:
            if not item.tries and item.due_at < now + timedelta(seconds=seconds):
                await self.inbox.postpone(item, seconds=seconds, now=now)


class _Delivery:
    """One attempt to answer one event. `item` is as stored in the inbox; events put `aside` go with it."""

    def __init__(self, item: InboxItem, deliveries: Deliveries, *, aside: Sequence[InboxItem]) -> None:
        self._item = item
        self._with = deliveries
        self._aside = aside

    async def run(self) -> None:
        """Answer the event, or schedule another attempt."""
        if self._item.tries > len(self._with.retry_seconds) + 1:  # it kills its workers
            await self._give_up(f"not finished in {self._item.tries - 1} attempts")
            return
        try:
            async with self._alive():
                await self._deliver()
        except _EventTakenOver:
            _log.warning("thread %.12s: an event was taken over by another worker", self._item.thread)
        except ThreadForgotten:  # the event is gone too, and logs must not name the thread
            _log.info("an event of a thread that is being erased was dropped")
        except NotFound as error:  # a missing bot or channel may exist later
            await self._retry_later(str(error))
        except (DeliveryRefused, UserInputError) as error:
            await self._give_up(str(error))
        except DeliveryFailed as error:
            await self._retry_later(str(error), at_least_seconds=error.retry_after_seconds or 0.0)
        except BotError as error:
            await self._retry_later(str(error))
        except Exception as error:
            await self._retry_later(describe_crash(error))

    @asynccontextmanager
    async def _alive(self) -> AsyncIterator[None]:
        """Show a sign of life every second."""

        async def beat() -> None:
            while True:
                await asyncio.sleep(BEAT_SECONDS)
                with suppress(StoreUnavailable):  # reported by the work itself
                    await self._with.inbox.beat(self._item)

        beating = asyncio.create_task(beat())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _deliver(self) -> None:
        event = _event_of(self._item)
        if event is None:
            await self._with.inbox.give_up_unreadable(self._item)
            return
        if event.kind == "visit":  # nobody waits for an answer; what it tells goes with the next message
            await self._with.inbox.put_aside(self._item)
            return
        channel = await self._with.connections.open(self._item.bot, self._item.channel)
        message = UserMessage(
            bot=self._item.bot,
            thread_id=event.thread_id,
            message_id=event.message_id,
            text=event.text[: self._with.services.max_message_chars],  # better to answer its beginning than nothing
            context=self._context_of(event),
            channel=self._item.channel,
            sent_at=self._item.happened_at,
        )
        async with _typing(channel, event):
            response = await handle_turn(message, self._with.services)
        outgoing = channel.compose((*self._notice(event, message), *response.replies))
        for number in range(self._item.sent, len(outgoing)):
            with spans.span("send", kind="client"):
                await channel.send(event, outgoing[number])
            if number + 1 < len(outgoing):
                await self._record_progress(sent=number + 1)
        await self._with.inbox.close(self._item, sent=len(outgoing))
        for item in self._aside:
            await self._with.inbox.close(item, sent=0)

    def _context_of(self, event: IncomingEvent) -> dict[str, JsonValue]:
        """Return what the event and those put aside before it say about the customer's coming; the latest wins."""
        context: dict[str, JsonValue] = {}
        for item in self._aside:
            before = _event_of(item)
            context |= before.context if before is not None else {}
        return context | event.context

    def _notice(self, event: IncomingEvent, message: UserMessage) -> tuple[BotMessage, ...]:
        """Tell the customer if only the beginning of their text was read."""
        if len(event.text) == len(message.text):
            return ()
        bot = self._with.services.releases.current(message.bot).definition
        return (BotMessage(text=phrases_of(bot.language, bot.phrases).too_long.format(limit=len(message.text))),)

    async def _record_progress(self, *, sent: int) -> None:
        updated = await self._with.inbox.update(
            self._item, due_at=self._with.services.now() + self._with.lease, sent=sent
        )
        if updated is None:
            raise _EventTakenOver
        self._item = updated

    async def _retry_later(self, reason: str, *, at_least_seconds: float = 0.0) -> None:
        if self._item.tries > len(self._with.retry_seconds):
            await self._give_up(reason)
            return
        seconds = min(max(at_least_seconds, self._with.retry_seconds[self._item.tries - 1]), MAX_WAIT_SECONDS)
        spans.current().fail("postponed")
        _log.warning("thread %.12s: next attempt in %g s: %s", self._item.thread_hash, seconds, reason)
        await self._with.inbox.postpone(self._item, seconds=seconds, now=self._with.services.now())

    async def _give_up(self, reason: str) -> None:
        spans.current().fail("given_up")
        _log.error("thread %.12s: gave up on an event: %s", self._item.thread_hash, reason)
        keeps_event = self._with.services.privacy.keeps_all(self._item.bot)
        await self._with.inbox.close(self._item, sent=self._item.sent, failure=reason, keeps_event=keeps_event)


def _event_of(item: InboxItem) -> IncomingEvent | None:
    """Read an event; None if another program has written it, or if it is not of its item's thread."""
    try:
        event = IncomingEvent.model_validate_json(item.event)
        return event if channel_thread_key(item.bot, event.thread_id, channel=item.channel) == item.thread else None
    except ValueError:
        return None


@asynccontextmanager
async def _typing(channel: Channel, event: IncomingEvent) -> AsyncIterator[None]:
    """Show a typing indicator if the reply takes long enough to be worth a request; a failure is ignored."""

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

"""Server-Sent Events: how something changes that is stored in the database, until it has ended.

The `id` of an event is the revision of what it shows: a client that comes back with it as `Last-Event-ID` gets only
what is new. The last event is called `end`; a browser's `EventSource` has to be closed then, or it comes back.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.sse import ServerSentEvent
from pydantic import BaseModel

from pipelines.errors import NotFound, StoreUnavailable, TooManyRequests
from serving.api.errors import ErrorBody
from serving.clock import is_set_within

MOST_STREAMS = 100
"""Streams that one process answers at once; each is a connection, and reads a document every `LOOK_SECONDS`."""
MOST_SECONDS = 600.0
"""Then a stream ends without a last event, and the client comes back: with a key that may have been revoked since."""
LOOK_SECONDS = 1.0
RETRY_MILLISECONDS = 2000

LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", max_length=100, description="`id` of the last event that was seen, if any."),
]
DESCRIPTION = (
    "Events `progress` as the state changes, and one `end`; `data` is the same object that the route without `/events` "
    "gives, without a result, and `id` is for `Last-Event-ID`. A comment keeps the connection open every 15 seconds."
)

STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": DESCRIPTION},
    429: {"model": ErrorBody, "description": "Too many streams are open; come back after `Retry-After`."},
}
"""What the routes answer."""


class Streams:
    """The streams of one process."""

    def __init__(self, *, most: int = MOST_STREAMS) -> None:
        self._most, self.n_open = most, 0
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End all streams: the server waits for them before it ends."""
        self._closing.set()

    @contextmanager
    def opened(self) -> Iterator[asyncio.Event]:
        """Count a stream; yields what is set when it must end. Raises `TooManyRequests` if there are too many."""
        if self.n_open >= self._most:
            raise TooManyRequests(f"{self.n_open} streams are open already", retry_after=5)
        self.n_open += 1
        try:
            yield self._closing
        finally:
            self.n_open -= 1


@dataclass(frozen=True)
class Shown:
    """Something as it stands now: what to show of it, its revision, and whether it has ended."""

    data: BaseModel
    revision: str
    is_over: bool


Read = Callable[[], Awaitable[Shown]]


async def _open(request: Request) -> AsyncIterator[asyncio.Event]:
    streams: Streams = request.app.state.streams
    with streams.opened() as closing:
        yield closing


Closing = Annotated[asyncio.Event, Depends(_open)]
"""Counts the stream of a route, and is set when it must end."""


async def events(
    read: Read, *, closing: asyncio.Event, seen: str | None, look_seconds: float = LOOK_SECONDS
) -> AsyncIterator[ServerSentEvent]:
    """Yield an event for each change of what `read` returns, until it has ended; `seen` is the last revision seen."""
    give_up_at = time.monotonic() + MOST_SECONDS
    sent: BaseModel | None = None
    yield ServerSentEvent(retry=RETRY_MILLISECONDS)
    while not closing.is_set() and time.monotonic() < give_up_at:
        try:
            shown = await read()
        except StoreUnavailable:
            await is_set_within(closing, seconds=look_seconds)
            continue
        except NotFound:  # it has expired, or was erased
            return
        if shown.is_over:
            yield _event("end", shown)
            return
        if shown.revision != seen and shown.data != sent:  # signs of life change the revision alone
            yield _event("progress", shown)
            sent, seen = shown.data, shown.revision
        await is_set_within(closing, seconds=look_seconds)


def _event(name: str, shown: Shown) -> ServerSentEvent:
    return ServerSentEvent(event=name, id=shown.revision, data=shown.data)

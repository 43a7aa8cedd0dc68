"""Clocks, and waiting for no longer than a clock says."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

MonotonicClock = Callable[[], float]
"""A monotonic clock, in seconds: only differences within one process mean anything. Tests pass their own."""


def utc_now() -> datetime:
    """Return the current time in UTC, to the millisecond.

    MongoDB keeps no more, so a stored time equals the one in memory.
    """
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


async def is_set_within(event: asyncio.Event, *, seconds: float) -> bool:
    """Wait for an event for at most some seconds, and return whether it is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()

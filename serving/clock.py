"""Clocks, and waiting for no longer than a clock says."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

MonotonicClock = Callable[[], float]
"""Seconds that never go back. Only differences mean anything, and only within a process; tests hand in their own."""


def utc_now() -> datetime:
    """Return the current time in UTC, to the millisecond.

    MongoDB keeps no more, so a moment that was stored equals the one in memory.
    """
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


async def is_set_within(event: asyncio.Event, *, seconds: float) -> bool:
    """Wait for an event, at most so long, and return whether it is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()

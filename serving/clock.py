"""Clocks, times that a person writes, and waiting for no longer than a clock says."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from pipelines.errors import UserInputError

MonotonicClock = Callable[[], float]
"""A monotonic clock, in seconds: only differences within one process mean anything. Tests pass their own."""
_DAYS_BY_UNIT = {"d": 1, "w": 7}


def utc_now() -> datetime:
    """Return the current time in UTC, to the millisecond.

    MongoDB keeps no more, so a stored time equals the one in memory.
    """
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def parse_since(text: str, *, now: datetime) -> datetime:
    """Parse `7d`, `4w` or a date such as `2026-11-01`; raise `UserInputError` for another text or a future time."""
    try:
        if text[-1:] in _DAYS_BY_UNIT:
            moment = now - timedelta(days=int(text[:-1]) * _DAYS_BY_UNIT[text[-1]])
        else:
            moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UserInputError(f"{text!r} is not a time; write 7d, 4w or a date such as 2026-11-01") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > now:
        raise UserInputError(f"{text!r} is in the future; name a time before now")
    return moment


async def is_set_within(event: asyncio.Event, *, seconds: float) -> bool:
    """Wait for an event for at most some seconds, and return whether it is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()

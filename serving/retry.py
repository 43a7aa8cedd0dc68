"""When to send a request again: how often, how long apart, and how long the other side asks to be left alone."""

import asyncio
import math
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from serving.clock import utc_now


@dataclass(frozen=True, slots=True)
class Retries:
    """Tries of one request.

    Attributes
    ----------
    max_tries
        How often it is sent, the first time included.
    first_seconds
        Longest wait after the first try, unless the other side asks for more; it doubles with each further try.
    """

    max_tries: int
    first_seconds: float

    def seconds_after(self, number: int, *, asked: float | None = None) -> float:
        """Return how long to wait after a failed try, infinite after the last.

        Jitter keeps callers that wait for the same host from retrying in step.

        Parameters
        ----------
        number
            Which try it was, from 1.
        asked
            Shortest wait that the other side asked for.
        """
        if number >= self.max_tries:
            return math.inf
        backoff = self.first_seconds * 2.0 ** (number - 1) * random.uniform(0.5, 1.0)  # noqa: S311
        return max(backoff, asked or 0.0)


def is_in_time(seconds: float, *, give_up_at: float) -> bool:
    """Whether a try after so many seconds still begins before `give_up_at`, in the event loop's time."""
    return asyncio.get_running_loop().time() + seconds < give_up_at


def retry_after_seconds(header: str | None) -> float | None:
    """Parse a `Retry-After` header, in seconds or as a date; None if it is missing or malformed."""
    if not header:
        return None
    with suppress(ValueError):
        seconds = float(header)
        return None if math.isnan(seconds) else max(0.0, seconds)
    with suppress(ValueError, TypeError, OverflowError):
        until = parsedate_to_datetime(header)
        return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - utc_now()).total_seconds())
    return None

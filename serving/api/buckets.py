"""How often something may happen: token buckets in this process, in bounded memory.

A bucket is one number, the moment at which it is full again (the generic cell rate algorithm, ATM Forum TM 4.0). A
bucket that is full equals one that was never used, so buckets can be dropped; what is dropped early favours its client.
"""

import math
import time
from dataclasses import dataclass

from serving.clock import MonotonicClock

MOST_BUCKETS = 32_768
"""Buckets in a generation; two are kept, about 8 MB."""
_BURST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of a limit.

    `limit` is the most at once, `remaining` what may follow now, `reset_seconds` the time until all of it may.
    `retry_after_seconds` is 0 if the request may go on.
    """

    limit: int
    remaining: int
    reset_seconds: float
    retry_after_seconds: float = 0.0
    is_ignored: bool = False
    """Whether the client was told to wait, and did not."""

    @property
    def is_exceeded(self) -> bool:
        """Whether the request must wait."""
        return self.retry_after_seconds > 0


class Buckets:
    """Limits each key to so many requests per minute, a sixth of which may come at once.

    Two generations of buckets are kept: when the younger is full, the older is dropped, and a bucket that is used moves
    to the younger. So a key in use keeps its bucket, however many others there are. `clock` is in seconds.
    """

    def __init__(self, per_minute: int, *, most: int = MOST_BUCKETS, clock: MonotonicClock = time.monotonic) -> None:
        self._seconds_each = 60.0 / per_minute
        self._burst = max(1, math.ceil(per_minute * _BURST_SECONDS / 60.0))
        self._most = most
        self._clock = clock
        self._young: dict[str, float] = {}
        self._old: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._counted: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old) + len(self._told) + len(self._counted)

    def take(self, key: str) -> Quota:
        """Count a request unless its bucket is empty."""
        now = self._clock()
        full_at = max(self._full_at(key, now) + self._seconds_each, now + self._seconds_each)
        if full_at - now > self._burst * self._seconds_each + 1e-9:
            return self._refuse(key, now, full_at)
        if len(self._young) >= self._most:
            self._old, self._young, self._counted = self._young, {}, {}
        self._young[key] = full_at
        self._counted[key] = self._counted.get(key, 0) + 1
        return self._quota(full_at - now)

    def drain(self) -> dict[str, int]:
        """Return how many requests were counted since the last call, by key, of the keys that have used half or more.

        To be called every second: until then, each key that was used is remembered once more.
        """
        now, half = self._clock(), self._burst * self._seconds_each / 2
        counted, self._counted = self._counted, {}
        return {key: count for key, count in counted.items() if self._full_at(key, now) - now >= half}

    def charge(self, key: str, count: int) -> None:
        """Count requests that another process has let through."""
        now = self._clock()
        most = now + 2 * self._burst * self._seconds_each  # a greater debt would outlast the flood for long
        self._young[key] = min(self._full_at(key, now) + count * self._seconds_each, most)

    def look(self, key: str) -> Quota:
        """Return what is left without counting anything."""
        now = self._clock()
        full_at = self._full_at(key, now)
        if full_at - now + self._seconds_each > self._burst * self._seconds_each + 1e-9:
            return self._refuse(key, now, full_at + self._seconds_each)
        return self._quota(full_at - now)

    def _full_at(self, key: str, now: float) -> float:
        return max(self._young.get(key, 0.0), self._old.get(key, 0.0), now)

    def _quota(self, used_seconds: float) -> Quota:
        remaining = int(self._burst - used_seconds / self._seconds_each + 1e-9)
        return Quota(self._burst, remaining, used_seconds)

    def _refuse(self, key: str, now: float, full_at: float) -> Quota:
        wait = full_at - now - self._burst * self._seconds_each
        is_ignored = self._told.get(key, 0.0) > now
        if len(self._told) >= self._most:
            self._told.clear()
        self._told[key] = now + wait
        return Quota(self._burst, 0, full_at - self._seconds_each - now, wait, is_ignored)

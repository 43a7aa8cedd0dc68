"""How long something stored has not changed, by the clock of this process alone.

A stored moment comes from another machine, whose clock may be an hour ahead or jump. So whoever works on something
changes a number in its document every second (`BEAT_SECONDS`), and is dead when others, who look all the time, have
seen the same number for `SILENCE_SECONDS`.
"""

import time
from collections.abc import Hashable

from serving.clock import MonotonicClock

BEAT_SECONDS = 1.0
"""How often a holder gives a sign of life, however long the work takes."""
SILENCE_SECONDS = 5.0
"""A holder without a sign of life for so long is dead."""
MAX_GAP_SECONDS = 3.0
"""Longest pause between two looks at something watched: in a longer one its holder may have been unable to write."""
_FORGOTTEN_AFTER = 1000


class Watch:
    """What this process has seen, and since when it has not changed; `clock` is monotonic, in seconds."""

    def __init__(self, *, max_gap_seconds: float = MAX_GAP_SECONDS, clock: MonotonicClock = time.monotonic) -> None:
        self._max_gap_seconds, self._clock = max_gap_seconds, clock
        self._seen: dict[Hashable, tuple[Hashable, float, float]] = {}

    def unchanged_seconds(self, key: Hashable, version: Hashable) -> float:
        """Note a look at something; return for how long every look has found this version of it."""
        now = self._clock()
        before, since, looked_at = self._seen.get(key, (None, now, now))
        if before != version or now - looked_at > self._max_gap_seconds:
            since = now
        self._seen[key] = (version, since, now)
        if len(self._seen) > _FORGOTTEN_AFTER:
            self._seen = {key: seen for key, seen in self._seen.items() if now - seen[2] <= self._max_gap_seconds}
        return now - since

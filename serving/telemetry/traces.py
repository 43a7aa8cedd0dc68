"""How traces cross processes (W3C Trace Context), and how many a process may export on demand."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

TRACEPARENT = "traceparent"
"""The header, and the attribute of a queue's message, that names a span of another process."""
_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 1


@dataclass(frozen=True, slots=True)
class Remote:
    """A span of another process, under which this one goes on."""

    trace_id: int
    span_id: int
    is_sampled: bool

    @classmethod
    def read(cls, traceparent: str | None) -> Self | None:
        """Read a `traceparent`; None if it is missing or malformed."""
        found = _FORM.fullmatch(traceparent) if traceparent else None
        if found is None:
            return None
        return cls(int(found[1], 16), int(found[2], 16), bool(int(found[3], 16) & _SAMPLED))


class Allowance:
    """So many a second, saved up for one second. `clock` is monotonic, in seconds."""

    def __init__(self, per_second: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._clock = per_second, clock
        self._left, self._at = per_second, clock()

    def take(self) -> bool:
        """Whether one more is allowed."""
        now = self._clock()
        self._left = min(self._per_second, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

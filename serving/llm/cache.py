"""A cache of answers."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from serving.clock import MonotonicClock

T = TypeVar("T")


class Cache(Generic[T]):
    """Keeps the `size` values used last, each for some seconds of a monotonic `clock`."""

    def __init__(self, *, size: int, seconds: float, clock: MonotonicClock) -> None:
        self._size, self._seconds, self._clock = size, seconds, clock
        self._entries: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        """Return a value that has not expired."""
        if key not in self._entries:
            return None
        expires_at, value = self._entries[key]
        if expires_at <= self._clock():
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return value

    def put(self, key: Hashable, value: T) -> None:
        """Store a value; the least recently used one is dropped if there are too many."""
        self._entries[key] = (self._clock() + self._seconds, value)
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        """Drop all values."""
        self._entries.clear()

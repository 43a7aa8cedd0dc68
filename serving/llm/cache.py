"""Answers that need not be asked for again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Cache(Generic[T]):
    """Keeps the values used last, each for a while.

    Parameters
    ----------
    size
        How many are kept.
    seconds
        How long each is kept.
    clock
        Seconds that only grow.
    """

    def __init__(self, *, size: int, seconds: float, clock: Callable[[], float]) -> None:
        self._size, self._seconds, self._clock = size, seconds, clock
        self._entries: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        """Give a value that is still good."""
        if key not in self._entries:
            return None
        expires_at, value = self._entries[key]
        if expires_at <= self._clock():
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return value

    def put(self, key: Hashable, value: T) -> None:
        """Keep a value, in place of the one that was not used for longest if there are too many."""
        self._entries[key] = (self._clock() + self._seconds, value)
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        """Keep nothing."""
        self._entries.clear()

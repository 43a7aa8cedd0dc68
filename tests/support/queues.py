"""Queues of threads for tests."""

from collections.abc import Sequence


class NoQueue:
    """Leaves the work to the test."""

    def check_room(self) -> None:
        """Have room."""

    async def put(self, thread_hashes: Sequence[str]) -> None:
        """Do nothing."""

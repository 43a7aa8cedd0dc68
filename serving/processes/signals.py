"""Signals that ask a process to end, turned into an exception where the process can handle it."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequested(Exception):
    """The user, or the process that started this one, wants it to end."""


@contextmanager
def stop_on_signals(*, follow_parent: bool) -> Iterator[Callable[[], None]]:
    """Turn Ctrl-C, SIGTERM and SIGHUP into an exception where the process can handle it.

    Yields a function that raises `StopRequested` once a signal has come, so call it often. With `follow_parent`, the
    end of the parent process counts as well.
    """
    received: list[int] = []
    parent = os.getppid()

    def remember(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    def check() -> None:
        if received:
            raise StopRequested(signal.Signals(received[0]).name)
        if follow_parent and os.getppid() != parent:
            raise StopRequested("the process that started it ended")

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, remember) for number in numbers if not _is_ignored(number)}
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_ignored(number: int) -> bool:
    # nohup sets SIGHUP to be ignored, and means it.
    return signal.getsignal(number) is signal.SIG_IGN

"""Signals that ask a process to end, turned into something that it can handle."""

import asyncio
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


@contextmanager
def stop_event_on_signals() -> Iterator[asyncio.Event]:
    """Yield an event that Ctrl-C or SIGTERM sets; a second signal ends the process at once, even if its loop hangs."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    is_asked = False

    def ask(number: int, _frame: FrameType | None) -> None:
        nonlocal is_asked
        if is_asked:
            die_of(number)
        is_asked = True
        loop.call_soon_threadsafe(stop.set)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def die_of(number: int) -> None:
    """End this process at once, as the signal does where nobody handles it."""
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def _is_ignored(number: int) -> bool:
    # nohup sets SIGHUP to be ignored, and means it.
    return signal.getsignal(number) is signal.SIG_IGN

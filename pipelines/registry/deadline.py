"""How long a question to the registry may take as a whole, whatever trickles in meanwhile.

The library's own time limits are for each byte: a server that sends one every few seconds is never late. So a question
runs in a thread of its own, and whoever asked gives it up at its deadline. The thread is ended at the next byte. A
download knows how much there is to fetch, and moves its deadline by what that may take.
"""

import ctypes
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

from pipelines.errors import RegistryUnavailable

QUESTION_SECONDS = 30.0
"""For all that is asked without a download."""
LEAST_BYTES_A_SECOND = 100_000
_MOST_GIVEN_UP = 8
"""Questions that were given up and whose threads still wait for a byte; no more are asked until one ends."""

T = TypeVar("T")
_own = threading.local()


class _GivenUp(SystemExit):
    """Ends the thread of a question; no `except Exception` of a library takes it for a fault."""


class Asker:
    """Asks one server; `question_seconds` is for what needs no download."""

    def __init__(self, *, question_seconds: float = QUESTION_SECONDS) -> None:
        self._question_seconds = question_seconds
        self._given_up: list[threading.Thread] = []

    def ask(self, question: Callable[[], T]) -> T:
        """Call a function in a thread of its own; raise `RegistryUnavailable` at its deadline, and what it raises."""
        self._given_up = [thread for thread in self._given_up if thread.is_alive()]
        if len(self._given_up) >= _MOST_GIVEN_UP:
            raise RegistryUnavailable("the registry", f"{len(self._given_up)} earlier questions still hang")
        asked = _Question(question, seconds=self._question_seconds)
        asked.thread.start()
        while asked.thread.is_alive():
            left_seconds = asked.deadline - time.monotonic()
            if left_seconds <= 0:
                self._given_up.append(asked.thread)
                asked.give_up()
                raise RegistryUnavailable("the registry", f"no whole answer in {asked.allowed_seconds:.0f} s")
            asked.thread.join(left_seconds)
        return asked.answer()


class _Question(Generic[T]):
    def __init__(self, question: Callable[[], T], *, seconds: float) -> None:
        self._question = question
        self.allowed_seconds = seconds
        self.deadline = time.monotonic() + seconds
        # a daemon: a server that hangs must not keep this process from ending
        self.thread = threading.Thread(target=self._run, name="registry-question", daemon=True)
        self._answer: list[T] = []
        self._error: BaseException | None = None

    def _run(self) -> None:
        _own.question = self
        try:
            self._answer.append(self._question())
        except BaseException as error:
            self._error = error

    def give_up(self) -> None:
        if self.thread.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread.ident), ctypes.py_object(_GivenUp))

    def answer(self) -> T:
        if self._error is not None:
            raise self._error
        return self._answer[0]


def allow_for(n_bytes: int) -> None:
    """Move the deadline of the question that this thread works on, if any, by what a download may take."""
    question = getattr(_own, "question", None)
    if question is not None:
        seconds = n_bytes / LEAST_BYTES_A_SECOND
        question.allowed_seconds += seconds
        question.deadline += seconds


class Bounded:
    """A registry whose every method has a deadline."""

    def __init__(self, registry: object, *, question_seconds: float = QUESTION_SECONDS) -> None:
        self._registry = registry
        self._asker = Asker(question_seconds=question_seconds)

    def __getattr__(self, name: str) -> Any:
        """Return a method or an attribute of the registry."""
        found = getattr(self._registry, name)
        return (lambda *given, **named: self._asker.ask(partial(found, *given, **named))) if callable(found) else found

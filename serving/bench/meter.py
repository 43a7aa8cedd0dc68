"""Where a message's CPU time goes, measured rather than estimated.

The clock is the operating system's CPU time of the event loop's thread, read whenever a request's work starts, stops or
passes from one part of the program to another. Waiting work thus costs nothing, and interleaved requests do not mix.
Metering costs a request about a tenth of a millisecond, so one request of `ONE_OF` is metered and stands for the
others.
"""

import asyncio
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import coroutine
from typing import Any, Literal, TypeVar

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

Account = Literal["http", "dialogue", "nlu", "database", "tools"]
ACCOUNTS: tuple[Account, ...] = ("http", "dialogue", "nlu", "database", "tools")
REPORT_PATH = "/bench/cpu"
ONE_OF = 4
T = TypeVar("T")


class _Stopwatch:
    """The stopwatch of one request: charges the time between two readings to the topmost account."""

    def __init__(self, spent: defaultdict[str, float], account: Account = "http") -> None:
        self._spent = spent
        self._accounts: list[Account] = [account]
        self._read_at: float | None = None

    def another(self) -> "_Stopwatch":
        """Return a stopwatch for a task started by the current work, charged to the same account."""
        return _Stopwatch(self._spent, self._accounts[-1])

    def start(self) -> None:
        self._read_at = time.thread_time()

    def stop(self) -> None:
        self._charge()
        self._read_at = None

    def _charge(self) -> None:
        if self._read_at is not None:
            now = time.thread_time()
            self._spent[self._accounts[-1]] += now - self._read_at
            self._read_at = now

    def enter(self, account: Account) -> None:
        self._charge()
        self._accounts.append(account)

    def leave(self) -> None:
        self._charge()
        self._accounts.pop()


_watch: ContextVar[_Stopwatch | None] = ContextVar("bench_watch", default=None)


@coroutine
def _step_by_step(work: Coroutine[Any, Any, T], watch: _Stopwatch) -> Generator[Any, Any, T]:
    """Drive a coroutine, running the stopwatch exactly while it runs."""
    value: Any = None
    error: BaseException | None = None
    while True:
        watch.start()
        try:
            awaited = work.send(value) if error is None else work.throw(error)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            watch.stop()
        value = error = None
        try:
            value = yield awaited
        except BaseException as raised:
            error = raised


def charge_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Charge every task that a request starts to the request's current account."""

    def make_task(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> "asyncio.Task[Any]":
        watch = _watch.get()
        return asyncio.Task(work if watch is None else _charged(work, watch.another()), loop=loop, **options)

    loop.set_task_factory(make_task)


async def _charged(work: Coroutine[Any, Any, T], watch: _Stopwatch) -> T:
    return await _step_by_step(work, watch)


@dataclass
class CpuMeter:
    """The CPU time of one process, by account.

    Attributes
    ----------
    on_loop
        Seconds of the event loop's thread for the metered requests, by account.
    nlu_in_threads
        Seconds for long texts, which are read in worker threads.
    counts
        Number of `requests`, of `metered` ones, and of each collaborator's calls (`tools_calls`).
    """

    on_loop: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    nlu_in_threads: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    _loop_thread: int = field(default_factory=threading.get_ident)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def inside(self, account: Account) -> Iterator[None]:
        """Charge a request's work in this block to an account, whatever it awaits in between."""
        watch = _watch.get()
        if watch is None:
            yield
            return
        watch.enter(account)
        try:
            yield
        finally:
            watch.leave()

    @contextmanager
    def inside_nlu(self) -> Iterator[None]:
        """Charge the reading of a text, on the loop or in a worker thread."""
        if threading.get_ident() == self._loop_thread:
            with self.inside("nlu"):
                yield
            return
        started = time.thread_time()
        try:
            yield
        finally:
            with self._lock:
                self.nlu_in_threads += time.thread_time() - started

    def report(self) -> dict[str, float]:
        """Return all seconds so far; call it on the event loop's thread.

        The entries are `process`, `loop` (its whole thread), each account, `nlu_in_threads`, and the counts.
        """
        return {
            "process": time.process_time(),
            "loop": time.thread_time(),
            **{account: self.on_loop[account] for account in ACCOUNTS},
            "nlu_in_threads": self.nlu_in_threads,
            **{name: float(self.counts[name]) for name in ("requests", "metered", "tools_calls")},
        }


class MeteredRequests:
    """Measures one of `ONE_OF` requests of an app, and serves the figures at `REPORT_PATH`."""

    def __init__(self, app: ASGIApp, meter: CpuMeter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] == REPORT_PATH:
            await JSONResponse(self._meter.report())(scope, receive, send)
            return
        counts = self._meter.counts
        is_metered = counts["requests"] % ONE_OF == 0
        counts["requests"] += 1
        if not is_metered:
            await self._app(scope, receive, send)
            return
        counts["metered"] += 1
        watch = _Stopwatch(self._meter.on_loop)
        _watch.set(watch)
        await _step_by_step(_as_coroutine(self._app, scope, receive, send), watch)


async def _as_coroutine(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)

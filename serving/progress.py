"""Progress of long work: a bar for each step on a terminal, and a few plain lines in a pipe, a file or a log."""

import math
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from serving.console import Console
from serving.processes.signals import StopRequested

EVERY_LINE = {"INTENTLOOP_PROGRESS": "all"}
"""Set for a child whose lines a parent reads with `read_share`: one for every report."""

_LABEL_WIDTH = 14
_QUIET_SECONDS, _QUIET_SHARE = 10.0, 0.25
"""Without a terminal, a line is due after so many seconds, or so much more of the work that took a while."""
_TICK_SECONDS = 1.0
_STOPS = (StopRequested, KeyboardInterrupt)
_NARROW = 72
"""Columns from which on there is room for a bar of full width beside its note."""


class _SparseLines:
    """A step's progress as plain lines. Several threads may report at once."""

    def __init__(self, say: Callable[[str], None], *, says_all: bool) -> None:
        self._say, self._says_all = say, says_all
        self._lock = threading.Lock()
        self._started = self._said_at = time.monotonic()
        self._said, self._share, self._what = "", 0.0, ""

    def report(self, share: float, what: str) -> None:
        """Report the share done, in [0, 1], and the current work, if a line is due."""
        with self._lock:
            is_further = share - self._share >= _QUIET_SHARE and time.monotonic() - self._said_at >= _TICK_SECONDS
            self._what = f"{share:4.0%} {what}"
            if self._says_all or is_further or self._is_late():
                self._share = share
                self._say_now()

    def tick(self) -> None:
        """Report that the work goes on, if nothing has been said for long."""
        with self._lock:
            if not self._says_all and self._is_late():
                self._say_now(is_repeated=True)

    def _is_late(self) -> bool:
        return time.monotonic() - self._said_at >= _QUIET_SECONDS

    def _say_now(self, *, is_repeated: bool = False) -> None:
        if self._what == self._said and not is_repeated:
            return
        self._said, self._said_at = self._what, time.monotonic()
        seconds = "" if self._says_all else f" ({self._said_at - self._started:.0f} s)"
        self._say(f"{self._what or '     working'}{seconds}")


class Step:
    """One line of the display; a context that lasts as long as the step.

    Parameters
    ----------
    label
        What is going on, in a user's words.
    expected_seconds
        What it usually takes. The bar nears its end by then, and waits there if it takes longer.

    Attributes
    ----------
    note
        The result; set it before the step ends. By default what the last report said.
    """

    def __init__(self, view: "ProgressView", label: str, *, expected_seconds: float) -> None:
        self.label, self.note = label, ""
        self._view, self._expected_seconds = view, expected_seconds
        self._started = time.monotonic()
        self._task = view.add(label)
        self._lines = _SparseLines(view.say_plain, says_all=view.says_all)
        view.say_plain(f"{label} ...")
        self._share: float | None = None

    def report(self, share: float, what: str) -> None:
        """Show the share done, in [0, 1], and the current work; from now on only this moves the bar."""
        if share != self._share:
            self._share = share
            self._view.update(self._task, completed=100 * share, note=what)
            self.note = what if share >= 1.0 else self.note
        self._lines.report(share, what)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = f"({time.monotonic() - self._started:.1f} s)"
        if kind is None:
            note = f"{self.note or 'done'} {seconds}"
            self._view.update(self._task, completed=100, note=note)
        else:
            note = f"{'stopped' if kind in _STOPS else 'failed'} {seconds}"
            self._view.update(self._task, note=note)
        self._view.say_plain(f"{self.label}: {note}")

    def tick(self) -> None:
        """Move the bar; called while waiting."""
        self._lines.tick()
        if self._share is not None:
            return
        elapsed = time.monotonic() - self._started
        self._view.update(self._task, completed=95 * (1 - math.exp(-2 * elapsed / self._expected_seconds)))


class ProgressView:
    """The display of all steps, a context. Bars are drawn only on a terminal that can move its cursor.

    `says_all`: without a terminal, a line is printed for every report.
    """

    def __init__(self, console: Console, *, says_all: bool = False) -> None:
        self.console, self.says_all = console, says_all
        self._progress: Progress | None = None
        # asked of the file: FORCE_COLOR, which many build servers set, makes a pipe a terminal to rich
        if console.file.isatty() and not console.is_dumb_terminal:
            self._progress = Progress(
                TextColumn(f"{{task.description:<{_LABEL_WIDTH}}}"),
                BarColumn(bar_width=20 if console.width >= _NARROW else 10),
                TextColumn("[dim]{task.fields[note]}", markup=True),
                console=console,
            )

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def step(self, label: str, *, expected_seconds: float) -> Step:
        """Begin a step."""
        return Step(self, label, expected_seconds=expected_seconds)

    def add(self, label: str) -> TaskID | None:
        """Add a bar; None if there are none."""
        return None if self._progress is None else self._progress.add_task(label, total=100, note="")

    def update(self, task: TaskID | None, *, completed: float | None = None, note: str | None = None) -> None:
        """Move a bar, or change its note."""
        if self._progress is not None and task is not None:
            self._progress.update(task, completed=completed)
            if note is not None:
                self._progress.update(task, note=escape(note))

    def say_plain(self, line: str) -> None:
        """Print a line if there are no bars."""
        if self._progress is None:
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def share_reporter(label: str) -> Iterator[Callable[[float, str], None]]:
    """Show the progress of one piece of work: a bar on a terminal, otherwise lines that `read_share` reads."""
    says_all = EVERY_LINE.items() <= os.environ.items()
    with (
        ProgressView(Console(stderr=True), says_all=says_all) as view,
        view.step(label, expected_seconds=60) as step,
        _ticking(step),
    ):
        yield step.report


@contextmanager
def _ticking(step: Step) -> Iterator[None]:
    """Tick while other work is done, which may report nothing for minutes."""
    has_ended = threading.Event()

    def tick() -> None:
        while not has_ended.wait(_TICK_SECONDS):
            step.tick()

    thread = threading.Thread(target=tick, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        has_ended.set()
        thread.join()


def read_share(text: str) -> tuple[float, str] | None:
    """Read the last line of progress that `share_reporter` printed; None if there is none."""
    found = re.findall(r"^ {0,3}(\d{1,3})% (.{1,80}?)(?: \(\d+ s\))?$", text, re.MULTILINE)
    return (int(found[-1][0]) / 100, found[-1][1]) if found else None

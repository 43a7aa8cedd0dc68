"""Progress of long work in a terminal: a bar for each step, or plain lines where there is no terminal."""

import math
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from serving.processes.signals import StopRequested

_LABEL_WIDTH = 14
_ANNOUNCED_SECONDS = 10.0


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
        The result; set it before the step ends.
    """

    def __init__(self, view: "ProgressView", label: str, *, expected_seconds: float) -> None:
        self.label, self.note = label, ""
        self._view, self._expected_seconds = view, expected_seconds
        self._started = time.monotonic()
        self._task = view.add(label)
        if expected_seconds >= _ANNOUNCED_SECONDS:
            view.say_plain(f"{label} ...")
        self._share: float | None = None

    def report(self, share: float, what: str) -> None:
        """Show the share done, in [0, 1], and the current work; from now on only this moves the bar."""
        if share != self._share:
            self._share = share
            self._view.update(self._task, completed=100 * share, note=what)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            note = f"{self.note} ({time.monotonic() - self._started:.1f} s)"
            self._view.update(self._task, completed=100, note=note)
            self._view.say_plain(f"{self.label}: {note}")
        else:
            self._view.update(self._task, note="stopped" if kind is StopRequested else "failed")

    def tick(self) -> None:
        """Move the bar; called while waiting."""
        if self._share is not None:
            return
        elapsed = time.monotonic() - self._started
        self._view.update(self._task, completed=95 * (1 - math.exp(-2 * elapsed / self._expected_seconds)))


class ProgressView:
    """The display of all steps, a context. Bars are drawn only on a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._progress: Progress | None = None
        if console.is_terminal:
            self._progress = Progress(
                TextColumn(f"{{task.description:<{_LABEL_WIDTH}}}"),
                BarColumn(bar_width=20),
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
                self._progress.update(task, note=note)

    def say_plain(self, line: str) -> None:
        """Print a line if there are no bars."""
        if self._progress is None:
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def share_reporter(label: str) -> Iterator[Callable[[float, str], None]]:
    """Show the progress of one piece of work: a bar on a terminal, otherwise lines that `read_share` reads."""
    console = Console(stderr=True)
    with ProgressView(console) as view:
        step = view.step(label, expected_seconds=60)
        last = ""

        def report(share: float, what: str) -> None:
            nonlocal last
            step.report(share, what)
            line = f"{share:4.0%} {what}"
            if line != last:
                view.say_plain(line)
            last = line

        with step:
            yield report
            step.note = "done"


def read_share(text: str) -> tuple[float, str] | None:
    """Read the last line of progress that `share_reporter` printed; None if there is none."""
    found = re.findall(r"^ {0,3}(\d{1,3})% (.{1,80})$", text, re.MULTILINE)
    return (int(found[-1][0]) / 100, found[-1][1]) if found else None

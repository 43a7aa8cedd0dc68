"""Progress of long work: a bar in a notebook's cell, on a terminal, or plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipelines.progress import Progress
from pipelines.schemas import html
from serving.progress import share_reporter

_SHOWN_AFTER_SECONDS = 1.0


@contextmanager
def shown_progress(label: str) -> Iterator[Progress]:
    """Show the progress of one piece of work; in a notebook only if it takes longer than a second."""
    if kernel_shell() is None:
        with share_reporter(label) as report:
            yield report
        return
    bar = Bar(label)
    try:
        yield bar.report
    except BaseException:
        bar.end("stopped")
        raise
    bar.end("done")


class Bar:
    """One bar in the output of the cell that runs; its seconds count from `began`, by the monotonic clock, or now."""

    def __init__(self, label: str, *, began: float | None = None) -> None:
        self.label, self._began = label, time.monotonic() if began is None else began
        self._handle: Any = None
        self._shown = (-1, "")

    def report(self, share: float, what: str) -> None:
        """Show the share done, in [0, 1], and the current activity."""
        if self.seconds < _SHOWN_AFTER_SECONDS or self._shown == (round(100 * share), what):
            return
        self._shown = (round(100 * share), what)
        self._show(_Line(f"{self.label}: {share:.0%}, {what}", share))

    def end(self, how: str) -> None:
        """Replace the bar by a line with the time that it took, if there is one."""
        if self._handle is not None:
            self._show(_Line(f"{self.label}: {how} ({self.seconds:.0f} s)"))

    @property
    def seconds(self) -> float:
        """Time since it began."""
        return time.monotonic() - self._began

    def _show(self, line: "_Line") -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(line, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(line)


class _Line:
    def __init__(self, text: str, share: float | None = None) -> None:
        self._text, self._share = text, share

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return html.block(html.progress(self._text, self._share))


def kernel_shell() -> Any:
    """Return the shell of the notebook's kernel that this code runs in; None elsewhere."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    shell = get_ipython()
    return shell if shell is not None and hasattr(shell, "kernel") else None

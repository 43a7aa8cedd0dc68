"""What the notebooks of the repository share: where they run, how long they take here, and bars while a cell works."""

import os
import sys
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from pipelines.files import write_whole
from pipelines.progress import Progress, part
from serving.clock import utc_now
from serving.lab.progress import Bar, kernel_shell

RUNS_FILE = "notebook-runs.json"
"""In the home folder: how long the last run of each notebook took."""
_FOLDER = Path(__file__).parents[2] / "notebooks"


class _Run(BaseModel):
    """The last run of a notebook: seconds that its cells worked, how many there were, and when."""

    model_config = ConfigDict(frozen=True)

    seconds: float
    cells: int
    at: date


_RUNS = TypeAdapter(dict[str, _Run])


class Notebook:
    """One run of a notebook. Making it prints how long the last run on this machine took.

    Relative paths are the notebooks' own, also where the kernel was started in the folder above. Only the time that
    cells work counts, not the time between them.

    Parameters
    ----------
    name
        The notebook's, without its ending.
    home
        The home folder, where the time of each run is kept.
    """

    _running: ClassVar["Notebook | None"] = None

    def __init__(self, name: str, *, home: Path | str) -> None:
        if Path.cwd() == _FOLDER.parent:
            os.chdir(_FOLDER)
        self._name, self._file = name, Path(home).resolve() / RUNS_FILE
        self._seconds, self._n_cells = time.process_time(), 0  # so far the kernel has done little but import
        self._began = time.monotonic()
        self._bar: Bar | None = None
        before = _read(self._file).get(name)
        if before is not None:
            sys.stdout.write(f"The last run here took {_shown(before.seconds)} ({before.at}).\n")
        self._watch_cells()

    def progress(self, label: str) -> "CellProgress":
        """Return a reporter that shows a bar in the running cell, if the work takes longer than a second."""
        return CellProgress(self, label)

    def report(self, label: str, share: float, what: str, *, began: float) -> None:
        """Show the share done, in [0, 1], and the current activity in the running cell.

        `began` is when the work did, by the monotonic clock; a bar counts from there, or from the cell's start.
        """
        if kernel_shell() is None:
            return
        if self._bar is not None and self._bar.label != label:
            self._bar.end("done")
            self._bar = None
        self._bar = self._bar or Bar(label, began=max(began, self._began))
        self._bar.report(share, what)

    def _watch_cells(self) -> None:
        shell, before = kernel_shell(), Notebook._running
        if shell is None:
            return
        if before is not None:  # the same cell has run once more
            shell.events.unregister("pre_run_cell", before._begin_cell)
            shell.events.unregister("post_run_cell", before._end_cell)
        shell.events.register("pre_run_cell", self._begin_cell)
        shell.events.register("post_run_cell", self._end_cell)
        Notebook._running = self

    def _begin_cell(self, _info: Any) -> None:
        self._began = time.monotonic()

    def _end_cell(self, result: Any) -> None:
        if self._bar is not None:
            self._bar.end("done" if result.success else "stopped")
            self._bar = None
        self._seconds += time.monotonic() - self._began
        self._n_cells += 1
        if not result.success:
            return
        runs = _read(self._file)
        if self._name in runs and self._n_cells < runs[self._name].cells:
            return  # until every cell has run, the time of the run before is the better guess
        runs[self._name] = _Run(seconds=round(self._seconds, 1), cells=self._n_cells, at=utc_now().date())
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, lambda aside: aside.write_bytes(_RUNS.dump_json(runs, indent=1)))


class CellProgress:
    """Reports progress in whichever cell runs: each has a bar of its own."""

    def __init__(self, notebook: Notebook, label: str) -> None:
        self._notebook, self._label, self._began = notebook, label, time.monotonic()

    def __call__(self, share: float, what: str) -> None:
        """Report the share done, in [0, 1], and the current activity."""
        self._notebook.report(self._label, share, what, began=self._began)

    def part(self, start: float, end: float) -> Progress:
        """Return a reporter for a part of the work: its 0 is `start`, its 1 is `end`."""
        return part(self, start, end)


def _read(file: Path) -> dict[str, _Run]:
    try:
        return _RUNS.validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return {}


def _shown(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"

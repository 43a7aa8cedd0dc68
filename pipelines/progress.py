"""Progress reports, across processes too: a notebook's kernel writes lines, the process that started it reads them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

Progress = Callable[[float, str], None]
"""Called with the share done, in [0, 1], and the current activity."""
READING_DRAFT = "reading the bot and its examples"
"""The activity of a training that reads the draft: what is saved later is not learnt."""


def part(report: Progress, start: float, end: float) -> Progress:
    """Return a reporter for a part of the work: its 0 is `start`, its 1 is `end`."""
    return lambda share, what: report(start + (end - start) * share, what)


class ProgressFile:
    """Writes progress as JSON lines ``{"share": 0.4, "what": "fitting"}`` to a file; without a file, does nothing."""

    def __init__(self, file: str | Path) -> None:
        self._file = Path(file) if file else None

    def __call__(self, share: float, what: str) -> None:
        """Report the share done, in [0, 1], and the current activity."""
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"share": round(share, 4), "what": what}) + "\n")

    def part(self, start: float, end: float) -> Progress:
        """Return a reporter for a part of the work: its 0 is `start`, its 1 is `end`."""
        return part(self, start, end)


def read_progress(file: Path, *, offset: int) -> tuple[list[tuple[float, str]], int]:
    """Return the lines written since `offset` (bytes), and the new offset, before any unfinished line."""
    if not file.exists():
        return [], offset
    with file.open("rb") as stream:
        stream.seek(offset)
        data = stream.read()
    complete = data[: data.rfind(b"\n") + 1]
    return list(_parse(complete)), offset + len(complete)


def _parse(data: bytes) -> Iterator[tuple[float, str]]:
    for line in data.splitlines():
        row = json.loads(line)
        yield float(row["share"]), str(row["what"])

"""A worker's part of batch scoring: the release, opened once, and the messages that it is handed."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from threadpoolctl import threadpool_limits

from pipelines.registry.release import MANIFEST_FILE, Release, load_release
from pipelines.schemas.scoring import LoggedMessage, Score

Scorer = Callable[[Release, Sequence[LoggedMessage]], list[Score]]
"""Works messages out with a release; a worker must be able to import it."""


@dataclass(frozen=True)
class PackedRelease:
    """A release on its way to workers: the folder, or its files as a ZIP archive where that folder is not theirs."""

    sha256: str
    folder: Path
    archive: bytes | None


def score_part(packed: PackedRelease, scorer: Scorer, messages: Sequence[LoggedMessage]) -> list[Score]:
    """Score the messages of a part; what a worker does."""
    # the products of matrices are small: with two threads they took three times as much of the processor
    with threadpool_limits(1):
        return scorer(_opened(packed), messages)


def identity(folder: Path) -> str:
    """Give the hash that stands for a release: its manifest's, which names those of all other files."""
    return hashlib.sha256((folder / MANIFEST_FILE).read_bytes()).hexdigest()


def pack(folder: Path, *, is_elsewhere: bool) -> PackedRelease:
    """Make a release ready for workers: of this machine, or elsewhere."""
    archive = io.BytesIO()
    if is_elsewhere:
        with zipfile.ZipFile(archive, "w") as packing:
            for file in sorted(folder.rglob("*")):
                packing.write(file, file.relative_to(folder))
    return PackedRelease(identity(folder), folder, archive.getvalue() or None)


_opening = threading.Lock()
_open_releases: dict[str, Release] = {}
"""The release that this worker has open, by hash: one at most."""


def _opened(packed: PackedRelease) -> Release:
    """Open a release once a worker, whatever the number of its threads and parts."""
    with _opening:
        if packed.sha256 not in _open_releases:
            _open_releases.clear()
            _open_releases[packed.sha256] = _open(packed)
        return _open_releases[packed.sha256]


def _open(packed: PackedRelease) -> Release:
    if packed.archive is None:
        return load_release(packed.folder, version=packed.folder.name)
    with TemporaryDirectory() as folder:
        with zipfile.ZipFile(io.BytesIO(packed.archive)) as archive:
            archive.extractall(folder)  # our own archive; what it holds is verified next
        return load_release(Path(folder), version=packed.folder.name)

"""A worker's side of batch scoring: it opens the release once and scores the messages it receives."""

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
"""Scores messages with a release; a worker must be able to import it."""


@dataclass(frozen=True)
class PackedRelease:
    """A release to send to workers: its folder, or its files as a ZIP archive if workers cannot reach the folder."""

    sha256: str
    folder: Path
    archive: bytes | None


def score_part(packed: PackedRelease, scorer: Scorer, messages: Sequence[LoggedMessage]) -> list[Score]:
    """Score the messages of a part; runs in a worker."""
    # matrix products are small: with two threads they took three times the CPU
    with threadpool_limits(1):
        return scorer(_opened(packed), messages)


def identity(folder: Path) -> str:
    """Return the hash that identifies a release: that of its manifest, which names the hashes of all other files."""
    return hashlib.sha256((folder / MANIFEST_FILE).read_bytes()).hexdigest()


def pack(folder: Path, *, is_elsewhere: bool) -> PackedRelease:
    """Pack a release for workers on this machine, or elsewhere."""
    archive = io.BytesIO()
    if is_elsewhere:
        with zipfile.ZipFile(archive, "w") as packing:
            for file in sorted(folder.rglob("*")):
                packing.write(file, file.relative_to(folder))
    return PackedRelease(identity(folder), folder, archive.getvalue() or None)


_opening = threading.Lock()
_open_releases: dict[str, Release] = {}
"""The release this worker has open, by hash: at most one."""


def _opened(packed: PackedRelease) -> Release:
    """Open a release once per worker, whatever the number of its threads and parts."""
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

"""Removal of a person's texts from snapshots, runs and files; a tombstone records it without any of the content."""

import hashlib
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pipelines.files import write_whole
from pipelines.forget.redact import Redaction, cleaned
from pipelines.steps.data.snapshot import content_hash, read_snapshot, write_snapshot
from pipelines.steps.registration.artifacts import ArtifactFolder

TOMBSTONE_FILE = "forgotten.json"


def purge_snapshot(file: Path, redaction: Redaction, *, now: datetime) -> None:
    """Rewrite a snapshot without the rows under its new hash, and leave a tombstone in place of the old file."""
    before = file.read_bytes()
    frame = read_snapshot(io.BytesIO(before))
    kept = write_snapshot(frame[~redaction.rows_of(frame)].reset_index(drop=True), file.parent)
    record = _tombstone(file.name, before, kept.path.read_bytes(), rows=len(frame) - kept.n_examples, now=now)
    hashes = {"data_hash_before": content_hash(frame), "data_hash_after": kept.data_hash}
    stone = json.dumps({**record, **hashes}, indent=1)
    write_whole(file.with_suffix(".forgotten.json"), f"{stone}\n".encode())
    file.unlink()


def purge_run(
    folder: ArtifactFolder, touched: Mapping[str, int], redaction: Redaction, local: Sequence[Path], *, now: datetime
) -> None:
    """Clean the artifacts of a run, and what it left on this machine.

    Parameters
    ----------
    folder
        The run's artifacts; `TOMBSTONE_FILE` among them records the removals.
    touched
        The files to clean, each with its number of affected rows.
    redaction
        What to remove.
    local
        Notebooks and folders of the run on this machine; folders are deleted.
    now
        The moment recorded in tombstones.
    """
    stones = json.loads(folder.read(TOMBSTONE_FILE)) if TOMBSTONE_FILE in {path for path, _ in folder.files()} else []
    for place in local:
        if place.is_dir():
            shutil.rmtree(place)
        else:
            purge_file(place, redaction)
    # tables last: they show that a run is affected, should this be interrupted and run again
    for path, n_rows in sorted(touched.items(), key=lambda item: item[0].endswith(".parquet")):
        before = folder.read(path)
        after = cleaned(path, before, redaction)
        if after is None:
            folder.delete(path)
        else:
            folder.write(path, after)
        stones.append(_tombstone(path, before, after, rows=n_rows, now=now))
    folder.write(TOMBSTONE_FILE, (json.dumps(stones, indent=1) + "\n").encode())


def purge_file(file: Path, redaction: Redaction) -> None:
    """Clean a file on this machine, or delete it if nothing of it can stay."""
    after = cleaned(file.name, file.read_bytes(), redaction)
    if after is None:
        file.unlink()
    else:
        write_whole(file, after)


def _tombstone(path: str, before: bytes, after: bytes | None, *, rows: int, now: datetime) -> dict[str, object]:
    return {
        "file": path,
        "sha256_before": hashlib.sha256(before).hexdigest(),
        "sha256_after": None if after is None else hashlib.sha256(after).hexdigest(),
        "rows_removed": rows,
        "at": now.isoformat(timespec="seconds"),
    }

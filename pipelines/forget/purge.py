"""Taking what somebody wrote out of snapshots, runs and files, with a tombstone that says so and nothing of it."""

import hashlib
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from pipelines.files import write_whole
from pipelines.forget.redact import Words, cleaned
from pipelines.steps.data.snapshot import content_hash
from pipelines.steps.registration.artifacts import ArtifactFolder

TOMBSTONE_FILE = "forgotten.json"


def purge_snapshot(file: Path, words: Words, *, now: datetime) -> None:
    """Write a snapshot without the rows, under its new hash, and a tombstone in place of the old one.

    Parameters
    ----------
    file
        The Parquet file; gone afterwards.
    words
        What must not stand there.
    now
        The moment that the tombstone bears.
    """
    before = file.read_bytes()
    frame = pd.read_parquet(io.BytesIO(before))
    kept = frame[~words.rows_of(frame)].reset_index(drop=True)
    new = file.with_name(f"{content_hash(kept)[:16]}.parquet")
    if not new.exists():
        write_whole(new, lambda aside: kept.to_parquet(aside, index=False))
    record = _tombstone(file.name, before, new.read_bytes(), rows=len(frame) - len(kept), now=now)
    hashes = {"data_hash_before": content_hash(frame), "data_hash_after": content_hash(kept)}
    stone = json.dumps({**record, **hashes}, indent=1)
    write_whole(file.with_suffix(".forgotten.json"), f"{stone}\n".encode())
    file.unlink()


def purge_run(
    folder: ArtifactFolder, touched: Mapping[str, int], words: Words, local: Sequence[Path], *, now: datetime
) -> None:
    """Clean what a run has logged, and what it left on this machine.

    Parameters
    ----------
    folder
        The run's artifacts; `TOMBSTONE_FILE` among them lists afterwards what was done.
    touched
        The files to clean, each with the number of rows that hold the words.
    words
        What must not stand there.
    local
        Notebooks and folders of the run on this machine; folders are deleted.
    now
        The moment that tombstones bear.
    """
    stones = json.loads(folder.read(TOMBSTONE_FILE)) if TOMBSTONE_FILE in {path for path, _ in folder.files()} else []
    for place in local:
        if place.is_dir():
            shutil.rmtree(place)
        else:
            purge_file(place, words)
    # tables last: by them a run is known to hold the words, should this be ended before its time and begun again
    for path, n_rows in sorted(touched.items(), key=lambda item: item[0].endswith(".parquet")):
        before = folder.read(path)
        after = cleaned(path, before, words)
        if after is None:
            folder.delete(path)
        else:
            folder.write(path, after)
        stones.append(_tombstone(path, before, after, rows=n_rows, now=now))
    folder.write(TOMBSTONE_FILE, (json.dumps(stones, indent=1) + "\n").encode())


def purge_file(file: Path, words: Words) -> None:
    """Clean a file on this machine, or delete it if nothing of it can stay."""
    after = cleaned(file.name, file.read_bytes(), words)
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

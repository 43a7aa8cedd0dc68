"""The snapshot: the examples of one training run, frozen as Parquet under the hash of their content."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipelines.files import write_whole
from pipelines.steps.data.extract import COLUMNS


@dataclass(frozen=True)
class Snapshot:
    """An immutable file of examples.

    Attributes
    ----------
    path
        The Parquet file, named by its hash.
    data_hash
        SHA-256 over the rows, independent of their order and of the Parquet version.
    n_examples
        Number of rows.
    """

    path: Path
    data_hash: str
    n_examples: int


def content_hash(frame: pd.DataFrame) -> str:
    """Hash the labelled utterances: the same rows in any order give the same hash."""
    columns = [frame[name].tolist() for name in COLUMNS if name != "example_id"]
    rows = sorted(json.dumps(row, ensure_ascii=False) for row in zip(*columns, strict=True))
    return hashlib.sha256("\n".join(rows).encode("utf-8", "surrogatepass")).hexdigest()


def write_snapshot(frame: pd.DataFrame, folder: Path) -> Snapshot:
    """Freeze the frame; an existing snapshot of the same content is kept as it is.

    Parameters
    ----------
    frame
        Examples with the columns `COLUMNS`.
    folder
        Where snapshots lie; made if missing.

    Returns
    -------
    Snapshot
        The file; it appears whole or not at all.
    """
    data_hash = content_hash(frame)
    path = folder / f"{data_hash[:16]}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda aside: frame.to_parquet(aside, index=False))
    return Snapshot(path, data_hash, len(frame))

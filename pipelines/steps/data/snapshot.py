"""The snapshot: the examples of one training run, frozen as Parquet under the hash of their content."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pandas as pd
from pydantic import TypeAdapter

from pipelines.files import write_whole
from pipelines.schemas.examples import LabelledSpan
from pipelines.steps.data.frame import COLUMNS

_SPANS = TypeAdapter(tuple[LabelledSpan, ...])


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
    return _hash_of(stored_form(frame))


def stored_form(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the examples as a snapshot holds them: annotations as JSON text, every column of text.

    Hashes are computed from this text: a key, an order or a blank changed here would give old snapshots another hash.
    """
    texts = [_spans_as_text(spans) for spans in frame["entities"].tolist()]
    return frame.assign(entities=pd.Series(texts, index=frame.index, dtype="str"))


def write_snapshot(frame: pd.DataFrame, folder: Path) -> Snapshot:
    """Write the examples whole or not at all; an existing snapshot of the same content is kept."""
    stored = stored_form(frame)
    data_hash = _hash_of(stored)
    path = folder / f"{data_hash[:16]}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda aside: stored.to_parquet(aside, index=False))
    return Snapshot(path, data_hash, len(frame))


def read_snapshot(file: Path | BinaryIO) -> pd.DataFrame:
    """Return the examples of a snapshot, with the columns `COLUMNS`."""
    stored = pd.read_parquet(file)
    spans = [_SPANS.validate_json(text) for text in stored["entities"].tolist()]
    return stored.assign(entities=pd.Series(spans, index=stored.index, dtype=object))


def _hash_of(stored: pd.DataFrame) -> str:
    columns = [stored[name].tolist() for name in COLUMNS if name != "example_id"]
    rows = sorted(json.dumps(row, ensure_ascii=False) for row in zip(*columns, strict=True))
    return hashlib.sha256("\n".join(rows).encode("utf-8", "surrogatepass")).hexdigest()


def _spans_as_text(spans: Sequence[LabelledSpan]) -> str:
    return json.dumps([span.model_dump(exclude_none=True) for span in spans], ensure_ascii=False)

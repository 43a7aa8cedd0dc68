"""Tables in memory and in Parquet: a pandas data frame, columns of Arrow."""

import io
import json
from typing import TYPE_CHECKING, Any

from pipelines.errors import DataRejected, SetupProblem
from pipelines.importing.records import read_records
from pipelines.importing.table import Row, Table, unique_names

if TYPE_CHECKING:
    import pandas as pd


def read_frame(frame: "pd.DataFrame", *, source: str = "data frame") -> Table:
    """Read a table from a data frame; `source` is what messages call it. Its index only names rows."""
    present = frame.astype(object).where(frame.notna(), None)
    names = unique_names([str(name) for name in frame.columns])
    rows = tuple(
        Row(f"index {index}", tuple(map(_plain, cells)))
        for index, cells in zip(frame.index.tolist(), present.itertuples(index=False, name=None), strict=True)
    )
    return Table(source, names, rows, f"{len(rows):,} rows of a data frame")


def read_parquet(data: bytes, *, source: str) -> Table:
    """Read a table from a Parquet file's bytes. Numbers of labels whose names the file holds become those names."""
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise SetupProblem(
            "a Parquet file is read with pyarrow; install the extra `train`, or save it as CSV"
        ) from error
    try:
        read = parquet.read_table(io.BytesIO(data))
    except (ArrowException, OSError, ValueError) as error:
        raise DataRejected(source, ["it is a damaged Parquet file; write it again"]) from error
    names_by_column = _label_names((read.schema.metadata or {}).get(b"huggingface"))
    rows = [
        {name: _named(cell, names_by_column.get(name)) for name, cell in row.items() if not name.startswith("__index")}
        for row in read.to_pylist()
    ]
    return read_records(rows, source=source)


def _plain(cell: Any) -> Any:
    """Turn NumPy's scalars and arrays into Python's."""
    return cell.tolist() if hasattr(cell, "tolist") else cell


def _label_names(metadata: bytes | None) -> dict[str, list[str]]:
    """Return the names of numbered labels by column, as the `datasets` library stores them."""
    try:
        features = json.loads(metadata or b"{}")["info"]["features"]
        return {name: feature["names"] for name, feature in features.items() if feature.get("names")}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _named(cell: Any, names: list[str] | None) -> Any:
    is_number = isinstance(cell, int) and names is not None and 0 <= cell < len(names)
    return names[cell] if is_number and names is not None else cell

"""From a file to a table, if it is one: CSV and its kin, JSON rows, Parquet."""

from pathlib import Path

from pipelines.botfile.archives import archive_kind
from pipelines.botfile.foreign import LABELLED_TEXTS, foreign_kind
from pipelines.botfile.foreign_texts import TABLE, text_kind
from pipelines.botfile.read import parse_content, read_bytes
from pipelines.errors import DataRejected
from pipelines.importing.delimited import read_delimited
from pipelines.importing.encoding import decode
from pipelines.importing.frames import read_parquet
from pipelines.importing.records import is_table, read_records
from pipelines.importing.table import Table

_TABLE_ENDINGS = (".csv", ".tsv", ".tab", ".psv")
_LINE_ENDINGS = (".jsonl", ".ndjson")
_PARQUET = b"PAR1"
_EXCEL = ("an Excel workbook", "an old Excel or Word document")


def read_table(file: Path, *, has_heading: bool | None = None) -> Table:
    """Read a table from a file; `DataRejected` if it is none. See `table_in`."""
    table = table_in(read_bytes(file), source=str(file), has_heading=has_heading)
    if table is None:
        raise DataRejected(str(file), ["it is a bot file, not a table; import it with `intentloop import FILE`"])
    return table


def table_in(data: bytes, *, source: str, has_heading: bool | None = None) -> Table | None:
    """Return the table in a file's bytes; None if it may be a bot file, which is read otherwise.

    Parameters
    ----------
    data
        The file's content.
    source
        Its name, whose ending decides what a text without braces is.
    has_heading
        Whether the first row of a CSV names its columns; None finds out.

    Raises
    ------
    DataRejected
        It is a table that cannot be read, or a workbook, which must be saved as CSV first.
    """
    if data.startswith(_PARQUET):
        return read_parquet(data, source=source)
    kind = archive_kind(data)
    if kind in _EXCEL:
        advice = 'save the sheet as "CSV UTF-8" and import that'
        raise DataRejected(source, [f"this is {kind}, which is not read; {advice}"])
    if kind is not None:
        return None
    if Path(source).suffix.lower() in _TABLE_ENDINGS:
        return read_delimited(data, source=source, has_heading=has_heading)
    try:
        text = decode(data, source=source).text
    except DataRejected:
        return None  # the reader of bot files names it
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        is_table = text_kind(text, source) == TABLE
        return read_delimited(data, source=source, has_heading=has_heading) if is_table else None
    return _json_table(text, source)


def _json_table(text: str, source: str) -> Table | None:
    content = parse_content(text.encode("utf-8", "surrogatepass"), source=source)
    kind = foreign_kind(content)
    if kind != LABELLED_TEXTS and (kind is not None or not is_table(content)):
        return None
    are_lines = isinstance(content, list) and text.lstrip("\ufeff \t\r\n").startswith("{")
    return read_records(content, source=source, word="line" if are_lines else "row")

"""Tables in text: comma, semicolon, tab or bar between the cells, quotes or none, a heading or none."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines.errors import DataRejected
from pipelines.importing.column_names import is_known_name
from pipelines.importing.encoding import decode
from pipelines.importing.table import Row, Table, listed, unique_names

if TYPE_CHECKING:
    from _csv import Reader as _Reader

_NAME_BY_DELIMITER = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SAMPLE_RECORDS = 200
_LONGEST_NAME_WORDS = 4
_LABEL_ROWS = 2
"""Rows per value from which a column holds labels."""
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
"""The first line of a file that says to Excel what stands between its cells."""
_END = "\0"
"""A line behind the last: it is a cell's only if a quote was not closed."""


class _OpenQuote(Exception):
    """A record opens a quote that is not closed."""


@dataclass(frozen=True)
class _Record:
    number: int
    cells: list[str]

    @property
    def width(self) -> int:
        """Cells up to the last that is not empty."""
        return max((place for place, cell in enumerate(self.cells, start=1) if cell.strip()), default=0)


def read_delimited(data: bytes, *, source: str, has_heading: bool | None = None) -> Table:
    """Read a table from a file's bytes.

    Parameters
    ----------
    data
        The file's content.
    source
        Its name, for messages.
    has_heading
        Whether the first row names the columns; None finds out.

    Raises
    ------
    DataRejected
        It is no table; each row that does not fit is named.
    """
    decoded = decode(data, source=source)
    text = decoded.text.replace(_END, "")
    named = _SEPARATOR_LINE.match(text)
    text = text[named.end() :] if named else text
    if not text.strip():
        raise DataRejected(source, ["it is empty; write a row for each text, with its intent"])
    delimiter = named.group(1) if named else _delimiter_of(text)
    if delimiter is None:
        expected = "save it as CSV, with one column for the text and one for the intent"
        raise DataRejected(source, [f"no comma, semicolon, tab or bar separates its cells; {expected}"])
    records, notes = _records(text, delimiter, source)
    is_named = _has_heading(records) if has_heading is None else has_heading
    heading = [cell.strip() for cell in records[0].cells[: records[0].width]] if is_named else []
    rest = [record for record in records[1:] if record.cells != records[0].cells] if is_named else records
    heading = _with_row_names(heading, rest)
    width = len(heading) or Counter(record.width for record in rest).most_common(1)[0][0]
    fitted, joined = _fitted(rest, width, delimiter, source)
    layout = f"separated by {_NAME_BY_DELIMITER.get(delimiter, repr(delimiter))}, {decoded.encoding}"
    table = Table(
        source,
        unique_names(heading or [""] * width),
        tuple(Row(f"row {record.number}", tuple(record.cells)) for record in fitted),
        f"{len(fitted):,} rows, {layout}, {'with' if heading else 'without'} a heading",
        (*notes, *joined),
    )
    return _without_empty_columns(table, heading)


def _delimiter_of(text: str) -> str | None:
    """Return what separates the cells: names known in the heading, else the same number of cells in most rows."""
    best: tuple[float, ...] = ()
    chosen = None
    for delimiter in _NAME_BY_DELIMITER:
        sample = list(_sample(text, delimiter))
        widths = Counter(map(len, sample))
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(0, 0))
        if width > 1:
            rank = (sum(map(is_known_name, sample[0])), count / len(sample), width)
            if rank > best:
                best, chosen = rank, delimiter
    return chosen


def _sample(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        for number, cells in enumerate(_reader(text, delimiter)):
            if number >= _SAMPLE_RECORDS:
                return
            if any(map(str.strip, cells)):
                yield cells
    except csv.Error:
        return


def _records(text: str, delimiter: str, source: str) -> tuple[list[_Record], list[str]]:
    """Return the records that are not blank. Where quotes open and never close, they are read as they stand."""
    try:
        return list(_parsed(text, delimiter, csv.QUOTE_MINIMAL)), []
    except _OpenQuote as error:
        plain = list(_parsed(text, delimiter, csv.QUOTE_NONE))
        if len({record.width for record in plain}) > 1:
            raise DataRejected(source, [f'{error} opens a quote (") that is not closed; close or delete it']) from error
        return plain, [f"{error} opens a quote that is not closed, so quotes were read as part of the texts"]


def _parsed(text: str, delimiter: str, quoting: int) -> Iterator[_Record]:
    place, is_ended, line, reader = "row 1", False, 1, _reader(f"{text}\n{_END}\n", delimiter, quoting)
    try:
        for number, cells in enumerate(reader, start=1):
            place = f"row {number} (line {line})"
            is_ended = cells == [_END]
            if not is_ended and any(map(str.strip, cells)):
                if _END in cells[-1]:
                    raise _OpenQuote(place)
                yield _Record(number, cells)
            line = reader.line_num + 1
    except csv.Error as error:  # a cell of more than a hundred thousand characters
        raise _OpenQuote(place) from error


def _reader(text: str, delimiter: str, quoting: int = csv.QUOTE_MINIMAL) -> "_Reader":
    lines = io.StringIO(text, newline="")
    return csv.reader(lines, delimiter=delimiter, quoting=quoting, skipinitialspace=delimiter != "\t")  # type: ignore[arg-type]


def _has_heading(records: Sequence[_Record]) -> bool:
    """Whether the first row names columns: by the names, or because it holds none of a column's repeated labels."""
    first = [cell.strip() for cell in records[0].cells[: records[0].width]]
    n_known = sum(map(is_known_name, first))
    if n_known > 1:
        return True
    if any(len(cell.split()) > _LONGEST_NAME_WORDS or not cell for cell in first):
        return False
    has_labels = False
    for number, cell in enumerate(first):
        others = Counter(record.cells[number].strip().lower() for record in records[1:] if number < record.width)
        if cell.lower() in others:
            return False
        has_labels = has_labels or others.total() >= _LABEL_ROWS * len(others) > 0
    return has_labels or n_known > 0


def _with_row_names(heading: list[str], records: Sequence[_Record]) -> list[str]:
    """Return the heading with a name before the others if every row has a number there that the heading leaves out."""
    are_numbered = all(record.width == len(heading) + 1 and record.cells[0].strip().isdigit() for record in records)
    return ["index", *heading] if heading and records and are_numbered else heading


def _fitted(
    records: Sequence[_Record], width: int, delimiter: str, source: str
) -> tuple[Sequence[_Record], Sequence[str]]:
    """Make all rows equally wide; return them, and which cells were joined for that."""
    long = [record for record in records if record.width > width]
    filled = [replace(record, cells=[*record.cells[:width], *[""] * (width - len(record.cells))]) for record in records]
    if not long:
        return filled, ()
    joined = _put_together(records, width, delimiter)
    problems = [
        f"row {record.number} has {record.width} cells, and there are {width} columns; write its text in quotes"
        for record in long
        if record.number not in joined
    ]
    if problems:
        raise DataRejected(source, problems)
    fitted = [replace(record, cells=joined.get(record.number, record.cells)) for record in filled]
    where = listed([f"row {number}" for number in joined])
    return fitted, [f"texts without quotes hold the sign that separates cells, and were put together: {where}"]


def _put_together(records: Sequence[_Record], width: int, delimiter: str) -> dict[int, list[str]]:
    """Join the cells of rows whose text was split, by the row's number: of those where it is certain which one that is.

    It is the column beside which the same values come again and again, and the row's own values must be among them.
    """
    others_of = {
        place: {record.number: _around(record.cells[: record.width], place, width) for record in records}
        for place in range(width)
    }
    counts = {place: Counter(others.values()) for place, others in others_of.items()}
    place = min(counts, key=lambda place: len(counts[place]))
    if width == 1 or any(place != other and len(counts[place]) == len(counts[other]) for other in counts):
        return {}
    joined = {}
    for record in records:
        end = record.width - (width - place - 1)
        others = others_of[place][record.number]
        if record.width > width and counts[place][others] > 1:
            text = f"{delimiter} ".join(cell.strip() for cell in record.cells[place:end])
            joined[record.number] = [*others[:place], text, *others[place:]]
    return joined


def _around(cells: Sequence[str], place: int, width: int) -> tuple[str, ...]:
    """Return the cells before a column and, counted from the end, those after it."""
    return tuple(cell.strip() for cell in (*cells[:place], *cells[max(place, len(cells) - (width - place - 1)) :]))


def _without_empty_columns(table: Table, heading: Sequence[str]) -> Table:
    """Leave out the columns that have neither a name nor a cell."""
    kept = [
        number
        for number in range(len(table.columns))
        if (heading and heading[number]) or any(row.cells[number].strip() for row in table.rows)
    ]
    return replace(
        table,
        columns=tuple(table.columns[number] for number in kept),
        rows=tuple(replace(row, cells=tuple(row.cells[number] for number in kept)) for row in table.rows),
    )

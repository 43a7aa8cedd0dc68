"""A table as it was read: columns by name, rows that know where they stand in their file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Cell = Any
"""Text, a number, a list or an object; None if it is empty."""
_MISSING = frozenset(("nan", "null", "#n/a", "<na>", "n/a"))
"""How programs write that there is no value."""
_PLACES_SHOWN = 5


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes
    ----------
    place
        Where it stands in its file, for messages: `row 12`, counted as a spreadsheet does, or `line 12`.
    cells
        One per column.
    """

    place: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    source
        The file's name, for messages.
    columns
        Their names, each once.
    layout
        How the file was read, in a few words: `CSV, separated by ;, UTF-8`.
    notes
        What was made of oddities, a sentence each.
    """

    source: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    layout: str
    notes: tuple[str, ...] = ()

    def texts(self, column: str) -> Iterator[str]:
        """Yield the cells of a column as text, without blanks around them; empty for one that is empty."""
        number = self.columns.index(column)
        return (text_of(row.cells[number]) for row in self.rows)

    def cells(self, column: str | None) -> Iterator[Cell]:
        """Yield the cells of a column; None for every row if there is no such column."""
        if column is None:
            return (None for _ in self.rows)
        number = self.columns.index(column)
        return (row.cells[number] for row in self.rows)


def text_of(cell: Cell) -> str:
    """Return a cell as text; empty if it holds nothing, or only says that there is no value."""
    if cell is None or isinstance(cell, list | dict):
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        if cell != cell:  # NaN
            return ""
        return str(int(cell)) if cell.is_integer() else str(cell)
    text = str(cell).strip()
    return "" if text.lower() in _MISSING else text


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Name columns that have no name by their number, and tell apart those that share one."""
    unique: list[str] = []
    for number, name in enumerate(names, start=1):
        wanted = name.strip() or f"column {number}"
        repeated = 2
        while wanted in unique:
            wanted, repeated = f"{name.strip()} {repeated}", repeated + 1
        unique.append(wanted)
    return tuple(unique)


def listed(places: Sequence[str]) -> str:
    """Name some places: `row 3, row 8 and 40 more`."""
    shown = ", ".join(places[:_PLACES_SHOWN])
    return shown + (f" and {len(places) - _PLACES_SHOWN:,} more" if len(places) > _PLACES_SHOWN else "")


def counted(count: int, word: str) -> str:
    """Return a number with its word: `1 row`, `1,200 rows`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"

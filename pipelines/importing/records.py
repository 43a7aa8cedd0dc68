"""Tables in JSON: one object per row, in an array or one a line, or the shapes in which data sets are published."""

from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.errors import DataRejected
from pipelines.importing.column_names import is_known_name, rank_of
from pipelines.importing.table import Row, Table, unique_names

_WRAPPERS = ("data", "rows", "examples", "utterances", "records", "items", "sentences")
"""Fields that hold the rows of a file with more around them."""
_PAIR = 2


def is_table(content: object) -> bool:
    """Whether some JSON is rows of texts and labels, by its shape."""
    rows = _rows_of(content)
    if not rows:
        return False
    columns = _columns(rows)
    is_labelled = any(rank_of(name, "intent") is not None or rank_of(name, "reply") is not None for name in columns)
    return is_labelled and any(rank_of(name, "text") is not None for name in columns)


def read_records(content: object, *, source: str, word: str = "row") -> Table:
    """Read a table from parsed JSON; `word` is what messages call a row, such as `line`.

    `DataRejected` if it holds no rows.
    """
    rows = _rows_of(content)
    if not rows:
        shape = '{"text": "are you open", "intent": "hours"}'
        raise DataRejected(source, [f"it holds no rows; write one object per text: {shape}"])
    columns = _columns(rows)
    return Table(
        source,
        columns,
        tuple(
            Row(f"{word} {number}", tuple(row.get(name) for name in columns))
            for number, row in enumerate(rows, start=1)
        ),
        f"{len(rows):,} rows of JSON",
    )


def _columns(rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(name) for row in rows for name in row))


def _rows_of(content: object) -> list[dict[str, Any]]:
    """Return one object per row, whatever the shape; none if it holds no rows."""
    if isinstance(content, list):
        return list(_rows_of_list(content))
    if not isinstance(content, dict):
        return []
    if {"columns", "data"} <= content.keys():  # pandas: orient="split"
        return _named(content["columns"], content["data"])
    for wrapper in _WRAPPERS:
        inner = content.get(wrapper)
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            return _rows_of(inner)
    if content and all(is_known_name(str(name)) for name in content) and not _are_pairs(content):
        return _transposed(content)
    return list(_rows_of_parts(content)) or list(_rows_of_labels(content)) or _one_row(content)


def _one_row(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [content] if any(rank_of(str(name), "text") == 0 for name in content) else []


def _rows_of_list(content: list[Any]) -> Iterator[dict[str, Any]]:
    rows = [row["row"] if isinstance(row, dict) and isinstance(row.get("row"), dict) else row for row in content]
    if all(isinstance(row, dict) for row in rows):
        yield from rows
    elif all(isinstance(row, list) for row in rows):
        is_named = bool(rows) and sum(is_known_name(str(cell)) for cell in rows[0]) > 1
        names = rows[0] if is_named else ["text", "intent"] if all(len(row) == _PAIR for row in rows) else []
        yield from _named(names, rows[1:] if is_named else rows) if names else ()


def _named(names: object, rows: object) -> list[dict[str, Any]]:
    if not isinstance(names, list) or not isinstance(rows, list):
        return []
    columns = unique_names([str(name) for name in names])
    return [dict(zip(columns, row, strict=False)) for row in rows if isinstance(row, list)]


def _transposed(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Read one array or object per column, as pandas writes by default."""
    columns = {name: list(cells.values()) if isinstance(cells, dict) else cells for name, cells in content.items()}
    if not all(isinstance(cells, list) for cells in columns.values()) or len(set(map(len, columns.values()))) != 1:
        return _one_row(content)
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _are_pairs(content: dict[str, Any]) -> bool:
    return all(isinstance(part, list) and all(isinstance(row, list) for row in part) for part in content.values())


def _rows_of_parts(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Read a data set in parts: `{"train": [["are you open", "hours"]], "test": [...]}`."""
    if _are_pairs(content):
        for part, rows in content.items():
            for row in rows:
                if len(row) == _PAIR:
                    yield {"text": row[0], "intent": row[1], "split": part}


def _rows_of_labels(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Read texts by their label: `{"hours": ["are you open", "when do you close"]}`."""
    if all(
        isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts) for texts in content.values()
    ):
        for label, texts in content.items():
            for text in texts:
                yield {"text": text, "intent": label}

"""What notebooks hand over: texts, and labelled rows in a DataFrame or a file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from pipelines.errors import UserInputError
from pipelines.schemas.examples import Example
from pipelines.steps.data.extract import read_examples

Rows = pd.DataFrame | Iterable[Example]
"""Labelled utterances."""
_MAX_NAMED = 5


def to_texts(texts: str | Iterable[object]) -> pd.Series:
    """Return texts as a Series; raises `UserInputError` that names a row that holds no text."""
    if isinstance(texts, str):
        texts = [texts]
    if isinstance(texts, pd.DataFrame):
        texts = column_of(texts, "text")
    series = texts if isinstance(texts, pd.Series) else pd.Series(list(texts), dtype=object)
    wrong = [index for index, text in series.items() if not isinstance(text, str)]
    if wrong:
        named = ", ".join(repr(index) for index in wrong[:_MAX_NAMED])
        raise UserInputError(
            f"{len(wrong):,} of {len(series):,} rows hold no text, at the index {named}; drop them or fill them in"
        )
    return series


def column_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column; raises `UserInputError` that names the columns there are."""
    if list(frame.columns).count(name) != 1:
        there = ", ".join(map(str, frame.columns)) or "none"
        raise UserInputError(f"the table needs one column {name!r}; its columns are: {there}")
    column: pd.Series = frame[name]
    return column


def to_examples(rows: Rows | Path | str) -> list[Example]:
    """Return labelled rows as examples; raises `DataRejected` or `UserInputError` that names a faulty row."""
    if isinstance(rows, Path | str):
        return read_examples(Path(rows))
    if not isinstance(rows, pd.DataFrame):
        return list(rows)
    texts, intents = to_texts(rows), to_texts(column_of(rows, "intent"))
    entities = rows["entities"].tolist() if "entities" in rows else [()] * len(rows)
    ids = [str(index) for index in rows.index]
    return [_example(*row) for row in zip(ids, texts.tolist(), intents.tolist(), entities, strict=True)]


def _example(row: str, text: str, intent: str, entities: Any) -> Example:
    try:
        return Example(id=row, text=text, intent=intent, entities=entities)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise UserInputError(f"row {row}: {place}{': ' if place else ''}{fault['msg']}") from error

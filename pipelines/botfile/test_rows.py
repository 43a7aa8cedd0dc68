"""The rows of a test set: in a bot file, and in files of labelled utterances, as people write them."""

import csv
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipelines.errors import DataRejected
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.schemas.test_sets import FixedTestSet

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_SHOWN = 5


def test_set_of(bot_file: BotFile, *, bot: str) -> FixedTestSet | None:
    """Return the test set in a bot file, or None.

    Raises
    ------
    DataRejected
        An annotation lies outside its text.
    """
    rows = read_rows((row.to_wire() for row in bot_file.test_set), source="the test set in the bot file")
    return FixedTestSet.of(rows, bot=bot) if rows else None


def read_rows(rows: Iterable[Mapping[str, Any]], *, source: str) -> list[Example]:
    """Read labelled utterances as people write them.

    A row has `text` and `intent`, and perhaps `id` and `entities`: `start`, `end`, `type` and `value`, or `begin`,
    `end`, `name` and `value` as in bot files. Other fields are passed over.

    Raises
    ------
    DataRejected
        Rows cannot be read; each is named.
    """
    read, problems = [], []
    for number, row in enumerate(rows, start=1):
        try:
            read.append(_example(row, number))
        except (ValidationError, ValueError, TypeError, KeyError, AttributeError) as error:
            problems.append(f"row {number}: {_explain(error)}")
    if problems:
        raise DataRejected(source, problems)
    return read


def read_row_file(file: Path) -> list[Example]:
    """Read a file of labelled utterances, as `read_rows`.

    A `.csv` or `.tsv` file has the columns `text` and `intent`; any other file has one JSON object per line. Empty
    lines are skipped.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataRejected(str(file), [f"it cannot be read: {error}"]) from error
    separator = _SEPARATORS.get(file.suffix.lower())
    return read_rows(_table(text, separator, file) if separator else _lines(text, file), source=str(file))


def _table(text: str, separator: str, file: Path) -> list[dict[str, str]]:
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=separator, restkey="", restval="")
    missing = [name for name in ("text", "intent") if name not in (reader.fieldnames or ())]
    if missing:
        columns = ", ".join(map(repr, reader.fieldnames or ())) or "none"
        raise DataRejected(
            str(file), [f"it has no column {' and no column '.join(map(repr, missing))}; it has {columns}"]
        )
    return [{name: row[name] for name in ("id", "text", "intent", "channel") if name in row} for row in reader]


def _lines(text: str, file: Path) -> list[Mapping[str, Any]]:
    rows, problems = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                problems.append(f"line {number} is no JSON object: {error}")
    if problems:
        raise DataRejected(str(file), problems)
    return rows


def known_rows(rows: Sequence[Example], *, intents: Collection[str], source: str) -> tuple[list[Example], list[str]]:
    """Return the rows of the bot's intents and those out of scope, with a note about the others.

    Raises
    ------
    DataRejected
        Most rows are of intents that the bot does not have: they belong to another bot.
    """
    known = {*intents, OUT_OF_SCOPE}
    unknown = Counter(row.intent for row in rows if row.intent not in known)
    if not unknown:
        return list(rows), []
    names = ", ".join(repr(name) for name, _ in unknown.most_common(_SHOWN)) + (
        ", ..." if len(unknown) > _SHOWN else ""
    )
    n_in_scope = sum(row.intent != OUT_OF_SCOPE for row in rows)
    if 2 * unknown.total() > n_in_scope:
        raise DataRejected(
            source,
            [
                f"{unknown.total():,} of its {n_in_scope:,} utterances are of intents that the bot does not have "
                f"({names}); is it the test data of another bot? Name the right one, or none"
            ],
        )
    note = f"{unknown.total():,} rows of {source} are left out: the bot has no intent {names}"
    return [row for row in rows if row.intent in known], [note]


def to_row(example: Example) -> dict[str, Any]:
    """Return a row of a bot file's test set."""
    entities = [
        {"value": span.value, "begin": span.start, "end": span.end, "name": span.type} for span in example.entities
    ]
    return {"id": example.id, "text": example.text, "intent": example.intent, "entities": entities}


def _example(row: Mapping[str, Any], number: int) -> Example:
    text, intent = row["text"], row["intent"]
    if not isinstance(text, str) or not text.strip():
        raise ValueError("its text is empty")
    if not isinstance(intent, str) or not intent.strip():
        raise ValueError(f"it names no intent; write {OUT_OF_SCOPE!r} for a text that no intent should take")
    spans = tuple(_span(text, span) for span in row.get("entities") or ())
    return Example(
        id=str(row.get("id") or f"test/{number}"),
        text=text,
        intent=intent.strip(),
        entities=spans,
        channel=str(row.get("channel") or ""),
    )


def _span(text: str, span: Mapping[str, Any]) -> LabelledSpan:
    start, end = span["start"] if "start" in span else span["begin"], span["end"]
    kind = span["type"] if "type" in span else span["name"]
    value = span.get("value")
    return LabelledSpan(
        start=start, end=end, type=kind, value=text[start:end] if value is None else str(value), role=span.get("role")
    )


def _explain(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    if isinstance(error, KeyError):
        return f"it has no field {error}; a row has `text` and `intent`"
    return str(error) if type(error) is ValueError else "it is no object with `text` and `intent`"

"""Checking a bot file's JSON: each fault is named with its place in words."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from pipelines.botfile.first_version import Completed, complete
from pipelines.botfile.unpack import unpack
from pipelines.errors import DataRejected
from pipelines.nlu.entities.patterns import check_pattern
from pipelines.schemas.bot import BotFile

_MAX_INT64 = 2**63
_MAX_DEPTH = 50
_ROWS = {"intents": "intent", "entities": "entity", "trainingData": "example", "entity_values": "value"}


def check_content(content: object, *, source: str) -> Completed:
    """Return a file's JSON as a complete bot file; raise `DataRejected` with each fault and its place if it is none.

    `source` is the name of the file, for messages.
    """
    try:
        unpacked = unpack(content, source=source)
        wire = unpacked.wire
        unstorable = list(_unstorable(wire, ()))
        _check(wire, source)
    except RecursionError as error:
        raise DataRejected(source, ["it is nested too deeply to be a bot file"]) from error
    if unstorable:
        raise DataRejected(source, [f"{_place(place, wire)}{reason}" for place, reason in unstorable])
    return complete(wire, is_first_version=unpacked.is_first_version)


def check_row(field: str, row: dict[str, Any], *, source: str) -> None:
    """Check one row of `intents` or `entities` as a part of a bot file; raise `DataRejected` with each fault.

    `source` is what messages call it.
    """
    try:
        unstorable = [f"{_place(place, row)}{reason}" for place, reason in _unstorable(row, ())]
        faults = [] if unstorable else _faults({field: [row]}) or list(_pattern_faults({field: [row]}))
    except RecursionError as error:
        raise DataRejected(source, ["it is nested too deeply"]) from error
    problems = unstorable or [f"{_place(place[2:], row)}{message}" for place, message in faults]
    if problems:
        raise DataRejected(source, problems)


def check_patterns(wire: dict[str, Any], *, source: str) -> None:
    """Raise `DataRejected` if an entity of a checked bot file has a pattern that no training can use.

    Apart from `check_content`: a stored draft that an older version took must stay readable.
    """
    problems = [f"{_place(place, wire)}{message}" for place, message in _pattern_faults(wire)]
    if problems:
        raise DataRejected(source, problems)


def _pattern_faults(wire: dict[str, Any]) -> Iterator[tuple[tuple[int | str, ...], str]]:
    for number, entity in enumerate(wire.get("entities") or ()):
        pattern = entity.get("pattern")
        problem = check_pattern(pattern) if isinstance(pattern, str) else None
        if problem:
            yield ("entities", number, "pattern"), problem


def _faults(wire: dict[str, Any]) -> list[tuple[tuple[int | str, ...], str]]:
    """Return the place of each fault of a bot file, and what is wrong."""
    try:
        BotFile.model_validate(wire)
    except ValidationError as error:
        return [(fault["loc"], fault["msg"]) for fault in error.errors(include_url=False)]
    return []


def _check(wire: dict[str, Any], source: str) -> None:
    problems = [f"{_place(place, wire)}{message}" for place, message in _faults(wire)]
    if problems:
        raise DataRejected(source, problems)


def _place(path: tuple[int | str, ...], content: dict[str, Any]) -> str:
    """Describe a path in words: `intent 4 ("track_order"), example 3: text: `."""
    words: list[str] = []
    value: Any = content
    for position, part in enumerate(path):
        try:
            value = value[part]
        except (LookupError, TypeError):
            value = None
        if isinstance(part, int):
            row = _ROWS.get(str(path[position - 1]), str(path[position - 1]).removesuffix("s"))
            row = "annotation" if row == "entity" and position > 1 else row
            name = value.get("intentId") or value.get("name") if isinstance(value, dict) and position == 1 else None
            words[-1] = f'{row} {part + 1} ("{name}")' if isinstance(name, str) else f"{row} {part + 1}"
        else:
            words.append(part)
    return ", ".join(words) + ": " if words else ""


def _unstorable(value: object, path: tuple[int | str, ...]) -> Iterable[tuple[tuple[int | str, ...], str]]:
    """Find what JSON can express and the database cannot store."""
    if len(path) > _MAX_DEPTH:
        yield path[:3], f"it is nested more than {_MAX_DEPTH} levels deep"
    elif isinstance(value, dict):
        for key, item in value.items():
            if key.startswith("$") or "." in key or "\0" in key or _has_lone_surrogate(key):
                yield (*path, key), "a field's name cannot begin with `$` or hold `.` or control characters"
            else:
                yield from _unstorable(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unstorable(item, (*path, number))
    elif isinstance(value, str) and _has_lone_surrogate(value):
        yield path, "it holds half a character (a lone surrogate); retype the text"
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, "NaN and Infinity are not JSON"
    elif isinstance(value, int) and not -_MAX_INT64 <= value < _MAX_INT64:
        yield path, "the number is too large"


def _has_lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)

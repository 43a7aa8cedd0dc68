"""The author's constraints on a value: choices, pattern, bounds; and why a value is rejected."""

from datetime import date, datetime
from functools import lru_cache
from typing import Literal

import re2
from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.nlu.system.boundaries import stands_alone
from pipelines.schemas.parameter import TODAY, Bound, Parameter

ProblemKind = Literal[
    "number", "integer", "date", "time", "datetime", "email", "phone", "url", "money", "boolean",
    "choice", "pattern", "minimum", "maximum", "earliest", "latest", "value", "several",
]  # fmt: skip
"""Why a value is rejected: wrong type, a constraint. `value`: there is none; `several`: too many were said."""


class Problem(BaseModel):
    """Why a parameter has no value; `limit` is the constraint that the value violates."""

    model_config = ConfigDict(frozen=True)

    parameter: str
    kind: ProblemKind
    limit: str = ""


def check_value(parameter: Parameter, value: JsonValue, *, said_at: datetime | None) -> JsonValue | Problem:
    """Check a canonical value against the choices, pattern and bounds of its parameter.

    Return the value, or the choice as its author spelled it; else why it is rejected. `said_at` defines `today` in
    a bound; if None, such a bound is not checked.
    """
    if parameter.choices:
        choice = next((one for one in parameter.choices if one.casefold() == str(value).casefold()), None)
        if choice is None:
            return Problem(parameter=parameter.name, kind="choice", limit=", ".join(parameter.choices))
        value = choice if isinstance(value, str) else value
    if parameter.pattern is not None and _pattern(parameter.pattern).fullmatch(str(value)) is None:
        return Problem(parameter=parameter.name, kind="pattern")
    return _beyond(parameter, value, said_at=said_at) or value


def fitting_part(parameter: Parameter, value: JsonValue) -> str | None:
    """Return the only whole words of a value that match the parameter's pattern: `1042` of `ordr 1042`.

    None if there are none or several.
    """
    if parameter.pattern is None or not isinstance(value, str):
        return None
    matches = list(_pattern(parameter.pattern).finditer(value))
    if len(matches) != 1 or not _is_whole_value(value, *matches[0].span()):
        return None
    return str(matches[0].group()).strip() or None


def is_cut_from_number(text: str, start: int, end: int) -> bool:
    """Whether `[start, end)` is only part of a number: the 5 of `1.5`, the 3 of `-3`, the 2 of `2,000`."""
    before, after = text[:start], text[end:]
    is_number = text[start : start + 1].isdigit()
    is_signed = before.endswith(("-", "\u2212")) and not before[-2:-1].strip()
    is_end = before.endswith((".", ",")) and before[-2:-1].isdigit()
    is_begin = text[end - 1 : end].isdigit() and after.startswith((".", ",")) and after[1:2].isdigit()
    return is_begin or (is_number and (is_signed or is_end))


def _is_whole_value(text: str, start: int, end: int) -> bool:
    """Whether `[start, end)` begins and ends at the boundary of a word or number."""
    return start < end and stands_alone(text, start, end) and not is_cut_from_number(text, start, end)


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> "re2._Regexp":
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    return re2.compile(pattern, options)


def _beyond(parameter: Parameter, value: JsonValue, *, said_at: datetime | None) -> Problem | None:
    """Return the violated bound, if any: numbers and amounts have numeric bounds, dates have dates."""
    for bound, is_lower in ((parameter.minimum, True), (parameter.maximum, False)):
        number, day = _amount(value), _day(value)
        if isinstance(bound, int | float) and number is not None:
            if number < bound if is_lower else number > bound:
                return Problem(parameter=parameter.name, kind="minimum" if is_lower else "maximum", limit=f"{bound:g}")
        elif isinstance(bound, str) and day is not None:
            limit = _bound_day(bound, said_at)
            if limit is not None and (day < limit if is_lower else day > limit):
                kind: ProblemKind = "earliest" if is_lower else "latest"
                return Problem(parameter=parameter.name, kind=kind, limit=limit.isoformat())
    return None


def _amount(value: JsonValue) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(str(value).split(" ")[0])  # the amount in `12.50 GBP`
    except ValueError:
        return None


def _day(value: JsonValue) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _bound_day(bound: Bound, said_at: datetime | None) -> date | None:
    if bound == TODAY:
        return said_at.date() if said_at is not None else None
    return _day(bound)

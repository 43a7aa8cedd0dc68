"""Accepting the values that were said for a parameter: its slot, or what stands in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from pipelines.schemas.parameter import Parameter
from serving.dialogue.answers.joints import Joint
from serving.dialogue.slots.constraints import Problem, check_value, fitting_part
from serving.dialogue.slots.values import Candidate, ValueReader
from serving.dialogue.state import Doubt, Slot

MAX_WRITTEN_CHARS = 200
"""Characters of the customer's own words kept beside a value."""


@dataclass(frozen=True)
class Accepted:
    """A slot, or why there is none; a list may have both, if one of its values is rejected.

    `doubt` holds the values among which the customer has to choose.
    """

    slot: Slot | None = None
    problem: Problem | None = None
    doubt: Doubt | None = None


def accept(
    parameter: Parameter,
    candidates: Sequence[Candidate],
    text: str,
    *,
    before: Slot | None,
    reader: ValueReader,
    said_at: datetime | None,
) -> Accepted:
    """Check the values said for a parameter.

    Several values fill only a list, to which they are added; `before` is what it holds.
    """
    checked = [(one, _readings(parameter, one, reader=reader, said_at=said_at)) for one in candidates]
    good = [(one, readings) for one, readings in checked if not isinstance(readings, Problem)]
    problem = next((readings for _, readings in checked if isinstance(readings, Problem)), None)
    values = list(dict.fromkeys(value for _, readings in good for value in readings))
    written = ", ".join(text[one.start : one.end] for one, _ in good)[:MAX_WRITTEN_CHARS]
    if any(len(readings) > 1 for _, readings in good) or (len(values) > 1 and not parameter.many):
        several = Problem(parameter=parameter.name, kind="several", limit=", ".join(map(str, values)))
        return Accepted(problem=several, doubt=Doubt(parameter=parameter.name, text=written, options=tuple(values)))
    if not values:
        return Accepted(problem=problem)
    if not parameter.many and _is_sum([one for one, _ in good], text, reader=reader):
        return Accepted(problem=reader.missing(parameter))
    if parameter.many and before is not None:
        values = list(dict.fromkeys([*values_of(before), *values]))
    slot = Slot(
        name=parameter.name,
        type=parameter.type,
        value=values if parameter.many else values[0],
        text=written,
        role=candidates[0].role,
    )
    return Accepted(slot=slot, problem=problem)


def _is_sum(candidates: Sequence[Candidate], text: str, *, reader: ValueReader) -> bool:
    """Whether the same number counts two things: `two adults and two kids` are not two guests."""
    if len(candidates) < 2 or not isinstance(candidates[0].value, int | float):
        return False
    between = text[candidates[0].end : candidates[1].start].split()
    return len(between) > 1 and reader.answers.joint(between[-1], "") is Joint.ADDITION


def values_of(slot: Slot) -> list[JsonValue]:
    """Return the values of a slot, one unless it holds a list."""
    return slot.value if isinstance(slot.value, list) else [slot.value]


def _readings(
    parameter: Parameter, candidate: Candidate, *, reader: ValueReader, said_at: datetime | None
) -> list[JsonValue] | Problem:
    """Return the readings of a value that its parameter accepts, or why it accepts none."""
    readings = (candidate.value, *candidate.alternatives)
    checked = [check_value(parameter, value, said_at=said_at) for value in readings]
    good = [value for value in checked if not isinstance(value, Problem)]
    if good:
        return good
    part = None if reader.is_text(parameter) else fitting_part(parameter, candidate.value)
    value = check_value(parameter, part, said_at=said_at) if part is not None else checked[0]
    return value if isinstance(value, Problem) else [value]

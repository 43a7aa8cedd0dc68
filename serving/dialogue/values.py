"""Parameter values: found in a message, read from an answer, checked against the author's constraints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal

import re2
from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.nlu.entities.synonyms import KnownValues
from pipelines.nlu.system.entities import SYSTEM_PREFIX, SYSTEM_TYPES, SYSTEM_TYPES_BY_ALIAS, SystemEntities
from pipelines.nlu.system.locale import system_locale
from pipelines.nlu.text import tokenize
from pipelines.schemas.bot import BOOLEAN, TEXT_TYPES, TODAY, Bound, Entity, EntityValue, Parameter
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.understanding import EntitySpan, NluResult
from serving.dialogue.answers import AnswerReader, answer_reader

MAX_NUMBER = 10**15
"""A double tells whole numbers below this apart; more digits are an id, not a number."""

_MOST_WORDS_OF_A_TIME = 3
_AROUND_A_CODE = " \t\r\n.,;:!?"

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


@dataclass(frozen=True)
class Candidate:
    """A value and its place: characters `[start, end)` of the text; `alternatives` are as in `EntitySpan`."""

    start: int
    end: int
    value: JsonValue
    role: str | None = None
    alternatives: tuple[JsonValue, ...] = ()


class ValueReader:
    """Reads values as the customers of one bot write them.

    Attributes
    ----------
    answers
        Reads yes, no, corrections and the like in the bot's language.
    """

    def __init__(self, definition: BotDefinition) -> None:
        self._entity_by_name = {entity.name: entity for entity in definition.entities}
        self._language = definition.language
        self.answers: AnswerReader = answer_reader(definition.language)

    def is_text(self, parameter: Parameter) -> bool:
        """Whether a parameter takes whole messages."""
        return parameter.type in TEXT_TYPES and parameter.type not in self._entity_by_name

    def is_boolean(self, parameter: Parameter) -> bool:
        """Whether a parameter takes yes or no."""
        return parameter.type == BOOLEAN and parameter.type not in self._entity_by_name

    def _system_types(self, parameter: Parameter) -> tuple[str, ...]:
        if parameter.type in self._entity_by_name:
            return ()
        if parameter.type in SYSTEM_TYPES:
            return (parameter.type,)
        return SYSTEM_TYPES_BY_ALIAS.get(parameter.type, ())

    def found(self, parameter: Parameter, nlu: NluResult, *, said_at: datetime | None) -> list[Candidate]:
        """Return the values of a parameter's type that the model found in a message, in text order."""
        system = self._system_types(parameter)
        if "sys.number" in system:
            system = (*system, "sys.integer")  # the finder types whole numbers as integers
        own = [span for span in nlu.entities if span.type == parameter.type and span.type not in system]
        if own or not system:
            return [Candidate(span.start, span.end, span.value, span.role) for span in own]
        return _typed([span for span in nlu.entities if span.type in system], parameter, said_at=said_at)

    def read(self, parameter: Parameter, text: str, *, said_at: datetime | None) -> list[Candidate]:
        """Read a text as the answer to a parameter's question, independently of the model; values come in text order.

        A parameter that takes whole messages has values only if it has choices. `said_at` is on the clock of the bot's
        time zone.
        """
        if self.is_boolean(parameter):
            is_yes = self.answers.yes_no(text).is_yes
            return [] if is_yes is None else [Candidate(0, len(text), is_yes)]
        system = self._system_types(parameter)
        if system:
            spans = _system_entities(system, self._language).find(text, now=said_at)
            return _typed(spans, parameter, said_at=said_at)
        return list(self._known(parameter, text))

    def read_answer(self, parameter: Parameter, text: str, *, said_at: datetime | None) -> list[Candidate]:
        """Read the answer to a parameter's question; asked for a time, a bare hour is one: `8`, `eight`."""
        candidates = self.read(parameter, text, said_at=said_at)
        if candidates or self._system_types(parameter) != ("sys.time",) or len(text.split()) > _MOST_WORDS_OF_A_TIME:
            return candidates
        prefix = next((f"{word} " for word in system_locale(self._language, None).spoken.hour_prefixes), "")
        found = self.read(parameter, prefix + text, said_at=said_at)
        return [replace(one, start=max(0, one.start - len(prefix)), end=one.end - len(prefix)) for one in found]

    def _known(self, parameter: Parameter, text: str) -> Iterator[Candidate]:
        entity = self._entity_by_name.get(parameter.type)
        if not parameter.choices and (entity is None or not entity.entity_values):
            # a type without listed values is an order number or the like, and the model has not seen them all
            code = text.strip(_AROUND_A_CODE)
            is_code = len(code.split()) == 1 and any(sign.isdigit() for sign in code)
            if is_code and not self.is_text(parameter) and not (entity and entity.pattern):
                yield Candidate(text.index(code), text.index(code) + len(code), code)
            return
        tokens = tokenize(text)
        for phrase in _known_values(_Same(parameter), _Same(entity)).find(tokens):
            yield Candidate(tokens[phrase.first].start, tokens[phrase.last - 1].end, phrase.value)

    def check(self, parameter: Parameter, value: JsonValue, *, said_at: datetime | None) -> JsonValue | Problem:
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

    def fitting_part(self, parameter: Parameter, value: JsonValue) -> str | None:
        """Return the only whole words of a value that match the parameter's pattern: `1042` of `ordr 1042`.

        None if there are none or several, and for a parameter that takes whole messages.
        """
        if parameter.pattern is None or not isinstance(value, str) or self.is_text(parameter):
            return None
        matches = list(_pattern(parameter.pattern).finditer(value))
        if len(matches) != 1 or not _is_whole_value(value, *matches[0].span()):
            return None
        return str(matches[0].group()).strip() or None

    def is_piece(self, parameter: Parameter, candidate: Candidate, text: str) -> bool:
        """Whether a candidate is only part of a number: the 5 of `1.5`, the `two` of `two hundred`."""
        start, end = candidate.start, candidate.end
        if _is_cut_from_number(text, start, end):
            return True
        if not self.is_listed(parameter):
            return False
        numbers = _system_entities(("sys.number",), self._language).find(text)
        return any(one.start <= start and end <= one.end and end - start < one.end - one.start for one in numbers)

    def is_listed(self, parameter: Parameter) -> bool:
        """Whether a parameter's entity lists all of its values."""
        entity = self._entity_by_name.get(parameter.type)
        return entity is not None and bool(entity.entity_values)

    def missing(self, parameter: Parameter) -> Problem:
        """Return the problem of an answer without any value."""
        if parameter.choices:
            return Problem(parameter=parameter.name, kind="choice", limit=", ".join(parameter.choices))
        if self.is_boolean(parameter):
            return Problem(parameter=parameter.name, kind="boolean")
        if self._system_types(parameter):
            kind = parameter.type.removeprefix(SYSTEM_PREFIX)
            return Problem.model_validate({"parameter": parameter.name, "kind": kind})
        return Problem(parameter=parameter.name, kind="value")


def _is_cut_from_number(text: str, start: int, end: int) -> bool:
    """Whether `[start, end)` is only part of a number: the 5 of `1.5`, the 3 of `-3`, the 2 of `2,000`."""
    before, after = text[:start], text[end:]
    is_number = text[start : start + 1].isdigit()
    is_signed = before.endswith(("-", "\u2212")) and not before[-2:-1].strip()
    is_end = before.endswith((".", ",")) and before[-2:-1].isdigit()
    is_begin = text[end - 1 : end].isdigit() and after.startswith((".", ",")) and after[1:2].isdigit()
    return is_begin or (is_number and (is_signed or is_end))


def _is_whole_value(text: str, start: int, end: int) -> bool:
    """Whether `[start, end)` begins and ends at the boundary of a word or number."""
    cuts_word = text[start - 1 : start].isalnum() and text[start : start + 1].isalnum()
    cuts_word = cuts_word or (text[end : end + 1].isalnum() and text[end - 1 : end].isalnum())
    return not (cuts_word or _is_cut_from_number(text, start, end))


class _Same:
    """A cache key that compares objects by identity, never by content."""

    __slots__ = ("it",)

    def __init__(self, it: Any) -> None:
        self.it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.it is other.it

    def __hash__(self) -> int:
        return id(self.it)


@lru_cache(maxsize=1024)
def _known_values(parameter: _Same, entity: _Same) -> KnownValues:
    """Index a parameter's allowed values: its choices with their synonyms, or the values of its entity."""
    wanted: Parameter = parameter.it
    listed: Sequence[EntityValue] = entity.it.entity_values if entity.it is not None else ()
    if wanted.choices:
        synonyms = {one.value.casefold(): one.synonyms for one in listed}
        listed = [EntityValue(value=choice, synonyms=synonyms.get(choice.casefold(), ())) for choice in wanted.choices]
    return KnownValues([Entity(name=wanted.name, entity_values=tuple(listed))])


@lru_cache(maxsize=64)
def _system_entities(types: tuple[str, ...], language: str) -> SystemEntities:
    return SystemEntities(types, language=language)


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> "re2._Regexp":
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    return re2.compile(pattern, options)


def _typed(spans: Sequence[EntitySpan], parameter: Parameter, *, said_at: datetime | None) -> list[Candidate]:
    """Convert canonical texts to values: numbers to numbers, a date and a time to one moment."""
    if parameter.type == "datetime":
        return list(_moments(spans, said_at=said_at))
    typed = []
    for span in spans:
        is_number = span.type in ("sys.number", "sys.integer")
        value = _number(span.value) if is_number else span.value
        if value is not None:
            typed.append(Candidate(span.start, span.end, value, span.role, span.alternatives))
    return typed


def _number(written: str) -> int | float | None:
    try:
        number = Decimal(written)
    except InvalidOperation:
        return None
    if not abs(number) < MAX_NUMBER:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _moments(spans: Sequence[EntitySpan], *, said_at: datetime | None) -> Iterator[Candidate]:
    """Pair dates with times, in order; the last one of either also goes with what is left of the other.

    A time without a date means its next occurrence.
    """
    days = [span for span in spans if span.type == "sys.date"]
    clocks = [span for span in spans if span.type == "sys.time"]
    for place in range(max(len(days), len(clocks)) if clocks else 0):
        clock = clocks[min(place, len(clocks) - 1)]
        day = days[min(place, len(days) - 1)] if days else None
        moments = [
            moment
            for written_day in ((day.value, *day.alternatives) if day else (None,))
            for written_clock in (clock.value, *clock.alternatives)
            if (moment := _moment(written_day, written_clock, said_at)) is not None
        ]
        if moments:
            start = min(clock.start, day.start) if day else clock.start
            end = max(clock.end, day.end) if day else clock.end
            yield Candidate(start, end, moments[0], alternatives=tuple(moments[1:]))


def _moment(day: str | None, clock: str, said_at: datetime | None) -> str | None:
    try:
        if "T" in clock:
            return datetime.fromisoformat(clock).isoformat(timespec="minutes")  # `in two hours`
        if day is not None:
            return datetime.fromisoformat(f"{date.fromisoformat(day)}T{clock}").isoformat(timespec="minutes")
        if said_at is None:
            return None
        moment = datetime.fromisoformat(f"{said_at.date()}T{clock}")
        now = said_at.replace(tzinfo=None)
        return (moment if moment >= now else moment + timedelta(days=1)).isoformat(timespec="minutes")
    except (ValueError, OverflowError):
        return None  # without a clock the model leaves `tomorrow` as it is


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

"""Parameter values: found in a message, read from an answer, checked against the author's constraints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from pydantic import JsonValue

from pipelines.nlu.entities.forms import composed
from pipelines.nlu.entities.roles import assign_roles, cues_follow
from pipelines.nlu.entities.synonyms import KnownValues
from pipelines.nlu.system.boundaries import UNSPACED_RUN
from pipelines.nlu.system.entities import SYSTEM_PREFIX, SYSTEM_TYPES, SYSTEM_TYPES_BY_ALIAS, SystemEntities
from pipelines.nlu.system.locale import system_locale
from pipelines.nlu.text import tokenize
from pipelines.schemas.bot import Entity, EntityValue
from pipelines.schemas.parameter import BOOLEAN, TEXT_TYPES, Parameter
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.understanding import EntitySpan, NluResult
from serving.dialogue.answers.glue import GLUE
from serving.dialogue.answers.reader import AnswerReader, answer_reader
from serving.dialogue.slots.constraints import Problem, is_cut_from_number

MAX_NUMBER = 10**15
"""A double tells whole numbers below this apart; more digits are an id, not a number."""

_LONGEST_TIME = 60
_AROUND_A_CODE = " \t\r\n.,;:!?"


@dataclass(frozen=True)
class Candidate:
    """A value and its place: characters `[start, end)` of the text; `alternatives` are as in `EntitySpan`.

    `is_named`: the name of the parameter `role` stands beside it.
    """

    start: int
    end: int
    value: JsonValue
    role: str | None = None
    alternatives: tuple[JsonValue, ...] = ()
    is_named: bool = False


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

    def overlooked(self, group: Sequence[Parameter], nlu: NluResult, *, said_at: datetime | None) -> list[Candidate]:
        """Return the system values that a learnt entity hides: `Wednesday`, taken for a city, in the answer to `when?`.

        They have roles like those that the model found. A value that an author listed is not learnt.
        """
        system = self._system_types(group[0])
        learnt = [span for span in nlu.entities if span.source == "tagger" and span.type not in system]
        if not system or not learnt or any(span.type == group[0].type for span in learnt):
            return []
        kept = [span for span in nlu.entities if span not in learnt]
        found = _system_entities(system, self._language).find(nlu.text, now=said_at)
        hidden = [
            span for span in found if not any(span.start < other.end and other.start < span.end for other in kept)
        ]
        if not hidden:
            return []
        spans = sorted([*kept, *hidden], key=lambda span: span.start)
        cues = {span.type: {one.name: one.cues for one in group} for span in hidden} if len(group) > 1 else {}
        roles = assign_roles(nlu.text, spans, cues, follow=cues_follow(self._language))
        with_roles = [span for span in roles if span.type in system]
        return _typed(with_roles, group[0], said_at=said_at)

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
        """Read the answer to a parameter's question; asked for a time, one needs no `at`: `8`, `ocho menos cuarto`."""
        candidates = self.read(parameter, text, said_at=said_at)
        is_time = self._system_types(parameter) == ("sys.time",) and len(text) <= _LONGEST_TIME
        if candidates or not is_time:
            return candidates
        prefix = next((f"{word} " for word in system_locale(self._language, None).clock.cues), "")
        found = self.read(parameter, prefix + text, said_at=said_at)
        moved = [replace(one, start=max(0, one.start - len(prefix)), end=one.end - len(prefix)) for one in found]
        return moved if _is_nothing_but(moved, text) else []

    def _known(self, parameter: Parameter, text: str) -> Iterator[Candidate]:
        entity = self._entity_by_name.get(parameter.type)
        if not parameter.choices and (entity is None or not entity.entity_values):
            # a type without listed values is an order number or the like, and the model has not seen them all
            code = _code(text)
            if code and not self.is_text(parameter) and not (entity and entity.pattern):
                yield Candidate(text.index(code), text.index(code) + len(code), composed(code))
            return
        tokens = tokenize(text)
        for phrase in _known_values(_Same(parameter), _Same(entity)).find(tokens):
            start, end = tokens[phrase.first].start, tokens[phrase.last - 1].end
            yield Candidate(start, end, phrase.value, alternatives=phrase.alternatives)

    def is_piece(self, parameter: Parameter, candidate: Candidate, text: str) -> bool:
        """Whether a candidate is only part of a number: the 5 of `1.5`, the `two` of `two hundred`."""
        start, end = candidate.start, candidate.end
        if is_cut_from_number(text, start, end):
            return True
        if not self.is_listed(parameter) or not _has_number(text[start:end], self._language):
            return False
        numbers = _system_entities(("sys.number",), self._language).find(text)
        return any(one.start <= start and end <= one.end and end - start < one.end - one.start for one in numbers)

    def is_reply_word(self, parameter: Parameter, candidate: Candidate, text: str) -> bool:
        """Whether a candidate is a `no` or `sorry` that the model took for a value; listed values are never."""
        if self.is_listed(parameter) and candidate.value in self._listed_values(parameter):
            return False
        written = text[candidate.start : candidate.end]
        return isinstance(candidate.value, str) and self.answers.is_reply_word(written)

    def _listed_values(self, parameter: Parameter) -> set[str]:
        entity = self._entity_by_name.get(parameter.type)
        return {one.value for one in entity.entity_values} if entity is not None else set()

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


def _code(text: str) -> str:
    """Return the only word of a text if it has a digit, without what a script without blanks puts around it."""
    code = text.strip(_AROUND_A_CODE)
    if len(code.split()) != 1:
        return ""
    parts = [part.strip(_AROUND_A_CODE) for part in UNSPACED_RUN.split(code)]
    coded = [part for part in parts if any(sign.isdigit() for sign in part)]
    return coded[0] if len(coded) == 1 else ""


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


def _has_number(listed: str, language: str) -> bool:
    """Whether a listed value, as written, contains a number that may be a piece of another one."""
    return bool(_system_entities(("sys.number",), language).find(listed))


@lru_cache(maxsize=64)
def _system_entities(types: tuple[str, ...], language: str) -> SystemEntities:
    return SystemEntities(types, language=language)


def _is_nothing_but(candidates: Sequence[Candidate], text: str) -> bool:
    """Whether all words of a text belong to values or say nothing: `about 8 please`, and not `5 instead of 4`."""
    others = [
        token.text.lower()
        for token in tokenize(text)
        if token.text[0].isalnum() and not any(one.start <= token.start < one.end for one in candidates)
    ]
    return all(word in GLUE for word in others)


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

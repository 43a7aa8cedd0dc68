"""Replacing personal data by placeholders, such as `[phone]`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from pydantic import JsonValue

from pipelines.nlu.entities.patterns import PatternEntities
from pipelines.privacy.checks import digits_of
from pipelines.privacy.finder import Found, find_personal
from pipelines.schemas.bot import Entity
from pipelines.schemas.policy import PERSONAL_KINDS, PersonalKind

PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(PERSONAL_KINDS)})\]")
_OF_A_PERSON = re.compile(
    r"phone|mobile|tel|card|iban|account|payment|contact|mail|ssn|passport|national|social|tax", re.IGNORECASE
)
_SHORTEST = 6
"""A shorter value could stand anywhere by chance."""


def placeholder(kind: PersonalKind) -> str:
    """Return what stands where personal data was."""
    return f"[{kind}]"


def kind_of_name(name: str) -> PersonalKind | None:
    """Return the kind of personal data that a parameter or its type asks for, by its name; None for any other."""
    if not _OF_A_PERSON.search(name):
        return None
    hints: tuple[tuple[str, PersonalKind], ...] = (
        ("mail", "email"),
        ("card|payment", "card"),
        ("iban|account", "iban"),
        ("ssn|passport|national|social|tax", "national_id"),
    )
    return next((kind for hint, kind in hints if re.search(hint, name, re.IGNORECASE)), "phone")


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text with placeholders, and where they stand: pairs of a place in the original and one in `text`."""

    original: str
    text: str
    found: tuple[Found, ...]

    def moved(self, start: int, end: int) -> tuple[int, int]:
        """Return where a piece of the original stands in `text`; what touches personal data takes all of it."""
        return self._move(start, is_end=False), self._move(end, is_end=True)

    def _move(self, place: int, *, is_end: bool) -> int:
        shift = 0
        for found in self.found:
            if place <= found.start:
                break
            width = len(placeholder(found.kind))
            if place < found.end:
                return found.start + shift + (width if is_end else 0)
            shift += width - (found.end - found.start)
        return place + shift

    def restored(self, start: int, end: int) -> tuple[int, int]:
        """Return where a piece of `text` stands in the original; a piece of a placeholder is all that it replaces."""
        return self._restore(start, is_end=False), self._restore(end, is_end=True)

    def _restore(self, place: int, *, is_end: bool) -> int:
        shift = 0
        for found in self.found:
            begin = found.start + shift
            width = len(placeholder(found.kind))
            if place <= begin:
                break
            if place < begin + width:
                return found.end if is_end else found.start
            shift += width - (found.end - found.start)
        return place - shift


class Redactor:
    """Finds and replaces the kinds of personal data that a bot does not want to keep.

    A number that one of the bot's `entities` describes by a pattern, such as an order number, is no personal data,
    unless the entity's name says that it is.
    """

    def __init__(self, kinds: Iterable[PersonalKind], *, language: str, entities: Iterable[Entity] = ()) -> None:
        self._kinds = frozenset(kinds)
        self._language = language
        own = [entity for entity in entities if entity.pattern and not _OF_A_PERSON.search(entity.name)]
        self._patterns = PatternEntities(own) if own else None

    def redact(self, text: str, *, before: str = "", expected: PersonalKind | None = None) -> Redacted:
        """Replace the personal data of a text.

        `before` is the end of the customer's message before this one, which may hold the beginning of a number;
        `expected` is the kind they were asked for.
        """
        found = list(self._find(text, expected=expected))
        for joint in (" ", "") if before else ():
            for each in self._find(f"{before}{joint}{text}", expected=None):
                start, end = each.start - len(before) - len(joint), each.end - len(before) - len(joint)
                if start < 0 < end:  # what begins before the message says more than its rest alone
                    found = [Found(each.kind, 0, end), *(other for other in found if other.start >= end)]
        found.sort(key=lambda each: each.start)
        parts, at = [], 0
        for each in found:
            parts += [text[at : each.start], placeholder(each.kind)]
            at = each.end
        return Redacted(text, "".join([*parts, text[at:]]), tuple(found))

    def text(self, text: str) -> str:
        """Return a text with placeholders."""
        return self.redact(text).text

    def _find(self, text: str, *, expected: PersonalKind | None) -> list[Found]:
        found = find_personal(text, language=self._language, kinds=self._kinds, expected=expected)
        if not found or self._patterns is None:
            return found
        own = [(span.start, span.end) for span in self._patterns.find(text)]
        return [
            each
            for each in found
            if each.kind == "email" or not any(start <= each.start and each.end <= end for start, end in own)
        ]


class TurnRedactor:
    """Redacts whatever belongs to one turn: its own values are known, and found in every form.

    `values` are texts of this turn in which personal data may stand, such as the values of the form; `said` is the
    customer's message.
    """

    def __init__(self, redactor: Redactor, values: Iterable[str], *, said: Redacted) -> None:
        self._redactor = redactor
        self._said = said
        known: dict[str, str] = {}
        for text in (said, *map(redactor.redact, values)):
            for found in text.found:
                known |= _forms(text.original[found.start : found.end], placeholder(found.kind))
        self._values = known
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def redact(self, text: str) -> Redacted:
        """Replace the personal data of a text, by its form alone; return also where it stood."""
        return self._said if text == self._said.original else self._redactor.redact(text)

    def text(self, text: str) -> str:
        """Return a text with placeholders."""
        if self._known is not None:
            text = self._known.sub(lambda match: self._values[match[0]], text)
        return self._redactor.text(text)

    def json(self, value: JsonValue) -> JsonValue:
        """Return a JSON value whose texts have placeholders, and its numbers that are known to be personal data."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(name): self.json(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.json(inner) for inner in value]
        if isinstance(value, int) and not isinstance(value, bool):
            return self._values.get(str(value), value)
        return value


def _forms(written: str, stands_for: str) -> dict[str, str]:
    """Return the forms in which a value may go out: as written, quoted in an address, or its digits alone."""
    digits = digits_of(written)
    forms = {written, quote(written, safe=""), quote_plus(written), quote(written)}
    if len(digits) >= len(written) / 2:
        forms |= {digits, f"+{digits}", f"%2B{digits}"}
    return dict.fromkeys((form for form in forms if len(form) >= _SHORTEST), stands_for)

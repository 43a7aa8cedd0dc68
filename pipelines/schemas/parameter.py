"""A value that an intent needs, as authors declare it."""

from datetime import date
from typing import Any, Self

import re2
from pydantic import Field, JsonValue, field_validator, model_validator

from pipelines.schemas.wire import WireModel

FREE_TEXT = "free_text"
TEXT_TYPES = (FREE_TEXT, "text")
"""Types whose value is the whole message."""
BOOLEAN = "boolean"
TODAY = "today"
"""May stand for a date in a date parameter's `minimum` or `maximum`."""
Bound = int | float | str | None


def why_unreadable(pattern: str, error: Exception) -> str:
    """Return why RE2 cannot read a pattern, and at which of its characters."""
    if isinstance(error, UnicodeEncodeError):
        return "it contains half an emoji or another broken character; type it again"
    raw = error.args[0] if error.args else error
    reason, _, piece = (raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)).partition(": ")
    at = pattern.find(piece) if piece else -1
    place = f" at character {at + 1}, {piece[:40]!r}" if at >= 0 else ""
    return f"{reason}{place}; repair it (look-around and back-references are not available, see the RE2 syntax)"


class Parameter(WireModel):
    """A value that an intent needs.

    `type` is an entity's name, `free_text`, or one of the types that need no entity: `text`, `number`, `integer`,
    `date`, `time`, `datetime`, `email`, `phone`, `url`, `money`, `boolean`. If the bot has an entity of that name, the
    entity takes precedence. `cues` are the words that announce this value if several parameters share a type: `from`
    and `to` before a city.

    A value must match `pattern` as a whole (an RE2 regular expression), be one of `choices` and lie between `minimum`
    and `maximum` (for numbers, amounts and dates; a date may say `today`), as far as these are set. `invalid_prompt`
    replaces the standard reply to an invalid value. `many` makes the value a list of all values that the customer
    names. With `free_text`, the whole answer to the parameter's question is the value, without the words that lead to
    it, unless a listed value of its entity is found in it.
    """

    id: JsonValue = None
    name: str = Field(min_length=1)
    required: bool = False
    many: bool = False
    type: str = FREE_TEXT
    prompt: str = ""
    cues: tuple[str, ...] = ()
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    minimum: Bound = None
    maximum: Bound = None
    invalid_prompt: str = ""
    free_text: bool = False

    @field_validator("type", "prompt", "invalid_prompt", mode="before")
    @classmethod
    def _none_is_default(cls, value: object, info: Any) -> object:
        return (FREE_TEXT if info.field_name == "type" else "") if value is None else value

    @field_validator("free_text", mode="before")
    @classmethod
    def _no_free_text(cls, value: object) -> object:
        return False if value is None else value

    @field_validator("cues", "choices", mode="before")
    @classmethod
    def _no_texts(cls, value: object) -> object:
        return () if value is None else value

    @field_validator("pattern")
    @classmethod
    def _pattern_can_be_used(cls, value: str | None) -> str | None:
        options = re2.Options()
        options.log_errors = False
        try:
            if value is not None:
                re2.compile(value, options)
        except (re2.error, UnicodeEncodeError) as error:
            raise ValueError(
                f"the pattern {value!r} is not a valid RE2 regular expression: {why_unreadable(value or '', error)}"
            ) from error
        return value

    @field_validator("minimum", "maximum")
    @classmethod
    def _bound_can_be_compared(cls, value: Bound) -> Bound:
        if isinstance(value, str) and value != TODAY:
            try:
                date.fromisoformat(value)
            except ValueError as error:
                raise ValueError(
                    f"{value!r} is not a valid bound; write a number, a date like 2026-12-31 or {TODAY!r}"
                ) from error
        return value

    @model_validator(mode="after")
    def _list_has_values(self) -> Self:
        if self.many and (self.type == BOOLEAN or (self.type in TEXT_TYPES and not self.choices)):
            raise ValueError(
                f"the parameter {self.name!r} of the type {self.type!r} takes a whole answer and cannot be a list; "
                f'remove "many", or give it an entity or choices'
            )
        return self

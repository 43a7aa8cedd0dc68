"""What a thread remembers from one turn to the next. Pure values; `serving.store` keeps them as JSON text."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from pipelines.errors import UserInputError
from pipelines.schemas.understanding import EntitySpan
from serving.dialogue.sealed import are_same

MAX_CONTEXT_CHARS = 32_768
MAX_FORMS = 5
"""Height of the form stack; beyond it, the form that has waited longest is dropped."""
MAX_UNCERTAIN = 5
UNCERTAIN_FOR = timedelta(hours=24)
"""How long the same wish is taken for a second attempt rather than a new wish; many tools keep keys as long."""


class Slot(BaseModel):
    """The value a parameter has in this thread; `text` is the customer's own wording."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: str
    value: JsonValue
    text: str | None = None
    role: str | None = None


class Doubt(BaseModel):
    """A "which one do you mean?" that was asked: the parameter, the words in doubt, and the values they may mean."""

    model_config = ConfigDict(frozen=True)

    parameter: str
    text: str
    options: tuple[JsonValue, ...]


def _without_zone(moment: datetime) -> datetime:
    """Take a moment as the clock that it names shows it: one with a zone cannot be compared with the others."""
    return moment.replace(tzinfo=None)


LocalMoment = Annotated[datetime, AfterValidator(_without_zone)]


class UncertainCall(BaseModel):
    """A tool call that may or may not have done what was asked: the intent, its values, and the call's key.

    `message_id` is the message whose turn has the call, and `said_at` its time on the clock of the bot's time zone.
    """

    model_config = ConfigDict(frozen=True)

    intent_id: str
    values: dict[str, JsonValue]
    key: str
    message_id: str
    said_at: LocalMoment | None = None

    def is_of(self, intent_id: str, values: Mapping[str, JsonValue]) -> bool:
        """Whether it is the call of this wish: the same intent with the same values."""
        return self.intent_id == intent_id and are_same(self.values, values, key=self.key)


class Form(BaseModel):
    """An intent under way: its values, the open question, and how often that was asked without success.

    `is_confirming`: every value is known and the customer was asked whether to go ahead. `recent` names the slots of
    the last message that brought any: a correction most likely refers to these. `doubt` belongs to the open question.
    `is_repeating`: the customer was asked whether to do again what may have been done already.
    """

    model_config = ConfigDict(frozen=True)

    intent_id: str
    slots: tuple[Slot, ...] = ()
    asking: str | None = None
    reprompts: int = 0
    is_confirming: bool = False
    is_repeating: bool = False
    recent: tuple[str, ...] = ()
    doubt: Doubt | None = None

    def value_by_name(self) -> dict[str, JsonValue]:
        """Map each filled parameter to its value."""
        return {slot.name: slot.value for slot in self.slots}


class Question(BaseModel):
    """A "did you mean A or B?" that was asked: the message in doubt, the entities found in it, and the options."""

    model_config = ConfigDict(frozen=True)

    message_id: str
    text: str
    entities: tuple[EntitySpan, ...] = ()
    options: tuple[str, ...]


class DialogueState(BaseModel):
    """The stack of forms (the last one is active) and the context set by callers and tools.

    `question` is open until the next message. `offers` are the intents that the last reply has buttons for: any
    customer may call them in the next message. `uncertain` are the last calls that nobody knows the outcome of.
    `visitor` stands for the signed-in visitor whose thread it is; empty for anybody's. `tail` is the end of the last
    message, where the bot keeps no personal data and a number may go on in the next one.
    """

    model_config = ConfigDict(frozen=True)

    forms: tuple[Form, ...] = ()
    context: dict[str, JsonValue] = {}
    question: Question | None = None
    offers: tuple[str, ...] = ()
    uncertain: tuple[UncertainCall, ...] = ()
    visitor: str = Field(default="", exclude_if=lambda visitor: not visitor)
    tail: str = Field(default="", exclude_if=lambda tail: not tail)

    @property
    def active_form(self) -> Form | None:
        """The form being filled."""
        return self.forms[-1] if self.forms else None

    @property
    def offered_intents(self) -> frozenset[str]:
        """The intents that the last reply had buttons for."""
        return frozenset((*self.offers, *(self.question.options if self.question else ())))

    def with_context(self, context: dict[str, JsonValue]) -> Self:
        """Merge a message's context into the thread's; new values win.

        Raise `UserInputError` if the context of the thread would exceed `MAX_CONTEXT_CHARS`.
        """
        if not context:
            return self
        merged = {**self.context, **context}
        if len(json.dumps(merged)) > MAX_CONTEXT_CHARS:
            raise UserInputError(
                f"the context of a thread may hold {MAX_CONTEXT_CHARS} characters of JSON; send fewer or shorter values"
            )
        return self.model_copy(update={"context": merged})

    def with_uncertain(self, call: UncertainCall) -> Self:
        """Remember a call without a known outcome, in place of an earlier one of the same wish."""
        others = self.without_uncertain(call.intent_id, call.values).uncertain
        return self.model_copy(update={"uncertain": (*others, call)[-MAX_UNCERTAIN:]})

    def without_uncertain(self, intent_id: str, values: Mapping[str, JsonValue]) -> Self:
        """Forget the call of a wish: its outcome is known, or the customer has decided."""
        left = tuple(call for call in self.uncertain if not call.is_of(intent_id, values))
        return self if len(left) == len(self.uncertain) else self.model_copy(update={"uncertain": left})

    def recent_uncertain(self, now: datetime | None) -> Self:
        """Forget the calls that are too old for a new message to be the same wish; `now` is the bot's local time."""
        if not self.uncertain or now is None:
            return self
        since = now - UNCERTAIN_FOR
        left = tuple(call for call in self.uncertain if call.said_at is None or call.said_at >= since)
        return self.model_copy(update={"uncertain": left})

    def with_form(self, form: Form) -> Self:
        """Push a form onto the stack."""
        return self.model_copy(update={"forms": (*self.forms, form)[-MAX_FORMS:]})

    def without_form(self, intent_id: str) -> Self:
        """Remove the form of an intent, wherever it is in the stack."""
        return self.model_copy(update={"forms": tuple(form for form in self.forms if form.intent_id != intent_id)})

    def without_forms(self) -> Self:
        """Remove every form; the context stays."""
        return self.model_copy(update={"forms": ()})

    def only_known_intents(self, intent_ids: frozenset[str]) -> Self:
        """Drop the forms whose intent the release no longer has."""
        if all(form.intent_id in intent_ids for form in self.forms):
            return self
        return self.model_copy(update={"forms": tuple(form for form in self.forms if form.intent_id in intent_ids)})

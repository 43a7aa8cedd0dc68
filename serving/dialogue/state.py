"""What a thread remembers from one turn to the next. Pure values; `serving.store` keeps them as JSON text."""

import json
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.errors import UserInputError
from pipelines.schemas.understanding import EntitySpan

MAX_CONTEXT_CHARS = 32_768
MAX_FORMS = 5
"""Forms that wait for the one above them to end; of more, the one that waits longest is forgotten."""


class Slot(BaseModel):
    """The value a parameter has in this thread; `text` is how the customer wrote it."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: str
    value: JsonValue
    text: str | None = None
    role: str | None = None


class Form(BaseModel):
    """An intent under way: what is known, what was asked last, how often it was asked in vain.

    `is_confirming` says that everything is known and the customer was asked whether to go ahead. `recent` names the
    slots of the last message that brought any: what a correction is most likely about.
    """

    model_config = ConfigDict(frozen=True)

    intent_id: str
    slots: tuple[Slot, ...] = ()
    asking: str | None = None
    reprompts: int = 0
    is_confirming: bool = False
    recent: tuple[str, ...] = ()

    def value_by_name(self) -> dict[str, JsonValue]:
        """Map each filled parameter to its value."""
        return {slot.name: slot.value for slot in self.slots}


class Question(BaseModel):
    """A "did you mean A or B?" that was asked: about which message, what was found in it, and the options."""

    model_config = ConfigDict(frozen=True)

    message_id: str
    text: str
    entities: tuple[EntitySpan, ...] = ()
    options: tuple[str, ...]


class DialogueState(BaseModel):
    """The stack of forms (the last one is active) and the context that callers and tools have set.

    `question` is open until the next message. `offers` are the intents that the last reply has buttons for: its
    receiver may call them, whoever that is.
    """

    model_config = ConfigDict(frozen=True)

    forms: tuple[Form, ...] = ()
    context: dict[str, JsonValue] = {}
    question: Question | None = None
    offers: tuple[str, ...] = ()

    @property
    def active_form(self) -> Form | None:
        """The form whose answers are being collected."""
        return self.forms[-1] if self.forms else None

    @property
    def offered_intents(self) -> frozenset[str]:
        """What the last reply had buttons for."""
        return frozenset((*self.offers, *(self.question.options if self.question else ())))

    def with_context(self, context: dict[str, JsonValue]) -> Self:
        """Merge what a message brings along into the context; new values win.

        Parameters
        ----------
        context
            Values by name.

        Returns
        -------
        DialogueState
            The state with both.

        Raises
        ------
        UserInputError
            The context of this thread would grow beyond `MAX_CONTEXT_CHARS`.
        """
        if not context:
            return self
        merged = {**self.context, **context}
        if len(json.dumps(merged)) > MAX_CONTEXT_CHARS:
            raise UserInputError(
                f"the context of a thread may hold {MAX_CONTEXT_CHARS} characters of JSON; send fewer or shorter values"
            )
        return self.model_copy(update={"context": merged})

    def with_form(self, form: Form) -> Self:
        """Put a form on top of the others."""
        return self.model_copy(update={"forms": (*self.forms, form)[-MAX_FORMS:]})

    def without_form(self, intent_id: str) -> Self:
        """Take the form of an intent away, wherever in the stack it is."""
        return self.model_copy(update={"forms": tuple(form for form in self.forms if form.intent_id != intent_id)})

    def without_forms(self) -> Self:
        """Forget every form; the context stays."""
        return self.model_copy(update={"forms": ()})

    def only_known_intents(self, intent_ids: frozenset[str]) -> Self:
        """Drop the forms whose intent the release no longer has."""
        if all(form.intent_id in intent_ids for form in self.forms):
            return self
        return self.model_copy(update={"forms": tuple(form for form in self.forms if form.intent_id in intent_ids)})

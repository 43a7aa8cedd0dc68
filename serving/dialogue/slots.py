"""Filling an intent's parameters from what was understood, and deciding what to ask for next."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from pipelines.schemas.bot import FREE_TEXT, Intent, Parameter
from pipelines.schemas.understanding import EntitySpan
from serving.dialogue.interpret import Interpretation
from serving.dialogue.messages import FormStatus
from serving.dialogue.state import Form, Slot

MAX_REPROMPTS = 3


class Filling(BaseModel):
    """A form after a message. It is complete, or asks for a parameter, or was asked in vain too often."""

    model_config = ConfigDict(frozen=True)

    form: Form
    missing: tuple[str, ...]
    has_given_up: bool = False

    @property
    def is_complete(self) -> bool:
        """Every required parameter has a value."""
        return not self.missing

    @property
    def is_open(self) -> bool:
        """The form waits for another message."""
        return not (self.is_complete or self.has_given_up)

    def status(self) -> FormStatus:
        """Give what callers are told about it."""
        return FormStatus(
            intent_id=self.form.intent_id,
            slots=self.form.value_by_name(),
            missing=self.missing,
            asking=self.form.asking if self.is_open else None,
            is_complete=self.is_complete,
        )


def _entity_slot(parameter: Parameter, span: EntitySpan, text: str) -> Slot:
    return Slot(
        name=parameter.name,
        type=parameter.type,
        value=span.value,
        text=text[span.start : span.end],
        role=span.role,
    )


def _slots_of_type(
    parameters: list[Parameter], spans: list[EntitySpan], *, known: set[str], asking: str | None, text: str
) -> Iterable[Slot]:
    """Share out the values of one type among the parameters of that type.

    A span whose role is a parameter's name goes there. The others go, in the order of the text, to the parameter that
    was asked for, then to those without a value; what is left corrects the value of an only parameter of its type.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    for span in [span for span in spans if span.role in by_name]:
        parameter = by_name.pop(span.role or "")
        spans.remove(span)
        yield _entity_slot(parameter, span, text)
    waiting = [name for name in by_name if name == asking]
    waiting += [name for name in by_name if name != asking and name not in known]
    if not waiting and len(parameters) == 1:
        waiting = list(by_name)
    for name, span in zip(waiting, spans, strict=False):
        yield _entity_slot(by_name[name], span, text)


def _new_slots(intent: Intent, form: Form, interpretation: Interpretation) -> dict[str, Slot]:
    """Find the values that this message brings."""
    if interpretation.nlu is None:
        return {}
    nlu, found = interpretation.nlu, {}
    known = {slot.name for slot in form.slots}
    for kind in dict.fromkeys(parameter.type for parameter in intent.parameters):
        parameters = [parameter for parameter in intent.parameters if parameter.type == kind]
        if kind == FREE_TEXT:
            answer = nlu.text.strip()
            if answer and any(parameter.name == form.asking for parameter in parameters):
                found[form.asking or ""] = Slot(name=form.asking or "", type=FREE_TEXT, value=answer, text=nlu.text)
            continue
        spans = sorted((span for span in nlu.entities if span.type == kind), key=lambda span: span.start)
        for slot in _slots_of_type(parameters, spans, known=known, asking=form.asking, text=nlu.text):
            found[slot.name] = slot
    return found


def fill_slots(intent: Intent, form: Form | None, interpretation: Interpretation) -> Filling:
    """Take up what a message says for an intent.

    Parameters
    ----------
    intent
        The intent, as this release declares it: slots of parameters it no longer has are dropped.
    form
        The form under way; None when the intent begins with this message.
    interpretation
        The message, read. A shortcut is a button, not an answer: it fills nothing and is not counted as asked in vain.

    Returns
    -------
    Filling
        The form with the new values. When a required value is missing, `form.asking` names the first one; an answer
        that brought none of the missing values counts as a re-prompt, and after `MAX_REPROMPTS` of them it gives up.
    """
    is_begun = form is not None and form.asking is not None
    before = form or Form(intent_id=intent.intent_id)
    declared = {parameter.name: parameter.type for parameter in intent.parameters}
    kept = {slot.name: slot for slot in before.slots if declared.get(slot.name) == slot.type}
    before = before.model_copy(update={"slots": tuple(kept.values())})
    slots = kept | _new_slots(intent, before, interpretation)
    required = [parameter.name for parameter in intent.parameters if parameter.required]
    missing = tuple(name for name in required if name not in slots)
    reprompts = 0
    has_progressed = any(name in slots and name not in kept for name in required)
    if is_begun and not has_progressed:
        reprompts = before.reprompts + (interpretation.shortcut is None)
    after = Form(
        intent_id=intent.intent_id,
        slots=tuple(slots[name] for name in declared if name in slots),
        asking=missing[0] if missing else None,
        reprompts=reprompts,
    )
    return Filling(form=after, missing=missing, has_given_up=bool(missing) and reprompts > MAX_REPROMPTS)

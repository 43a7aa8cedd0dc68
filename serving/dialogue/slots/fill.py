"""Filling an intent's parameters from a message, and choosing what to ask for next."""

from pydantic import BaseModel, ConfigDict

from pipelines.schemas.bot import CANCEL_INTENT, Intent
from pipelines.schemas.understanding import NluResult
from serving.dialogue.interpret import Interpretation
from serving.dialogue.messages import FormStatus
from serving.dialogue.slots.constraints import Problem
from serving.dialogue.slots.extraction import Extraction, extract_slots
from serving.dialogue.slots.values import ValueReader
from serving.dialogue.state import Form, Slot
from serving.telemetry.spans import traced

MAX_REPROMPTS = 3
MAX_WORDS_AFTER_YES = 3
"""A `yes` followed by more words than this, none of them a value, may mean something else: ask again."""


class Filling(BaseModel):
    """A form after a message: complete, waiting for a value or a confirmation, or given up.

    `is_answer`: the message answers the open question or corrects a value (`is_whole_text`: only because any text
    would). `share`: how much of it is values of this form, in [0, 1]. `is_refused`: the customer does not want to go
    ahead; `begins_with_yes`: they seem to; `turns_down`: they refuse a value of the type that was asked for;
    `is_unsure`: they do not know yet. `problem`: why a value was rejected.
    """

    model_config = ConfigDict(frozen=True)

    form: Form
    missing: tuple[str, ...]
    has_given_up: bool = False
    problem: Problem | None = None
    is_answer: bool = False
    is_whole_text: bool = False
    is_refused: bool = False
    turns_down: bool = False
    is_unsure: bool = False
    begins_with_yes: bool = False
    share: float = 0.0

    @property
    def is_complete(self) -> bool:
        """Whether every required parameter has a value and the customer has confirmed, if they had to."""
        return not self.missing and not self.form.is_confirming

    @property
    def is_open(self) -> bool:
        """Whether the form waits for another message."""
        return not (self.is_complete or self.has_given_up)

    def status(self) -> FormStatus:
        """Return what callers are told about the form."""
        return FormStatus(
            intent_id=self.form.intent_id,
            slots=self.form.value_by_name(),
            missing=self.missing,
            asking=self.form.asking if self.is_open else None,
            is_complete=self.is_complete,
        )


@traced("slots")
def fill_slots(intent: Intent, form: Form | None, interpretation: Interpretation, *, reader: ValueReader) -> Filling:
    """Apply a message to an intent's form.

    Parameters
    ----------
    intent
        As this release declares it: slots of parameters it no longer has are dropped.
    form
        The form under way; None if the intent begins with this message.
    interpretation
        A shortcut is a button, not an answer: it fills nothing and is not a failed attempt.

    Returns
    -------
    Filling
        If a value is missing, `form.asking` names the first one. A message that brings nothing new counts as a
        re-prompt; after `MAX_REPROMPTS` of them for one question the form gives up.
    """
    before = _still_declared(form or Form(intent_id=intent.intent_id), intent)
    extraction = extract_slots(intent, before, interpretation, reader)
    nlu = interpretation.nlu
    kept = {slot.name: slot for slot in before.slots if slot.name not in extraction.emptied}
    slots = kept | extraction.slots
    changed = [name for name in slots if name not in kept or slots[name].value != kept[name].value]
    is_changed = bool(changed or extraction.emptied)
    yes = _yes(nlu, reader) if before.is_confirming and not is_changed and not extraction.problem else None
    missing = _missing(intent, before, slots, extraction, interpretation, reader)
    waits_for_yes = not missing and (intent.confirm or before.is_confirming) and yes is None
    asking = _next(missing, extraction)
    is_same_question = form is not None and (asking, waits_for_yes) == (before.asking, before.is_confirming)
    counts = interpretation.shortcut is None and not is_changed
    reprompts = before.reprompts + counts if is_same_question and (asking or waits_for_yes) else 0
    after = Form(
        intent_id=intent.intent_id,
        slots=tuple(slots[parameter.name] for parameter in intent.parameters if parameter.name in slots),
        asking=asking,
        reprompts=reprompts,
        is_confirming=waits_for_yes,
        recent=tuple(changed) or before.recent,
        doubt=extraction.doubt if extraction.doubt is not None and extraction.doubt.parameter == asking else None,
    )
    return Filling(
        form=after,
        missing=missing,
        has_given_up=reprompts > MAX_REPROMPTS,
        problem=extraction.problem,
        is_answer=_is_answer(before, extraction, is_changed=is_changed) or yes is not None,
        is_refused=yes is False,
        turns_down=extraction.turns_down,
        is_unsure=nlu is not None and reader.answers.is_unsure(nlu.text),
        begins_with_yes=before.is_confirming and nlu is not None and reader.answers.yes_no(nlu.text).begins_with_yes,
        is_whole_text=extraction.is_whole_text,
        share=extraction.share,
    )


def _is_answer(before: Form, extraction: Extraction, *, is_changed: bool) -> bool:
    """Whether a message answers the open question, even if it leaves a choice of values, or changes a known value."""
    is_in_doubt = extraction.doubt is not None and extraction.doubt.parameter == before.asking
    return is_in_doubt or before.asking in extraction.slots or (extraction.is_correction and is_changed)


def _still_declared(form: Form, intent: Intent) -> Form:
    declared = {parameter.name: parameter.type for parameter in intent.parameters}
    asking = form.asking if form.asking in declared else None
    slots = tuple(slot for slot in form.slots if declared.get(slot.name) == slot.type)
    return form.model_copy(update={"slots": slots, "asking": asking})


def _missing(
    intent: Intent,
    before: Form,
    slots: dict[str, Slot],
    extraction: Extraction,
    interpretation: Interpretation,
    reader: ValueReader,
) -> tuple[str, ...]:
    """Return the parameters to ask for: required ones without a value, and any whose value was rejected.

    A customer who is asked again for an optional value may decline.
    """
    nlu = interpretation.nlu
    does_without = nlu is not None and reader.answers.is_none(nlu.text)
    names = []
    for parameter in intent.parameters:
        is_asked, is_filled = parameter.name == before.asking, parameter.name in slots
        if does_without and is_asked and not parameter.required:
            continue
        is_unusable = extraction.problem is not None and extraction.problem.parameter == parameter.name
        if is_unusable or (not is_filled and (parameter.required or is_asked)):
            names.append(parameter.name)
    return tuple(names)


def _next(missing: tuple[str, ...], extraction: Extraction) -> str | None:
    if extraction.problem is not None and extraction.problem.parameter in missing:
        return extraction.problem.parameter
    return missing[0] if missing else None


def _yes(nlu: NluResult | None, reader: ValueReader) -> bool | None:
    """Read the answer to `shall I go ahead?`; None if it is neither yes nor no, or says more than that."""
    if nlu is None:
        return None
    if reader.answers.is_stop(nlu.text):
        return False
    answer = reader.answers.yes_no(nlu.text)
    is_plain = answer.n_more_words <= MAX_WORDS_AFTER_YES and not answer.is_qualified
    best = nlu.ranking[0].intent_id if nlu.ranking else None
    if answer.is_yes and answer.n_more_words and best == CANCEL_INTENT:
        return None  # `yes, cancel it`, said of cancelling an order: too much is at stake to guess
    return answer.is_yes if is_plain else None

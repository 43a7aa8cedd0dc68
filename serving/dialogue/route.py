"""Which intent a turn belongs to, and why."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipelines.nlu.intents.refusal import Outcome, outcome_of
from pipelines.schemas.bot import CANCEL_INTENT, FALLBACK_INTENT, Intent
from pipelines.schemas.thresholds import Thresholds
from serving.dialogue.interpret import Interpretation
from serving.dialogue.slots.candidates import MAJORITY
from serving.dialogue.slots.fill import Filling
from serving.telemetry.spans import traced

DIGRESSION_CONFIDENCE = 0.5
"""How likely another intent must be to interrupt a form: likelier than all others together."""


CANCEL_TEXT_CONFIDENCE = 0.8
"""How likely `cancel` must be to end a form that asks for any text, which `no` or `too slow` may answer."""


class Route(BaseModel):
    """The decision.

    `form`: the active form keeps the turn; `cancel`: it ends; `intent`: another intent takes the turn; `clarify`: the
    customer is asked which of `options` they mean; `fallback`: nothing was understood.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["intent", "form", "cancel", "clarify", "fallback"]
    intent_id: str
    confidence: float | None
    why: str
    options: tuple[str, ...] = ()


@traced("route")
def choose_route(
    interpretation: Interpretation,
    *,
    thresholds: Thresholds,
    intent_by_id: Mapping[str, Intent],
    filling: Filling | None,
    may_clarify: bool = True,
    is_bare_answer: bool = False,
) -> Route:
    """Decide which intent the turn belongs to.

    An active form keeps the turn if the message answers its question or consists mostly of its values: an answer is
    never taken for another request. Otherwise a sure intent (a button, or likelier than all others together) interrupts
    the form, and an unsure one does not. `cancel` is such an intent, and ends the form.

    Without a form, a message torn between two or three intents is clarified, and an intent that is too unsure, or
    missing from the release, gives way to the fallback; `pipelines.nlu.intents.refusal` decides. A `yes` that nobody
    asked for starts no intent that needs values or has an effect. The language model's reading, if it was asked and
    answered, replaces the trained model's.

    Parameters
    ----------
    filling
        The active form as this message would fill it, if there is one.
    is_bare_answer
        Whether the message is a mere yes or no.

    Returns
    -------
    Route
        Its confidence is the model's for the most likely intent, even an insufficient one; None for a shortcut, for a
        text that says nothing, and for a language model that gives none.
    """
    nlu, llm = interpretation.nlu, interpretation.llm
    if nlu is None:
        wanted, why, confidence = interpretation.shortcut, "shortcut", None
    elif llm is not None and llm.outcome in ("understood", "none"):
        wanted, why, confidence = llm.intent_id, f"language model: {llm.why}", llm.confidence
    else:
        may_ask = may_clarify and filling is None and not is_bare_answer
        outcome = outcome_of(nlu, thresholds, intent_by_id, may_ask=may_ask)
        wanted, why = outcome.intent_id, _why(outcome, thresholds)
        confidence = nlu.ranking[0].confidence if nlu.ranking else None
        if outcome.kind == "asked":
            return Route(
                kind="clarify", intent_id=FALLBACK_INTENT, confidence=confidence, why=why, options=outcome.options
            )
    if is_bare_answer and wanted is not None and wanted in intent_by_id and _does_something(intent_by_id[wanted]):
        wanted, why = None, "an answer to no question"
    if filling is not None:
        if is_bare_answer and (wanted != CANCEL_INTENT or filling.is_whole_text):
            wanted, why = None, "an answer"  # `yes, no` asks for nothing else; `no` may be the text that was asked for
        kind, intent_id, reason = _with_form(filling, wanted, why, confidence, intent_by_id)
        return Route(kind=kind, intent_id=intent_id, confidence=confidence, why=reason)
    if wanted is not None and wanted not in intent_by_id:
        wanted, why = None, f"the release has no intent {wanted!r}"
    if wanted is None:
        return Route(kind="fallback", intent_id=FALLBACK_INTENT, confidence=confidence, why=why)
    return Route(kind="intent", intent_id=wanted, confidence=confidence, why=why)


def _why(outcome: Outcome, thresholds: Thresholds) -> str:
    if outcome.kind == "asked":
        return f"torn between {', '.join(outcome.options)}"
    match outcome.reason:
        case "nothing-to-read":
            return "nothing to read"
        case "nothing-known":
            return "nothing in it is known"
        case "too-unsure":
            return f"confidence below {thresholds.confidence:g}"
        case "too-far-out":
            return f"out-of-scope score above {thresholds.out_of_scope:g}"
        case _:
            return "most likely"


def _does_something(intent: Intent) -> bool:
    return bool(intent.parameters or intent.tool or intent.confirm)


def is_for_form(filling: Filling) -> bool:
    """Whether a message belongs to the form: it answers its question, or consists mostly of its values."""
    return filling.is_answer or filling.share >= MAJORITY


def _with_form(
    filling: Filling, wanted: str | None, why: str, confidence: float | None, intent_by_id: Mapping[str, Intent]
) -> tuple[Literal["form", "cancel", "intent"], str, str]:
    """Decide between the active form and what else the message may request."""
    own = filling.form.intent_id
    if filling.is_refused:
        return "cancel", CANCEL_INTENT, "not confirmed"
    is_sure = confidence is None or confidence >= DIGRESSION_CONFIDENCE
    # A value of the type that was asked for never cancels: `leave it at 4`. Any text answers a question for text, where
    # `I changed my mind` may be the reason asked for; still it may cancel.
    is_about_form = filling.begins_with_yes or filling.turns_down or filling.is_unsure
    may_cancel = (filling.is_whole_text or not is_for_form(filling)) and not is_about_form
    if filling.is_whole_text:
        may_cancel = may_cancel and (confidence is None or confidence >= CANCEL_TEXT_CONFIDENCE)
    if wanted == CANCEL_INTENT and is_sure and may_cancel:
        return "cancel", CANCEL_INTENT, why
    if is_for_form(filling):
        return "form", own, f"answer to the form; {why}"
    if wanted not in (None, own, CANCEL_INTENT) and wanted in intent_by_id and is_sure:
        return "intent", wanted, f"digression from {own}; {why}"
    return "form", own, f"form is active; {why}"

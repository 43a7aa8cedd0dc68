"""What a message means for a thread: route and slots put together. Pure: no clock, no network, no store."""

from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.schemas.bot import FALLBACK_INTENT, Intent, Parameter
from pipelines.schemas.release import BotDefinition
from serving.dialogue.interpret import Interpretation
from serving.dialogue.messages import FormStatus
from serving.dialogue.reply import (
    NO_LONGER_OFFERED,
    NOT_UNDERSTOOD,
    SERVICE_UNAVAILABLE,
    Reply,
    ReplyValues,
    ask_for,
    default_text,
    respond,
)
from serving.dialogue.route import Route, choose_route
from serving.dialogue.slots import Filling, fill_slots
from serving.dialogue.state import DialogueState


class Decision(BaseModel):
    """What is to be done. `state` is what the thread remembers afterwards, whatever a tool answers.

    `has_lost_form` says that the form under way ended because the release no longer has its intent.
    """

    model_config = ConfigDict(frozen=True)

    route: Route
    intent: Intent | None
    filling: Filling | None
    state: DialogueState
    has_lost_form: bool = False

    @property
    def tool_intent(self) -> Intent | None:
        """The intent whose tool is to be called now, if any."""
        is_ready = self.intent is not None and self.intent.tool is not None and self.filling is not None
        return self.intent if is_ready and self.filling is not None and self.filling.is_complete else None

    @property
    def form_status(self) -> FormStatus | None:
        """How far the turn's intent is; None for one that needs no values."""
        needs_values = self.intent is not None and self.intent.parameters
        return self.filling.status() if self.filling is not None and needs_values else None

    @property
    def parameters(self) -> dict[str, JsonValue]:
        """The slots of the turn's intent."""
        return self.filling.form.value_by_name() if self.filling else {}


def decide(definition: BotDefinition, state: DialogueState, interpretation: Interpretation) -> Decision:
    """Decide what a message does to a thread.

    Parameters
    ----------
    definition
        The release's intents and thresholds.
    state
        What the thread remembers; its context already holds what the message brought along.
    interpretation
        The message, read.

    Returns
    -------
    Decision
        The same one for the same arguments, always.
    """
    intent_by_id = definition.intent_by_id()
    known = state.only_known_intents(frozenset(intent_by_id))
    has_lost_form = state.active_form is not None and known.active_form != state.active_form
    form = None if has_lost_form else known.active_form
    route = choose_route(
        interpretation, thresholds=definition.thresholds, intent_ids=frozenset(intent_by_id), form=form
    )
    if route.kind == "cancel" or has_lost_form:
        known = known.without_forms()
    intent = intent_by_id.get(route.intent_id)
    if intent is None:
        return Decision(route=route, intent=None, filling=None, state=known, has_lost_form=has_lost_form)
    filling = fill_slots(intent, form if route.kind == "form" else None, interpretation)
    if route.kind == "form":
        after = known.with_active_form(filling.form if filling.is_open else None)
    else:
        after = known.model_copy(update={"forms": (*known.forms, filling.form)}) if filling.is_open else known
    return Decision(route=route, intent=intent, filling=filling, state=after, has_lost_form=has_lost_form)


def _parameter(intent: Intent, name: str | None) -> Parameter:
    return next(parameter for parameter in intent.parameters if parameter.name == name)


def word_reply(
    decision: Decision, definition: BotDefinition, *, result: JsonValue, has_failed: bool, seed: str
) -> Reply:
    """Put a decision into words.

    Parameters
    ----------
    decision
        What was decided.
    definition
        The release's texts.
    result
        What the tool answered; None without a tool.
    has_failed
        Whether the tool was to be called and gave no usable answer.
    seed
        Decides among reply variants.

    Returns
    -------
    Reply
        At least one message.
    """
    if has_failed:
        return Reply(texts=(SERVICE_UNAVAILABLE,))
    values = ReplyValues(context=decision.state.context, parameters=decision.parameters, result=result, seed=seed)
    intent, filling = decision.intent, decision.filling
    if decision.has_lost_form and decision.route.kind == "fallback":
        return Reply(texts=(NO_LONGER_OFFERED,))
    if filling is not None and filling.has_given_up:
        reply = respond(definition.intent_by_id().get(FALLBACK_INTENT), values, otherwise=NOT_UNDERSTOOD)
    elif intent is not None and filling is not None and filling.is_open:
        reply = ask_for(_parameter(intent, filling.form.asking), values)
    else:
        otherwise = default_text(decision.route.intent_id, cancels=decision.route.kind == "cancel")
        reply = respond(intent, values, otherwise=otherwise)
    if decision.has_lost_form:
        return reply.model_copy(update={"texts": (NO_LONGER_OFFERED, *reply.texts)})
    return reply

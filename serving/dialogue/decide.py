"""What a message means for a thread: route and slots combined. Pure: no clock, no network, no store."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.schemas.bot import FALLBACK_INTENT, HANDOVER_INTENT, Intent
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.turns import LabelRecord, ToolRecord
from pipelines.schemas.understanding import NluResult
from serving.dialogue.answers.reader import Correction
from serving.dialogue.clarify import read_choice
from serving.dialogue.interpret import Interpretation
from serving.dialogue.messages import FormStatus
from serving.dialogue.route import Route, choose_route, is_for_form
from serving.dialogue.slots.fill import Filling, fill_slots
from serving.dialogue.slots.values import ValueReader
from serving.dialogue.state import DialogueState, Form, Question, UncertainCall

MAX_SPANS = 50
"""Entities of a message kept while the customer is asked what it meant."""


class Decision(BaseModel):
    """What to do about a message. `state` is what the thread remembers afterwards, whatever a tool answers.

    `has_lost_form`: the form under way ended because the release no longer has its intent. `cancelled`: the intent
    whose form the customer cancelled. `label`: the customer's own word on what an earlier message meant.
    """

    model_config = ConfigDict(frozen=True)

    route: Route
    intent: Intent | None
    filling: Filling | None
    state: DialogueState
    has_lost_form: bool = False
    cancelled: Intent | None = None
    label: LabelRecord | None = None

    @property
    def is_handed_over(self) -> bool:
        """Whether a person takes over: the turn belongs to the intent `handover`, and its form is complete."""
        is_open = self.filling is not None and self.filling.is_open
        return self.intent is not None and self.intent.intent_id == HANDOVER_INTENT and not is_open

    @property
    def tool_intent(self) -> Intent | None:
        """The intent whose tool is due now, if any."""
        is_ready = self.intent is not None and self.intent.tool is not None and self.filling is not None
        return self.intent if is_ready and self.filling is not None and self.filling.is_complete else None

    @property
    def earlier_call(self) -> UncertainCall | None:
        """The earlier call of the same wish without a known outcome, if the turn's intent has one."""
        if self.intent is None or self.filling is None:
            return None
        wish = (self.intent.intent_id, self.parameters)
        return next((call for call in self.state.uncertain if call.is_of(*wish)), None)

    @property
    def resumed_form(self) -> Form | None:
        """The form that resumes after this turn's reply: one that was interrupted, or lies below one that ended."""
        is_open = self.filling is not None and self.filling.is_open
        return None if is_open or self.state.question is not None else self.state.active_form

    @property
    def form_status(self) -> FormStatus | None:
        """How far the turn's intent is; None for one that needs no values."""
        needs_values = self.intent is not None and (self.intent.parameters or self.intent.confirm)
        return self.filling.status() if self.filling is not None and needs_values else None

    @property
    def parameters(self) -> dict[str, JsonValue]:
        """The slots of the turn's intent."""
        return self.filling.form.value_by_name() if self.filling else {}

    def after_call(self, tool: ToolRecord, read: Interpretation) -> Self:
        """Return the decision with what is known about its wish after the tool was called."""
        if self.intent is None:
            return self
        earlier, values = self.earlier_call, self.parameters
        state = self.state.without_uncertain(self.intent.intent_id, values)
        if tool.may_have_acted:
            call = UncertainCall(
                intent_id=self.intent.intent_id,
                values=values,
                key=tool.key,
                message_id=read.message_id,
                said_at=read.said_at,
            )
            # asked about again under its own key, it is still the first call
            state = state.with_uncertain(earlier if earlier is not None and earlier.key == tool.key else call)
        return self if state is self.state else self.model_copy(update={"state": state})

    def with_context(self, context: dict[str, JsonValue]) -> Self:
        """Add a tool's context to the thread's; raises as `DialogueState.with_context` does."""
        return self.model_copy(update={"state": self.state.with_context(context)})


def decide(definition: BotDefinition, state: DialogueState, interpretation: Interpretation) -> Decision:
    """Decide what a message does to a thread; the same arguments always give the same decision.

    The context of `state` already includes the message's.
    """
    intent_by_id = definition.intent_by_id()
    interpretation = _with_button(interpretation, state, intent_by_id)
    state = state.recent_uncertain(interpretation.said_at)
    known = state.only_known_intents(frozenset(intent_by_id)).model_copy(update={"question": None, "offers": ()})
    has_lost_form = state.active_form is not None and known.active_form != state.active_form
    context = _TurnContext(definition, intent_by_id, ValueReader(definition), interpretation, known)
    decision = context.decide_choice(state.question) if state.question is not None else None
    if decision is None:
        form = None if has_lost_form else known.active_form
        decision = context.decide_message(form=form, may_clarify=state.question is None and not known.forms)
    decision = _asking_before_repeating(decision, state)
    after = decision.state
    if decision.is_handed_over:
        after = after.without_forms()
    offers = context.offers(decision)
    return decision.model_copy(
        update={"has_lost_form": has_lost_form, "state": after.model_copy(update={"offers": offers})}
    )


def _asking_before_repeating(decision: Decision, before: DialogueState) -> Decision:
    """Ask the customer before a call is made that may have been made already, unless the tool recognises its key."""
    intent, filling = decision.intent, decision.filling
    if not before.uncertain or intent is None or filling is None or intent.tool is None or intent.tool.is_repeatable:
        return decision
    if decision.earlier_call is None or filling.missing or filling.has_given_up:
        return decision
    active = before.active_form
    was_asked = active is not None and active.is_repeating and active.value_by_name() == decision.parameters
    if filling.is_complete and was_asked and decision.route.kind == "form":
        return decision
    form = filling.form.model_copy(update={"is_confirming": True, "is_repeating": True})
    state = decision.state.without_form(form.intent_id).with_form(form)
    return decision.model_copy(update={"filling": filling.model_copy(update={"form": form}), "state": state})


def _with_button(
    interpretation: Interpretation, state: DialogueState, intent_by_id: Mapping[str, Intent]
) -> Interpretation:
    """Let a button of the last reply call its intent; `/etc/hosts` is not a button."""
    if interpretation.button in state.offered_intents:
        return interpretation.model_copy(update={"shortcut": interpretation.button, "nlu": None, "button": None})
    if interpretation.button is not None and interpretation.button not in intent_by_id:
        return interpretation.model_copy(update={"button": None})
    return interpretation


class _TurnContext:
    """The inputs of one decision: the release, the message, and the thread as it was before."""

    def __init__(
        self,
        definition: BotDefinition,
        intent_by_id: Mapping[str, Intent],
        reader: ValueReader,
        interpretation: Interpretation,
        known: DialogueState,
    ) -> None:
        self.thresholds = definition.thresholds
        self.intent_by_id = intent_by_id
        self.reader = reader
        self.interpretation = interpretation
        self.known = known

    def decide_message(self, *, form: Form | None, may_clarify: bool) -> Decision:
        """Decide on a message that is not the answer to a clarification."""
        filling, nlu = None, self.interpretation.nlu
        if form is not None:
            form, filling = self._listening(form)
        route = choose_route(
            self.interpretation,
            thresholds=self.thresholds,
            intent_by_id=self.intent_by_id,
            filling=filling,
            may_clarify=may_clarify,
            is_bare_answer=nlu is not None and self.reader.answers.is_bare(nlu.text),
        )
        if route.kind == "form" and filling is not None:
            return self._continue(route, filling)
        if route.kind == "cancel" and form is not None:
            cancelled = self.intent_by_id[form.intent_id]
            decision = self._start(route, self.known.without_form(form.intent_id), self.interpretation)
            return decision.model_copy(update={"cancelled": cancelled})
        if route.kind == "clarify":
            return self._ask_which(route)
        return self._start(route, self.known, self.interpretation)

    def _listening(self, active: Form) -> tuple[Form, Filling]:
        """Return the form a message is for: the active one, unless the message answers a form below it.

        A yes or no answers only the last question; `no, I meant Rome` may refer further down.
        """
        filling = self._fill(active)
        if not is_for_form(filling) and not self._is_yes_or_no():
            for form in reversed(self.known.forms[:-1]):
                late = self._fill(form)
                if late.is_answer and not (late.is_whole_text or late.is_refused) and is_for_form(late):
                    return form, late
        return active, filling

    def _is_yes_or_no(self) -> bool:
        text, answers = self.interpretation.nlu.text if self.interpretation.nlu else "", self.reader.answers
        is_answer = answers.yes_no(text).is_yes is not None and answers.correction(text) is Correction.NONE
        return is_answer or answers.is_bare(text)

    def _fill(self, form: Form) -> Filling:
        return fill_slots(self.intent_by_id[form.intent_id], form, self.interpretation, reader=self.reader)

    def decide_choice(self, question: Question) -> Decision | None:
        """Decide on the answer to "did you mean A or B?"; None if the message is not one."""
        choice = read_choice(question, self.interpretation, intent_by_id=self.intent_by_id, answers=self.reader.answers)
        if choice is None:
            return None
        label = LabelRecord(
            message_id=question.message_id,
            text=question.text,
            intent_id=choice.intent_id,
            offered=question.options,
        )
        if choice.intent_id is None:
            route = Route(kind="fallback", intent_id=FALLBACK_INTENT, confidence=None, why="none of the options")
            decision = self._start(route, self.known, self.interpretation)
        else:
            route = Route(kind="intent", intent_id=choice.intent_id, confidence=None, why="chosen by the customer")
            original = NluResult(text=question.text, ranking=(), entities=question.entities)
            asked_about = self.interpretation.model_copy(update={"shortcut": None, "nlu": original})
            decision = self._start(route, self.known, asked_about)
        return decision.model_copy(update={"label": label})

    def _continue(self, route: Route, filling: Filling) -> Decision:
        """Continue the active form; after too many failed attempts hand over to a person or to the fallback."""
        intent_id = filling.form.intent_id
        below = self.known.without_form(intent_id)
        if filling.has_given_up:
            instead = HANDOVER_INTENT if HANDOVER_INTENT in self.intent_by_id else FALLBACK_INTENT
            why = f"{intent_id}: asked in vain for {filling.form.asking or 'a confirmation'}"
            given_up = route.model_copy(update={"kind": "fallback", "intent_id": instead, "why": why})
            if instead == intent_id:  # the handover form itself failed: a person is needed all the more
                return Decision(route=given_up, intent=self.intent_by_id[instead], filling=None, state=below)
            return self._start(given_up, below, self.interpretation)
        state = below.with_form(filling.form) if filling.is_open else below
        return Decision(route=route, intent=self.intent_by_id[intent_id], filling=filling, state=state)

    def _start(self, route: Route, known: DialogueState, interpretation: Interpretation) -> Decision:
        """Start an intent, or resume its form if one waits further down."""
        intent = self.intent_by_id.get(route.intent_id)
        if intent is None:
            return Decision(route=route, intent=None, filling=None, state=known)
        waiting = next((form for form in known.forms if form.intent_id == intent.intent_id), None)
        if waiting is not None:  # its question is no longer the open one
            waiting = waiting.model_copy(update={"asking": None, "is_confirming": False})
        filling = fill_slots(intent, waiting, interpretation, reader=self.reader)
        others = known.without_form(intent.intent_id)
        state = others.with_form(filling.form) if filling.is_open else others
        return Decision(route=route, intent=intent, filling=filling, state=state)

    def _ask_which(self, route: Route) -> Decision:
        """Ask which intent is meant, keeping the message's entities until the answer."""
        nlu = self.interpretation.nlu or NluResult(text="", ranking=())
        question = Question(
            message_id=self.interpretation.message_id,
            text=nlu.text,
            entities=nlu.entities[:MAX_SPANS],
            options=route.options,
        )
        state = self.known.model_copy(update={"question": question})
        return Decision(route=route, intent=None, filling=None, state=state)

    def offers(self, decision: Decision) -> tuple[str, ...]:
        """Return the intents that the reply has buttons for."""
        is_open = decision.filling is not None and decision.filling.is_open
        if decision.intent is None or is_open:
            return ()
        payloads = (option.payload.strip() for option in decision.intent.quick_replies)
        named = [payload[1:].strip() for payload in payloads if payload.startswith("/")]
        return tuple(intent_id for intent_id in named if intent_id in self.intent_by_id)

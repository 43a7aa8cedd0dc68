"""One message tried on a release: what it would do, why, and what it would send. Nothing is written for anybody else.

The release interprets, decides and replies as it does for customers. Its tool is called for real only on request;
otherwise the author may say what the tool would answer.
"""

import asyncio
import copy
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pipelines.nlu.explain import explain_text
from pipelines.registry.release import Release
from pipelines.schemas.bot import SYSTEM_INTENTS, BotFile, Intent
from pipelines.schemas.explanation import Explanation
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.turns import ToolRecord
from pipelines.templates.sandbox import noting_gaps
from serving.dialogue.engine import TurnOutcome, TurnPlan, converse
from serving.dialogue.interpret import Interpretation, interpret
from serving.dialogue.messages import UserMessage
from serving.dialogue.services import Services
from serving.dialogue.state import DialogueState, Slot
from serving.replay.shown_calls import SHOWN_ONLY, ShownCall, ToolUse, show_call

_BUDGET = "~try"
"""What is tried has budgets of the language model of its own: no bot may be called so."""

Origin = Literal["tagger", "lookup", "pattern", "system", "llm", "whole text", "answer", "earlier turn"]


@dataclass(frozen=True)
class FilledSlot:
    """A value of the turn's intent, and where it comes from."""

    slot: Slot
    origin: Origin


@dataclass(frozen=True)
class TriedTurn:
    """A message as a release answers it.

    Attributes
    ----------
    explanation
        Why the model read the text so; None for a shortcut.
    slots
        The values of the turn's intent.
    call
        The tool call, if one is due.
    timings_ms
        Duration of each step, by name.
    """

    outcome: TurnOutcome
    explanation: Explanation | None
    slots: tuple[FilledSlot, ...]
    call: ShownCall | None
    timings_ms: Mapping[str, float]

    @property
    def needs_answer(self) -> bool:
        """Whether the reply depends on the answer of a tool that was not called."""
        tool = self.outcome.tool
        return tool is not None and tool.failure == SHOWN_ONLY


def draft_release(draft: BotFile, trained: Release, *, bot: str, name: str) -> Release:
    """Return a draft as a release over the understanding of a trained one."""
    model = copy.copy(trained.model)
    if draft.thresholds is not None:
        model.thresholds_ = draft.thresholds.over(model.thresholds_)
    definition = BotDefinition(
        name=bot,
        language=draft.language,
        timezone=draft.timezone,
        phrases=draft.phrases,
        intents=draft.intents,
        entities=draft.entities,
        thresholds=model.thresholds_,
        llm=draft.llm_config,
    )
    return replace(trained, version=name, definition=definition, model=model)


def unknown_intents(release: Release) -> tuple[str, ...]:
    """Return the intents of a release that its model has not learnt: only `/intent_id` and buttons reach them."""
    learnt = set(release.model.classifier_.intents_)
    ids = (intent.intent_id for intent in release.definition.intents)
    return tuple(intent_id for intent_id in ids if intent_id not in learnt and intent_id not in SYSTEM_INTENTS)


async def try_turn(
    message: UserMessage, state: DialogueState, release: Release, services: Services, *, turn: int, tools: ToolUse
) -> TriedTurn:
    """Answer a message on a state, which need not be that of a customer's thread."""
    before = state.with_context(message.context)
    effects = _TriedEffects(message, before, release, services, tools)
    started = time.perf_counter()
    with noting_gaps():
        outcome = await converse(release.definition, before, effects, seed=f"{message.thread_id}:{turn}")
    effects.note("all", started)
    explanation = await _explain(message, release, outcome)
    return TriedTurn(outcome, explanation, tuple(_slots(outcome, before)), effects.call, effects.timings_ms)


async def _explain(message: UserMessage, release: Release, outcome: TurnOutcome) -> Explanation | None:
    if outcome.read.nlu is None:
        return None
    intents, route = release.definition.intent_by_id(), outcome.decision.route
    return await asyncio.to_thread(
        explain_text,
        release.model,
        message.text,
        intent_by_id=intents,
        now=outcome.read.said_at,
        form=route.intent_id if route.kind == "form" else None,
    )


@dataclass
class _TriedEffects:
    """Performs the engine's effects for somebody who tries a bot."""

    message: UserMessage
    before: DialogueState
    release: Release
    services: Services
    tools: ToolUse
    call: ShownCall | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)

    def note(self, step: str, started: float) -> None:
        """Record how long a step took."""
        self.timings_ms[step] = round((time.perf_counter() - started) * 1000, 2)

    async def read(self) -> Interpretation:
        """Interpret the message; an author may call every intent as `/intent_id`."""
        started = time.perf_counter()
        shortcuts = self.services.public_shortcuts
        definition = self.release.definition
        read = await interpret(
            self.message, parser=self.release.model, public_shortcuts=shortcuts, zone=definition.zone
        )
        self.note("nlu", started)
        return read

    async def ask_llm(self) -> LlmReading:
        """Ask the language model, on budgets of its own."""
        started = time.perf_counter()
        bot = self.message.bot + _BUDGET
        privacy = self.services.privacy.of_turn(self.message, self.before, self.release.definition)
        text = self.message.text if privacy is None else privacy.text.text
        reading = await self.services.llm.read(text, bot=bot, release=self.release)
        self.note("llm", started)
        return reading if privacy is None else privacy.restored(reading)

    async def call_tool(self, plan: TurnPlan, intent: Intent) -> ToolRecord:
        """Render the call, and send it if the author wants that."""
        started, decision = time.perf_counter(), plan.decision
        self.call = await show_call(
            intent,
            parameters=decision.parameters,
            context=decision.state.context,
            language=self.release.definition.language,
            services=self.services,
            tools=self.tools,
        )
        self.note("tool", started)
        return self.call.record


def _slots(outcome: TurnOutcome, before: DialogueState) -> Iterable[FilledSlot]:
    filling = outcome.decision.filling
    if filling is None:
        return
    form = next((form for form in before.forms if form.intent_id == filling.form.intent_id), None)
    known = {slot.name: slot for slot in form.slots} if form is not None else {}
    for slot in filling.form.slots:
        was = known.get(slot.name)
        is_kept = was is not None and was.value == slot.value
        yield FilledSlot(slot, "earlier turn" if is_kept else _origin(slot, outcome, filling.is_whole_text))


def _origin(slot: Slot, outcome: TurnOutcome, is_whole_text: bool) -> Origin:
    nlu = outcome.read.nlu
    spans = nlu.entities if nlu is not None else ()
    text = nlu.text if nlu is not None else ""
    values = slot.value if isinstance(slot.value, list) else [slot.value]
    for span in spans:
        written = text[span.start : span.end]
        if span.value in values or (slot.text and slot.text in (written, span.value)):
            return span.source
    return "whole text" if is_whole_text else "answer"

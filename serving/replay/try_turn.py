"""One message tried on a release: what it would do, why, and what it would send. Nothing is written for anybody else.

The release interprets, decides and replies as it does for customers. Its tool is called for real only on request;
otherwise the author may say what the tool would answer.
"""

import asyncio
import copy
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import JsonValue

from pipelines.errors import ToolFailed
from pipelines.nlu.explain import explain_text
from pipelines.registry.release import Release
from pipelines.schemas.bot import SYSTEM_INTENTS, BotFile, Intent
from pipelines.schemas.explanation import Explanation
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.turns import ToolRecord
from pipelines.templates.literal_secrets import masked_intent
from pipelines.templates.references import hidden
from pipelines.templates.request import ToolRequest
from pipelines.templates.sandbox import noting_gaps
from serving.dialogue.engine import TurnOutcome, TurnPlan, converse
from serving.dialogue.interpret import Interpretation, interpret
from serving.dialogue.messages import UserMessage
from serving.dialogue.services import Services
from serving.dialogue.state import DialogueState, Slot
from serving.replay.calls import Endpoints
from serving.tools.mapping import AnswerUnusable, map_answer

SHOWN_ONLY = "shown only, so nothing has answered"
"""Failure of a call that was not made."""
_BUDGET = "~try"
"""What is tried has budgets of the language model of its own: no bot may be called so."""

Origin = Literal["tagger", "lookup", "pattern", "system", "llm", "whole text", "answer", "earlier turn"]


@dataclass(frozen=True)
class ToolUse:
    """What to do about tools: call them, or only show the calls, with an answer that somebody made up.

    `has_answer` tells an answer of null from none.
    """

    is_called: bool = False
    has_answer: bool = False
    answer: JsonValue = None


@dataclass(frozen=True)
class ShownCall:
    """A tool call with its secrets masked, and its answer.

    Attributes
    ----------
    record
        What was answered: that of the tool, or the made-up one.
    headers
        As sent, in order.
    is_called
        Whether it was sent.
    problem
        Why it cannot be sent, or why it failed; empty otherwise.
    """

    record: ToolRecord
    headers: tuple[tuple[str, str], ...] = ()
    is_called: bool = False
    problem: str = ""


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
        if intent.tool is None:
            raise ValueError(f"intent {intent.intent_id!r} has no tool")
        started, key = time.perf_counter(), f"try-{uuid.uuid4().hex}"
        endpoints, language = Endpoints(self.services.endpoints), self.release.definition.language
        rendered = endpoints.render(intent.tool, plan, intent, key=key, language=language)
        masked = Intent.model_validate(masked_intent(intent.to_wire()))
        shown = endpoints.render(masked.tool, plan, masked, key=key, language=language) if masked.tool else rendered
        record = ToolRecord(intent_id=intent.intent_id, key=key)
        request, safe = rendered.request, shown.request
        if request is None or safe is None:
            self.call = ShownCall(record, problem=rendered.problem or shown.problem)
            return record.model_copy(update={"failure": rendered.problem or shown.problem})
        sent = {"method": request.method, "url": hidden(safe.url), "body": _hidden(safe.body)}
        record = record.model_copy(update=sent)
        record = record.model_copy(update=await self._answer(request, is_set=not rendered.unset))
        self.note("tool", started)
        headers = tuple((name, hidden(value)) for name, value in safe.headers)
        problem = record.failure if record.failure not in (None, SHOWN_ONLY) else ""
        self.call = ShownCall(record, headers, is_called=self.tools.is_called, problem=problem or "")
        return record.model_copy(update={"duration_ms": self.timings_ms["tool"]})

    async def _answer(self, request: ToolRequest, *, is_set: bool) -> dict[str, object]:
        """Return what an answer adds to the record of a call."""
        if not self.tools.is_called and not self.tools.has_answer:
            return {"failure": SHOWN_ONLY}
        try:
            if not self.tools.is_called:
                longest = self.services.tools.max_response_bytes
                answer = map_answer(self.tools.answer, request.mapping, max_chars=longest)
            elif is_set:
                answer = await self.services.tools.call(request)
            else:
                return {"failure": "an endpoint of its templates has no base URL; set it in INTENTLOOP_ENDPOINTS"}
        except ToolFailed as error:
            doubt = {"has_acted": error.has_acted, "may_have_acted": error.may_have_acted}
            return {"failure": error.reason, **doubt}
        except AnswerUnusable as error:
            return {"failure": str(error)}
        return {"result": answer.result, "context": answer.context}


def _hidden(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return hidden(value)
    if isinstance(value, dict):
        return {hidden(name): _hidden(inner) for name, inner in value.items()}
    return [_hidden(inner) for inner in value] if isinstance(value, list) else value


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

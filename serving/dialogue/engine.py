"""One message, worked out: a function of the release, the thread's state, the message and the outside's answers.

No clock, no store, no network: every effect goes through `Outside`, which a live turn performs and a replay reads from
the log.
"""

import json
from dataclasses import dataclass
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict

from pipelines.errors import UserInputError
from pipelines.schemas.bot import Intent
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.turns import ToolRecord
from serving.dialogue.decide import Decision, decide
from serving.dialogue.interpret import Interpretation
from serving.dialogue.messages import TurnResponse, UserMessage
from serving.dialogue.reply import Reply
from serving.dialogue.response import build_reply
from serving.dialogue.state import DialogueState


class TurnPlan(BaseModel):
    """A message, interpreted and decided on. Still to come: the tool call, if one is due, and the reply."""

    model_config = ConfigDict(frozen=True)

    read: Interpretation
    decision: Decision

    def to_json(self) -> str:
        """Serialize the plan without its intents: they belong to the release, and their headers may hold secrets."""
        return self.model_dump_json(exclude={"decision": {"intent", "cancelled"}})

    @classmethod
    def from_json(cls, written: str, definition: BotDefinition) -> Self | None:
        """Read what `to_json` wrote, for a release that may be another one.

        None if the plan cannot be resumed because the release has lost its intent; `ValueError` if this program cannot
        read it.
        """
        fields = json.loads(written)
        intent = definition.intent_by_id().get(fields["decision"]["route"]["intent_id"])
        plan = cls.model_validate({**fields, "decision": {**fields["decision"], "intent": intent}})
        return plan if intent is not None else None


class Outside(Protocol):
    """The effects a message may need."""

    async def read(self) -> Interpretation:
        """Interpret the message with the release's model."""
        ...

    async def ask_llm(self) -> LlmReading:
        """Ask the language model what the message means; no answer is a valid result."""
        ...

    async def call_tool(self, plan: TurnPlan, intent: Intent) -> ToolRecord:
        """Call an intent's tool; a failure is a valid result."""
        ...


@dataclass(frozen=True)
class TurnOutcome:
    """Everything that was worked out about a message."""

    read: Interpretation
    decision: Decision
    tool: ToolRecord | None
    reply: Reply

    def response(self, message: UserMessage, *, turn: int, release: str) -> TurnResponse:
        """Return what the caller is told."""
        route = self.decision.route
        return TurnResponse(
            thread_id=message.thread_id,
            message_id=message.message_id,
            turn=turn,
            replies=self.reply.messages,
            intent_id=route.intent_id,
            confidence=route.confidence,
            form=self.decision.form_status,
            release=release,
            is_handed_over=self.decision.is_handed_over,
        )


async def converse(definition: BotDefinition, state: DialogueState, outside: Outside, *, seed: str) -> TurnOutcome:
    """Work out a message: interpret it, decide, call the tool if one is due, and build the reply.

    The same arguments and effects give the same outcome, at any time and in any process.

    Parameters
    ----------
    state
        What the thread remembers; its context already includes the message's.
    seed
        Selects among reply variants; the same for every attempt at one turn.
    """
    plan = await make_plan(definition, state, outside)
    return await carry_out(plan, definition, outside, seed=seed)


async def make_plan(definition: BotDefinition, state: DialogueState, outside: Outside) -> TurnPlan:
    """Interpret a message and decide what to do; the parameters are those of `converse`.

    The language model is asked if the release says so: always (`zero_shot`), or when the trained model left the message
    without an intent or the form's question unanswered (`fallback`).
    """
    read = await outside.read()
    decision = decide(definition, state, read)
    if _should_ask_llm(definition, state, read, decision):
        read = read.with_llm(await outside.ask_llm())
        decision = decide(definition, state, read)
    return TurnPlan(read=read, decision=decision)


async def carry_out(plan: TurnPlan, definition: BotDefinition, outside: Outside, *, seed: str) -> TurnOutcome:
    """Call the tool if one is due, and build the reply; the parameters are those of `converse`."""
    decision, tool, problem = plan.decision, None, None
    if decision.tool_intent is not None:
        tool = await outside.call_tool(plan, decision.tool_intent)
        decision = decision.after_call(tool, plan.read)
        try:
            decision = decision.with_context(tool.context)
        except UserInputError as error:  # too large for a thread; the call itself succeeded
            problem = f"the context returned by the tool of {tool.intent_id!r} was not kept: {error}"
    reply = build_reply(
        decision,
        definition,
        result=tool.result if tool else None,
        has_failed=tool is not None and tool.failure is not None,
        seed=seed,
        is_done_anyway=tool is not None and tool.has_acted,
        is_uncertain=tool is not None and tool.may_have_acted,
    )
    if problem is not None and reply.problem is None:
        reply = reply.model_copy(update={"problem": problem})
    return TurnOutcome(read=plan.read, decision=decision, tool=tool, reply=reply)


def _should_ask_llm(definition: BotDefinition, state: DialogueState, read: Interpretation, decision: Decision) -> bool:
    mode = definition.llm.mode if definition.llm is not None else "off"
    if mode == "off" or read.nlu is None or not read.nlu.ranking:
        return False
    if decision.label is not None or read.button in state.offered_intents:
        return False  # an answer to what the last reply offered
    filling = decision.filling
    if decision.route.kind in ("form", "cancel") and filling is not None:
        # only after a failed attempt; any other message to a form is understood well enough
        return not filling.is_answer and filling.form.reprompts > 0
    return mode == "zero_shot" or decision.route.kind in ("clarify", "fallback")

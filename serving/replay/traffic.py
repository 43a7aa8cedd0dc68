"""Simulated customers answered by a real release: traffic for notebooks and simulations.

The release interprets, routes and replies as it does for customers. Only the outside is simulated: the language model's
answers are scripted, and no tool is called.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.registry.release import Release
from pipelines.schemas.bot import Intent
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.keys import thread_key
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.turns import ToolRecord, TurnRecord
from serving.dialogue.engine import TurnPlan, converse
from serving.dialogue.interpret import Interpretation, interpret
from serving.dialogue.messages import UserMessage
from serving.dialogue.state import DialogueState

_NO_OPTION = "none of these"
_NO_ANSWER = LlmReading(outcome="unavailable", why="no answer is scripted")


@dataclass(frozen=True)
class SimulatedMessage:
    """A message that starts a conversation.

    Attributes
    ----------
    at
        When it is sent.
    meant
        The intended intent: the customer's answer to a clarification.
    llm
        The language model's reading, if it is asked.
    """

    thread_id: str
    text: str
    at: datetime
    meant: str = ""
    llm: LlmReading = _NO_ANSWER


def scripted_reading(intent_id: str) -> LlmReading:
    """Return the reading of a language model that names this intent, or `__oos__` for none."""
    if intent_id == OUT_OF_SCOPE:
        return LlmReading(outcome="none", why="as scripted")
    return LlmReading(outcome="understood", intent_id=intent_id, why="as scripted")


@dataclass(frozen=True)
class _SimulatedEffects:
    """Performs the engine's effects for one message."""

    said: SimulatedMessage
    message: UserMessage
    release: Release

    async def read(self) -> Interpretation:
        zone = self.release.definition.zone
        return await interpret(self.message, parser=self.release.model, public_shortcuts=frozenset(), zone=zone)

    async def ask_llm(self) -> LlmReading:
        return self.said.llm

    async def call_tool(self, plan: TurnPlan, intent: Intent) -> ToolRecord:
        return ToolRecord(intent_id=intent.intent_id, key="", failure="no tool is called in simulated traffic")


async def answer_traffic(messages: Sequence[SimulatedMessage], release: Release, *, bot: str) -> list[TurnRecord]:
    """Let a release answer simulated messages, each in a conversation of its own.

    Return what the log would hold: one turn per message, and another one if the customer was asked what they mean.
    """
    records = []
    for said in messages:
        record, state = await _answer(said, said.text, release, bot=bot, turn=1, state=DialogueState())
        records.append(record)
        if state.question is not None:
            intent_by_id = release.definition.intent_by_id()
            text = intent_by_id[said.meant].name if said.meant in state.question.options else _NO_OPTION
            record, _ = await _answer(said, text, release, bot=bot, turn=2, state=state)
            records.append(record)
    return records


async def _answer(
    said: SimulatedMessage, text: str, release: Release, *, bot: str, turn: int, state: DialogueState
) -> tuple[TurnRecord, DialogueState]:
    message_id, thread = f"{said.thread_id}-{turn}", thread_key(bot, said.thread_id)
    message = UserMessage(
        bot=bot, thread_id=said.thread_id, message_id=message_id, text=text, channel="made up", sent_at=said.at
    )
    outcome = await converse(
        release.definition, state, _SimulatedEffects(said, message, release), seed=f"{thread}:{turn}"
    )
    route, after = outcome.decision.route, outcome.decision.state
    record = TurnRecord(
        thread=thread,
        bot=bot,
        thread_id=said.thread_id,
        turn=turn,
        message_id=message_id,
        channel=message.channel,
        message=message.model_dump_json(),
        text=text,
        release=release.version,
        intent_id=route.intent_id,
        confidence=route.confidence,
        route=route.kind,
        why=route.why,
        nlu=outcome.read.nlu,
        llm=outcome.read.llm,
        tool=outcome.tool,
        replies=outcome.reply.texts,
        answer=outcome.response(message, turn=turn, release=release.version).model_dump_json(),
        state=after.model_dump_json(),
        created_at=said.at,
        timings_ms={},
        label=outcome.decision.label,
    )
    return record, after

"""Messages of customers who are made up, answered by a real release: traffic for notebooks and simulations.

The release reads, routes and words as it does for customers. Only what lies outside is made up: the language model's
answers are written beside the messages, and no tool is called.
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
from serving.dialogue.engine import Plan, converse
from serving.dialogue.interpret import Interpretation, interpret
from serving.dialogue.messages import UserMessage
from serving.dialogue.state import DialogueState

_NO_OPTION = "none of these"
_NO_ANSWER = LlmReading(outcome="unavailable", why="nobody has written an answer down")


@dataclass(frozen=True)
class Said:
    """A message that begins a conversation.

    Attributes
    ----------
    thread_id
        The conversation.
    text
        What the customer writes.
    at
        When.
    meant
        The intent that they mean: how they answer if they are asked.
    llm
        What the language model would answer, if it is asked.
    """

    thread_id: str
    text: str
    at: datetime
    meant: str = ""
    llm: LlmReading = _NO_ANSWER


def written_answer(intent_id: str) -> LlmReading:
    """Give what a language model says that names this intent, or `__oos__` for none of them."""
    if intent_id == OUT_OF_SCOPE:
        return LlmReading(outcome="none", why="as it was written down")
    return LlmReading(outcome="understood", intent_id=intent_id, why="as it was written down")


@dataclass(frozen=True)
class _Outside:
    """Answers the engine for one message."""

    said: Said
    message: UserMessage
    release: Release

    async def read(self) -> Interpretation:
        zone = self.release.definition.zone
        return await interpret(self.message, parser=self.release.model, public_shortcuts=frozenset(), zone=zone)

    async def ask_llm(self) -> LlmReading:
        return self.said.llm

    async def call_tool(self, plan: Plan, intent: Intent) -> ToolRecord:
        return ToolRecord(intent_id=intent.intent_id, key="", failure="no tool is called in made-up traffic")


async def answer_traffic(messages: Sequence[Said], release: Release, *, bot: str) -> list[TurnRecord]:
    """Let a release answer made-up messages, each in a conversation of its own.

    Parameters
    ----------
    messages
        What is said.
    release
        Answers.
    bot
        Whose conversations.

    Returns
    -------
    list[TurnRecord]
        What the log would hold: a turn a message, and another one where the customer was asked what they mean.
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
    said: Said, text: str, release: Release, *, bot: str, turn: int, state: DialogueState
) -> tuple[TurnRecord, DialogueState]:
    message_id, thread = f"{said.thread_id}-{turn}", thread_key(bot, said.thread_id)
    message = UserMessage(
        bot=bot, thread_id=said.thread_id, message_id=message_id, text=text, channel="made up", sent_at=said.at
    )
    outcome = await converse(release.definition, state, _Outside(said, message, release), seed=f"{thread}:{turn}")
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
        answer=outcome.answer(message, turn=turn, release=release.version).model_dump_json(),
        state=after.model_dump_json(),
        created_at=said.at,
        timings_ms={},
        label=outcome.decision.label,
    )
    return record, after

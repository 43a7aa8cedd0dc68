"""The record of a turn, and the signals it gives about the release that answered."""

from datetime import datetime

from pipelines.schemas.turns import Claim, TurnRecord
from serving.dialogue.effects import LiveEffects
from serving.dialogue.engine import TurnOutcome
from serving.dialogue.messages import BotMessage, TurnResponse, TurnSignals, UserMessage
from serving.dialogue.phrases import SERVICE_UNAVAILABLE
from serving.dialogue.state import DialogueState


def build_record(
    outcome: TurnOutcome, message: UserMessage, *, thread: str, release: str, effects: LiveEffects, now: datetime
) -> TurnRecord:
    """Build the record of a turn, ready to be committed. `thread` is the key of the thread."""
    decision = outcome.decision
    response = outcome.response(message, turn=effects.turn, release=release)
    return TurnRecord(
        thread=thread,
        bot=message.bot,
        thread_id=message.thread_id,
        turn=effects.turn,
        message_id=message.message_id,
        channel=message.channel,
        message=message.model_dump_json(),
        text=message.text,
        release=release,
        intent_id=decision.route.intent_id,
        confidence=decision.route.confidence,
        route=decision.route.kind,
        why=decision.route.why,
        nlu=outcome.read.nlu,
        llm=outcome.read.llm,
        tool=outcome.tool,
        replies=outcome.reply.texts,
        answer=response.model_dump_json(),
        state=decision.state.model_dump_json(),
        created_at=now,
        timings_ms=effects.timings_ms,
        label=decision.label,
    )


def build_given_up(
    claim: Claim, message: UserMessage, state: DialogueState, *, release: str, why: str, now: datetime
) -> TurnRecord:
    """Build the record that closes a turn nobody can finish, so that the thread can move on.

    It tells the customer that the service is unavailable, and drops open forms. Whether the claim's tool was called is
    unknown. `release` is the version that would answer now, and `why` the reason, for readers of the log.
    """
    response = TurnResponse(
        thread_id=message.thread_id,
        message_id=message.message_id,
        turn=claim.turn,
        replies=(BotMessage(text=SERVICE_UNAVAILABLE),),
        intent_id=claim.tool.intent_id,
        confidence=None,
        form=None,
        release=release,
    )
    return TurnRecord(
        **claim.model_dump(include={"thread", "bot", "thread_id", "turn", "message_id", "message"}),
        channel=message.channel,
        text=message.text,
        release=release,
        intent_id=claim.tool.intent_id,
        confidence=None,
        route="fallback",
        why=f"given up: {why}",
        nlu=None,
        tool=claim.tool.model_copy(update={"failure": why}),
        replies=(SERVICE_UNAVAILABLE,),
        answer=response.model_dump_json(),
        state=state.without_forms().model_dump_json(),
        created_at=now,
        timings_ms={},
    )


def read_signals(outcome: TurnOutcome) -> TurnSignals:
    """Return what a turn reveals about the release that answered it."""
    kind, tool = outcome.decision.route.kind, outcome.tool
    has_failed = bool(outcome.reply.problem) or (tool is not None and tool.failure is not None)
    return TurnSignals(fallback=kind == "fallback", error=has_failed, clarification=kind == "clarify")

"""The record of a turn, and the signals it gives about the release that answered."""

import json
from datetime import datetime

from pydantic import JsonValue

from pipelines.registry.release import Release
from pipelines.schemas.turns import Claim, TurnRecord
from serving.dialogue.effects import LiveEffects
from serving.dialogue.engine import TurnOutcome
from serving.dialogue.messages import BotMessage, TurnResponse, TurnSignals, UserMessage
from serving.dialogue.phrases import phrases_of
from serving.dialogue.state import DialogueState, Form, UncertainCall


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
        trace_id=effects.trace_id,
    )


def build_given_up(
    claim: Claim, message: UserMessage, state: DialogueState, *, release: Release, why: str, now: datetime
) -> TurnRecord:
    """Build the record that closes a turn nobody can finish, so that the thread can move on.

    It drops open forms. Whether the claim's tool was called is unknown, and the customer is told so unless that tool
    only asks. `release` would answer now, and `why` is the reason, for readers of the log.
    """
    phrases = phrases_of(release.definition.language, release.definition.phrases)
    may_have_acted = claim.tool.method != "GET"
    said = phrases.outcome_unknown if may_have_acted else phrases.service_unavailable
    state, values = state.without_forms(), values_of(claim)
    if may_have_acted and values is not None:
        call = UncertainCall(
            intent_id=claim.tool.intent_id, values=values, key=claim.tool.key, message_id=claim.message_id
        )
        state = state.with_uncertain(call)
    response = TurnResponse(
        thread_id=message.thread_id,
        message_id=message.message_id,
        turn=claim.turn,
        replies=(BotMessage(text=said),),
        intent_id=claim.tool.intent_id,
        confidence=None,
        form=None,
        release=release.version,
    )
    return TurnRecord(
        **claim.model_dump(include={"thread", "bot", "thread_id", "turn", "message_id", "message"}),
        channel=message.channel,
        text=message.text,
        release=release.version,
        intent_id=claim.tool.intent_id,
        confidence=None,
        route="fallback",
        why=f"given up: {why}",
        nlu=None,
        tool=claim.tool.model_copy(update={"failure": why, "may_have_acted": may_have_acted}),
        replies=(said,),
        answer=response.model_dump_json(),
        state=state.model_dump_json(),
        created_at=now,
        timings_ms={},
    )


def unreadable_answer(record: TurnRecord, message: UserMessage, *, said: str) -> TurnResponse:
    """Build the answer to a message whose turn has one that cannot be read: it was answered, and is not again."""
    return TurnResponse(
        thread_id=message.thread_id,
        message_id=message.message_id,
        turn=record.turn,
        replies=(BotMessage(text=said),),
        intent_id=record.intent_id,
        confidence=None,
        form=None,
        release=record.release,
    )


def values_of(claim: Claim) -> dict[str, JsonValue] | None:
    """Read what the claimed call was for; None if this program cannot read the plan."""
    try:
        return Form.model_validate(json.loads(claim.plan)["decision"]["filling"]["form"]).value_by_name()
    except (ValueError, LookupError, TypeError):
        return None


def read_signals(outcome: TurnOutcome) -> TurnSignals:
    """Return what a turn reveals about the release that answered it."""
    kind, tool = outcome.decision.route.kind, outcome.tool
    has_failed = bool(outcome.reply.problem) or (tool is not None and tool.failure is not None)
    return TurnSignals(fallback=kind == "fallback", error=has_failed, clarification=kind == "clarify")

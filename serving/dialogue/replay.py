"""A stored conversation, worked out again by another release: what it would have answered.

Nothing reaches outside: a tool's answer is the one in the log, as long as the release asks for the same thing.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pipelines.errors import ToolFailed
from pipelines.registry.release import Release
from pipelines.schemas.bot import Intent
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.turns import ToolRecord, TurnRecord
from serving.dialogue.engine import Outcome, Plan, converse
from serving.dialogue.interpret import Interpretation, interpret
from serving.dialogue.messages import Answer, UserMessage
from serving.dialogue.state import DialogueState
from serving.tools.templates import RequestValues, render_request

NOT_RECORDED = "not in the log"


@dataclass(frozen=True)
class Difference:
    """What is not as it was: the subject, what the log says, and what the release says now."""

    subject: str
    before: str
    after: str


@dataclass(frozen=True)
class Handled:
    """How a message was handled, as far as a customer or a tool notices."""

    answer: Answer
    route: str
    tool: ToolRecord | None

    @property
    def is_unknown(self) -> bool:
        """What a tool would have answered is not in the log."""
        return self.tool is not None and (self.tool.failure or "").endswith(NOT_RECORDED)


@dataclass(frozen=True)
class ReplayedTurn:
    """A turn of the log beside the same message answered again.

    Attributes
    ----------
    turn
        Its number.
    text
        What the customer wrote.
    before
        What was answered.
    outcome
        What is worked out now.
    after
        What is answered now.
    differences
        What a customer, or a tool, would notice; empty if nothing.
    answered_at
        When it was answered.
    llm
        What the language model said then and what it cost; None if it was not asked.
    """

    turn: int
    text: str
    before: Answer
    outcome: Outcome
    after: Answer
    differences: tuple[Difference, ...]
    answered_at: datetime
    llm: LlmReading | None

    @property
    def handled(self) -> Handled:
        """How the message is handled now."""
        return Handled(self.after, self.outcome.decision.route.kind, self.outcome.tool)


@dataclass
class _Log:
    """Answers for the outside with what a turn's record holds."""

    record: TurnRecord
    message: UserMessage
    release: Release
    public_shortcuts: frozenset[str]
    endpoints: Mapping[str, str]

    async def read(self) -> Interpretation:
        return await interpret(
            self.message,
            parser=self.release.model,
            public_shortcuts=self.public_shortcuts,
            zone=self.release.definition.zone,
        )

    async def ask_llm(self) -> LlmReading:
        return self.record.llm or LlmReading(outcome="unavailable", why=f"its answer is {NOT_RECORDED}")

    async def call_tool(self, plan: Plan, intent: Intent) -> ToolRecord:
        recorded = self.record.tool
        call = ToolRecord(intent_id=intent.intent_id, key=recorded.key if recorded else "")
        if intent.tool is None:
            raise ValueError(f"intent {intent.intent_id!r} has no tool")
        values = RequestValues(
            parameters=plan.decision.parameters, context=plan.decision.state.context, endpoints=dict(self.endpoints)
        )
        try:
            request = render_request(intent.tool, values, intent_id=intent.intent_id, key=call.key)
        except ToolFailed as error:
            return call.model_copy(update={"failure": error.reason})
        call = call.model_copy(update={"method": request.method, "url": request.url, "body": request.body})
        if recorded is None or _request_of(recorded) != _request_of(call):
            return call.model_copy(update={"failure": f"its answer is {NOT_RECORDED}"})
        answered = recorded.model_dump(include={"result", "context", "failure"})
        return call.model_copy(update=answered)


async def replay(
    records: Sequence[TurnRecord],
    release: Release,
    *,
    public_shortcuts: frozenset[str],
    endpoints: Mapping[str, str],
    state_ttl: timedelta | None = None,
) -> list[ReplayedTurn]:
    """Work a thread out again, turn by turn, each on the state that the release itself came to.

    Parameters
    ----------
    records
        The finished turns of one thread, in order, from its first.
    release
        Answers now.
    public_shortcuts
        Intents that customers may call as `/intent_id`.
    endpoints
        The operator's base URLs, by name: a tool call is the same only if it goes to the same place.
    state_ttl
        After a longer pause nothing is remembered, as in the live thread. None: everything is, for ever.

    Returns
    -------
    list[ReplayedTurn]
        One for each record.
    """
    state = DialogueState()
    turns: list[ReplayedTurn] = []
    for record in records:
        if turns and state_ttl is not None and record.created_at - turns[-1].answered_at > state_ttl:
            state = DialogueState()
        message = UserMessage.model_validate_json(record.message)
        if message.sent_at is None:
            message = message.model_copy(update={"sent_at": record.created_at})
        log = _Log(record, message, release, public_shortcuts, endpoints)
        turns.append(await _replay_turn(log, state.with_context(message.context)))
        state = turns[-1].outcome.decision.state
    return turns


async def replay_turn(
    record: TurnRecord,
    message: UserMessage,
    state: DialogueState,
    release: Release,
    *,
    public_shortcuts: frozenset[str],
    endpoints: Mapping[str, str],
) -> ReplayedTurn:
    """Work one turn out again, on the state that it was worked out on.

    Parameters
    ----------
    record
        The finished turn.
    message
        What it answered.
    state
        What the thread remembered; its context already holds what the message brought along.
    release
        Answers now.
    public_shortcuts
        Intents that customers may call as `/intent_id`.
    endpoints
        The operator's base URLs, by name.

    Returns
    -------
    ReplayedTurn
        The turn beside the same message answered again.
    """
    return await _replay_turn(_Log(record, message, release, public_shortcuts, endpoints), state)


async def _replay_turn(log: _Log, state: DialogueState) -> ReplayedTurn:
    record, release = log.record, log.release
    outcome = await converse(release.definition, state, log, seed=f"{record.thread}:{record.turn}")
    before = Answer.model_validate_json(record.answer)
    after = outcome.answer(log.message, turn=record.turn, release=release.version)
    turn = ReplayedTurn(record.turn, record.text, before, outcome, after, (), record.created_at, record.llm)
    found = differences(Handled(before, record.route, record.tool), turn.handled)
    return replace(turn, differences=tuple(found))


def _request_of(tool: ToolRecord) -> tuple[str, str | None, str | None, str]:
    return tool.intent_id, tool.method, tool.url, json.dumps(tool.body, sort_keys=True)


def _describe_call(tool: ToolRecord | None) -> str:
    if tool is None:
        return "none"
    body = "" if tool.body is None else f" {json.dumps(tool.body, ensure_ascii=False)}"
    return f"{tool.method or '?'} {tool.url or '?'}{body}"


def _describe_form(answer: Answer) -> str:
    if answer.form is None:
        return "none"
    slots = ", ".join(f"{name}={_plain(value)}" for name, value in answer.form.slots.items())
    return f"{answer.form.intent_id}({slots}), " + (f"asks for {answer.form.asking}" if answer.form.asking else "done")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _describe_replies(handled: Handled) -> str:
    if handled.is_unknown:
        return f"depends on a tool answer that is {NOT_RECORDED}"
    return " / ".join(
        reply.text + "".join(f" [{button.title}]" for button in reply.quick_replies) for reply in handled.answer.replies
    )


def differences(before: Handled, after: Handled) -> Iterator[Difference]:
    """Say what a customer, or a tool, would notice."""
    for subject, describe in _SUBJECTS.items():
        old, new = describe(before), describe(after)
        if old != new:
            yield Difference(subject, old, new)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


_SUBJECTS: dict[str, Callable[[Handled], str]] = {
    "intent": lambda handled: handled.answer.intent_id,
    "route": lambda handled: handled.route,
    "values": lambda handled: _describe_form(handled.answer),
    "tool call": lambda handled: _describe_call(handled.tool),
    "reply": _describe_replies,
    "hand-over": lambda handled: _yes_no(handled.answer.is_handed_over),
}

"""A stored conversation replayed on another release: what that release would have answered.

Nothing leaves the process: a tool's result is the logged one, as long as the release makes the same call.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from pipelines.registry.release import Release
from pipelines.schemas.bot import Intent
from pipelines.schemas.keys import thread_hash
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.turns import ToolRecord, TurnRecord
from pipelines.templates.sandbox import noting_gaps
from serving.dialogue.engine import TurnOutcome, TurnPlan, converse
from serving.dialogue.interpret import Interpretation, interpret
from serving.dialogue.messages import FormStatus, TurnResponse, UserMessage
from serving.dialogue.state import DialogueState
from serving.dialogue.turn_record import unreadable_answer
from serving.replay.calls import Endpoints, ReplayedCall

NOT_RECORDED = "not in the log"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Difference:
    """A difference: its subject, the logged value, and the release's value."""

    subject: str
    before: str
    after: str


@dataclass(frozen=True)
class Handling:
    """How a message was handled, as far as a customer or a tool can notice."""

    response: TurnResponse
    route: str
    tool: ToolRecord | None

    @property
    def is_unknown(self) -> bool:
        """Whether the reply depends on a tool result that is not in the log."""
        return self.tool is not None and (self.tool.failure or "").endswith(NOT_RECORDED)


@dataclass(frozen=True)
class ReplayedTurn:
    """A logged turn beside the same message answered again.

    Attributes
    ----------
    before
        The logged response.
    outcome
        What the release works out.
    after
        Its response.
    differences
        What a customer or a tool would notice; empty if nothing.
    answered_at
        When the logged turn was answered.
    llm
        The language model's reading then, with its cost; None if it was not asked.
    logged_tool
        The logged tool call; None if there was none.
    call
        The release's own tool call; None if it calls none.
    """

    turn: int
    text: str
    before: TurnResponse
    outcome: TurnOutcome
    after: TurnResponse
    differences: tuple[Difference, ...]
    answered_at: datetime
    llm: LlmReading | None
    logged_tool: ToolRecord | None = None
    call: ReplayedCall | None = None

    @property
    def handling(self) -> Handling:
        """How the release handles the message."""
        return Handling(self.after, self.outcome.decision.route.kind, self.outcome.tool)


@dataclass
class _RecordedEffects:
    """Performs the engine's effects from a turn's record."""

    record: TurnRecord
    message: UserMessage
    release: Release
    public_shortcuts: frozenset[str]
    endpoints: Endpoints
    call: ReplayedCall | None = None

    async def read(self) -> Interpretation:
        return await interpret(
            self.message,
            parser=self.release.model,
            public_shortcuts=self.public_shortcuts,
            zone=self.release.definition.zone,
        )

    async def ask_llm(self) -> LlmReading:
        return self.record.llm or LlmReading(outcome="unavailable", why=f"its answer is {NOT_RECORDED}")

    async def call_tool(self, plan: TurnPlan, intent: Intent) -> ToolRecord:
        recorded = self.record.tool
        call = ToolRecord(intent_id=intent.intent_id, key=recorded.key if recorded else "")
        if intent.tool is None:
            raise ValueError(f"intent {intent.intent_id!r} has no tool")
        self.call = self.endpoints.render(
            intent.tool, plan, intent, key=call.key, language=self.release.definition.language
        )
        request = self.call.request
        if request is None:
            return call.model_copy(update={"failure": self.call.problem})
        call = call.model_copy(update={"method": request.method, "url": request.url, "body": request.body})
        is_own = self.record.release == self.release.version
        if recorded is None or not self.endpoints.has_answer(recorded, self.call, is_own=is_own):
            return call.model_copy(update={"failure": f"its answer is {NOT_RECORDED}"})
        answered = recorded.model_dump(include={"url", "result", "context", "failure", "has_acted", "may_have_acted"})
        return call.model_copy(update=answered)


async def replay_turns(
    records: Sequence[TurnRecord],
    release: Release,
    *,
    public_shortcuts: frozenset[str],
    endpoints: Endpoints,
    state_ttl: timedelta | None = None,
) -> list[ReplayedTurn]:
    """Replay a thread turn by turn, each on the state that the release itself reached.

    Parameters
    ----------
    records
        The finished turns of one thread, in order, from the first.
    public_shortcuts
        Intents that customers may call as `/intent_id`.
    endpoints
        The operator's endpoints, which a tool call is compared relative to.
    state_ttl
        A longer pause clears the state, as in the live thread. None: never.
    """
    state = DialogueState()
    turns: list[ReplayedTurn] = []
    for record in records:
        if turns and state_ttl is not None and record.created_at - turns[-1].answered_at > state_ttl:
            state = DialogueState()
        message = UserMessage.model_validate_json(record.message)
        if message.sent_at is None:
            message = message.model_copy(update={"sent_at": record.created_at})
        effects = _RecordedEffects(record, message, release, public_shortcuts, endpoints)
        turns.append(await _replay_turn(effects, state.with_context(message.context)))
        state = turns[-1].outcome.decision.state
    return turns


def readable_turns(records: Sequence[TurnRecord]) -> list[TurnRecord]:
    """Return turns, some of which another program may have written, so that all of them can be replayed.

    A message that cannot be read is taken as its text alone, and an answer as one that says nothing. A turn without
    either message or text is left out.
    """
    kept = []
    for record in records:
        try:
            message = UserMessage.model_validate_json(record.message)
        except ValidationError:
            place = record.model_dump(include={"bot", "thread_id", "message_id", "channel", "text"})
            message = UserMessage(**place)
            if not record.text:
                _log.warning(
                    "thread %.12s turn %d: left out, it has no message", thread_hash(record.thread), record.turn
                )
                continue
        try:
            TurnResponse.model_validate_json(record.answer)
            answer = record.answer
        except ValidationError:
            answer = unreadable_answer(record, message, said="").model_dump_json()
        kept.append(record.model_copy(update={"message": message.model_dump_json(), "answer": answer}))
    return kept


async def replay_turn(
    record: TurnRecord,
    message: UserMessage,
    state: DialogueState,
    release: Release,
    *,
    public_shortcuts: frozenset[str],
    endpoints: Endpoints,
) -> ReplayedTurn:
    """Replay one turn on the state it was answered on.

    `state` is the thread's state before the turn; its context already includes the message's. For the others see
    `replay_turns`.
    """
    return await _replay_turn(_RecordedEffects(record, message, release, public_shortcuts, endpoints), state)


async def _replay_turn(effects: _RecordedEffects, state: DialogueState) -> ReplayedTurn:
    record, release = effects.record, effects.release
    with noting_gaps():
        outcome = await converse(release.definition, state, effects, seed=f"{record.thread}:{record.turn}")
    before = TurnResponse.model_validate_json(record.answer)
    after = outcome.response(effects.message, turn=record.turn, release=release.version)
    turn = ReplayedTurn(
        record.turn,
        record.text,
        before,
        outcome,
        after,
        (),
        record.created_at,
        record.llm,
        logged_tool=record.tool,
        call=effects.call,
    )
    found = differences(Handling(before, record.route, record.tool), turn.handling)
    return replace(turn, differences=tuple(found))


def _describe_call(tool: ToolRecord | None) -> str:
    if tool is None:
        return "none"
    body = "" if tool.body is None else f" {json.dumps(tool.body, ensure_ascii=False)}"
    return f"{tool.method or '?'} {tool.url or '?'}{body}"


def _describe_form(form: FormStatus | None) -> str:
    if form is None:
        return "none"
    slots = ", ".join(f"{name}={_plain(value)}" for name, value in form.slots.items())
    return f"{form.intent_id}({slots}), " + (f"asks for {form.asking}" if form.asking else "done")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _describe_replies(handling: Handling) -> str:
    if handling.is_unknown:
        return f"depends on a tool answer that is {NOT_RECORDED}"
    return " / ".join(
        reply.text + "".join(f" [{button.title}]" for button in reply.quick_replies)
        for reply in handling.response.replies
    )


def differences(before: Handling, after: Handling) -> Iterator[Difference]:
    """Yield what a customer or a tool would notice."""
    for subject, describe in _SUBJECTS.items():
        old, new = describe(before), describe(after)
        if old != new:
            yield Difference(subject, old, new)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


_SUBJECTS: dict[str, Callable[[Handling], str]] = {
    "intent": lambda handling: handling.response.intent_id,
    "route": lambda handling: handling.route,
    "values": lambda handling: _describe_form(handling.response.form),
    "tool call": lambda handling: _describe_call(handling.tool),
    "reply": _describe_replies,
    "hand-over": lambda handling: _yes_no(handling.response.is_handed_over),
}

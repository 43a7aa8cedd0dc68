"""The hub of a message: from what a customer wrote to what is answered, exactly once."""

import hashlib
import logging
import time
from dataclasses import dataclass, field

from pydantic import ValidationError

from pipelines.errors import BotError, StateConflict, ToolFailed, UserInputError
from pipelines.registry.release import Release
from pipelines.schemas.bot import Intent
from serving.dialogue.decide import Decision
from serving.dialogue.engine import Outcome, Plan, carry_out, make_plan
from serving.dialogue.interpret import Interpretation, interpret
from serving.dialogue.messages import Answer, BotMessage, UserMessage
from serving.dialogue.phrases import SERVICE_UNAVAILABLE
from serving.dialogue.state import DialogueState
from serving.llm.reading import LlmReading
from serving.release.canary import TurnSigns
from serving.services import AnsweredTurn, Services
from serving.store.keys import thread_mark
from serving.store.states import StoredThread
from serving.store.turns import Claim, ToolRecord, TurnRecord
from serving.tools.templates import RequestValues, ToolRequest, render_request

MAX_TRIES = 5
"""How often a turn that was claimed and never finished is tried again before it is closed."""

_log = logging.getLogger(__name__)


async def handle_turn(message: UserMessage, services: Services) -> Answer:
    """Answer a message, or give again what was answered to it before.

    Parameters
    ----------
    message
        Checked and cleaned by its channel.
    services
        Everything a turn talks to.

    Returns
    -------
    Answer
        What is stored as the message's only turn.

    Raises
    ------
    UserInputError
        The text or the context is too long.
    ModelNotLoaded
        No release can answer for this bot.
    StoreUnavailable
        The database does not answer. The message may or may not be committed; sending it again is safe.
    StateConflict
        Other work on the thread took too long; sending the message again is safe.
    """
    return Answer.model_validate_json(await answer_in_json(message, services))


async def answer_in_json(message: UserMessage, services: Services) -> str:
    """Do what `handle_turn` does, and give the answer as it is stored: JSON of an `Answer`."""
    if len(message.text) > services.max_message_chars:
        raise UserInputError(f"a text may have {services.max_message_chars} characters; send a shorter one")
    if message.sent_at is None:
        message = message.model_copy(update={"sent_at": services.now()})
    await services.releases.ensure(message.bot)  # no release, no work: not even a look at the database
    async with services.thread_locks.hold(message.bot, message.thread_id):
        record = await _answer_once(message, services)
    return record.answer


async def _answer_once(message: UserMessage, services: Services) -> TurnRecord:
    """Work on the thread as it is until the message has its turn."""
    give_up_at = time.monotonic() + services.patience_seconds
    opened: StoredThread | TurnRecord | None = None
    while time.monotonic() < give_up_at:
        opened = opened or await services.ledger.open(message.bot, message.thread_id, message.message_id)
        if isinstance(opened, TurnRecord):
            return opened
        record = await _Attempt(message, opened, services).run()
        if record is not None:
            return record
        hindrance = await services.ledger.resolve(opened, message.message_id)
        if isinstance(hindrance, Claim):
            await _finish(hindrance, opened, services)
            hindrance = None
        opened = hindrance
    raise StateConflict


async def _finish(claim: Claim, thread: StoredThread, services: Services) -> None:
    """Finish the turn of a worker that died in the middle of it: the same message, the same call, the same key."""
    _log.warning("thread %.12s: finishing turn %d of %s", thread_mark(claim.thread), claim.turn, claim.holder)
    message = UserMessage.model_validate_json(claim.message)
    attempt = _Attempt(message, thread, services, claim=claim)
    if claim.token > MAX_TRIES:
        why = f"nobody finished it in {MAX_TRIES} tries"
    elif attempt.take_up_plan():
        await attempt.run()
        return
    else:
        why = "its plan cannot be carried out with this release"
    await services.ledger.commit(thread, _given_up(claim, message, thread, services, why=why), claim=claim)


def _given_up(claim: Claim, message: UserMessage, thread: StoredThread, services: Services, *, why: str) -> TurnRecord:
    """Close a turn that nobody can finish, so that the thread can go on; its outcome is not known."""
    intent_id, version = claim.tool.intent_id, services.releases.current(message.bot, message.thread_id).version
    answer = Answer(
        thread_id=message.thread_id,
        message_id=message.message_id,
        turn=claim.turn,
        replies=(BotMessage(text=SERVICE_UNAVAILABLE),),
        intent_id=intent_id,
        confidence=None,
        form=None,
        release=version,
    )
    return TurnRecord(
        **claim.model_dump(include={"thread", "bot", "thread_id", "turn", "message_id", "message"}),
        channel=message.channel,
        text=message.text,
        release=version,
        intent_id=intent_id,
        confidence=None,
        route="fallback",
        why=f"given up: {why}",
        nlu=None,
        tool=claim.tool.model_copy(update={"failure": why}),
        replies=(SERVICE_UNAVAILABLE,),
        answer=answer.model_dump_json(),
        state=_state_of(thread).without_forms().model_dump_json(),
        created_at=services.now(),
        timings_ms={},
    )


def _state_of(thread: StoredThread) -> DialogueState:
    """Read a thread's state; one that this program cannot read is forgotten rather than block the thread."""
    if thread.state is None:
        return DialogueState()
    try:
        return DialogueState.model_validate_json(thread.state)
    except ValidationError:
        _log.error("thread %.12s: its state cannot be read and is begun anew", thread_mark(thread.key))
        return DialogueState()


def idempotency_key(message: UserMessage, intent_id: str) -> str:
    """Derive the key of a message's tool call: the same one for every try, in every process."""
    parts = (message.bot, message.thread_id, message.message_id, intent_id)
    digest = hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode())
    return digest.hexdigest()[:40]


def _signs_of(outcome: Outcome) -> TurnSigns:
    """Say what a turn tells about the release that answered it."""
    kind, tool = outcome.decision.route.kind, outcome.tool
    has_failed = bool(outcome.reply.problem) or (tool is not None and tool.failure is not None)
    return TurnSigns(fallback=kind == "fallback", error=has_failed, clarification=kind == "clarify")


class _PlaceLost(Exception):
    """The thread moved on before this attempt could take its place in the log."""


@dataclass
class _Attempt:
    """One try to answer a message on a thread as it was read: it reaches outside for the engine."""

    message: UserMessage
    thread: StoredThread
    services: Services
    claim: Claim | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        releases, message = self.services.releases, self.message
        self.release: Release = releases.current(message.bot, message.thread_id)  # for all of the turn
        self._plan: Plan | None = None

    def take_up_plan(self) -> bool:
        """Go on with what the one who took the claim had decided; False if this release cannot."""
        try:
            self._plan = Plan.from_json(self.claim.plan if self.claim else "", self.release.definition)
        except ValueError:
            return False
        return self._plan is not None and self._plan.decision.tool_intent is not None

    async def run(self) -> TurnRecord | None:
        """Work the message out and commit it; None if the place in the log was taken."""
        started = time.perf_counter()
        state = _state_of(self.thread).with_context(self.message.context)
        seed = f"{self.thread.key}:{self.turn}"
        try:
            self._plan = self._plan or await make_plan(self.release.definition, state, self)
            outcome = await carry_out(self._plan, self.release.definition, self, seed=seed)
        except _PlaceLost:
            return None
        except BotError:
            raise  # of the outside or of the sender; no sign of a bad release
        except Exception:
            self.services.releases.observe(self.message.bot, self.release.version, TurnSigns(error=True))
            raise
        if outcome.reply.problem:
            _log.error("bot %s release %s: %s", self.message.bot, self.release.version, outcome.reply.problem)
        self._note("before_commit", started)
        record = self._record(outcome)
        is_committed = await self.services.ledger.commit(self.thread, record, claim=self.claim)
        if not is_committed:
            return None
        self.services.releases.observe(self.message.bot, self.release.version, _signs_of(outcome))
        self.services.shadow.offer(AnsweredTurn(self.message, state, record))
        return record

    @property
    def turn(self) -> int:
        """The number this turn will have."""
        return self.claim.turn if self.claim else self.thread.turn + 1

    def _note(self, step: str, started: float) -> None:
        self.timings_ms[step] = round((time.perf_counter() - started) * 1000, 2)

    async def read(self) -> Interpretation:
        """Let the release's model read the message."""
        started = time.perf_counter()
        interpretation = await interpret(
            self.message,
            parser=self.release.model,
            public_shortcuts=self.services.public_shortcuts,
            zone=self.release.definition.zone,
        )
        self._note("nlu", started)
        return interpretation

    async def ask_llm(self) -> LlmReading:
        """Ask the language model."""
        started = time.perf_counter()
        reading = await self.services.llm.read(self.message.text, bot=self.message.bot, release=self.release)
        self._note("llm", started)
        return reading

    async def call_tool(self, decision: Decision, intent: Intent) -> ToolRecord:
        """Call the intent's tool, after the call is written down; a failure is an outcome like another."""
        started = time.perf_counter()
        record = ToolRecord(intent_id=intent.intent_id, key=idempotency_key(self.message, intent.intent_id))
        try:
            request = self._request(decision, intent, key=record.key)
            record = record.model_copy(update={"method": request.method, "url": request.url, "body": request.body})
            if self.claim is None:
                self.claim = await self._take_place(record)
            spent_seconds = self.timings_ms.get("llm", 0.0) / 1000
            answer = await self.services.tools.call(request, spent_seconds=spent_seconds)
        except ToolFailed as error:
            _log.warning("bot %s: %s", self.message.bot, error)
            record = record.model_copy(update={"failure": error.reason})
        else:
            record = record.model_copy(update={"result": answer.result, "context": answer.context})
        self._note("tool", started)
        return record.model_copy(update={"duration_ms": self.timings_ms["tool"]})

    def _request(self, decision: Decision, intent: Intent, *, key: str) -> ToolRequest:
        values = RequestValues(
            parameters=decision.parameters, context=decision.state.context, endpoints=self.services.endpoints
        )
        if intent.tool is None:
            raise ValueError(f"intent {intent.intent_id!r} has no tool")
        request = render_request(intent.tool, values, intent_id=intent.intent_id, key=key)
        sent = self.claim.tool if self.claim else None
        if sent is None or sent.key != key or not sent.method:
            return request
        # A key stands for one request: what goes out again is what was written down, whatever a newer release says.
        return request.model_copy(update={"method": sent.method, "url": sent.url, "body": sent.body})

    async def _take_place(self, tool: ToolRecord) -> Claim:
        claim = await self.services.ledger.claim(
            self.thread,
            Claim(
                thread=self.thread.key,
                bot=self.message.bot,
                thread_id=self.message.thread_id,
                turn=self.turn,
                message_id=self.message.message_id,
                message=self.message.model_dump_json(),
                tool=tool,
                created_at=self.services.now(),
                plan=self._plan.to_json() if self._plan else "",
            ),
        )
        if claim is None:
            raise _PlaceLost
        return claim

    def _record(self, outcome: Outcome) -> TurnRecord:
        message, decision = self.message, outcome.decision
        route = decision.route
        answer = outcome.answer(message, turn=self.turn, release=self.release.version)
        return TurnRecord(
            thread=self.thread.key,
            bot=message.bot,
            thread_id=message.thread_id,
            turn=self.turn,
            message_id=message.message_id,
            channel=message.channel,
            message=message.model_dump_json(),
            text=message.text,
            release=self.release.version,
            intent_id=route.intent_id,
            confidence=route.confidence,
            route=route.kind,
            why=route.why,
            nlu=outcome.read.nlu,
            llm=outcome.read.llm,
            tool=outcome.tool,
            replies=outcome.reply.texts,
            answer=answer.model_dump_json(),
            state=decision.state.model_dump_json(),
            created_at=self.services.now(),
            timings_ms=self.timings_ms,
            label=decision.label,
        )

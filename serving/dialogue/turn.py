"""The hub of a message: from the customer's text to the reply, exactly once."""

import logging
import time
from functools import partial

from pydantic import ValidationError

from pipelines.errors import BotError, StateConflict, UserInputError
from pipelines.registry.release import Release
from pipelines.schemas.keys import channel_of, channel_thread_key, thread_hash
from pipelines.schemas.turns import Claim, LateAnswer, TurnRecord
from serving.dialogue.effects import ClaimLost, LiveEffects
from serving.dialogue.engine import TurnPlan, carry_out, make_plan
from serving.dialogue.messages import TurnResponse, TurnSignals, UserMessage
from serving.dialogue.observed import note_release, note_repeat, note_reply_problem, observed, observed_again
from serving.dialogue.phrases import phrases_of
from serving.dialogue.privacy import without_placeholders
from serving.dialogue.services import AnsweredTurn, Services
from serving.dialogue.state import DialogueState
from serving.dialogue.turn_record import build_given_up, build_record, read_signals, unreadable_answer, values_of
from serving.dialogue.visitors import admit_visitor
from serving.store.threads.states import StoredThread
from serving.telemetry import spans

MAX_TRIES = 5
"""Attempts to finish a claimed turn before it is closed."""

_log = logging.getLogger(__name__)


async def handle_turn(message: UserMessage, services: Services) -> TurnResponse:
    """Answer a message, or return its stored response if it was answered before.

    Raises
    ------
    UserInputError
        The text or the context is too long.
    ModelNotLoaded
        No release can answer for this bot.
    StoreUnavailable
        The database does not respond. The message may or may not be committed; sending it again is safe.
    StateConflict
        Other work on the thread took too long; sending the message again is safe.
    """
    return TurnResponse.model_validate_json(await handle_turn_json(message, services))


async def handle_turn_json(message: UserMessage, services: Services) -> str:
    """Do what `handle_turn` does, but return the response as stored: JSON of a `TurnResponse`."""
    with observed(message) as turn:
        record = await _handle(message, services)
        turn.end(record)
    return record.answer


async def _handle(message: UserMessage, services: Services) -> TurnRecord:
    if len(message.text) > services.max_message_chars:
        raise UserInputError(f"a text may have {services.max_message_chars} characters; send a shorter one")
    if message.sent_at is None:
        message = message.model_copy(update={"sent_at": services.now()})
    await services.releases.ensure(message.bot)  # without a release the database is not even asked
    await services.policies.keep_fresh()
    async with services.thread_locks.hold(channel_thread_key(message.bot, message.thread_id, channel=message.channel)):
        return await _answer_once(message, services)


def _answered(record: TurnRecord, message: UserMessage, services: Services) -> TurnRecord:
    """Return a turn from the log with an answer to its message sent again, also if the stored one cannot be read."""
    if message.visitor is not None:
        admit_visitor(_read_state(record.thread, record.state), message)
    try:
        TurnResponse.model_validate_json(record.answer)
    except ValidationError:
        _log.error("thread %.12s turn %d: its answer cannot be read", thread_hash(record.thread), record.turn)
        definition = services.releases.current(message.bot, message.thread_id).definition
        said = phrases_of(definition.language, definition.phrases).service_unavailable
        answer = unreadable_answer(record, message, said=said)
        return record.model_copy(update={"answer": answer.model_dump_json()})
    return record


async def _answer_once(message: UserMessage, services: Services) -> TurnRecord:
    """Attempt the turn on the thread's current state, repeatedly, until the message has its turn."""
    give_up_at = time.monotonic() + services.patience_seconds
    opened: StoredThread | TurnRecord | None = None
    while time.monotonic() < give_up_at:
        if opened is None:
            with spans.span("state"):
                opened = await services.ledger.open(
                    message.bot, message.thread_id, message.message_id, channel=message.channel
                )
        if isinstance(opened, TurnRecord):
            note_repeat()
            return _answered(opened, message, services)
        release = services.releases.current(message.bot, message.thread_id)  # answers the whole turn
        record = await _try_turn(message, opened, release, services)
        if record is not None:
            return record
        obstacle = await services.ledger.resolve(opened, message.message_id)
        if isinstance(obstacle, Claim):
            await finish(obstacle, opened, services)
            obstacle = None
        opened = obstacle
    raise StateConflict


async def _try_turn(
    message: UserMessage,
    thread: StoredThread,
    release: Release,
    services: Services,
    *,
    claim: Claim | None = None,
    plan: TurnPlan | None = None,
) -> TurnRecord | None:
    """Answer a message on a thread as it was read and commit the turn; None if another turn came first.

    With a dead worker's claim and plan, finish that turn instead.
    """
    effects = LiveEffects(message, thread, release, services, claim=claim)
    try:
        return await _carry_through(message, thread, release, services, effects=effects, plan=plan)
    finally:
        services.ledger.let_go(effects.claim)


async def _carry_through(
    message: UserMessage,
    thread: StoredThread,
    release: Release,
    services: Services,
    *,
    effects: LiveEffects,
    plan: TurnPlan | None,
) -> TurnRecord | None:
    started = time.perf_counter()
    note_release(release, bot=message.bot)
    state = admit_visitor(_state_of(thread), message).with_context(message.context)
    privacy = effects.privacy = services.privacy.of_turn(message, state, release.definition)
    if privacy is not None:
        state = without_placeholders(state)
    effects.is_in_form = state.active_form is not None
    try:
        plan = plan or await make_plan(release.definition, state, effects)
        outcome = await carry_out(plan, release.definition, effects, seed=f"{thread.key}:{effects.turn}")
    except ClaimLost:
        return None
    except BotError:
        raise  # the sender's or the environment's fault; says nothing about the release
    except Exception:
        services.releases.observe(message.bot, release.version, TurnSignals(error=True))
        raise
    if outcome.reply.problem:
        note_reply_problem()
        thread_id = thread_hash(thread.key)
        _log.error(
            "bot %s release %s thread %.12s turn %d: %s",
            message.bot,
            release.version,
            thread_id,
            effects.turn,
            outcome.reply.problem,
        )
    effects.note("before_commit", started)
    record = build_record(
        outcome, message, thread=thread.key, release=release.version, effects=effects, now=services.now()
    )
    values = outcome.decision.parameters
    stored = record if privacy is None else privacy.record(record, values)
    live = None if privacy is None else privacy.live_state(record.state, values)
    with spans.span("commit"):
        is_committed = await services.ledger.commit(thread, stored, claim=effects.claim, live=live)
    if not is_committed:
        return None
    services.releases.observe(message.bot, release.version, read_signals(outcome))
    services.shadow.offer(AnsweredTurn(message, state, record))
    if record.tool is not None and record.tool.may_have_acted:
        redact = _as_it_is if privacy is None else partial(privacy.late_answer, values=values)
        services.late_answers.note(thread, stored, effects.uncertain, redact=redact)
    return record


def _as_it_is(late: LateAnswer) -> LateAnswer:
    return late


async def finish(claim: Claim, thread: StoredThread, services: Services) -> None:
    """Finish the turn of a worker that died in the middle: the same message, the same call, the same key."""
    _log.warning("thread %.12s: finishing turn %d of %s", thread_hash(claim.thread), claim.turn, claim.holder)
    message = _message_of(claim, thread)
    with observed_again(claim, message):
        await _finish(claim, message, thread, services)


async def _finish(claim: Claim, message: UserMessage, thread: StoredThread, services: Services) -> None:
    release = services.releases.current(message.bot, message.thread_id)
    if claim.token > MAX_TRIES:
        why = f"not finished in {MAX_TRIES} attempts"
    elif plan := _resumable_plan(claim, release):
        await _try_turn(message, thread, release, services, claim=claim, plan=plan)
        return
    else:
        why = "its plan cannot be carried out with this release"
    state = _state_of(thread)
    closed = build_given_up(claim, message, state, release=release, why=why, now=services.now())
    privacy, live = services.privacy.of_turn(message, state, release.definition), None
    if privacy is not None:
        values = values_of(claim) or {}
        live = privacy.live_state(closed.state, values)
        closed = privacy.record(closed, values)
    committed = await services.ledger.commit(thread, closed, claim=claim, live=live)
    if committed and closed.tool and closed.tool.may_have_acted:
        services.late_answers.note(thread, closed, None)


def _message_of(claim: Claim, thread: StoredThread) -> UserMessage:
    """Read the message of a claim; one that cannot be read has no text, and its turn can only be closed."""
    try:
        return UserMessage.model_validate_json(claim.message)
    except ValidationError:
        place = claim.model_dump(include={"bot", "thread_id", "message_id"})
        return UserMessage(**place, text="", channel=thread.channel or channel_of(claim.thread))


def _resumable_plan(claim: Claim, release: Release) -> TurnPlan | None:
    """Read the plan stored in a claim; None if this release cannot resume it."""
    try:
        plan = TurnPlan.from_json(claim.plan, release.definition)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return plan if plan is not None and plan.decision.tool_intent is not None and claim.tool.key else None


def _state_of(thread: StoredThread) -> DialogueState:
    """Read a thread's state; drop one that this program cannot read rather than block the thread."""
    return DialogueState() if thread.state is None else _read_state(thread.key, thread.state)


def _read_state(thread: str, state: str) -> DialogueState:
    try:
        return DialogueState.model_validate_json(state)
    except ValidationError:
        _log.error("thread %.12s: its state cannot be read; starting with an empty one", thread_hash(thread))
        return DialogueState()

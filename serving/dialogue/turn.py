"""The hub of a message: from the customer's text to the reply, exactly once."""

import logging
import time

from pydantic import ValidationError

from pipelines.errors import BotError, StateConflict, UserInputError
from pipelines.registry.release import Release
from pipelines.schemas.keys import thread_hash
from pipelines.schemas.turns import Claim, TurnRecord
from serving.dialogue.effects import ClaimLost, LiveEffects
from serving.dialogue.engine import TurnPlan, carry_out, make_plan
from serving.dialogue.messages import TurnResponse, TurnSignals, UserMessage
from serving.dialogue.services import AnsweredTurn, Services
from serving.dialogue.state import DialogueState
from serving.dialogue.turn_record import build_given_up, build_record, read_signals
from serving.store.states import StoredThread

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
    if len(message.text) > services.max_message_chars:
        raise UserInputError(f"a text may have {services.max_message_chars} characters; send a shorter one")
    if message.sent_at is None:
        message = message.model_copy(update={"sent_at": services.now()})
    await services.releases.ensure(message.bot)  # without a release the database is not even asked
    async with services.thread_locks.hold(message.bot, message.thread_id):
        record = await _answer_once(message, services)
    return record.answer


async def _answer_once(message: UserMessage, services: Services) -> TurnRecord:
    """Attempt the turn on the thread's current state, repeatedly, until the message has its turn."""
    give_up_at = time.monotonic() + services.patience_seconds
    opened: StoredThread | TurnRecord | None = None
    while time.monotonic() < give_up_at:
        opened = opened or await services.ledger.open(message.bot, message.thread_id, message.message_id)
        if isinstance(opened, TurnRecord):
            return opened
        release = services.releases.current(message.bot, message.thread_id)  # answers the whole turn
        record = await _try_turn(message, opened, release, services)
        if record is not None:
            return record
        obstacle = await services.ledger.resolve(opened, message.message_id)
        if isinstance(obstacle, Claim):
            await _finish(obstacle, opened, services)
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
    started = time.perf_counter()
    state = _state_of(thread).with_context(message.context)
    effects = LiveEffects(message, thread, release, services, claim=claim)
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
    if not await services.ledger.commit(thread, record, claim=effects.claim):
        return None
    services.releases.observe(message.bot, release.version, read_signals(outcome))
    services.shadow.offer(AnsweredTurn(message, state, record))
    return record


async def _finish(claim: Claim, thread: StoredThread, services: Services) -> None:
    """Finish the turn of a worker that died in the middle: the same message, the same call, the same key."""
    _log.warning("thread %.12s: finishing turn %d of %s", thread_hash(claim.thread), claim.turn, claim.holder)
    message = UserMessage.model_validate_json(claim.message)
    release = services.releases.current(message.bot, message.thread_id)
    if claim.token > MAX_TRIES:
        why = f"not finished in {MAX_TRIES} attempts"
    elif plan := _resumable_plan(claim, release):
        await _try_turn(message, thread, release, services, claim=claim, plan=plan)
        return
    else:
        why = "its plan cannot be carried out with this release"
    closed = build_given_up(claim, message, _state_of(thread), release=release.version, why=why, now=services.now())
    await services.ledger.commit(thread, closed, claim=claim)


def _resumable_plan(claim: Claim, release: Release) -> TurnPlan | None:
    """Read the plan stored in a claim; None if this release cannot resume it."""
    try:
        plan = TurnPlan.from_json(claim.plan, release.definition)
    except ValueError:
        return None
    return plan if plan is not None and plan.decision.tool_intent is not None else None


def _state_of(thread: StoredThread) -> DialogueState:
    """Read a thread's state; drop one that this program cannot read rather than block the thread."""
    if thread.state is None:
        return DialogueState()
    try:
        return DialogueState.model_validate_json(thread.state)
    except ValidationError:
        _log.error("thread %.12s: its state cannot be read; starting with an empty one", thread_hash(thread.key))
        return DialogueState()

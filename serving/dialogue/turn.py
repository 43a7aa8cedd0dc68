"""The hub of a message: from what a customer wrote to what is answered, exactly once."""

import logging
import time

from pydantic import ValidationError

from pipelines.errors import BotError, StateConflict, UserInputError
from pipelines.registry.release import Release
from pipelines.schemas.keys import thread_mark
from pipelines.schemas.turns import Claim, TurnRecord
from serving.dialogue.effects import LiveEffects, PlaceLost
from serving.dialogue.engine import Plan, carry_out, make_plan
from serving.dialogue.messages import Answer, TurnSigns, UserMessage
from serving.dialogue.state import DialogueState
from serving.dialogue.turn_record import build_given_up, build_record, read_signs
from serving.services import AnsweredTurn, Services
from serving.store.states import StoredThread

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
    """Try on the thread as it is, again and again, until the message has its turn."""
    give_up_at = time.monotonic() + services.patience_seconds
    opened: StoredThread | TurnRecord | None = None
    while time.monotonic() < give_up_at:
        opened = opened or await services.ledger.open(message.bot, message.thread_id, message.message_id)
        if isinstance(opened, TurnRecord):
            return opened
        release = services.releases.current(message.bot, message.thread_id)  # for all of the turn
        record = await _try_turn(message, opened, release, services)
        if record is not None:
            return record
        hindrance = await services.ledger.resolve(opened, message.message_id)
        if isinstance(hindrance, Claim):
            await _finish(hindrance, opened, services)
            hindrance = None
        opened = hindrance
    raise StateConflict


async def _try_turn(
    message: UserMessage,
    thread: StoredThread,
    release: Release,
    services: Services,
    *,
    claim: Claim | None = None,
    plan: Plan | None = None,
) -> TurnRecord | None:
    """Answer a message on a thread as it was read and commit the turn; None if another turn took its place in the log.

    With a dead worker's claim and plan, finish that turn instead.
    """
    started = time.perf_counter()
    state = _state_of(thread).with_context(message.context)
    effects = LiveEffects(message, thread, release, services, claim=claim)
    try:
        plan = plan or await make_plan(release.definition, state, effects)
        outcome = await carry_out(plan, release.definition, effects, seed=f"{thread.key}:{effects.turn}")
    except PlaceLost:
        return None
    except BotError:
        raise  # the sender's or the outside world's; no sign of a bad release
    except Exception:
        services.releases.observe(message.bot, release.version, TurnSigns(error=True))
        raise
    if outcome.reply.problem:
        _log.error("bot %s release %s: %s", message.bot, release.version, outcome.reply.problem)
    effects.note("before_commit", started)
    record = build_record(
        outcome, message, thread=thread.key, release=release.version, effects=effects, now=services.now()
    )
    if not await services.ledger.commit(thread, record, claim=effects.claim):
        return None
    services.releases.observe(message.bot, release.version, read_signs(outcome))
    services.shadow.offer(AnsweredTurn(message, state, record))
    return record


async def _finish(claim: Claim, thread: StoredThread, services: Services) -> None:
    """Finish the turn of a worker that died in the middle of it: the same message, the same call, the same key."""
    _log.warning("thread %.12s: finishing turn %d of %s", thread_mark(claim.thread), claim.turn, claim.holder)
    message = UserMessage.model_validate_json(claim.message)
    release = services.releases.current(message.bot, message.thread_id)
    if claim.token > MAX_TRIES:
        why = f"nobody finished it in {MAX_TRIES} tries"
    elif plan := _resumable_plan(claim, release):
        await _try_turn(message, thread, release, services, claim=claim, plan=plan)
        return
    else:
        why = "its plan cannot be carried out with this release"
    closed = build_given_up(claim, message, _state_of(thread), release=release.version, why=why, now=services.now())
    await services.ledger.commit(thread, closed, claim=claim)


def _resumable_plan(claim: Claim, release: Release) -> Plan | None:
    """Read the plan stored in a claim; None if this release cannot resume it."""
    try:
        plan = Plan.from_json(claim.plan, release.definition)
    except ValueError:
        return None
    return plan if plan is not None and plan.decision.tool_intent is not None else None


def _state_of(thread: StoredThread) -> DialogueState:
    """Read a thread's state; one that this program cannot read is dropped rather than block the thread."""
    if thread.state is None:
        return DialogueState()
    try:
        return DialogueState.model_validate_json(thread.state)
    except ValidationError:
        _log.error("thread %.12s: its state cannot be read and is begun anew", thread_mark(thread.key))
        return DialogueState()

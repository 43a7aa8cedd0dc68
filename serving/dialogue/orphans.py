"""Turns whose process died in the middle, and whose customers do not write again: finished by a sweep, exactly once."""

import logging
import time

from pydantic import ValidationError

from pipelines.errors import BotError, ModelNotLoaded, NotFound, ThreadForgotten
from pipelines.schemas.keys import channel_of, thread_hash
from pipelines.schemas.turns import Claim, TurnRecord
from serving.clock import MonotonicClock
from serving.dialogue.messages import UserMessage
from serving.dialogue.services import Services
from serving.dialogue.turn import finish
from serving.logs import describe_crash

RETRY_SECONDS = 10.0
"""How long a turn that could not be finished is left alone, or for a message of its thread."""
_TRIES = 5

_log = logging.getLogger(__name__)


class OrphanSweep:
    """Finishes claims that nobody works on. `clock` is monotonic, in seconds."""

    def __init__(self, services: Services, *, clock: MonotonicClock = time.monotonic) -> None:
        self._services, self._clock = services, clock
        self._failed_at: dict[tuple[str, int], float] = {}

    async def run(self) -> int:
        """Finish what is orphaned now; return how many turns. Called every second.

        Raise `StoreUnavailable` if the database does not respond.
        """
        n_finished, now = 0, self._clock()
        self._failed_at = {place: at for place, at in self._failed_at.items() if now - at < RETRY_SECONDS}
        for claim in await self._services.ledger.find_orphans():
            place = (claim.thread, claim.turn)
            if place in self._failed_at:
                continue
            if await self._finish_safely(claim):
                n_finished += 1
            else:
                self._failed_at[place] = self._clock()
        return n_finished

    async def _finish_safely(self, claim: Claim) -> bool:
        thread, turn = thread_hash(claim.thread), claim.turn
        try:
            return await self._finish(claim)
        except (ModelNotLoaded, NotFound, ThreadForgotten):  # not this process's bot, or its customer is being erased
            return False
        except BotError as error:
            _log.warning("thread %.12s turn %d: not finished for now: %s", thread, turn, error)
        except Exception as error:
            _log.error("thread %.12s turn %d: not finished for now: %s", thread, turn, describe_crash(error))
        return False

    async def _finish(self, claim: Claim) -> bool:
        services = self._services
        await services.releases.ensure(claim.bot)
        await services.policies.keep_fresh()
        async with services.thread_locks.hold(claim.thread):
            for _ in range(_TRIES):
                thread = await services.ledger.reopen(claim, channel=_channel_of(claim))
                obstacle = await services.ledger.resolve(thread, claim.message_id)
                if isinstance(obstacle, Claim):
                    await finish(obstacle, thread, services)
                    return True
                if isinstance(obstacle, TurnRecord):  # somebody else was faster
                    return True
        return False


def _channel_of(claim: Claim) -> str:
    try:
        return UserMessage.model_validate_json(claim.message).channel
    except ValidationError:
        return channel_of(claim.thread)

"""Exactly once: how a thread's state and its log of turns advance together without transactions.

The log decides. A turn is committed once its document is in the log; the state is advanced right after, and whoever
finds a log ahead of the state advances it first. So a crash between the two writes loses nothing, two processes
answering the same thread cannot both get the next number, and a repeated message finds its turn.

A plain turn costs three round trips: read the state, append to the log, write the state. A turn with a tool call costs
four: it claims its place in the log before the call and completes it afterwards.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

from pipelines.schemas.turns import Claim, TurnRecord
from serving.store.client import Database
from serving.store.forgotten import ForgottenThreads
from serving.store.schema import Schema
from serving.store.states import StateStore, StoredThread
from serving.store.turns import TurnLog

POLL_SECONDS = 0.1


class Ledger:
    """Reads threads and commits turns.

    Parameters
    ----------
    schema
        Nothing is written before its indexes exist.
    holder
        Unique name of this process among those sharing the database; new at every start.
    lease
        How long a claim is exclusive. Longer than any tool call may take.
    now
        The current time, with its zone.
    """

    def __init__(
        self,
        schema: Schema,
        states: StateStore,
        turns: TurnLog,
        forgotten: ForgottenThreads,
        *,
        holder: str,
        lease: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self.schema = schema
        self._states = states
        self.turns = turns
        self.forgotten = forgotten
        self._holder = holder
        self._lease = lease
        self._now = now

    @classmethod
    def over(
        cls,
        database: Database,
        *,
        state_ttl: timedelta,
        turn_ttl: timedelta,
        holder: str,
        lease: timedelta,
        now: Callable[[], datetime],
    ) -> Self:
        """Build a ledger on a database."""
        states, turns = StateStore(database, ttl=state_ttl), TurnLog(database, ttl=turn_ttl)
        forgotten = ForgottenThreads(database)
        return cls(Schema(database), states, turns, forgotten, holder=holder, lease=lease, now=now)

    async def open(self, bot: str, thread_id: str, message_id: str) -> StoredThread | TurnRecord:
        """Read a thread, or the turn that already answered this message if it is a recent one."""
        await self.schema.ensure()
        await self.forgotten.keep_fresh()
        since = self.forgotten.seen
        thread = replace(await self._states.load(bot, thread_id), since=since)
        self.forgotten.check(thread.key)
        turn = thread.turn_of(message_id)
        if turn is not None:
            found = await self.turns.at(thread.key, turn)
            if found is not None and found.record is not None and found.message_id == message_id:
                return found.record
        return thread

    async def claim(self, thread: StoredThread, claim: Claim) -> Claim | None:
        """Take the next place in the log before an external effect; None if the place or the message is taken."""
        await self._check(thread)
        held = claim.model_copy(update={"holder": self._holder, "until": self._now() + self._lease})
        return held if await self.turns.claim(held) else None

    async def commit(self, thread: StoredThread, record: TurnRecord, *, claim: Claim | None) -> bool:
        """Commit a turn and advance the state.

        Return False if the place in the log, the message or the claim belongs to somebody else; see `resolve`. Raise
        `ThreadForgotten` if the thread is being deleted, or was since it was read.
        """
        await self._check(thread)
        is_committed = await self.turns.append(record) if claim is None else await self.turns.complete(claim, record)
        if is_committed and record.turn > thread.turn:  # a turn finished late only goes into the log
            await self._check(thread)
            await self._states.advance(thread, record)
        return is_committed

    async def resolve(self, thread: StoredThread, message_id: str) -> TurnRecord | Claim | StoredThread | None:
        """Find out why the next place was not available to `message_id`, and repair what lags behind.

        Returns
        -------
        TurnRecord | Claim | StoredThread | None
            The message's turn, if it already has one; a claim that was taken over and must be finished first; the
            thread with a corrected turn number; or None: read the thread again.
        """
        found = await self.turns.at(thread.key, thread.turn + 1)
        if found is None:
            found = await self.turns.of_message(thread.key, message_id)
        if found is None:
            return None
        if found.claim is not None:
            return await self._take_over(found.claim)
        if found.record is None:
            raise ValueError("a turn is either finished or claimed")
        return await self._catch_up(thread, found.record, message_id)

    async def _check(self, thread: StoredThread) -> None:
        await self.forgotten.keep_fresh()
        self.forgotten.check(thread.key, since=thread.since)

    async def _catch_up(
        self, thread: StoredThread, record: TurnRecord, message_id: str
    ) -> TurnRecord | StoredThread | None:
        is_ahead = record.turn > thread.turn
        is_leftover = self._states.is_expired(record.created_at, now=self._now())
        if is_ahead and not is_leftover:
            await self._check(thread)
            await self._states.advance(thread, record)
        if record.message_id == message_id:
            return record
        if is_ahead and is_leftover:
            # The state has expired but its turns have not: continue their numbers without the state.
            return replace(thread, turn=await self.turns.last_number(thread.key))
        return None

    async def _take_over(self, claim: Claim) -> Claim | None:
        # The caller holds the thread's lock in this process, so a claim of this process is orphaned.
        if claim.holder == self._holder or claim.until is None or claim.until < self._now():
            return await self.turns.take_over(claim, holder=self._holder, until=self._now() + self._lease)
        await asyncio.sleep(POLL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - spreads waiting processes
        return None

"""Exactly once: how a thread's state and its log of turns advance together without transactions.

The log decides. A turn is committed once its document is in the log; the state is advanced right after, and whoever
finds a log ahead of the state advances it first. So a crash between the two writes loses nothing, two processes
answering the same thread cannot both get the next number, and a repeated message finds its turn.

That a message has one turn is kept twice. The log has a unique index on it. And a thread's state knows the messages it
has answered: one that may be among them is looked for before anything is written, and so is every message while the
index is missing. As turns are numbered without gaps, a turn written since by somebody else takes the number, too.

A plain turn costs three round trips: read the state, append to the log, write the state. A turn with a tool call costs
four: it claims its place in the log before the call and completes it afterwards.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

from pipelines.schemas.keys import REST, STATES, channel_thread_key, thread_hash, thread_key
from pipelines.schemas.turns import Claim, LateAnswer, ToolRecord, TurnRecord
from serving.clock import MonotonicClock
from serving.store.access.policies import Lifetimes
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.forgotten import ForgottenThreads
from serving.store.threads.states import LiveState, StateStore, StoredThread
from serving.store.threads.turns import TurnLog
from serving.store.upkeep.quarantine import Quarantine
from serving.store.watch import SILENCE_SECONDS, Watch

POLL_SECONDS = 0.1

_log = logging.getLogger(__name__)


def _with_state(record: TurnRecord, thread: StoredThread) -> TurnRecord:
    """Return a turn whose state cannot be read with the state before it."""
    return record if record.state else record.model_copy(update={"state": thread.state or "{}"})


class Ledger:
    """Reads threads and commits turns.

    Parameters
    ----------
    schema
        Nothing is written before its indexes exist.
    holder
        Unique name of this process among those sharing the database; new at every start.
    lease
        How long a claim of an earlier version is exclusive, whose holder gives no signs of life. Longer than any tool
        call may take.
    now
        The current time, with its zone.
    clock
        A monotonic clock, in seconds: by it alone others' signs of life are judged.
    """

    def __init__(
        self,
        database: Database,
        schema: Schema,
        states: StateStore,
        turns: TurnLog,
        forgotten: ForgottenThreads,
        *,
        holder: str,
        lease: timedelta,
        now: Callable[[], datetime],
        clock: MonotonicClock = time.monotonic,
    ) -> None:
        self.schema = schema
        self._states = states
        self.turns = turns
        self.forgotten = forgotten
        self._holder = holder
        self._lease = lease
        self._now = now
        self._database, self._quarantine = database, Quarantine(database)
        self._watch = Watch(clock=clock)
        self._held: dict[tuple[str, int], Claim] = {}

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
        clock: MonotonicClock = time.monotonic,
        lifetimes: Lifetimes | None = None,
    ) -> Self:
        """Build a ledger on a database; `lifetimes` are those of bots that have their own."""
        state_ttl_of, turn_ttl_of = (lifetimes.of_state, lifetimes.of_turn) if lifetimes is not None else (None, None)
        states = StateStore(database, ttl=state_ttl, ttl_of=state_ttl_of)
        turns = TurnLog(database, ttl=turn_ttl, ttl_of=turn_ttl_of)
        forgotten = ForgottenThreads(database, clock=clock)
        return cls(
            database, Schema(database), states, turns, forgotten, holder=holder, lease=lease, now=now, clock=clock
        )

    async def open(
        self, bot: str, thread_id: str, message_id: str, *, channel: str = REST
    ) -> StoredThread | TurnRecord:
        """Read a channel's thread, or the turn that already answered this message if it is a recent one."""
        await self.schema.ensure()
        await self.forgotten.keep_fresh()
        since = self.forgotten.seen
        thread = replace(await self._load(bot, thread_id, channel), since=since, channel=channel)
        self.forgotten.check(thread.key)
        turn = thread.turn_of(message_id)
        if turn is not None:
            found = await self.turns.at(thread.key, turn)
            if found is not None and found.record is not None and found.message_id == message_id:
                return found.record
        if turn is not None or thread.may_have_answered(message_id) or not self.schema.is_unique:
            return await self._answer_to(thread, message_id) or thread
        return thread

    async def _load(self, bot: str, thread_id: str, channel: str) -> StoredThread:
        """Read a thread that belongs to the channel, wherever an earlier version has put it."""
        key, former = channel_thread_key(bot, thread_id, channel=channel), thread_key(bot, thread_id)
        if key != former:
            thread, before = await asyncio.gather(self._read(key), self._read(former))  # in one call
            is_before = thread.stored_turn is None and before.stored_turn is not None
            return before if is_before and await self._is_rests(before) else thread
        thread = await self._read(key)
        if thread.stored_turn is None or thread.channel == channel or ":" not in thread_id:
            return thread
        if thread.channel is None and await self._is_of(thread, channel):
            return thread
        # Before channels had name spaces, somebody named this thread over REST before its owner wrote: it begins anew.
        return replace(thread, state=None, recent=())

    async def _read(self, key: str) -> StoredThread:
        """Read a state; one that cannot be read is put aside, and the thread goes on from its last turn in the log."""
        thread = await self._states.load(key)
        if thread.unreadable is None:
            return thread
        _log.error("thread %.12s: its state cannot be read; it goes on from its last turn", thread_hash(key))
        await self._quarantine.copy(STATES, thread.unreadable, reason="cannot be read", now=self._now())
        record, turn = None, await self.turns.last_number(key)
        while turn and record is None:  # the last one may be a claim
            found = await self.turns.at(key, turn)
            record, turn = found.record if found is not None else None, turn - 1
        if record is not None:
            record = _with_state(record, thread)
        await self._states.replace_unreadable(thread, record)
        return replace(thread, unreadable=None) if record is None else await self._states.load(key)

    async def _is_of(self, thread: StoredThread, channel: str) -> bool:
        return await self.turns.has_turn_of(thread.key, channel) or not await self.turns.has_turn_of(thread.key, REST)

    async def _is_rests(self, thread: StoredThread) -> bool:
        if thread.channel is not None:
            return thread.channel == REST
        is_used = await self.turns.has_turn_of(thread.key, REST)
        return is_used and not await self.turns.has_turn_of(thread.key, {"$ne": REST})

    async def claim(self, thread: StoredThread, claim: Claim) -> Claim | None:
        """Take the next place in the log before an external effect; None if the place or the message is taken."""
        await self.check(thread)
        held = claim.model_copy(update={"holder": self._holder, "until": self._now() + self._lease, "beat": 0})
        if not await self.turns.claim(held):
            return None
        self._held[held.thread, held.turn] = held
        return held

    def let_go(self, claim: Claim | None) -> None:
        """Show no more signs of life for a claim: its turn is finished, or this attempt at it has failed."""
        if claim is not None:
            self._held.pop((claim.thread, claim.turn), None)

    async def beat(self) -> None:
        """Show signs of life for what this process has claimed; called every second."""
        for place, claim in list(self._held.items()):
            beaten = await self.turns.beat(claim)
            if self._held.get(place) is not claim:
                continue
            if beaten is None:
                del self._held[place]
            else:
                self._held[place] = beaten

    async def find_orphans(self, *, limit: int = 200) -> list[Claim]:
        """Return claims that nobody works on; to be called every second, since it takes several looks to tell."""
        await self.schema.ensure()
        return [claim for claim in await self.turns.open_claims(limit=limit) if self._is_orphan(claim)]

    def _is_orphan(self, claim: Claim) -> bool:
        if claim.holder == self._holder:
            return (claim.thread, claim.turn) not in self._held
        silence = self._lease.total_seconds() if claim.beat is None else SILENCE_SECONDS
        place, version = (claim.thread, claim.turn), (claim.holder, claim.token, claim.beat)
        return self._watch.unchanged_seconds(place, version) >= silence

    async def reopen(self, claim: Claim, *, channel: str) -> StoredThread:
        """Read the thread of a claim."""
        await self.forgotten.keep_fresh()
        since = self.forgotten.seen
        self.forgotten.check(claim.thread)
        return replace(await self._read(claim.thread), since=since, channel=channel)

    async def commit(
        self, thread: StoredThread, record: TurnRecord, *, claim: Claim | None, live: LiveState | None = None
    ) -> bool:
        """Commit a turn and advance the state, to `live` if that differs from what the log has of it.

        Return False if the place in the log, the message or the claim belongs to somebody else; see `resolve`. Raise
        `ThreadForgotten` if the thread is being deleted, or was since it was read.
        """
        await self.check(thread)
        is_committed = await self.turns.append(record) if claim is None else await self.turns.complete(claim, record)
        if is_committed and record.turn > thread.turn:  # a turn finished late only goes into the log
            await self.check(thread)
            await self._states.advance(thread, record, live=live)
        return is_committed

    async def find_call(self, thread: StoredThread, message_id: str, *, key: str) -> ToolRecord | None:
        """Return an earlier tool call of a thread, with what became known of it since."""
        found = await self.turns.of_message(thread.key, message_id)
        tool = found.record.tool if found is not None and found.record is not None else None
        return tool if tool is not None and tool.key == key else None

    async def check(self, thread: StoredThread) -> None:
        """Raise `ThreadForgotten` if the thread is being deleted, or was since it was read."""
        await self.forgotten.keep_fresh()
        self.forgotten.check(thread.key, since=thread.since)

    async def add_late_answer(self, thread: StoredThread, record: TurnRecord, late: LateAnswer) -> bool:
        """Add what a tool said later to its turn; False if the turn is gone."""
        await self.check(thread)
        return await self.turns.add_late_answer(record, late)

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
        return await self._catch_up(thread, found.record, message_id, written_at=self.turns.written_at(found))

    async def _answer_to(self, thread: StoredThread, message_id: str) -> TurnRecord | None:
        found = await self.turns.of_message(thread.key, message_id)
        return None if found is None else found.record

    async def _catch_up(
        self, thread: StoredThread, record: TurnRecord, message_id: str, *, written_at: datetime | None
    ) -> TurnRecord | StoredThread | None:
        is_ahead = record.turn > thread.turn
        now = self._now() - self._database.clock_error
        is_old = self._states.is_expired(
            record.created_at if written_at is None else written_at, bot=record.bot, now=now
        )
        is_leftover = record.channel != thread.channel or is_old
        if is_ahead and not is_leftover:
            await self.check(thread)
            await self._states.advance(thread, _with_state(record, thread))
        if record.message_id == message_id:
            return record
        if is_ahead and is_leftover:
            # The state has expired but its turns have not: continue their numbers without the state.
            last = await self.turns.last_number(thread.key)
            return await self._answer_to(thread, message_id) or replace(thread, turn=last)
        return None

    async def _take_over(self, claim: Claim) -> Claim | None:
        if self._is_orphan(claim):
            taken = await self.turns.take_over(claim, holder=self._holder, until=self._now() + self._lease)
            if taken is not None:
                self._held[taken.thread, taken.turn] = taken
            return taken
        await asyncio.sleep(POLL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - spreads waiting processes
        return None

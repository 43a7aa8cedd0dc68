"""Leases: who may exclusively work on something, and until when.

    leases  {_id, number, holder, since, until, ttl_seconds, beat, is_free}

Found by `_id` and replaced by compare-and-set on the number, which grows with every holder: work done under a lower
number comes from a holder that has been taken for dead since.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from pipelines.errors import BotError, LeaseLost, StoreUnavailable
from pipelines.schemas.keys import LEASES
from serving.clock import is_set_within, utc_now
from serving.store.client import Collection, Database, Document, DuplicateKeyError

_RETRY_SECONDS = 1.0

T = TypeVar("T")


class OnRenewal(Protocol):
    """Called after a renewal with its new end."""

    def __call__(self, *, until: datetime) -> Awaitable[None]:
        """React to a renewal; after `StoreUnavailable` the renewal is retried."""
        ...


@dataclass(frozen=True)
class Lease:
    """An exclusive right.

    Attributes
    ----------
    key
        What is held.
    number
        Number of holders so far, including this one.
    holder
        The holder, named for people.
    since, until
        When it was taken, and when its holder counts as dead unless it is renewed, by the holder's clock.
    ttl
        How long its holder may stay silent; it renews four times in that.
    beat
        Number of renewals: it changes whatever the holder's clock does.
    is_free
        Whether it was given back.
    """

    key: str
    number: int
    holder: str
    since: datetime
    until: datetime
    ttl: timedelta
    beat: int = 0
    is_free: bool = False


class Leases:
    """Takes, renews and gives back leases; a holder may stay silent for `ttl`."""

    def __init__(self, database: Database, *, ttl: timedelta) -> None:
        self._database = database
        self._leases: Collection = database.collection(LEASES)
        self.ttl = ttl

    async def find(self, key: str) -> Lease | None:
        """Return a lease, valid or not."""
        document = await self._database.call("read lease", self._leases.find_one({"_id": key}))
        if document is None:
            return None
        fields = {name: document[name] for name in ("number", "holder", "since", "until")}
        seconds = document.get("ttl_seconds")  # an earlier version does not say
        ttl = self.ttl if seconds is None else timedelta(seconds=seconds)
        return Lease(key, **fields, ttl=ttl, beat=document.get("beat", 0), is_free=document.get("is_free", False))

    async def take(self, key: str, *, holder: str, now: datetime) -> tuple[Lease, bool]:
        """Take a lease if nobody alive holds it; return the current lease, and whether it is ours.

        `holder` names the taker for people.
        """
        found = await self.find(key)
        while found is None or not await self.is_held(found, now=now):
            wanted = Lease(key, found.number + 1 if found else 1, holder, now, now + self.ttl, self.ttl)
            if await self._put(wanted, instead_of=found):
                return wanted, True
            found = await self.find(key)  # another process was faster
        return found, False

    async def is_held(self, lease: Lease, *, now: datetime) -> bool:
        """Whether somebody alive holds a lease.

        Its end is on the holder's clock. An end that both clocks agree on is believed. If it has passed, or is further
        away than any renewal puts it, one of the clocks may be wrong: the lease is then watched for the time of two
        renewals, and is held if it changes.
        """
        if lease.is_free or now < lease.until <= now + lease.ttl:
            return not lease.is_free
        begin, seconds = time.monotonic(), lease.ttl.total_seconds() / 2
        while time.monotonic() - begin < seconds:
            await asyncio.sleep(min(_RETRY_SECONDS, seconds / 4))
            found = await self.find(lease.key)
            if found is None or found.is_free:
                return False
            if found != lease:
                return True
        return False

    async def renew(self, lease: Lease, *, now: datetime) -> Lease | None:
        """Extend a lease, even an expired one that nobody else took; None if somebody did."""
        renewed = replace(lease, until=now + self.ttl, ttl=self.ttl, beat=lease.beat + 1)
        return renewed if await self._put(renewed, instead_of=lease) else None

    async def give_back(self, lease: Lease, *, now: datetime) -> None:
        """Let others take a lease at once; its number stays, so that the next one is higher."""
        await self._put(replace(lease, until=now, is_free=True), instead_of=lease)

    async def hold(
        self,
        lease: Lease,
        stop: asyncio.Event,
        *,
        on_renewal: OnRenewal,
        on_failure: Callable[[StoreUnavailable], None],
    ) -> bool:
        """Renew a lease, four times per `ttl`, until `stop` or a takeover; return whether it is still ours.

        Parameters
        ----------
        on_failure
            Called if the database fails, here or within `on_renewal`; what it raises ends this. Otherwise the renewal
            is retried soon, even a late one: nobody may have wanted the lease.
        """
        often, soon = self.ttl.total_seconds() / 4, min(_RETRY_SECONDS, self.ttl.total_seconds() / 6)
        pause = often
        while not await is_set_within(stop, seconds=pause):
            try:
                renewed = await self.renew(lease, now=utc_now())
                if renewed is None:
                    return False
                await on_renewal(until=renewed.until)
                pause = often
            except StoreUnavailable as error:
                on_failure(error)
                pause = soon
        return True

    async def _put(self, lease: Lease, *, instead_of: Lease | None) -> bool:
        document: Document = {
            "_id": lease.key,
            "number": lease.number,
            "holder": lease.holder,
            "since": lease.since,
            "until": lease.until,
            "ttl_seconds": lease.ttl.total_seconds(),
            "beat": lease.beat,
            "is_free": lease.is_free,
        }
        if instead_of is None:
            try:
                await self._database.call("write lease", self._leases.insert_one(document))
            except DuplicateKeyError:
                return False
            return True
        query = {"_id": lease.key, "number": instead_of.number}
        outcome = await self._database.call("write lease", self._leases.replace_one(query, document))
        return outcome.matched_count == 1


class SideWork:
    """Long work in a thread beside the event loop, which can be told to end at its next step.

    `what` names it as the subject of a sentence: `forgetting`.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._reason: BotError | None = None

    def check(self) -> None:
        """Raise the reason to end, if there is one; the work calls this between its steps."""
        if self._reason is not None:
            raise self._reason

    def end(self, reason: BotError | None = None) -> None:
        """Have the work end at its next step; the default reason is that its lease is lost."""
        self._reason = reason or LeaseLost(self._what)

    async def run(self, work: Callable[[], T]) -> T:
        """Run some of the work; cancelling this ends it at a step."""
        try:
            return await asyncio.to_thread(work)
        except asyncio.CancelledError:
            self.end()
            raise


@asynccontextmanager
async def renewed(
    leases: Leases, lease: Lease, work: SideWork, *, also: OnRenewal | None = None
) -> AsyncIterator[None]:
    """Renew a lease for as long as the context lasts, calling `also` after each renewal.

    The `work` it protects is ended if somebody takes the lease, or if it could not be renewed before it expired.
    """
    stop = asyncio.Event()
    keeping = asyncio.create_task(_keep(leases, lease, work, also, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait([keeping])  # not cancelled: its last write could arrive late


async def _keep(leases: Leases, lease: Lease, work: SideWork, also: OnRenewal | None, stop: asyncio.Event) -> None:
    ttl = leases.ttl.total_seconds()
    valid_until = time.monotonic() + ttl

    async def on_renewal(*, until: datetime) -> None:
        nonlocal valid_until
        if also is not None:
            await also(until=until)
        valid_until = time.monotonic() + ttl

    def on_failure(error: StoreUnavailable) -> None:
        if time.monotonic() > valid_until:
            raise error

    try:
        if not await leases.hold(lease, stop, on_renewal=on_renewal, on_failure=on_failure):
            work.end()
    except StoreUnavailable as error:
        work.end(error)

"""Filling the labelling queue: one miner of a bot at a time.

Which side of the wall between training and holdout a new text falls on hangs on what the queue holds. Two miners that
read it at the same time would not know of one another's texts, and could put two that are nearly the same on both.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from pipelines.errors import MiningBusy
from pipelines.progress import Progress
from pipelines.schemas.keys import mining_key
from pipelines.schemas.labels import LabelItem
from serving.store.client import Database
from serving.store.labels import Labels, Stored
from serving.store.leases import Leases, SideWork, renewed

_LEASE = timedelta(seconds=60)
"""How long a miner that gives no sign of life keeps others waiting."""


class Mined(Protocol):
    """What a miner found; `pipelines.labelling.mine` has the class."""

    @property
    def items(self) -> Sequence[LabelItem]:
        """What to store."""
        ...


MinedT = TypeVar("MinedT", bound=Mined, covariant=True)


class Miner(Protocol[MinedT]):
    """Reads the queue and the log, and finds what to store; `pipelines.labelling.mine.mine_log`, partly applied."""

    def __call__(self, *, progress: Progress) -> MinedT:
        """Mine; `progress` is called with the share done, in [0, 1], and what is being done."""
        ...


async def fill_queue(
    database: Database, bot: str, mine: Miner[MinedT], *, by: str, progress: Progress
) -> tuple[MinedT, Stored]:
    """Mine in a thread, and store what is found, while nobody else does.

    Parameters
    ----------
    database
        An open connection.
    bot
        Whose queue.
    mine
        Reads the queue and finds what to store.
    by
        Who mines, in words for a person.
    progress
        Called with the share done, in [0, 1], and what is being done.

    Returns
    -------
    tuple[MinedT, Stored]
        What was found, and what storing it did.

    Raises
    ------
    MiningBusy
        Somebody else is at it; nothing was begun.
    LeaseLost
        This process was held up for so long that somebody else may have begun; nothing was stored.
    """
    leases, work = Leases(database, ttl=_LEASE), SideWork("mining")

    def report(share: float, what: str) -> None:
        work.check()
        progress(share, what)

    lease, is_ours = await leases.take(mining_key(bot), holder=f"{by}, process {os.getpid()}", now=_now())
    if not is_ours:
        raise MiningBusy(bot, holder=lease.holder, since=lease.since)
    try:
        async with renewed(leases, lease, work):
            mined = await work.run(lambda: mine(progress=report))
            work.check()
            return mined, await Labels(database).store(mined.items)
    finally:
        await leases.give_back(lease, now=_now())


def _now() -> datetime:
    return datetime.now(UTC)

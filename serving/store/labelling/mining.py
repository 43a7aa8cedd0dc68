"""Filling the labelling queue: one miner per bot at a time.

Whether a new text goes to training or to the holdout depends on the content of the queue. Two concurrent miners would
not see each other's texts, and could split two nearly equal ones between the two.
"""

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol, TypeVar

from pipelines.errors import MiningBusy
from pipelines.progress import Progress
from pipelines.schemas.keys import mining_key
from pipelines.schemas.labels import LabelItem
from serving.clock import utc_now
from serving.store.client import Database
from serving.store.labelling.labels import Labels, Stored
from serving.store.threads.forgotten import ForgottenThreads
from serving.store.work.leases import Leases, SideWork, renewed

_LEASE = timedelta(seconds=60)
"""How long a silent miner keeps others waiting."""


class Mined(Protocol):
    """A miner's findings; `pipelines.labelling.mine` has the class."""

    @property
    def items(self) -> Sequence[LabelItem]:
        """The items to store."""
        ...


MinedT = TypeVar("MinedT", bound=Mined, covariant=True)


class Miner(Protocol[MinedT]):
    """Reads the queue and the log, and finds what to store: `pipelines.labelling.mine.mine_log`, partly applied."""

    def __call__(self, *, progress: Progress) -> MinedT:
        """Mine."""
        ...


async def fill_queue(
    database: Database, bot: str, mine: Miner[MinedT], *, by: str, progress: Progress
) -> tuple[MinedT, Stored]:
    """Mine in a thread under an exclusive lease, and store the findings; return both results.

    `by` names the miner for people.

    Raises
    ------
    MiningBusy
        Another miner is running; nothing was started.
    LeaseLost
        This process was held up for so long that another miner may have started; nothing was stored.
    """
    leases, work = Leases(database, ttl=_LEASE), SideWork("mining")

    def report(share: float, what: str) -> None:
        work.check()
        progress(share, what)

    lease, is_ours = await leases.take(mining_key(bot), holder=f"{by}, process {os.getpid()}", now=utc_now())
    if not is_ours:
        raise MiningBusy(bot, holder=lease.holder, since=lease.since)
    try:
        async with renewed(leases, lease, work):
            deletions = await ForgottenThreads(database).deletions(only_ended=True)
            mined = await work.run(lambda: mine(progress=report))
            work.check()
            return mined, await Labels(database).store(mined.items, before=deletions)
    finally:
        await leases.give_back(lease, now=utc_now())

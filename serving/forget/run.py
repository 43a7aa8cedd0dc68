"""`intentloop forget`: the order in which a person is forgotten.

Threads are marked first, so that no process writes to them behind the deletion. Texts are gathered and looked for
everywhere while the database still has them, and the database goes last: whatever stops half-way can be done again.
A process that dies in the middle keeps trainings and the threads' customers waiting for `_LEASE` at most.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.errors import NotFound, TrainingBusy
from pipelines.forget.lineage import Lineage, LineageSearch
from pipelines.forget.redact import Words
from pipelines.progress import Progress, part
from pipelines.schemas.keys import thread_key, training_key
from pipelines.schemas.training import CASES
from pipelines.settings import Settings
from serving.channels.graph_api import threads_of_sender
from serving.forget.store import DraftPlace, Eraser, Traces
from serving.store.client import Database
from serving.store.forgotten import Deletion, notice_seconds
from serving.store.leases import Leases, SideWork, renewed
from serving.store.schema import Schema

SEARCH_SECONDS = 120.0
"""Longest wait for one look through a whole collection."""
_LEASE = timedelta(seconds=60)
"""How long a run that gives no sign of life keeps the bot from being retrained and its threads from going on."""


@dataclass(frozen=True)
class Wish:
    """What is to be forgotten, and how far.

    Attributes
    ----------
    bot
        The bot.
    thread, user
        The one or the other: a thread's id, or a sender's on every channel.
    purge
        Whether snapshots, runs and drafts lose the texts too; None: stop if any holds them.
    is_rehearsal
        Only look.
    """

    bot: str
    thread: str | None = None
    user: str | None = None
    purge: bool | None = None
    is_rehearsal: bool = False


@dataclass(frozen=True)
class Outcome:
    """What was found, and what became of it.

    Attributes
    ----------
    traces
        What the database held.
    lineage
        What trainings and files held.
    drafts
        Examples of the drafts.
    is_done
        Whether anything was changed.
    other_bots
        Bots with threads of the same sender.
    n_masked
        Log files in which ids or texts were written over.
    """

    traces: Traces
    lineage: Lineage
    drafts: tuple[DraftPlace, ...]
    is_done: bool
    other_bots: tuple[str, ...] = ()
    n_masked: int = 0


@dataclass
class Forgetting:
    """One run of the command.

    Attributes
    ----------
    wish
        What is asked for.
    settings
        The platform's.
    progress
        Called with the share done, in [0, 1], and what is being done.
    """

    wish: Wish
    settings: Settings
    progress: Progress
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _work: SideWork = field(default_factory=lambda: SideWork("forgetting"), init=False)

    async def run(self) -> Outcome:
        """Forget, or only look.

        Returns
        -------
        Outcome
            With `is_done` false where it only looked, or stopped for want of a decision about snapshots.

        Raises
        ------
        NotFound
            There is no trace of such a thread or sender.
        StoreUnavailable
            The database does not answer; nothing is lost, the same command goes on.
        TrainingBusy
            A training of the bot is under way; nothing was deleted.
        LeaseLost
            This process was held up for so long that a training may have begun; the same command goes on.
        RegistryUnavailable
            The MLflow server does not answer; nothing was deleted.
        """
        settings = self.settings
        database = Database.from_settings(settings, timeout_seconds=SEARCH_SECONDS)
        try:
            await Schema(database).ensure()
            thread_ids, other_bots = await self._threads(Eraser(database))
            if self.wish.is_rehearsal or self.wish.purge is None:
                looked = await self._look(Eraser(database), thread_ids, other_bots)
                if self.wish.is_rehearsal or looked.drafts or looked.lineage.holdings:
                    return looked
            async with self._alone(database, thread_ids):
                return await self._forget(Eraser(database), thread_ids, other_bots)
        finally:
            database.close()

    @asynccontextmanager
    async def _alone(self, database: Database, thread_ids: list[str]) -> AsyncIterator[None]:
        """Keep others away while this process lives.

        No training of the bot begins, since what it has read is logged and registered later. No process writes to the
        threads, those included that have begun a turn.
        """
        leases, deletion = Leases(database, ttl=_LEASE), Deletion(database, self._keys(thread_ids))
        lease, is_ours = await leases.take(training_key(self.wish.bot), holder="intentloop forget", now=_now())
        if not is_ours:
            raise TrainingBusy(self.wish.bot, holder=lease.holder, since=lease.since)
        try:
            await deletion.begin(now=_now(), until=_now() + _LEASE)
            try:
                async with renewed(leases, lease, self._work, also=deletion.hold):
                    self._report(0.05, "waiting until every process knows")
                    await asyncio.sleep(notice_seconds(self.settings.mongo_timeout_seconds))
                    yield
            finally:
                await deletion.finish(now=_now())
        finally:
            await leases.give_back(lease, now=_now())

    def _report(self, share: float, what: str) -> None:
        self._work.check()
        self.progress(share, what)

    def _keys(self, thread_ids: list[str]) -> list[str]:
        return [thread_key(self.wish.bot, thread_id) for thread_id in thread_ids]

    async def _threads(self, eraser: Eraser) -> tuple[list[str], tuple[str, ...]]:
        """Give the threads that are meant, and the other bots that the sender has written to."""
        if self.wish.user is None:
            return [self.wish.thread or ""], ()
        self._report(0.0, "looking for threads")
        by_bot = await eraser.find_threads(threads_of_sender(self.wish.user))
        found = {self.wish.user, *by_bot.pop(self.wish.bot, ())}  # also where only files are left of them
        return sorted(found), tuple(sorted(by_bot))

    async def _look(self, eraser: Eraser, thread_ids: list[str], other_bots: tuple[str, ...]) -> Outcome:
        wish = self.wish
        self._report(0.1, "reading what was said")
        traces = await eraser.look(wish.bot, thread_ids)
        lineage = await self._work.run(lambda: self._search(traces))
        drafts = tuple(await eraser.find_drafts(wish.bot, lineage.words.texts))
        outcome = Outcome(traces, lineage, drafts, is_done=False, other_bots=other_bots)
        if not traces.counts and not lineage.holdings:
            who = wish.thread if wish.user is None else wish.user
            raise NotFound("trace of", str(who), hint=f"nothing of bot {wish.bot!r} is theirs; check the id and --bot")
        return outcome

    async def _forget(self, eraser: Eraser, thread_ids: list[str], other_bots: tuple[str, ...]) -> Outcome:
        looked = await self._look(eraser, thread_ids, other_bots)
        traces, lineage = looked.traces, looked.lineage
        await self._work.run(lambda: self._purge(lineage))
        if self.wish.purge:
            await eraser.erase_drafts(self.wish.bot, lineage.words.texts)
        self._report(0.95, "deleting what was said")
        await eraser.erase(traces)
        n_masked = await self._work.run(lambda: mask_logs(self._logs(), with_keys(lineage.words, traces.threads)))
        return replace(looked, is_done=True, n_masked=n_masked)

    def _search(self, traces: Traces) -> Lineage:
        search = LineageSearch(
            self.wish.bot,
            home=self.settings.home.resolve(),
            cases=CASES,
            tracking_uri=self.settings.resolved_tracking_uri,
            now=self.now,
        )
        progress = part(self._report, 0.2, 0.8)
        return search.find(traces.first_said_at, shared=traces.shared, thread_ids=traces.thread_ids, progress=progress)

    def _purge(self, lineage: Lineage) -> None:
        # versions first: they are found by the texts of runs, should this be ended before its time and begun again
        holdings = sorted(lineage.holdings, key=lambda holding: holding.kind != "version")
        for number, holding in enumerate(holdings):
            self._report(0.8 + 0.15 * number / len(holdings), f"cleaning {holding.kind} {holding.name[:40]}")
            # a version is marked in any case: it can be found no more once the texts are gone
            if holding.purge is not None and (self.wish.purge or holding.kind == "version"):
                holding.purge()

    def _logs(self) -> list[Path]:
        home = self.settings.home
        return sorted([*(home / "logs").glob("*.log"), *(home / "mongo").glob("*.log")])


def _now() -> datetime:
    return datetime.now(UTC)


def with_keys(words: Words, threads: Iterable[str]) -> Words:
    """Add the keys of threads, which logs name them by."""
    parts = {key.split(":", 1)[1] for key in threads}
    return replace(words, thread_ids=words.thread_ids | parts)


def mask_logs(files: Iterable[Path], words: Words) -> int:
    """Write over ids and texts in logs, byte for byte in their place: the processes that own them go on writing.

    Parameters
    ----------
    files
        The logs.
    words
        What must not stand there.

    Returns
    -------
    int
        How many files held any of it.
    """
    n_masked = 0
    for file in files:
        found = False
        descriptor = os.open(file, os.O_RDWR)
        try:
            with os.fdopen(os.dup(descriptor), "rb") as stream:
                place = 0
                for line in stream:
                    masked = words.mask(line)
                    if masked != line:
                        os.pwrite(descriptor, masked, place)
                        found = True
                    place += len(line)
        finally:
            os.close(descriptor)
        n_masked += found
    return n_masked

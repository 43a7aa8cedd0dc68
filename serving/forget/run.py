"""`intentloop forget`: the order in which a person's data is erased.

Threads are marked first, so that no process writes to them behind the deletion. Texts are collected and searched for
everywhere while the database still has them, and the database goes last: an interrupted run can simply be repeated. A
process that dies half-way blocks trainings and the threads' customers for at most `_LEASE`.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.errors import NotFound, TrainingBusy
from pipelines.forget.lineage import Lineage, LineageSearch
from pipelines.forget.redact import Redaction
from pipelines.progress import Progress, part
from pipelines.schemas.keys import thread_keys, training_key
from pipelines.schemas.training import CASES
from pipelines.settings import Settings
from serving.channels.graph_api import threads_of_sender
from serving.clock import utc_now
from serving.forget.store import DraftPlace, Eraser, Traces
from serving.jobs.kinds import QUOTING
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.forgotten import Deletion, notice_seconds
from serving.store.work.leases import Leases, SideWork, renewed
from serving.store.work.tasks import Tasks

SEARCH_SECONDS = 120.0
"""Longest wait for one scan of a collection."""
_LEASE = timedelta(seconds=60)
"""How long a run without a sign of life blocks trainings of the bot and its threads."""


@dataclass(frozen=True)
class ErasureRequest:
    """What to erase, and how far.

    Attributes
    ----------
    bot
        The bot.
    thread, user
        One or the other: a thread's id, or a sender's id on every channel.
    purge
        Whether snapshots, runs and drafts lose the texts too; None: stop if any contains them.
    dry_run
        Search only.
    """

    bot: str
    thread: str | None = None
    user: str | None = None
    purge: bool | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class Outcome:
    """The result of an erasure.

    Attributes
    ----------
    traces
        What the database contained.
    lineage
        What trainings and files contained.
    drafts
        Examples in the drafts, and rows of the test sets.
    is_done
        Whether anything was changed.
    other_bots
        Bots with threads of the same sender.
    n_masked
        Log files in which ids or texts were overwritten.
    """

    traces: Traces
    lineage: Lineage
    drafts: tuple[DraftPlace, ...]
    is_done: bool
    other_bots: tuple[str, ...] = ()
    n_masked: int = 0


@dataclass
class Erasure:
    """One run of the command."""

    request: ErasureRequest
    settings: Settings
    progress: Progress
    now: datetime = field(default_factory=utc_now)
    _work: SideWork = field(default_factory=lambda: SideWork("forgetting"), init=False)

    async def run(self) -> Outcome:
        """Erase, or only search.

        `is_done` of the result is false if it only searched, or stopped because `purge` was left open.

        Raises
        ------
        NotFound
            There is no trace of such a thread or sender.
        StoreUnavailable
            The database does not answer. Nothing is lost; run the command again.
        TrainingBusy
            A training of the bot is running; nothing was deleted.
        LeaseLost
            This process was held up so long that a training may have started; run the command again.
        RegistryUnavailable
            The MLflow server does not answer; nothing was deleted.
        """
        settings = self.settings
        database = Database.from_settings(settings, timeout_seconds=SEARCH_SECONDS)
        try:
            await Schema(database).ensure()
            thread_ids, other_bots = await self._threads(Eraser(database))
            if self.request.dry_run or self.request.purge is None:
                looked = await self._look(Eraser(database), thread_ids, other_bots)
                if self.request.dry_run or looked.drafts or looked.lineage.occurrences:
                    return looked
            async with self._alone(database, thread_ids):
                outcome = await self._forget(Eraser(database), thread_ids, other_bots)
                await Tasks(database).erase(self.request.bot, QUOTING)  # what they quote cannot be searched by thread
                return outcome
        finally:
            database.close()

    @asynccontextmanager
    async def _alone(self, database: Database, thread_ids: list[str]) -> AsyncIterator[None]:
        """Keep others away while this process lives.

        No training of the bot starts: it would log and register later what it has read already. No process writes to
        the threads, not even one in the middle of a turn.
        """
        leases, deletion = Leases(database, ttl=_LEASE), Deletion(database, self._keys(thread_ids), ttl=_LEASE)
        lease, is_ours = await leases.take(training_key(self.request.bot), holder="intentloop forget", now=utc_now())
        if not is_ours:
            raise TrainingBusy(self.request.bot, holder=lease.holder, since=lease.since)
        try:
            await deletion.begin(now=utc_now())
            try:
                async with renewed(leases, lease, self._work, also=deletion.hold):
                    self._report(0.05, "waiting until every process knows")
                    await asyncio.sleep(notice_seconds(self.settings.mongo_timeout_seconds))
                    yield
            finally:
                await deletion.finish(now=utc_now())
        finally:
            await leases.give_back(lease, now=utc_now())

    def _report(self, share: float, what: str) -> None:
        self._work.check()
        self.progress(share, what)

    def _keys(self, thread_ids: list[str]) -> list[str]:
        return [key for thread_id in thread_ids for key in thread_keys(self.request.bot, thread_id)]

    async def _threads(self, eraser: Eraser) -> tuple[list[str], tuple[str, ...]]:
        """Return the threads in question, and the other bots the sender has written to."""
        if self.request.user is None:
            return [self.request.thread or ""], ()
        self._report(0.0, "looking for threads")
        by_bot = await eraser.find_threads(threads_of_sender(self.request.user))
        found = {self.request.user, *by_bot.pop(self.request.bot, ())}  # also where only files are left of them
        return sorted(found), tuple(sorted(by_bot))

    async def _look(self, eraser: Eraser, thread_ids: list[str], other_bots: tuple[str, ...]) -> Outcome:
        request = self.request
        self._report(0.1, "reading what was said")
        traces = await eraser.look(request.bot, thread_ids)
        written = await eraser.test_set_texts(request.bot)
        lineage = await self._work.run(lambda: self._search(traces, written))
        drafts = tuple(await eraser.find_drafts(request.bot, lineage.redaction.texts))
        outcome = Outcome(traces, lineage, drafts, is_done=False, other_bots=other_bots)
        if not traces.counts and not lineage.occurrences:
            who = request.thread if request.user is None else request.user
            raise NotFound(
                "trace of", str(who), hint=f"nothing of bot {request.bot!r} is theirs; check the id and --bot"
            )
        return outcome

    async def _forget(self, eraser: Eraser, thread_ids: list[str], other_bots: tuple[str, ...]) -> Outcome:
        looked = await self._look(eraser, thread_ids, other_bots)
        traces, lineage = looked.traces, looked.lineage
        await self._work.run(lambda: self._purge(lineage))
        if self.request.purge:
            await eraser.erase_drafts(self.request.bot, lineage.redaction.texts)
        self._report(0.95, "deleting what was said")
        await eraser.erase(traces)
        n_masked = await self._work.run(lambda: mask_logs(self._logs(), with_keys(lineage.redaction, traces.threads)))
        return replace(looked, is_done=True, n_masked=n_masked)

    def _search(self, traces: Traces, written: list[tuple[datetime, frozenset[str]]]) -> Lineage:
        search = LineageSearch(
            self.request.bot,
            home=self.settings.home.resolve(),
            cases=CASES,
            tracking_uri=self.settings.resolved_tracking_uri,
            now=self.now,
        )
        progress = part(self._report, 0.2, 0.8)
        return search.find(
            traces.first_said_at,
            shared=traces.shared,
            thread_ids=traces.thread_ids,
            written=written,
            progress=progress,
        )

    def _purge(self, lineage: Lineage) -> None:
        # versions first: they are found by the texts of runs, should this be interrupted and run again
        occurrences = sorted(lineage.occurrences, key=lambda occurrence: occurrence.kind != "version")
        for number, occurrence in enumerate(occurrences):
            self._report(0.8 + 0.15 * number / len(occurrences), f"cleaning {occurrence.kind} {occurrence.name[:40]}")
            # a version is marked in any case: it cannot be found once the texts are gone
            if occurrence.purge is not None and (self.request.purge or occurrence.kind == "version"):
                occurrence.purge()

    def _logs(self) -> list[Path]:
        home = self.settings.home
        return sorted([*(home / "logs").glob("*.log"), *(home / "mongo").glob("*.log")])


def with_keys(redaction: Redaction, threads: Iterable[str]) -> Redaction:
    """Add the keys by which logs name threads."""
    parts = {key.split(":", 1)[1] for key in threads}
    return replace(redaction, thread_ids=redaction.thread_ids | parts)


def mask_logs(files: Iterable[Path], redaction: Redaction) -> int:
    """Overwrite ids and texts in logs byte for byte, since their owners keep writing; return how many changed."""
    n_masked = 0
    for file in files:
        found = False
        descriptor = os.open(file, os.O_RDWR)
        try:
            with os.fdopen(os.dup(descriptor), "rb") as stream:
                place = 0
                for line in stream:
                    masked = redaction.mask(line)
                    if masked != line:
                        os.pwrite(descriptor, masked, place)
                        found = True
                    place += len(line)
        finally:
            os.close(descriptor)
        n_masked += found
    return n_masked

"""`intentloop bench chat --while ...`: what a message costs while heavy work runs beside the API.

The heavy work is paused and resumed every few seconds, so that both halves of the comparison belong to one run and any
other load on the machine affects both alike.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

from pipelines.errors import SetupProblem
from pipelines.progress import Progress
from pipelines.settings import ENV_PREFIX, Settings
from serving.bench import processes
from serving.bench.chat import ChatBench, plan_of, target_of, texts_for
from serving.bench.figures import BesideFigures, latency_of, outcomes_of
from serving.bench.generator import run_load
from serving.bench.own_api import DATABASE_SUFFIX, on_database
from serving.bench.plan import LoadEvent, Sample
from serving.local import programs
from serving.processes.child import Child, Program
from serving.store.client import Database, Document
from serving.store.drafts.bots import export_bot, import_bot

Beside = Literal["training", "import"]
SLICE_SECONDS = 3.0
_TICK_SECONDS = 0.1
_IMPORTED_BOT = "bench-import"


class HeavyWork(Protocol):
    """Heavy work that can be paused and resumed."""

    times_begun: int

    def cpu_seconds(self) -> float | None:
        """CPU seconds used so far, without the database's; None if unknown."""

    def resume(self) -> None:
        """Work, from where it was paused or from the start."""

    def pause(self) -> None:
        """Pause."""

    def end(self) -> None:
        """End for good."""


class _Training:
    """Consecutive training runs of the bot, each in a process as `intentloop train` is; nothing is kept."""

    def __init__(self, settings: Settings, drafts: Document, folder: Path, *, api_url: str) -> None:
        self.times_begun = 0
        self._folder, self._settings, self._api = folder, settings, urlsplit(api_url)
        self._source = folder / "drafts.json"
        self._source.write_text(json.dumps(drafts), encoding="utf-8")
        self._child: Child | None = None
        self._used_before = self._used_now = 0.0

    def cpu_seconds(self) -> float | None:
        pid = self._child.pid if self._child is not None else None
        use = processes.use_of(pid) if pid is not None else None
        # an ended child takes its own children's time with it: the last reading is the best known
        self._used_now = max(self._used_now, use.cpu_seconds if use is not None else 0.0)
        return self._used_before + self._used_now

    def resume(self) -> None:
        if self._child is not None and self._child.exit_code not in (None, 0):
            raise self._child.failure()
        if self._child is None or self._child.exit_code == 0:
            self.times_begun += 1
            self._used_before, self._used_now = self._used_before + self._used_now, 0.0
            variables = {
                **programs.environment(self._settings),
                f"{ENV_PREFIX}HOME": str(self._folder),
                # It gives way to the API under test.
                f"{ENV_PREFIX}HOST": self._api.hostname or self._settings.host,
                f"{ENV_PREFIX}API_PORT": str(self._api.port or self._settings.api_port),
                "MLFLOW_TRACKING_URI": f"sqlite:///{self._folder}/mlflow.db",
            }
            command = [sys.executable, "-m", "serving.cli", "train", "--source", str(self._source)]
            program = Program("bench-training", "the training", command, environment=variables)
            self._child = Child(program, home=self._folder)
        self._pause(is_paused=False)

    def pause(self) -> None:
        self._pause(is_paused=True)
        self.cpu_seconds()

    def end(self) -> None:
        self._pause(is_paused=False)
        if self._child is not None:
            self._child.finish_stop()

    def _pause(self, *, is_paused: bool) -> None:
        if self._child is not None and self._child.pid is not None:
            processes.pause(self._child.pid, is_paused=is_paused)


class _Import:
    """Consecutive imports of the bot under another name into the benchmark's database."""

    def __init__(self, settings: Settings, drafts: Document) -> None:
        self.times_begun = 0
        self._settings, self._drafts = settings, drafts
        self._is_allowed, self._is_over = threading.Event(), threading.Event()
        self._used = 0.0
        self._thread = threading.Thread(target=lambda: on_database(settings, self._import_for_ever), daemon=True)
        self._thread.start()

    def cpu_seconds(self) -> float | None:
        return self._used

    def resume(self) -> None:
        self._is_allowed.set()

    def pause(self) -> None:
        self._is_allowed.clear()

    def end(self) -> None:
        self._is_over.set()
        self._is_allowed.set()
        self._thread.join()

    async def _import_for_ever(self, database: Database) -> None:
        while True:
            await asyncio.to_thread(self._is_allowed.wait)
            if self._is_over.is_set():
                return
            self.times_begun += 1
            await import_bot(database, self._drafts, bot=_IMPORTED_BOT, source="the drafts", replace=True)
            self._used = time.thread_time()


@dataclass
class Slices:
    """Alternately resumes and pauses the work, and records when."""

    work: HeavyWork
    busy: list[tuple[float, float]] = field(default_factory=list)
    quiet: list[tuple[float, float]] = field(default_factory=list)
    failure: Exception | None = None
    _is_over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Alternate until `stop`; runs in a thread of its own."""
        try:
            while not self._is_over.is_set():
                self._slice(self.quiet)
                self.work.resume()
                self._slice(self.busy)
                self.work.pause()
        except Exception as failure:  # raised again in the thread that waits for this one
            self.failure = failure

    def stop(self) -> None:
        """Ask `run` to return."""
        self._is_over.set()

    def _slice(self, kind: list[tuple[float, float]]) -> None:
        started = time.monotonic()
        while (now := time.monotonic()) < started + SLICE_SECONDS and not self._is_over.is_set():
            if kind is self.busy:
                self.work.resume()  # restarts a finished run
            self._is_over.wait(_TICK_SECONDS)
        kind.append((started, now))

    def of(self, samples: tuple[Sample, ...], kind: list[tuple[float, float]]) -> list[Sample]:
        """Return the samples that were due in the slices of a kind."""
        return [sample for sample in samples if any(start <= sample.due_at < end for start, end in kind)]

    def p95_ratio(self, samples: tuple[Sample, ...]) -> float | None:
        """Return the median p95 ratio of each busy slice to the quiet one before it.

        A shared machine has good and bad half minutes; two neighbouring slices share theirs.
        """
        pairs = zip(self.quiet, self.busy, strict=False)
        latencies = [
            (latency_of(self.of(samples, [quiet])), latency_of(self.of(samples, [busy]))) for quiet, busy in pairs
        ]
        ratios = [busy.p95 / quiet.p95 for quiet, busy in latencies if quiet is not None and busy is not None]
        return statistics.median(ratios) if ratios else None


@contextmanager
def _heavy(beside: Beside, settings: Settings, drafts: Document, *, api_url: str) -> Iterator[HeavyWork]:
    with tempfile.TemporaryDirectory(prefix="intentloop-bench-") as folder:
        work: HeavyWork
        if beside == "training":
            work = _Training(settings, drafts, Path(folder), api_url=api_url)
        else:
            own = settings.model_copy(update={"mongo_database": f"{settings.mongo_database}{DATABASE_SUFFIX}"})
            work = _Import(own, drafts)
        try:
            yield work
        finally:
            work.end()


def bench_beside(settings: Settings, bench: ChatBench, beside: Beside, *, progress: Progress) -> BesideFigures:
    """Measure latency with and without heavy work beside the API.

    The bench's `rate` must be set: customers who wait for a reply would send less meanwhile. Raise `SetupProblem` if
    something it needs is not running, the work fails, or nothing is answered.
    """
    if bench.rate is None:
        raise ValueError("a rate is needed")
    texts = texts_for(settings, bench)
    drafts = on_database(settings, lambda database: export_bot(database, bot=bench.bot))
    with target_of(settings, bench) as target, _heavy(beside, settings, drafts, api_url=target.url) as work:
        slices = Slices(work)
        thread = threading.Thread(target=slices.run, daemon=True)

        def on_event(event: LoadEvent) -> None:
            if event.kind == "counting":
                thread.start()
            progress(event.share, f"measuring, {beside} begun {work.times_begun} times")

        progress(0.0, "warming up")
        try:
            done = run_load(plan_of(bench, target, texts), on_event)
        finally:
            slices.stop()
            if thread.ident is not None:
                thread.join()
        if slices.failure is not None:
            raise slices.failure
    quiet_samples, busy_samples = slices.of(done.samples, slices.quiet), slices.of(done.samples, slices.busy)
    quiet, busy, ratio = latency_of(quiet_samples), latency_of(busy_samples), slices.p95_ratio(done.samples)
    if quiet is None or busy is None or ratio is None:
        raise SetupProblem("too few replies to compare; measure for longer: --seconds")
    return BesideFigures(
        beside=beside,
        rate=bench.rate,
        quiet=quiet,
        busy=busy,
        p95_ratio=ratio,
        quiet_messages=len(quiet_samples),
        busy_messages=len(busy_samples),
        times_begun=work.times_begun,
        work_cpu_seconds=work.cpu_seconds(),
        outcomes=outcomes_of(done.samples),
    )

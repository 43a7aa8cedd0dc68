"""`intentloop bench chat`: throughput, latency, and the cost of a reply."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pipelines.errors import DataRejected, SetupProblem
from pipelines.progress import Progress
from pipelines.settings import Settings
from serving.bench import processes
from serving.bench.figures import ChatFigures, CpuSplit, latency_of, outcomes_of, split_cpu
from serving.bench.generator import run_load
from serving.bench.own_api import OwnApi, on_database, own_api
from serving.bench.plan import LoadEvent, LoadPlan
from serving.bench.prefill import copy_threads
from serving.bench.texts import texts_of_file
from serving.store.drafts.bots import export_bot

_WARM_UP_SECONDS = 3.0


@dataclass(frozen=True)
class ChatBench:
    """What to measure.

    Attributes
    ----------
    bot
        The bot under test.
    url
        A running chat API; None starts one for the benchmark.
    clients, rate, seconds, seed
        As in `LoadPlan`.
    texts_file
        JSONL with `text`; None takes the training utterances of the bot's drafts.
    with_tools
        Whether to include utterances of intents that call a tool.
    threads_stored
        Threads inserted into the database first.
    long_thread
        Turns that each used thread starts with; 0 uses new threads.
    """

    bot: str
    url: str | None
    clients: int
    rate: float | None
    seconds: float
    texts_file: Path | None
    with_tools: bool
    threads_stored: int
    long_thread: int
    seed: int


@dataclass
class _Usage:
    """Resource use at one moment."""

    api: processes.ProcessUse | None
    database: processes.ProcessUse | None
    meter: dict[str, float] | None


@dataclass(frozen=True)
class Target:
    """The API under load and the processes behind it."""

    url: str
    api_pid: int | None
    database_pid: int | None
    own: OwnApi | None

    def read(self) -> _Usage:
        """Read the use so far."""
        meter = self.own.read_meter() if self.own else None
        api, database = (None if pid is None else processes.use_of(pid) for pid in (self.api_pid, self.database_pid))
        return _Usage(api, database, meter)


def bench_chat(settings: Settings, bench: ChatBench, *, progress: Progress) -> ChatFigures:
    """Measure the chat API; raise `SetupProblem` if something it needs is not running."""
    texts = texts_for(settings, bench)
    load_before = os.getloadavg()[0]
    with target_of(settings, bench) as target:
        threads = _fill(target, bench, texts, progress)
        plan = plan_of(bench, target, texts, threads=threads)
        readings: list[_Usage] = []

        def on_event(event: LoadEvent) -> None:
            if event.kind == "progress":
                progress(0.2 + 0.8 * event.share, "measuring")
            else:
                readings.append(target.read())

        progress(0.2, "warming up")
        done = run_load(plan, on_event)
    return _figures(bench, target, done, readings, load_before=load_before)


def texts_for(settings: Settings, bench: ChatBench) -> tuple[str, ...]:
    """Return what customers write: the file's utterances, or those of the bot's drafts."""
    if bench.texts_file is not None:
        return texts_of_file(bench.texts_file)
    drafts = on_database(settings, lambda database: export_bot(database, bot=bench.bot))
    texts = tuple(
        example["text"]
        for intent in drafts["intents"]
        if bench.with_tools or not intent.get("apiTrigger")
        for example in intent.get("trainingData", ())
    )
    if not texts:
        raise DataRejected(bench.bot, ["its drafts hold no utterances to send; import a bot, or name a file: --texts"])
    return texts


@contextmanager
def target_of(settings: Settings, bench: ChatBench) -> Iterator[Target]:
    """Yield the API under test: the given one, or one of our own for as long as the context lasts."""
    database_pid = _listener_of(settings.resolved_mongo_uri)
    path = f"/api/v1/bots/{bench.bot}/messages"
    if bench.url is not None:
        if bench.threads_stored or bench.long_thread:
            raise SetupProblem("only the benchmark's own API gets a filled database; omit --url")
        yield Target(f"{bench.url.rstrip('/')}{path}", _listener_of(bench.url), database_pid, None)
        return
    with own_api(settings) as own:
        yield Target(f"{own.url}{path}", own.pid, database_pid, own)


def plan_of(bench: ChatBench, target: Target, texts: tuple[str, ...], *, threads: tuple[str, ...] = ()) -> LoadPlan:
    """Plan the load; each plan writes to threads of its own."""
    return LoadPlan(
        url=target.url,
        clients=bench.clients,
        rate=bench.rate,
        warm_up_seconds=_WARM_UP_SECONDS,
        seconds=bench.seconds,
        texts=texts,
        threads=threads,
        seed=bench.seed,
        run_id=f"bench-{uuid.uuid4().hex[:10]}",
    )


def _listener_of(url: str) -> int | None:
    parts = urlsplit(url)
    try:
        is_here, port = parts.hostname in processes.LOOPBACK_HOSTS, parts.port
    except ValueError:  # several hosts: a replica set
        return None
    return processes.find_listener(port) if is_here and port is not None else None


def _fill(target: Target, bench: ChatBench, texts: tuple[str, ...], progress: Progress) -> tuple[str, ...]:
    """Fill the database as requested; return the threads to write to, none for new ones."""
    if target.own is None or not (bench.threads_stored or bench.long_thread):
        return ()
    progress(0.0, "recording a conversation to copy")
    template = plan_of(bench, target, texts).model_copy(
        update={"clients": 1, "rate": None, "warm_up_seconds": 0.0, "seconds": 1.0, "threads": ("template",)}
    )
    run_load(template, lambda _: None)
    long_threads = tuple(f"long-{number}" for number in range(bench.clients)) if bench.long_thread else ()
    for names, turns in (
        (tuple(f"stored-{number}" for number in range(bench.threads_stored)), 1),
        (long_threads, bench.long_thread),
    ):
        if names:
            what = f"storing {len(names):,} threads of {turns:,} turns"
            target.own.with_database(
                lambda database, names=names, turns=turns, what=what: copy_threads(  # type: ignore[misc]
                    database,
                    (bench.bot, "template"),
                    threads=names,
                    turns=turns,
                    report=lambda share: progress(0.2 * share, what),
                )
            )
    return long_threads


def _figures(
    bench: ChatBench, target: Target, done: LoadEvent, readings: list[_Usage], *, load_before: float
) -> ChatFigures:
    before, after = readings
    samples = done.samples
    answered = sum(sample.is_answered for sample in samples)
    split, tool_calls = _split(before, after)
    api, database = (
        None if first is None or last is None else (last.cpu_seconds - first.cpu_seconds) * 1000 / max(1, len(samples))
        for first, last in ((before.api, after.api), (before.database, after.database))
    )
    return ChatFigures(
        url=target.url,
        clients=bench.clients if bench.rate is None else None,
        rate=bench.rate,
        seconds=done.seconds,
        messages=len(samples),
        answers_per_second=answered / done.seconds,
        latency_ms=latency_of(samples),
        outcomes=outcomes_of(samples),
        cpu_ms=api,
        cpu_split_ms=split,
        tool_calls_per_message=tool_calls,
        database_cpu_ms=database,
        resident_mb=after.api.resident_mb if after.api else None,
        threads_stored=bench.threads_stored,
        long_thread=bench.long_thread,
        load_before=load_before,
        load_after=os.getloadavg()[0],
        cpus=os.cpu_count() or 1,
    )


def _split(before: _Usage, after: _Usage) -> tuple[CpuSplit | None, float | None]:
    if before.meter is None or after.meter is None:
        return None, None
    requests = max(1.0, after.meter["requests"] - before.meter["requests"])
    tool_calls = after.meter["tools_calls"] - before.meter["tools_calls"]
    return split_cpu(before.meter, after.meter), round(tool_calls / requests, 3)

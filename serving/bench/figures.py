"""The figures of a chat API benchmark, and their presentation."""

import math
from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from serving.bench.plan import Sample

_MS = 1000.0


class Latency(BaseModel):
    """Latency of replies, in milliseconds."""

    model_config = ConfigDict(frozen=True)

    p50: float
    p95: float
    p99: float
    worst: float

    def describe(self) -> str:
        """Return the figures in one line."""
        return f"{self.p50:.1f} / {self.p95:.1f} / {self.p99:.1f} ms, worst {self.worst:.0f}"


class CpuSplit(BaseModel):
    """CPU milliseconds of the API process per message, by purpose; the parts add up to the total."""

    model_config = ConfigDict(frozen=True)

    http_framework: float = Field(description="Routing, validation and serialization, above the server.")
    http_server: float = Field(description="Reading requests, and the event loop.")
    nlu: float
    database_code: float = Field(description="Building and reading documents, and calling the driver.")
    database_driver: float = Field(description="The driver's threads: all threads but the event loop's.")
    tools: float
    dialogue: float = Field(description="The rest: decisions, templates, records.")


class ChatFigures(BaseModel):
    """The figures of one run. None: could not be measured."""

    model_config = ConfigDict(frozen=True)

    url: str
    clients: int | None
    rate: float | None
    seconds: float
    messages: int
    answers_per_second: float
    latency_ms: Latency | None
    outcomes: dict[str, int]
    cpu_ms: float | None
    cpu_split_ms: CpuSplit | None
    tool_calls_per_message: float | None
    database_cpu_ms: float | None
    resident_mb: float | None
    threads_stored: int
    long_thread: int
    load_before: float
    load_after: float
    cpus: int


class BesideFigures(BaseModel):
    """Latency with and without concurrent work, in slices of one run."""

    model_config = ConfigDict(frozen=True)

    beside: str
    rate: float
    quiet: Latency
    busy: Latency
    p95_ratio: float = Field(description="Ratio of the busy p95 to the quiet one, between neighbouring slices.")
    quiet_messages: int
    busy_messages: int
    times_begun: int
    work_cpu_seconds: float | None
    outcomes: dict[str, int]


def latency_of(samples: Sequence[Sample]) -> Latency | None:
    """Return exact percentiles of the answered messages' latency; None if none was answered.

    A percentile is the smallest latency that at least that share of the replies did not exceed.
    """
    ordered = sorted(sample.latency_ms for sample in samples if sample.is_answered)
    if not ordered:
        return None

    def at(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return Latency(p50=at(0.5), p95=at(0.95), p99=at(0.99), worst=ordered[-1])


def outcomes_of(samples: Sequence[Sample]) -> dict[str, int]:
    """Count messages by outcome."""
    return dict(Counter(sample.outcome for sample in samples).most_common())


def split_cpu(before: dict[str, float], after: dict[str, float]) -> CpuSplit:
    """Compute the CPU time per message between two `CpuMeter.report`s."""
    spent = {name: after[name] - before[name] for name in after}
    requests = max(1.0, spent["requests"])
    accounts = ("http", "dialogue", "nlu", "database", "tools")
    spent |= {
        name: spent[name] * requests / max(1.0, spent["metered"]) for name in accounts
    }  # extrapolated to all requests
    charged = sum(spent[name] for name in accounts)
    milliseconds = {
        "http_framework": spent["http"],
        "http_server": spent["loop"] - charged,
        "nlu": spent["nlu"] + spent["nlu_in_threads"],
        "database_code": spent["database"],
        "database_driver": spent["process"] - spent["loop"] - spent["nlu_in_threads"],
        "tools": spent["tools"],
        "dialogue": spent["dialogue"],
    }
    return CpuSplit(**{name: round(seconds * _MS / requests, 3) for name, seconds in milliseconds.items()})


def describe(figures: ChatFigures) -> list[tuple[str, str]]:
    """Return the figures as lines of subject and value."""
    how = f"{figures.clients} clients" if figures.rate is None else f"{figures.rate:g} messages per second, open loop"
    latency = figures.latency_ms.describe() if figures.latency_ms else "nothing was answered"
    lines = [
        ("load", f"{how}, {figures.seconds:.0f} s, {figures.messages:,} messages"),
        ("answers per second", f"{figures.answers_per_second:.1f}"),
        ("latency p50 / p95 / p99", latency),
        ("outcomes", ", ".join(f"{name}: {count:,}" for name, count in figures.outcomes.items())),
        ("CPU of the API per message", _or_unknown(figures.cpu_ms, "ms", "its process was not found")),
    ]
    split = figures.cpu_split_ms
    if split is not None:
        parts = (
            ("HTTP, framework", split.http_framework),
            ("HTTP, server and event loop", split.http_server),
            ("understanding", split.nlu),
            ("database, our code", split.database_code),
            ("database, driver's threads", split.database_driver),
            ("tools", split.tools),
            ("the rest: dialogue", split.dialogue),
        )
        lines += [(f"  {name}", f"{value:.2f} ms") for name, value in parts]
    if figures.tool_calls_per_message is not None:
        lines.append(("tool calls per message", f"{figures.tool_calls_per_message:.2f}"))
    lines += [
        ("CPU of the database per message", _or_unknown(figures.database_cpu_ms, "ms", "it is not on this machine")),
        ("resident memory of the API", _or_unknown(figures.resident_mb, "MB", "its process was not found")),
        ("prefilled", f"{figures.threads_stored:,} threads; {figures.long_thread:,} turns in each thread used"),
        (
            "load of the machine",
            f"{figures.load_before:.1f} before, {figures.load_after:.1f} after; {figures.cpus} processors",
        ),
    ]
    return lines


def describe_beside(figures: BesideFigures) -> list[tuple[str, str]]:
    """Return the figures as lines of subject and value."""
    return [
        ("load", f"{figures.rate:g} messages per second, open loop"),
        (f"without {figures.beside}", f"{figures.quiet.describe()} ({figures.quiet_messages:,} messages)"),
        (f"with {figures.beside}", f"{figures.busy.describe()} ({figures.busy_messages:,} messages)"),
        ("p95 with / without, neighbours", f"{figures.p95_ratio:.2f}"),
        (
            figures.beside,
            f"begun {figures.times_begun} times, CPU time {_or_unknown(figures.work_cpu_seconds, 's', 'it has ended')}",
        ),
        ("outcomes", ", ".join(f"{name}: {count:,}" for name, count in figures.outcomes.items())),
    ]


def _or_unknown(value: float | None, unit: str, why: str) -> str:
    return f"not known: {why}" if value is None else f"{value:.2f} {unit}" if value < 100 else f"{value:.0f} {unit}"

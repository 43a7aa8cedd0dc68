"""The metrics, in one table: the operator's guide and the CloudWatch dashboard are generated from it.

Each label has few values. Those of bots and releases come from outside the code: a process counts so many of them by
name, and the rest together as `other`.
"""

import math
from dataclasses import dataclass
from typing import Literal

OTHER = "other"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of a histogram's buckets."""

HOPS = (
    *("http", "turn", "lease", "state", "interpret", "slots", "route", "llm", "tool", "reply", "commit"),
    *("work", "deliver", "send"),
)
"""What a message goes through. `http` is a whole request, `turn` everything from `lease` to `commit`, `lease` the wait
for earlier messages of its thread, `work` a message of a queue, `deliver` a platform's event, `send` a reply to it."""


@dataclass(frozen=True)
class Label:
    """A label: its `values`, or how many of them a process tells apart if they are not known beforehand."""

    meaning: str
    values: tuple[str, ...] = ()
    most: int = 0

    @property
    def count(self) -> int:
        """Return how many values it can have, `other` among them."""
        return len(self.values) + 1 if self.values else self.most + 1


@dataclass(frozen=True, eq=False)
class Instrument:
    """A metric: a sum that only grows, a histogram, or a value that is measured now and then."""

    name: str
    kind: Literal["counter", "histogram", "gauge"]
    unit: str
    labels: tuple[str, ...]
    meaning: str

    @property
    def most_series(self) -> int:
        """Return how many series one process can have of it."""
        return math.prod(LABELS[name].count for name in self.labels)


LABELS = {
    "bot": Label("the bot", most=20),
    "release": Label("the version that answers", most=10),
    "route": Label("what the message was taken for", ("intent", "form", "cancel", "clarify", "fallback", "none")),
    "outcome": Label(
        "what became of it",
        ("answered", "repeated", "tool_failed", "reply_failed", "refused", "unavailable", "failed", "unknown"),
    ),
    "answer": Label(
        "what the language model said",
        ("understood", "none", "refused", "unavailable", "over_budget", "cached"),
    ),
    "hop": Label("a step of a message", HOPS),
    "operation": Label("the kind of a database call", ("read", "write")),
    "tokens": Label("in the question or in the answer", ("prompt", "completion")),
    "source": Label("where a release came from", ("registry", "cache", "journal")),
    "role": Label("what a release does", ("answers", "canary", "shadow")),
    "signal": Label("what is exported", ("traces", "metrics")),
    "export": Label("what became of it", ("sent", "lost")),
}

TURNS = Instrument("intentloop.turns", "counter", "{turn}", ("bot", "release", "route", "outcome"), "Messages")
HOP_SECONDS = Instrument("intentloop.hop.duration", "histogram", "s", ("hop",), "Time that a step took")
LLM_CALLS = Instrument("intentloop.llm.calls", "counter", "{call}", ("answer",), "Questions to the language model")
LLM_TOKENS = Instrument("intentloop.llm.tokens", "counter", "{token}", ("tokens",), "Tokens that they took")
LLM_SPEND = Instrument(
    "intentloop.llm.spend", "counter", "{currency}", (), "Their cost, in the currency of the prices that are set"
)
TOOL_CALLS = Instrument(
    "intentloop.tool.calls",
    "counter",
    "{call}",
    ("outcome",),
    "Tool calls; `unknown`: the tool may have acted or not",
)
QUEUE_DEPTH = Instrument(
    "intentloop.queue.depth", "gauge", "{event}", (), "Platform events without an answer, at most 1,000"
)
QUEUE_AGE = Instrument("intentloop.queue.age", "gauge", "s", (), "Age of the oldest of them")
RELEASE_SWAPS = Instrument(
    "intentloop.release.swaps", "counter", "{release}", ("role", "source"), "Releases taken into use"
)
RELEASE_REFUSALS = Instrument("intentloop.release.refusals", "counter", "{release}", ("role",), "Releases refused")
DATABASE_SECONDS = Instrument(
    "intentloop.database.duration", "histogram", "s", ("operation",), "Time that a database call took"
)
EXPORTS = Instrument(
    "intentloop.telemetry.exports", "counter", "{item}", ("signal", "export"), "Spans and sets of metrics exported"
)

INSTRUMENTS = (
    TURNS,
    HOP_SECONDS,
    LLM_CALLS,
    LLM_TOKENS,
    LLM_SPEND,
    TOOL_CALLS,
    QUEUE_DEPTH,
    QUEUE_AGE,
    RELEASE_SWAPS,
    RELEASE_REFUSALS,
    DATABASE_SECONDS,
    EXPORTS,
)

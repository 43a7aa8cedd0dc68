"""The work of one message, as `intentloop bench chat` measures it, and what the product allows itself."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from pipelines.errors import DataRejected
from pipelines.settings import Settings
from serving.api.connections import RESERVED_CONNECTIONS
from serving.api.errors import RETRY_AFTER_SECONDS
from serving.bench.figures import ChatFigures
from serving.channels.queue import WORKERS
from serving.store.watch import SILENCE_SECONDS


@dataclass(frozen=True)
class Work:
    """What one message costs.

    The defaults are those of the sample bot, tool calls included, measured on 2026-11-29 on two shared processors: CPU
    times with 16 clients (4.3 to 6.1 ms in eight runs; at 20 messages per second, where calls are not batched, 7 to 8),
    repeats and documents with 400 messages, refusals with 128 while the database was stopped. Tokens are the product's
    own estimate of its prompt, which is rather too high. `spread`, headers and the answer's tokens are assumed.

    Attributes
    ----------
    cpu_ms
        CPU time in the API process, or in a worker.
    spread
        Standard deviation of the logarithm of that time, among messages.
    repeat_cpu_ms
        The same for a message that has been answered before: its turn is read from the database.
    refused_cpu_ms
        The same for a request that ends in a 503.
    database_ms
        CPU time of the database.
    round_trips
        Database calls of a plain turn, one after the other.
    document_bytes
        Turn and state, as stored.
    request_bytes, reply_bytes
        On the network, with headers.
    log_bytes
        Log lines.
    prompt_tokens, answer_tokens
        Of a question to the language model.
    resident_mb
        Memory of the process.
    """

    cpu_ms: float = 5.5
    spread: float = 0.35
    repeat_cpu_ms: float = 1.05
    refused_cpu_ms: float = 0.8
    database_ms: float = 1.05
    round_trips: int = 3
    document_bytes: int = 2740
    request_bytes: int = 600
    reply_bytes: int = 700
    log_bytes: int = 20
    prompt_tokens: int = 3005
    answer_tokens: int = 27
    resident_mb: float = 354.0

    @classmethod
    def measured(cls, figures: Path | None = None) -> Self:
        """Return the work that was measured for the sample bot, with CPU times and memory of a benchmark's figures.

        `figures` is the file of `intentloop bench chat --out FILE`.
        """
        base = cls()
        if figures is None:
            return base
        try:
            read = ChatFigures.model_validate_json(figures.read_bytes())
        except (OSError, ValidationError) as error:
            raise DataRejected(str(figures), ["it is no output of `intentloop bench chat --out FILE`"]) from error
        return replace(
            base,
            cpu_ms=read.cpu_ms or base.cpu_ms,
            database_ms=read.database_cpu_ms or base.database_ms,
            resident_mb=read.resident_mb or base.resident_mb,
        )


@dataclass(frozen=True)
class Limits:
    """The product's own limits that decide how a fleet behaves under load."""

    max_connections: int
    database_seconds: float
    llm_seconds: float
    llm_slots: int
    worker_slots: int
    retry_after_seconds: float
    silence_seconds: float

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read them from the settings and from the code that applies them."""
        return cls(
            max_connections=settings.max_connections - RESERVED_CONNECTIONS,
            database_seconds=settings.mongo_timeout_seconds,
            llm_seconds=settings.llm_timeout_seconds,
            llm_slots=settings.llm_max_concurrent,
            worker_slots=WORKERS,
            retry_after_seconds=RETRY_AFTER_SECONDS,
            silence_seconds=SILENCE_SECONDS,
        )

"""The models that pass between the benchmark and its load generator."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LoadPlan(BaseModel):
    """One run of the load generator.

    Attributes
    ----------
    url
        Where messages are posted.
    clients
        Closed loop: customers, each waiting for a reply before writing again. Open loop: ignored.
    rate
        Open loop: average messages per second, at random times, whether or not earlier ones are answered. None: closed
        loop.
    warm_up_seconds, seconds
        Time before measuring, and measured time.
    texts
        What customers write, varied for each message.
    threads
        Threads to write to. Empty: new ones, with a few messages each.
    seed
        For texts and times.
    run_id
        Part of every thread's and message's id, so that no two runs share one.
    timeout_seconds
        A later reply counts as an error.
    """

    model_config = ConfigDict(frozen=True)

    url: str
    clients: int = Field(ge=1, le=1000)
    rate: float | None = Field(default=None, gt=0)
    warm_up_seconds: float = Field(ge=0)
    seconds: float = Field(gt=0)
    texts: tuple[str, ...] = Field(min_length=1)
    threads: tuple[str, ...] = ()
    seed: int = 0
    run_id: str
    timeout_seconds: float = 30.0


class Sample(BaseModel):
    """One message: when it was due, on the clock shared by all processes, its latency, and its outcome."""

    model_config = ConfigDict(frozen=True)

    due_at: float
    latency_ms: float
    outcome: str = Field(description="The HTTP status, or the error.")

    @property
    def is_answered(self) -> bool:
        """Whether the customer got a reply."""
        return self.outcome == "200"


class LoadEvent(BaseModel):
    """A line of the generator's output.

    `counting` follows the warm-up, `progress` comes twice a second, `done` comes once with all samples.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["counting", "progress", "done"]
    share: float = 0.0
    seconds: float = 0.0
    samples: tuple[Sample, ...] = ()

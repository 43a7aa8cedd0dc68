"""What the load generator is told and what it tells: the models that pass between the two processes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LoadPlan(BaseModel):
    """One run of load.

    Attributes
    ----------
    url
        Where messages are posted.
    clients
        Closed loop: customers, each of whom waits for an answer before writing again. Open loop: ignored.
    rate
        Open loop: messages a second on average, at random moments, whether or not earlier ones are answered. None is a
        closed loop.
    warm_up_seconds, seconds
        How long load is made before it counts, and how long it counts.
    texts
        What customers write, varied anew for each message.
    threads
        Threads to write to. Empty: new ones, with a few messages each.
    seed
        Of texts and moments.
    run_id
        Part of every thread's and message's id, so that no two runs share one.
    timeout_seconds
        After this long an answer counts as an error.
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
    """One message: when it was due, by the clock all processes share, how long its answer took, and how it ended."""

    model_config = ConfigDict(frozen=True)

    due_at: float
    latency_ms: float
    outcome: str = Field(description="The HTTP status, or what broke.")

    @property
    def is_answered(self) -> bool:
        """Whether the customer got a reply."""
        return self.outcome == "200"


class LoadEvent(BaseModel):
    """A line of the generator's output.

    `counting` comes when the warm-up is over, `progress` twice a second, `done` once, with everything.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["counting", "progress", "done"]
    share: float = 0.0
    seconds: float = 0.0
    samples: tuple[Sample, ...] = ()

"""Result of a retraining: a registered version and the outcome of its gate."""

from pydantic import BaseModel, ConfigDict, Field

LEASE_TAG = "lease"
"""Tag of a run: number of the lease under which it began."""


class Trained(BaseModel):
    """A registered version, and the data it was trained on."""

    model_config = ConfigDict(frozen=True)

    bot: str
    version: str
    run_id: str
    run_url: str = Field(description="Page of its run; empty if MLflow has no pages.")
    data_hash: str
    gate_passed: bool
    gate_reasons: str = Field(default="", description="Why the gate refused it.")
    answers: bool = Field(description="Whether it is behind the alias that answers.")
    was_completed: bool = Field(
        default=False, description="Whether its registration had been interrupted and was completed now."
    )

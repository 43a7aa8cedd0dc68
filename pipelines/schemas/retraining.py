"""What a retraining found or made: a registered version and what its gate said."""

from pydantic import BaseModel, ConfigDict, Field

LEASE_TAG = "lease"
"""Tag of a run: number of the lease that it was begun under."""


class Trained(BaseModel):
    """A registered version, and which data it learnt from."""

    model_config = ConfigDict(frozen=True)

    bot: str
    version: str
    run_id: str
    run_url: str = Field(description="Where its run can be looked at; empty where MLflow has no pages.")
    data_hash: str
    gate_passed: bool
    gate_reasons: str = Field(default="", description="Why the gate refused it.")
    answers: bool = Field(description="Whether it carries the alias that answers.")
    was_completed: bool = Field(
        default=False, description="Whether its registration had been cut off and was finished now."
    )

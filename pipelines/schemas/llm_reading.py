"""The language model's reading of a message."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.schemas.understanding import EntitySpan

LlmOutcome = Literal["understood", "none", "refused", "unavailable", "over_budget", "off"]


class LlmReading(BaseModel):
    """One message as the language model read it, or the reason why it did not.

    `understood`: `intent_id` is one of the release's. `none`: no intent fits. `refused`: the model declined to answer.
    `unavailable`: no usable answer in time. `over_budget`: it was not asked. `off`: it must not be asked. `confidence`
    is the probability that the endpoint reports for the choice, None if it reports none. Tokens and cost are those of
    this message, so a cached answer has none; `cost` is None unless prices are set.
    """

    model_config = ConfigDict(frozen=True)

    outcome: LlmOutcome
    intent_id: str | None = None
    confidence: float | None = Field(default=None, ge=0.0, le=1.0)
    entities: tuple[EntitySpan, ...] = ()
    why: str
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    duration_ms: float = 0.0
    from_cache: bool = False

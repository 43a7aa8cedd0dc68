"""When a release is not sure enough to answer: what training fits, and what an author sets in place of it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Thresholds(BaseModel):
    """Routing thresholds, fitted at training time and frozen with the release."""

    model_config = ConfigDict(frozen=True)

    confidence: float = Field(ge=0.0, le=1.0, description="Below: fallback.")
    out_of_scope: float | None = Field(default=None, description="Out-of-scope score above this: fallback.")
    clarify: float | None = Field(
        default=0.7,
        gt=0.0,
        le=1.0,
        description="If two or three close intents are together at least this likely, the customer is asked which one "
        "is meant. None: never.",
    )


class ChosenThresholds(BaseModel):
    """`thresholds` in a bot file: those that its author sets in place of the fitted ones. None: as fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: float | None = Field(default=None, ge=0.0, le=1.0, description="Below: fallback.")
    out_of_scope: float | None = Field(
        default=None, ge=0.0, le=100.0, description="Out-of-scope score above this: fallback. 100: no limit."
    )
    clarify: float | None = Field(
        default=None,
        gt=0.0,
        le=1.0,
        description="If two or three close intents are together at least this likely, the customer is asked which one "
        "is meant. 1: practically never.",
    )

    def over(self, fitted: Thresholds) -> Thresholds:
        """Return the thresholds that count: the chosen ones, and the fitted ones where none is chosen."""
        return fitted.model_copy(update=self.model_dump(exclude_none=True))

    def to_wire(self) -> dict[str, Any]:
        """Return the original JSON object: the same fields, no defaults added."""
        return self.model_dump(mode="json", exclude_unset=True)

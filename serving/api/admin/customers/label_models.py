"""What the routes of the labelling queue take and return."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.schemas.examples import LabelledSpan
from pipelines.schemas.labels import KEY_PATTERN, Decision, Destination, LabelItem, Proposal, Source, Status
from serving.channels.incoming import Id, Text
from serving.store.labelling.labels import MAX_PAGE

_NAME = r"^[^\x00-\x1f\x7f-\x9f]+$"
"""Without control characters: it is shown at terminals."""


class Label(BaseModel):
    """A text of the queue."""

    key: str
    text: str
    status: Status
    intent_id: str | None = Field(description="Its intent, once accepted; `__oos__`: none of the intents.")
    destination: Destination | None = Field(description="Whether it is used for training or held out, once accepted.")
    entities: tuple[LabelledSpan, ...]
    proposals: tuple[Proposal, ...] = Field(description="Proposed intents by source, the most reliable first.")
    agreed: str | None = Field(description="The intent all sources agree on, if a program may accept it.")
    value: float = Field(description="How much a decision would teach the model; higher is better.")
    cluster: str = Field(description="Shared by texts that say nearly the same.")
    personal_data: tuple[str, ...] = Field(description="Kinds of personal data the text seems to contain.")
    sources: tuple[Source, ...]
    decided_at: datetime | None
    decided_by: str | None

    @classmethod
    def of(cls, item: LabelItem) -> "Label":
        """Convert an item."""
        return cls(key=item.key, **{name: getattr(item, name) for name in cls.model_fields if name != "key"})


class LabelPage(BaseModel):
    """Some labels and the total counts."""

    labels: tuple[Label, ...]
    counts: dict[str, int] = Field(
        description="`open`, `accepted`, `rejected`, `skipped`; of the accepted `train` and `holdout`; of the open "
        "`agreed`."
    )
    next: str | None = Field(
        default=None,
        description="Cursor of the next page; null on the last one, and with `offset`. A page with `source`, or with "
        "the `intent` of open labels, may be short although more follow.",
    )


class DecisionIn(Decision):
    """A decision about a label."""

    by: str | None = Field(
        default=None,
        pattern=_NAME,
        max_length=100,
        description="Who decides: only with `INTENTLOOP_ADMIN_TOKEN`, which many may share. Other keys have a name.",
    )


class EditIn(BaseModel):
    """What a label is to be."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"status": "accepted", "intent_id": "greet"}]}
    )

    status: Literal["accepted", "rejected", "skipped"]
    intent_id: str | None = Field(
        default=None, min_length=1, max_length=200, description="The intent, if accepted; `__oos__`: none of them."
    )
    entities: tuple[LabelledSpan, ...] | None = Field(
        default=None, max_length=50, description="The annotations; by default those it has."
    )


class LabelIn(BaseModel):
    """A text and what it means."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "can I pay in gold?", "intent_id": "__oos__"}]}
    )

    text: Text = Field(min_length=1)
    intent_id: str = Field(min_length=1, max_length=200, description="The intent; `__oos__`: none of them.")
    entities: tuple[LabelledSpan, ...] = Field(default=(), max_length=50, description="What is marked in the text.")
    thread_id: Id | None = Field(
        default=None, description="The conversation in which a customer has sent it; null: somebody has tried it."
    )
    turn: int | None = Field(default=None, ge=1, lt=10**9, description="The turn in that conversation.")


class KeyedDecision(Decision):
    """A decision about the label with a key."""

    key: str = Field(pattern=KEY_PATTERN)


class DecisionsIn(BaseModel):
    """Decisions about many labels."""

    model_config = ConfigDict(extra="forbid")

    decisions: tuple[KeyedDecision, ...] = Field(min_length=1, max_length=MAX_PAGE)


class DecisionResult(BaseModel):
    """What became of one of many decisions."""

    key: str
    outcome: Literal["decided", "conflict", "not_found", "invalid"]
    detail: str = Field(description="Why it was not decided; empty if it was.")
    label: Label | None = Field(description="The label as it was decided.")


class DecisionResults(BaseModel):
    """What became of many decisions, in their order."""

    results: tuple[DecisionResult, ...]


class AgreedIn(BaseModel):
    """Who accepts what all witnesses agree on."""

    by: str | None = Field(
        default=None, pattern=_NAME, max_length=100, description="Who accepts: only with `INTENTLOOP_ADMIN_TOKEN`."
    )


class Accepted(BaseModel):
    """The accepted labels."""

    labels: tuple[Label, ...]

"""The labelling queue: customers' texts, their possible meanings, and the decisions about them.

A text is assigned to training or holdout when it enters the queue, and never again: by a hash of the group of nearly
equal texts it belongs to and of the week in which the group first appeared. A text that joins the group later follows
it.
"""

import hashlib
import json
import unicodedata
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.schemas.examples import OUT_OF_SCOPE, LabelledSpan
from pipelines.schemas.stored import Moment

Status = Literal["open", "accepted", "rejected", "skipped"]
STATUSES: tuple[Status, ...] = ("open", "accepted", "rejected", "skipped")
Destination = Literal["train", "holdout"]
Witness = Literal["llm", "clarification", "classifier", "shadow"]
HOLDOUT_SHARE = 0.2
KEY_LENGTH = 24
KEY_PATTERN = rf"^[0-9a-f]{{{KEY_LENGTH}}}$"
MAX_SOURCES = 200
"""Maximum messages that an item lists; a text that occurs more often is no clearer for it."""


class Source(BaseModel):
    """A message with this text: its place in the log, its time, and the release that answered it."""

    model_config = ConfigDict(frozen=True)

    thread_id: str
    turn: int
    message_id: str
    said_at: Moment
    release: str


class Proposal(BaseModel):
    """A possible meaning of a text and its source. `intent_id` is `__oos__` if the source says that no intent fits."""

    model_config = ConfigDict(frozen=True)

    by: Witness
    intent_id: str
    confidence: float | None = None


class LabelItem(BaseModel):
    """One text in the queue.

    `intent_id` and `destination` are set when it is accepted, `intent_id` to `__oos__` if no intent should take it.
    `bound_for` is the side it is assigned to, `week` the ISO week that determined it. `cluster` is shared by texts that
    are nearly equal. `agreed` is the intent on which a release trained since, the language model and the customer
    agree, as far as they were asked; it is also None if only a person may accept the text. `personal_data` names the
    kinds found in the text. Unless it is accepted, an item is deleted together with the last turn that has the text, at
    `keep_until`. `revision` counts changes.
    """

    model_config = ConfigDict(frozen=True)

    bot: str
    text: str
    status: Status = "open"
    intent_id: str | None = None
    destination: Destination | None = None
    entities: tuple[LabelledSpan, ...] = ()
    sources: tuple[Source, ...]
    proposals: tuple[Proposal, ...] = ()
    agreed: str | None = None
    value: float = Field(ge=0.0)
    cluster: str
    week: str
    bound_for: Destination
    personal_data: tuple[str, ...] = ()
    created_at: Moment
    decided_at: Moment | None = None
    decided_by: str | None = None
    keep_until: Moment | None = None
    revision: int = 0

    @property
    def id(self) -> str:
        """The document's `_id`."""
        return label_id(self.bot, self.text)

    @property
    def key(self) -> str:
        """The part of the id after the bot's name."""
        return self.id.removeprefix(f"{self.bot}:")

    def is_decided_as(self, decision: "Decision") -> bool:
        """Whether a decision would change nothing: same status, intent, and annotations, if it names any."""
        if (self.status, self.intent_id) != (decision.status, decision.intent_id):
            return False
        named = decision.entities
        if named is None or self.status != "accepted" or self.intent_id == OUT_OF_SCOPE:
            return True
        return {(span.start, span.end, span.type) for span in named} == {
            (span.start, span.end, span.type) for span in self.entities
        }

    def describe_decision(self) -> str:
        """Describe what was decided, by whom and when: `accepted as 'greet' by ada@desk on 2026-11-28 14:02 UTC`."""
        what = f"{self.status} as {self.intent_id!r}" if self.intent_id else self.status
        whom = f" by {self.decided_by}" if self.decided_by else ""
        return what + whom + (f" on {self.decided_at:%Y-%m-%d %H:%M} UTC" if self.decided_at else "")

    def to_document(self) -> dict[str, Any]:
        """Return the document to store; entities, whose types authors name, are JSON text."""
        spans = [span.model_dump(exclude_none=True) for span in self.entities]
        fields = self.model_dump(exclude={"entities"})
        fields |= {"sources": list(fields["sources"]), "proposals": list(fields["proposals"])}
        fields["personal_data"] = list(self.personal_data)
        fields["expires_at"] = None if self.status == "accepted" else self.keep_until
        return {"_id": self.id, **fields, "entities": json.dumps(spans, ensure_ascii=False)}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read a document that `to_document` returned."""
        fields = {name: value for name, value in document.items() if name not in ("_id", "expires_at")}
        item = cls.model_validate({**fields, "entities": json.loads(fields["entities"])})
        if document["_id"] != item.id:
            raise ValueError("its key is not that of its text")
        return item


class Decision(BaseModel):
    """A decision about an item.

    `was` is the status that the person saw: the decision is refused if somebody else has decided meanwhile. A `was`
    other than `open` corrects an earlier decision.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Status = Field(description="`accepted`, `rejected` (unusable), `skipped`, or `open` to undo.")
    intent_id: str | None = Field(
        default=None, min_length=1, max_length=200, description="The intent; `__oos__`: none of them."
    )
    entities: tuple[LabelledSpan, ...] | None = Field(
        default=None, max_length=50, description="The annotations; by default the proposed ones."
    )
    was: Status = Field(default="open", description="The status on which the decision was based.")

    @model_validator(mode="after")
    def _names_an_intent_if_accepted(self) -> Self:
        if (self.status == "accepted") != (self.intent_id is not None):
            raise ValueError("an accepted text needs its `intent_id`, and only an accepted one has it")
        return self


def label_id(bot: str, text: str) -> str:
    """Return the `_id` of a text, which ignores case and spacing."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return f"{bot}:{hashlib.sha256(plain.encode('utf-8', 'surrogatepass')).hexdigest()[:KEY_LENGTH]}"


def week_of(moment: datetime) -> str:
    """Return the ISO week of a time, such as `2026-W48`."""
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02d}"


def side_of(cluster: str, week: str) -> Destination:
    """Assign a new group of texts: one in five to the holdout, always the same for the same group and week."""
    digest = hashlib.sha256(f"{week}:{cluster}".encode()).digest()
    return "holdout" if int.from_bytes(digest[:8], "big") < HOLDOUT_SHARE * 2**64 else "train"

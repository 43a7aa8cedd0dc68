"""The labelling queue: what customers wrote, what may be meant, and what somebody decided.

Which side of the wall between training and holdout a text falls on is settled here, when it enters the queue, and
never again: by a hash of the group of nearly equal texts that it belongs to and of the week in which the group was
first heard. A text that joins the group later follows it.
"""

import hashlib
import json
import unicodedata
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.schemas.examples import LabelledSpan

Status = Literal["open", "accepted", "rejected", "skipped"]
STATUSES: tuple[Status, ...] = ("open", "accepted", "rejected", "skipped")
Destination = Literal["train", "holdout"]
Witness = Literal["llm", "clarification", "classifier", "shadow"]
HOLDOUT_SHARE = 0.2
KEY_LENGTH = 24
KEY_PATTERN = rf"^[0-9a-f]{{{KEY_LENGTH}}}$"
MAX_SOURCES = 200
"""Messages that an item names; a text that is said more often is no clearer for it."""


class Source(BaseModel):
    """A message that said this: where it stands in the log, when it was said, and the release that answered it."""

    model_config = ConfigDict(frozen=True)

    thread_id: str
    turn: int
    message_id: str
    said_at: datetime
    release: str


class Proposal(BaseModel):
    """What a text may mean, and who says so. `intent_id` is `__oos__` where the witness says: none of the intents."""

    model_config = ConfigDict(frozen=True)

    by: Witness
    intent_id: str
    confidence: float | None = None


class LabelItem(BaseModel):
    """One text of the queue.

    `intent_id` and `destination` are set when it is accepted, `intent_id` to `__oos__` if no intent should take it.
    `bound_for` is the side that it will go to, `week` the ISO week that settled it. `cluster` is shared by texts that
    are nearly the same. `agreed` is the intent that a release trained since, the language model and the customer agree
    on, as far as they were asked; None too where only a person may accept it. `personal_data` names the kinds found in
    the text. Unless it is accepted, an item is deleted when the last turn that said it is, at `keep_until`. `revision`
    counts changes.
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
    created_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    keep_until: datetime | None = None
    revision: int = 0

    @property
    def id(self) -> str:
        """The document's `_id`."""
        return label_id(self.bot, self.text)

    @property
    def key(self) -> str:
        """The part of the id that a bot's items differ in."""
        return self.id.removeprefix(f"{self.bot}:")

    def to_document(self) -> dict[str, Any]:
        """Give the document of the collection; entities, whose types authors name, as JSON text."""
        spans = [span.model_dump(exclude_none=True) for span in self.entities]
        fields = self.model_dump(exclude={"entities"})
        fields |= {"sources": list(fields["sources"]), "proposals": list(fields["proposals"])}
        fields["personal_data"] = list(self.personal_data)
        fields["expires_at"] = None if self.status == "accepted" else self.keep_until
        return {"_id": self.id, **fields, "entities": json.dumps(spans, ensure_ascii=False)}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what `to_document` gave."""
        fields = {name: value for name, value in document.items() if name not in ("_id", "expires_at")}
        return cls.model_validate({**fields, "entities": json.loads(fields["entities"])})


class Decision(BaseModel):
    """What somebody says about an item.

    `was` is the status that they saw: a decision about an item that somebody else has decided meanwhile is refused.
    Another one than `open` corrects an earlier decision.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Status = Field(description="`accepted`, `rejected` (unusable), `skipped`, or `open` to take it back.")
    intent_id: str | None = Field(
        default=None, min_length=1, max_length=200, description="What it means; `__oos__`: none of the intents."
    )
    entities: tuple[LabelledSpan, ...] | None = Field(
        default=None, max_length=50, description="Its annotations; those that were proposed if not given."
    )
    was: Status = Field(default="open", description="The status that was seen.")

    @model_validator(mode="after")
    def _names_an_intent_if_accepted(self) -> Self:
        if (self.status == "accepted") != (self.intent_id is not None):
            raise ValueError("an accepted text needs its `intent_id`, and only an accepted one has it")
        return self


def label_id(bot: str, text: str) -> str:
    """Give the `_id` of a text: the same one however it is capitalised and spaced."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return f"{bot}:{hashlib.sha256(plain.encode('utf-8', 'surrogatepass')).hexdigest()[:KEY_LENGTH]}"


def week_of(moment: datetime) -> str:
    """Give the ISO week of a moment, such as `2026-W48`."""
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02d}"


def side_of(cluster: str, week: str) -> Destination:
    """Settle where a new group of texts goes: one in five to the holdout, whoever asks and whenever."""
    digest = hashlib.sha256(f"{week}:{cluster}".encode()).digest()
    return "holdout" if int.from_bytes(digest[:8], "big") < HOLDOUT_SHARE * 2**64 else "train"

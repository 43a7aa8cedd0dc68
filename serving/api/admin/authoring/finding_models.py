"""What the routes of findings take and return."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from serving.api.admin.paging import Page


class RepairIn(BaseModel):
    """Which repairs to make."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"findings": ["0123456789abcdef"]}]})

    findings: tuple[str, ...] | None = Field(
        default=None, max_length=10_000, description="`id`s of findings; null: every repair that is safe."
    )


class FindingOut(BaseModel):
    """Something that validation found."""

    id: str = Field(description="To send to `.../draft/repairs`.")
    check: str
    title: str
    severity: str = Field(description="`error`, `warning` or `note`; an error stops a training.")
    row: str = Field(description="The example, intent or entity concerned.")
    explanation: str
    repair: str = Field(description="What to do about it.")
    intent_id: str = ""
    position: int | None = Field(
        default=None, description="Place of the example in its intent, from 1, when it was validated."
    )
    text: str = ""
    start: int | None = Field(default=None, description="First character of `text` concerned, if only some are.")
    end: int | None = None
    is_repairable: bool = Field(description="Whether `.../draft/repairs` can do it.")


class FindingCount(BaseModel):
    """How many findings a check or an intent has."""

    name: str = Field(description="The check, or the intent's id.")
    title: str
    count: int


class FindingPage(Page[FindingOut]):
    """Findings of the last validation."""

    task_id: str | None = Field(description="The task that found them; null: no validation of the draft has ended yet.")
    under_way: str | None = Field(description="The task that validates the draft again, if one waits or runs.")
    validated_at: datetime | None = Field(description="When the draft was read; what was edited later is not in it.")
    is_current: bool | None = Field(description="Whether the draft is as it was then; null: nobody knows.")
    counts: dict[str, int] = Field(description="All findings by severity.")
    n_repairable: int = Field(default=0, description="Of all, those that `.../draft/repairs` can do.")
    can_undo: bool = Field(default=False, description="Whether there is a repair for `.../draft/repairs/undo`.")
    n_left_out: int = Field(default=0, description="Findings that were too many to be kept.")
    by_check: list[FindingCount] = Field(default_factory=list, description="All findings by check, most first.")
    by_intent: list[FindingCount] = Field(default_factory=list, description="All findings by intent, most first.")


def counted(names: Iterable[tuple[str, str]]) -> list[FindingCount]:
    """Count names with their titles, the most frequent first."""
    counts = Counter(names)
    return [FindingCount(name=name, title=title, count=count) for (name, title), count in counts.most_common()]

"""What was found about a release before it may answer customers."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

VERDICT_FORMAT = 1


class Verdict(BaseModel):
    """`verdict.json`: whether a release may answer, why, and exactly which files that was said about."""

    model_config = ConfigDict(frozen=True)

    format: int = VERDICT_FORMAT
    bot: str
    passed: bool
    reasons: tuple[str, ...] = Field(default=(), description="Why it was not passed, a sentence each.")
    figures: dict[str, float] = Field(default_factory=dict, description="What was measured on held-out utterances.")
    data_hash: str = Field(description="SHA-256 of the snapshot's examples.")
    manifest_sha256: str = Field(description="SHA-256 of `manifest.json`, which holds that of every other file.")
    compared_with: str | None = Field(default=None, description="Version that carried the alias at the time.")
    created_at: datetime
    git_commit: str | None = None

    def require_known_format(self) -> Self:
        """Refuse a verdict written by a newer program."""
        if self.format > VERDICT_FORMAT:
            raise ValueError(f"verdict format {self.format} is newer than this program's {VERDICT_FORMAT}; upgrade it")
        return self

"""The parts of a release besides the trained model."""

from datetime import datetime, tzinfo
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from pipelines.schemas.bot import Entity, Intent, zone_of
from pipelines.schemas.llm import LlmConfig
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import IntentScore

RELEASE_FORMAT = 1


class BotDefinition(BaseModel):
    """`bot.json`: everything besides the trained model that decides an answer."""

    model_config = ConfigDict(frozen=True)

    name: str
    language: str = "en"
    timezone: str = "UTC"
    phrases: dict[str, str] = {}
    intents: tuple[Intent, ...]
    entities: tuple[Entity, ...] = ()
    thresholds: Thresholds
    llm: LlmConfig | None = None

    @property
    def zone(self) -> tzinfo:
        """The customers' time zone."""
        return zone_of(self.timezone)

    def intent_by_id(self) -> dict[str, Intent]:
        """Return the intents by id."""
        return {intent.intent_id: intent for intent in self.intents}


class GoldenRow(BaseModel):
    """`golden.jsonl`: an utterance and the model's ranking at training time; checked at load."""

    model_config = ConfigDict(frozen=True)

    text: str
    ranking: tuple[IntentScore, ...]


class Manifest(BaseModel):
    """`manifest.json`: the origin of a release and the hash of each of its files."""

    model_config = ConfigDict(frozen=True)

    format: int = RELEASE_FORMAT
    bot: str = Field(default="", description="As in `bot.json`.")
    created_at: datetime
    data_hash: str = Field(description="SHA-256 of the snapshot's examples.")
    bot_hash: str = Field(description="SHA-256 of `bot.json`.")
    git_commit: str | None
    seed: int
    library_versions: dict[str, str]
    sha256_by_file: dict[str, str] = Field(description="Relative path to SHA-256, except `manifest.json` itself.")

    def require_known_format(self) -> Self:
        """Refuse a release written by a newer version."""
        if self.format > RELEASE_FORMAT:
            raise ValueError(f"release format {self.format} is newer than this program's {RELEASE_FORMAT}; upgrade it")
        return self

"""What is set for a bot: the fields of its draft, which a release carries, and its own endpoint of a language model."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel, ValidationError

from pipelines.botfile.check import check_content
from pipelines.errors import DataRejected, UserInputError
from pipelines.schemas.bot import BotFile
from pipelines.schemas.llm import LlmConfig
from pipelines.schemas.release import BotDefinition
from serving.llm.endpoints import LLM_SECTION, LlmEndpoint
from serving.store.bot_settings import BotSettings, BotSettingsStore
from serving.store.client import Database
from serving.store.drafts.kinds import BOT_FIELDS, Wire
from serving.store.drafts.store import Drafts

Setting = Literal["language", "timezone", "phrases", "thresholds", "llm"]
SETTINGS: tuple[Setting, ...] = get_args(Setting)


@dataclass(frozen=True)
class Configured:
    """The settings of a bot as stored.

    Attributes
    ----------
    fields
        The draft's own fields: everything in the bot's file but intents and entities.
    file
        The same, read; it has no intents.
    """

    bot: str
    fields: Wire
    file: BotFile
    settings: BotSettings

    @property
    def llm(self) -> LlmConfig | None:
        """When and how a language model is asked; also of a bot that ai-chatbot-framework has configured."""
        return self.file.llm_config

    @property
    def endpoint(self) -> LlmEndpoint | None:
        """The bot's own endpoint; None also if this program cannot read it."""
        try:
            section = self.settings.sections.get(LLM_SECTION)
            return None if section is None else LlmEndpoint.model_validate(section)
        except ValidationError:
            return None

    @property
    def edition(self) -> str:
        """Another one after each change."""
        text = json.dumps([self.fields, self.settings.edition], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def pending(self, live: BotDefinition) -> tuple[Setting, ...]:
        """Return the settings that the version that answers does not have."""
        file, chosen = self.file, self.file.thresholds
        thresholds = chosen.over(live.thresholds) if chosen is not None else live.thresholds
        wanted = {
            "language": file.language,
            "timezone": file.timezone,
            "phrases": file.phrases,
            "thresholds": thresholds,
            "llm": self.llm,
        }
        return tuple(name for name in SETTINGS if wanted[name] != getattr(live, name))


@dataclass(frozen=True)
class Wanted:
    """Settings to change: fields of the draft by name, None for the default; the endpoint if it `sets_endpoint`."""

    fields: Mapping[str, Any]
    endpoint: LlmEndpoint | None = None
    sets_endpoint: bool = False


class _Changed(Exception):
    """Somebody else has changed the fields meanwhile."""


class BotConfiguration:
    """Reads and changes the settings of bots."""

    def __init__(self, database: Database) -> None:
        self._drafts, self._settings = Drafts(database), BotSettingsStore(database)

    async def find(self, bot: str) -> Configured:
        """Return what is set for a bot.

        Raise `NotFound` if there is no such bot, and `DataRejected` if its fields cannot be used as they are.
        """
        fields = await self._drafts.find(BOT_FIELDS, bot, bot)
        if fields is None:
            await self._drafts.head(bot)
        try:
            file = _read(fields or {})
        except ValidationError as error:
            raise DataRejected(f"the draft of bot {bot!r}", _problems(error)) from error
        return Configured(bot, fields or {}, file, await self._settings.find(bot))

    async def change(self, before: Configured, wanted: Wanted, *, overwrites: bool = False) -> Configured | None:
        """Change settings that were read before; return None if somebody else has changed them since.

        With `overwrites`, whoever has. Raise `UserInputError` for what cannot be set; then nothing is.
        """

        def edit(now: Wire | None) -> Wire | None:
            if not overwrites and (now or {}) != before.fields:
                raise _Changed
            after = _changed(now or {}, wanted.fields)
            return now if after == (now or {}) else after

        _changed(before.fields, wanted.fields)  # before anything is written
        if wanted.sets_endpoint and wanted.endpoint != before.endpoint:
            value = None if wanted.endpoint is None else wanted.endpoint.model_dump(mode="json")
            now = await self._settings.find(before.bot) if overwrites else before.settings
            if await self._settings.replace(now, LLM_SECTION, value) is None:
                return None
        try:
            await self._drafts.change(BOT_FIELDS, before.bot, before.bot, edit)
        except _Changed:
            return None
        return await self.find(before.bot)


def _changed(fields: Wire, wanted: Mapping[str, Any]) -> Wire:
    after = {name: value for name, value in fields.items() if wanted.get(name, "") is not None}
    after |= {name: _wire(value) for name, value in wanted.items() if value is not None}
    try:
        check_content({**after, "intents": []}, source="the settings")
    except DataRejected as error:
        raise UserInputError("; ".join(error.problems)) from error
    return after


def _wire(value: Any) -> Any:
    return value.model_dump(mode="json", exclude_unset=True) if isinstance(value, BaseModel) else value


def _read(fields: Mapping[str, Any]) -> BotFile:
    own = {name: value for name, value in fields.items() if name not in ("intents", "entities")}
    return BotFile.model_validate_json(json.dumps(own))


def _problems(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}"
        for fault in error.errors(include_input=False, include_url=False)[:5]
    ]

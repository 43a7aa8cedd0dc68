"""Operational settings of bots, which are no part of a release: they take effect at once and are not rolled back.

bot_settings   {_id: bot, sections: {name: JSON text}, edition}
"""

import json
import uuid

from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.errors import DocumentUnreadable
from pipelines.schemas.keys import BOT_SETTINGS
from pipelines.schemas.stored import UNREADABLE, describe_fault
from serving.store.client import Collection, Database, DuplicateKeyError

NO_EDITION = ""
"""Edition of settings that were never stored."""


class BotSettings(BaseModel):
    """The settings of a bot by section; each section belongs to the part of the program that knows its fields.

    `edition` is another one after each write.
    """

    model_config = ConfigDict(frozen=True)

    bot: str
    sections: dict[str, JsonValue] = {}
    edition: str = NO_EDITION


class BotSettingsStore:
    """Reads and writes `bot_settings`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._settings: Collection = database.collection(BOT_SETTINGS)

    async def find(self, bot: str) -> BotSettings:
        """Return a bot's settings, empty ones if none are stored; raise `DocumentUnreadable` if those are none."""
        document = await self._database.call("read settings", self._settings.find_one({"_id": bot}))
        if document is None:
            return BotSettings(bot=bot)
        try:
            sections = {name: json.loads(text) for name, text in document["sections"].items()}
            return BotSettings(bot=bot, sections=sections, edition=document["edition"])
        except UNREADABLE as error:
            raise DocumentUnreadable(
                f"the settings of bot {bot!r} ({BOT_SETTINGS})",
                fault=describe_fault(error),
                remedy="delete or correct this document in the database, then set them again",
            ) from error

    async def replace(self, before: BotSettings, section: str, value: JsonValue) -> BotSettings | None:
        """Set a section, or delete it if `value` is None; return None if the settings are not as `before` any more."""
        sections = {name: each for name, each in before.sections.items() if name != section}
        if value is not None:
            sections[section] = value
        after = BotSettings(bot=before.bot, sections=sections, edition=uuid.uuid4().hex)
        packed = {name: json.dumps(each) for name, each in sections.items()}
        document = {"_id": after.bot, "sections": packed, "edition": after.edition}
        if before.edition == NO_EDITION:
            try:
                await self._database.call("write settings", self._settings.insert_one(document))
            except DuplicateKeyError:
                return None
            return after
        query = {"_id": before.bot, "edition": before.edition}
        outcome = await self._database.call("write settings", self._settings.replace_one(query, document))
        return after if outcome.matched_count else None

"""How each bot is connected to each platform: operational settings, not part of a release.

integrations   {_id: "bot:channel", bot, channel, is_enabled, settings: JSON text}
"""

import json

from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.schemas.keys import INTEGRATIONS, thread_key
from serving.store.client import Collection, Database


class Integration(BaseModel):
    """A bot's connection to a platform.

    `settings` are the channel's own; a secret among them is literal or a reference `secret:NAME`.
    """

    model_config = ConfigDict(frozen=True)

    bot: str
    channel: str
    is_enabled: bool = True
    settings: dict[str, JsonValue] = {}


class IntegrationStore:
    """Reads and writes `integrations`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._integrations: Collection = database.collection(INTEGRATIONS)

    async def find(self, bot: str, channel: str) -> Integration | None:
        """Return a bot's connection to a platform."""
        query = {"_id": thread_key(bot, channel)}
        document = await self._database.call("read integration", self._integrations.find_one(query))
        if document is None:
            return None
        settings = json.loads(document["settings"])
        return Integration(bot=bot, channel=channel, is_enabled=document["is_enabled"], settings=settings)

    async def put(self, integration: Integration) -> None:
        """Set a bot's connection to a platform."""
        key = thread_key(integration.bot, integration.channel)
        fields = integration.model_dump()
        document = {"_id": key, **fields, "settings": json.dumps(fields["settings"])}
        writing = self._integrations.replace_one({"_id": key}, document, upsert=True)
        await self._database.call("write integration", writing)

"""How each bot is connected to each platform: operational settings, not part of a release.

integrations   {_id: "bot:channel", bot, channel, is_enabled, settings: JSON text, edition}
"""

import json
import uuid

from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.errors import DocumentUnreadable
from pipelines.schemas.keys import INTEGRATIONS, bot_key_range, thread_key
from pipelines.schemas.stored import UNREADABLE, describe_fault, read_each
from serving.clock import utc_now
from serving.store.client import ASCENDING, Collection, Database, Document, DuplicateKeyError
from serving.store.upkeep.quarantine import Quarantine

FIRST_EDITION = ""
"""Edition of a connection that was never stored, or by an earlier program."""


class Integration(BaseModel):
    """A bot's connection to a platform.

    `settings` are the channel's own; a secret among them is literal or a reference `secret:NAME`. `edition` is another
    one after each write.
    """

    model_config = ConfigDict(frozen=True)

    bot: str
    channel: str
    is_enabled: bool = True
    settings: dict[str, JsonValue] = {}
    edition: str = FIRST_EDITION


def unreadable(bot: str, channel: str, *, fault: str) -> DocumentUnreadable:
    """Return the error for settings that cannot be read."""
    what, remedy = f"how bot {bot!r} is connected to {channel}", "set it again with `intentloop channel set-facebook`"
    return DocumentUnreadable(what, fault=fault, remedy=remedy)


class IntegrationStore:
    """Reads and writes `integrations`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._integrations: Collection = database.collection(INTEGRATIONS)

    async def find(self, bot: str, channel: str) -> Integration | None:
        """Return a bot's connection to a platform; raise `DocumentUnreadable` if what is stored is none."""
        query = {"_id": thread_key(bot, channel)}
        document = await self._database.call("read integration", self._integrations.find_one(query))
        if document is None:
            return None
        try:
            return _read(document)
        except UNREADABLE as error:
            raise unreadable(bot, channel, fault=describe_fault(error)) from error

    async def put_aside(self, bot: str, channel: str) -> None:
        """Put a connection aside whose settings cannot be read, so that it can be set again."""
        key = {"_id": thread_key(bot, channel)}
        document = await self._database.call("read integration", self._integrations.find_one(key))
        if document is not None:
            quarantine = Quarantine(self._database)
            await quarantine.move(INTEGRATIONS, document, reason="cannot be read", now=utc_now())

    async def of_bot(self, bot: str) -> list[Integration]:
        """Return a bot's connections that can be read, by the names of their channels."""
        lowest, end = bot_key_range(bot)
        cursor = self._integrations.find({"_id": {"$gte": lowest, "$lt": end}}).sort("_id", ASCENDING)
        documents = await self._database.call("read integrations", cursor.to_list(None))
        return list(read_each(documents, _read, collection=INTEGRATIONS))

    async def put(self, integration: Integration) -> Integration:
        """Set a bot's connection to a platform, whatever it was; return it with its new edition."""
        new = integration.model_copy(update={"edition": _new_edition()})
        key = thread_key(new.bot, new.channel)
        writing = self._integrations.replace_one({"_id": key}, _document(new), upsert=True)
        await self._database.call("write integration", writing)
        return new

    async def replace(self, integration: Integration, *, edition: str) -> Integration | None:
        """Set a bot's connection to a platform if it still has an edition; return it with its new one, None if not.

        `FIRST_EDITION` stands for no stored connection too.
        """
        new = integration.model_copy(update={"edition": _new_edition()})
        key, document = thread_key(new.bot, new.channel), _document(new)
        query = {"_id": key, "edition": edition or None}  # None finds those without the field
        outcome = await self._database.call("write integration", self._integrations.replace_one(query, document))
        if outcome.matched_count:
            return new
        if edition != FIRST_EDITION:
            return None
        try:
            await self._database.call("write integration", self._integrations.insert_one(document))
        except DuplicateKeyError:
            return None
        return new


def _new_edition() -> str:
    return uuid.uuid4().hex


def _document(integration: Integration) -> Document:
    fields = integration.model_dump()
    key = thread_key(integration.bot, integration.channel)
    return {"_id": key, **fields, "settings": json.dumps(fields["settings"])}


def _read(document: Document) -> Integration:
    fields = {name: value for name, value in document.items() if name in Integration.model_fields}
    integration = Integration.model_validate(fields | {"settings": json.loads(document["settings"])})
    if document["_id"] != thread_key(integration.bot, integration.channel):
        raise ValueError("it is not where its key says")
    return integration

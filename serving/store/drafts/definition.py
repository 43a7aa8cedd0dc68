"""The part of a draft that decides answers, beside the examples that a model learns from."""

import json
from typing import Any

from pydantic import ValidationError

from pipelines.errors import DataRejected, no_such_bot
from pipelines.schemas.bot import BotFile
from pipelines.schemas.drafts import bot_wire
from pipelines.schemas.keys import BOTS, ENTITIES, INTENTS
from serving.store.client import Database, Document
from serving.store.drafts.import_journal import restore_killed_import

_EXAMPLES = ("trainingData", "training_data")
_SHOWN = 5


async def read_definition(database: Database, bot: str) -> BotFile:
    """Return a bot's draft without its examples.

    Raise `NotFound` if there is no such bot, and `DataRejected` if the draft cannot be used as it is.
    """
    await restore_killed_import(database, bot)
    without = {f"intent.{name}": 0 for name in _EXAMPLES}
    intents = await _read(database, INTENTS, bot, without)
    entities = await _read(database, ENTITIES, bot)
    top = await database.call("read bot", database.collection(BOTS).find_one({"_id": bot}))
    if not intents and not entities and top is None:
        raise no_such_bot(bot)
    for document in intents:  # an engine may not know the projection
        for name in _EXAMPLES:
            document["intent"].pop(name, None)
    return _parsed(bot_wire(top, intents=intents, entities=entities), bot)


def _parsed(wire: dict[str, Any], bot: str) -> BotFile:
    try:
        return BotFile.model_validate_json(json.dumps(wire))
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, found['loc']))}: {found['msg'].removeprefix('Value error, ')}"
            for found in error.errors(include_input=False, include_url=False)[:_SHOWN]
        ]
        raise DataRejected(f"the draft of bot {bot!r}", problems) from error


async def _read(database: Database, name: str, bot: str, projection: dict[str, int] | None = None) -> list[Document]:
    cursor = database.collection(name).find({"bot": bot}, projection)
    return await database.call(f"read {name}", cursor.to_list(None))

from typing import Any

from serving.store.client import Database
from serving.store.schema import Schema
from tests.support.commands import CommandWatch


async def indexes_by_field(database: Database, collection: str) -> dict[str, Any]:
    # By field: NX-27017 gives indexes names of its own.
    information = await database.collection(collection).index_information()
    return {index["key"][0][0]: index for index in information.values()}


async def test_ensure_creates_expiry_and_uniqueness(database: Database) -> None:
    await Schema(database).ensure()
    turns, states = [await indexes_by_field(database, name) for name in ("turns", "states")]
    assert turns["message_key"]["unique"]
    assert turns["expires_at"]["expireAfterSeconds"] == states["expires_at"]["expireAfterSeconds"] == 0


async def test_ensure_asks_the_database_once(database: Database, commands: CommandWatch) -> None:
    schema = Schema(database)
    await schema.ensure()
    commands.names.clear()
    await schema.ensure()
    assert commands.names == []

from serving.store.client import Database
from serving.store.schema import Schema
from tests.support.commands import CommandWatch


async def test_ensure_creates_expiry_and_uniqueness(database: Database) -> None:
    await Schema(database).ensure()
    turns = await database.collection("turns").index_information()
    states = await database.collection("states").index_information()
    assert turns["message_once"]["unique"]
    assert turns["expiry"]["expireAfterSeconds"] == states["expiry"]["expireAfterSeconds"] == 0


async def test_ensure_asks_the_database_once(database: Database, commands: CommandWatch) -> None:
    schema = Schema(database)
    await schema.ensure()
    commands.names.clear()
    await schema.ensure()
    assert commands.names == []

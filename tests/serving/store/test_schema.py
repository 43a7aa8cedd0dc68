from datetime import timedelta
from typing import Any

from serving.store.client import Database
from serving.store.schema import Schema
from tests.support.commands import CommandWatch
from tests.support.records import now


async def indexes_by_field(database: Database, collection: str) -> dict[str, Any]:
    # By field: NX-27017 gives indexes names of its own.
    information = await database.collection(collection).index_information()
    return {index["key"][0][0]: index for index in information.values()}


async def test_ensure_creates_expiry_and_uniqueness(database: Database) -> None:
    await Schema(database).ensure()
    turns, states = [await indexes_by_field(database, name) for name in ("turns", "states")]
    assert turns["message_key"]["unique"]
    assert "expires_at" in turns
    assert "expires_at" in states


async def test_ensure_asks_the_database_once(database: Database, commands: CommandWatch) -> None:
    schema = Schema(database)
    await schema.ensure()
    commands.names.clear()
    await schema.ensure()
    assert commands.names == []


async def test_what_has_expired_is_deleted_and_nothing_else(database: Database, new_name: str) -> None:
    schema, turns = Schema(database), database.collection("turns")
    await schema.ensure()
    has_ttl_index = "expireAfterSeconds" in (await indexes_by_field(database, "turns"))["expires_at"]
    for name, hours in (("old", -1), ("new", 1)):
        document_id = f"{new_name}-{name}"
        expiry = now() + timedelta(hours=hours)
        await turns.insert_one({"_id": document_id, "message_key": document_id, "expires_at": expiry})
    await schema.sweep(now())
    left = {
        document["_id"] async for document in turns.find({"message_key": {"$gte": new_name, "$lt": f"{new_name}~"}})
    }
    assert f"{new_name}-new" in left
    assert has_ttl_index or f"{new_name}-old" not in left

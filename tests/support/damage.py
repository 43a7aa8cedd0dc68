"""Damage to a database, as operators, restores and other programs do it."""

from pipelines.schemas.keys import turn_key
from serving.store.client import Database


async def drop_message_index(database: Database) -> None:
    """Drop the index that keeps a message from a second turn; engines name it differently."""
    turns = database.collection("turns")
    for name, index in (await turns.index_information()).items():
        if index["key"][0][0] == "message_key":
            await turns.drop_index(name)


async def plant_second_turn(database: Database, *, turn: int, of: int, thread: str = "b:t") -> None:
    """Copy a turn to another number, so that its message has two."""
    turns = database.collection("turns")
    document = await turns.find_one({"_id": turn_key(thread, of)})
    assert document is not None
    await turns.insert_one({**document, "_id": turn_key(thread, turn), "turn": turn})

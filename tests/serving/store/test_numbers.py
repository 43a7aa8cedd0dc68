"""A number that no database can hold must not keep the documents beside it from being read."""

import logging
import math
from typing import Any

import pytest

from serving.store.client import Database, ReplaceOne

_UNSTORABLE = (math.nan, math.inf, -math.inf, 2**63, -(2**63) - 1, 10**5000)


@pytest.mark.parametrize("number", _UNSTORABLE, ids=["nan", "inf", "-inf", "2**63", "-2**63-1", "10**5000"])
async def test_a_collection_stays_readable_whatever_is_written(
    database: Database, new_name: str, number: float, caplog: pytest.LogCaptureFixture
) -> None:
    things = database.collection(new_name)
    documents: list[dict[str, Any]] = [{"_id": str(place), "x": {"y": [{"z": number}, 1]}} for place in range(5)]
    with caplog.at_level(logging.WARNING):
        await things.insert_one(documents[0])
        await things.insert_many(documents[1:2])
        await things.insert_many([{"_id": "3"}, {"_id": "beside", "x": 1.5, "n": 2**62}])
        await things.replace_one({"_id": "2"}, documents[2], upsert=True)
        await things.update_one({"_id": "3"}, {"$set": {"x": number}})
        await things.bulk_write([ReplaceOne({"_id": "4"}, documents[4], upsert=True)], ordered=False)
        found = {each["_id"]: each for each in await things.find({}).to_list(None)}
    assert found["beside"] == {"_id": "beside", "x": 1.5, "n": 2**62}
    assert [found[key]["x"] for key in "0124"] == [{"y": [{"z": None}, 1]}] * 4
    assert found["3"]["x"] is None
    assert f"is stored as null {new_name} fields=x.y.0.z" in caplog.text
    await things.drop()


async def test_a_sound_document_is_not_copied(database: Database, new_name: str) -> None:
    things, sound = database.collection(new_name), {"_id": "1", "x": [1, 2.5, True, None, "nan"]}
    await things.insert_one(sound)
    assert await things.find_one({"_id": "1"}) == sound
    await things.drop()

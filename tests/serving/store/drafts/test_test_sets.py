"""Test sets in the database: immutable, the newest counts, and a person can be taken out of every version."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.errors import DataRejected, NotFound
from pipelines.nlu.text import fold_text
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.schemas.keys import TEST_SETS
from pipelines.schemas.test_sets import ROWS_OF_A_DOCUMENT, FixedTestSet
from pipelines.steps.data.test_set import read_test_set
from serving.store.client import Database
from serving.store.drafts.bots import export_bot, import_bot
from serving.store.drafts.test_sets import TestSets
from tests.support.bots import TINY_BOT_WIRE

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def rows(*texts: str, intent: str = "greet") -> list[Example]:
    return [Example(id=f"t{number}", text=text, intent=intent) for number, text in enumerate(texts)]


def read(mongo_uri: str, bot: str, number: int | None = None) -> FixedTestSet | None:
    return read_test_set(mongo_uri, "intentloop_test", bot, number=number)


async def test_newest_version_counts_and_former_ones_stay(database: Database, mongo_uri: str, new_name: str) -> None:
    store = TestSets(database)
    span = LabelledSpan(start=6, end=10, type="a.b$", value="Oslo")
    marked = Example(id="m", text="going Oslo", intent="greet", entities=(span,), channel="web")
    first, is_new = await store.add(new_name, rows("hi", "hello"), now=NOW)
    assert (first.number, first.n_rows, is_new) == (1, 2, True)
    second, _ = await store.add(new_name, [marked], now=NOW)
    again, is_new = await store.add(new_name, [marked.model_copy(update={"id": "other"})], now=NOW)
    assert (again.number, is_new) == (2, False)
    assert [version.number for version in await store.versions(new_name)] == [2, 1]
    newest, former = read(mongo_uri, new_name), read(mongo_uri, new_name, 1)
    assert newest == FixedTestSet(version=second, rows=(marked,))
    assert former is not None
    assert [row.text for row in former.rows] == ["hi", "hello"]
    assert (former.version, former.version.created_at) == (first, NOW)
    with pytest.raises(NotFound, match="test-set list"):
        read(mongo_uri, new_name, 3)
    await store.add(new_name, [], now=NOW)
    assert read(mongo_uri, new_name) is None, "an empty version ends its use"
    assert read(mongo_uri, f"{new_name}x") is None


async def test_rows_are_in_documents_of_bounded_size(database: Database, mongo_uri: str, new_name: str) -> None:
    many = rows(*(f"hello number {number}" for number in range(2 * ROWS_OF_A_DOCUMENT + 1)))
    await TestSets(database).add(new_name, many, now=NOW)
    parts = await database.collection(TEST_SETS).find({"bot": new_name, "kind": "rows"}).to_list(None)
    assert [len(part["rows"]) for part in sorted(parts, key=lambda part: part["part"])] == [100, 100, 1]
    found = read(mongo_uri, new_name)
    assert found is not None
    assert list(found.rows) == many


async def test_two_who_add_at_once_get_a_number_each(database: Database, new_name: str) -> None:
    store = TestSets(database)
    added = await asyncio.gather(*(store.add(new_name, rows(f"hello {n}"), now=NOW) for n in range(3)))
    assert sorted(version.number for version, _ in added) == [1, 2, 3]


async def test_rows_that_were_changed_are_refused(database: Database, mongo_uri: str, new_name: str) -> None:
    await TestSets(database).add(new_name, rows("hi", "hello"), now=NOW)
    await database.collection(TEST_SETS).delete_many({"bot": new_name, "kind": "rows"})
    with pytest.raises(DataRejected, match="rows of it are missing or were changed"):
        read(mongo_uri, new_name)


async def test_erase_takes_texts_out_of_every_version(database: Database, mongo_uri: str, new_name: str) -> None:
    store = TestSets(database)
    before, _ = await store.add(new_name, rows("hi", "Deliver to  Quimbly Lane"), now=NOW)
    await store.add(new_name, rows("good day"), now=NOW)
    await store.add(new_name, rows("hi", "deliver to quimbly lane", "hey"), now=NOW)
    await store.erase(new_name, {fold_text("deliver to quimbly lane")})
    documents = await database.collection(TEST_SETS).find({"bot": new_name}).to_list(None)
    assert "quimbly" not in str(documents).lower()
    assert [version.n_rows for version in await store.versions(new_name)] == [2, 1, 1]
    newest, first = read(mongo_uri, new_name), read(mongo_uri, new_name, 1)
    assert newest is not None
    assert first is not None
    assert [row.text for row in newest.rows] == ["hi", "hey"]
    assert first.version.sha256 != before.sha256
    assert len(documents) == 6, "three versions, and the rows of each"


SECTION: list[dict[str, Any]] = [
    {
        "id": "t1",
        "text": "any news on ORD-77",
        "intent": "track_order",
        "entities": [{"value": "ORD-77", "begin": 12, "end": 18, "name": "order_id"}],
    },
    {"id": "t2", "text": "sing a song", "intent": OUT_OF_SCOPE, "entities": []},
]


async def test_bot_file_takes_the_test_set_along(database: Database, mongo_uri: str, new_name: str) -> None:
    wire = {**TINY_BOT_WIRE, "testSet": SECTION}
    report = await import_bot(database, wire, bot=new_name, source="test")
    assert report.notes == ("test set 1 has 2 rows",)
    assert await export_bot(database, bot=new_name) == wire
    assert (await import_bot(database, wire, bot=new_name, source="test")).notes == (), (
        "the same rows are no new version"
    )
    await import_bot(database, TINY_BOT_WIRE, bot=new_name, source="test", replace=True)
    found = read(mongo_uri, new_name)
    assert found is not None, "a file without a test set leaves it as it is"
    assert found.rows[0].entities == (LabelledSpan(start=12, end=18, type="order_id", value="ORD-77"),)
    bots = await database.collection("bots").find({"_id": new_name}).to_list(None)
    assert "sing a song" not in str(bots), "not in a document of the bot, which would have no bound"


async def test_bot_file_with_a_bad_test_set_changes_nothing(database: Database, new_name: str) -> None:
    bad = [{**SECTION[0], "entities": [{"value": "x", "begin": 40, "end": 44, "name": "order_id"}]}]
    with pytest.raises(DataRejected, match=r"row 1: .*lies outside its text"):
        await import_bot(database, {**TINY_BOT_WIRE, "testSet": bad}, bot=new_name, source="test")
    with pytest.raises(NotFound):
        await export_bot(database, bot=new_name)

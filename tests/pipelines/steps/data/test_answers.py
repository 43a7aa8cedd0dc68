"""The names in logged answers and contexts, as the chat API writes them."""

import asyncio
from datetime import timedelta

from pipelines.settings import Settings
from pipelines.steps.data.answers import read_logged_shapes, shapes_of
from serving.store.client import Database
from serving.store.threads.turns import TurnLog
from tests.support.records import NOW, turn_record


async def test_read_logged_shapes_knows_answers_and_context(
    settings: Settings, database: Database, mongo_uri: str, new_name: str
) -> None:
    called = {"intent_id": "hours", "key": "k", "method": "GET", "url": "http://shop/hours"}
    records = [
        turn_record(new_name, 1, "m1", created_at=NOW, tool={**called, "result": {"message": "9 to 5"}}),
        turn_record(new_name, 2, "m2", created_at=NOW, tool={**called, "failure": "no answer"}),
        turn_record(new_name, 3, "m3", created_at=NOW, state='{"context": {"username": "Ada"}}'),
    ]
    await TurnLog(database, ttl=timedelta(days=1)).append_all(records)
    here = settings.model_copy(update={"mongo_uri": mongo_uri, "mongo_database": "intentloop_test"})
    shapes = await asyncio.to_thread(read_logged_shapes, new_name, here)
    assert shapes.result_by_intent["hours"].n_values == 1
    assert shapes.result_by_intent["hours"].find_absent(("message",)) is None
    assert shapes.result_by_intent["hours"].find_absent(("mesage",)) is not None
    assert list(shapes.context.members) == ["username"]


def test_shapes_of_passes_over_what_another_program_wrote() -> None:
    assert shapes_of([{"tool": {"intent_id": "a"}, "state": "{}"}, {"state": "["}, {}]).result_by_intent == {}

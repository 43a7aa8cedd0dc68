"""Turns as the chat API writes them, read as a table."""

import asyncio
import math
from datetime import timedelta

import pytest

from pipelines.registry.release import Release
from pipelines.schemas.llm import LlmConfig
from pipelines.steps.data.turns import TURN_COLUMNS, read_turns, rows_of, turns_frame
from serving.replay.traffic import SimulatedMessage, answer_traffic, scripted_reading
from serving.store.client import Database
from serving.store.threads.turns import TurnLog
from tests.support.records import NOW, turn_record
from tests.support.strange_documents import STRANGE, mangled
from tests.support.turns import turn_of


async def test_read_turns_gives_what_was_said_since(
    database: Database, mongo_uri: str, new_name: str, tiny_release: Release
) -> None:
    zero_shot = tiny_release.definition.model_copy(update={"llm": LlmConfig(mode="zero_shot", model="m")})
    release = Release("7", zero_shot, tiny_release.manifest, tiny_release.model)
    said = [
        SimulatedMessage("late", "stop this", NOW, llm=scripted_reading("greet")),
        SimulatedMessage("early", "hello bot", NOW - timedelta(hours=1)),
        SimulatedMessage("old", "hello", NOW - timedelta(days=9)),
    ]
    records = await answer_traffic(said, release, bot=new_name)
    chosen = {"message_id": "early-1", "text": "hello bot", "intent_id": "cancel", "offered": ("cancel", "greet")}
    answer = turn_record(new_name, 2, "m9", created_at=NOW, thread="x", thread_id="early", label=chosen)
    await TurnLog(database, ttl=timedelta(days=1)).append_all([*records, answer])
    since = NOW - timedelta(days=1)
    turns = await asyncio.to_thread(read_turns, mongo_uri, "intentloop_test", new_name, since=since)
    assert tuple(turns.columns) == TURN_COLUMNS
    early, second, late = rows_of(turns)
    assert (early.thread_id, early.turn, early.message_id, early.said_at) == ("early", 1, "early-1", said[1].at)
    assert (early.text, early.release, early.route, early.intent, early.llm_intent) == (
        "hello bot",
        "7",
        "intent",
        "greet",
        "",
    )
    assert (late.intent, late.llm_intent, math.isnan(late.llm_confidence)) == ("cancel", "greet", True)
    assert (second.label_of, second.label_intent, second.intent, math.isnan(second.confidence)) == (
        "early-1", "cancel", "", True,
    )  # fmt: skip


@pytest.mark.parametrize("field", [*turn_of(1, "x"), "state", "channel"])
def test_turns_frame_leaves_out_what_cannot_be_read_and_counts_it(field: str, caplog: pytest.LogCaptureFixture) -> None:
    sound = turn_of(1, "a secret", state="{}", channel="rest")
    for value in (*STRANGE, math.nan, [math.nan], {"ranking": [{"intent_id": 5, "confidence": math.inf}]}, "x" * 9):
        turns = turns_frame([turn_of(2, "hello"), mangled(sound, field, value), turn_of(3, "bye")])
        assert {2, 3} <= {int(name[1:]) for name in turns["thread_id"] if name in ("t2", "t3")}, value
        assert len(turns) + turns.attrs["n_unreadable"] == 3, value
        assert len(list(rows_of(turns))) == len(turns)
        assert turns.sort_values("turn").attrs == turns.attrs
    assert "a secret" not in caplog.text

"""Turns as the chat API writes them, read as a table."""

import asyncio
import math
from datetime import timedelta

from pipelines.registry.release import Release
from pipelines.schemas.llm import LlmConfig
from pipelines.steps.data.turns import TURN_COLUMNS, read_turns, rows_of
from serving.replay.traffic import SimulatedMessage, answer_traffic, scripted_reading
from serving.store.client import Database
from serving.store.turns import TurnLog
from tests.support.records import NOW, turn_record


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

"""Stored conversations through two releases: what a candidate breaks shows, what it does not break does not."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.registry.release import Release, load_release
from pipelines.schemas.bot import BotFile, Intent
from pipelines.schemas.turns import TurnRecord
from pipelines.settings import Settings
from serving.replay.compare import ReplayReport
from serving.replay.gate import replay_both, replay_newest
from serving.replay.thread import Thread
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.turns import TurnLog
from tests.support.bots import TINY_BOT_WIRE, intent
from tests.support.releases import examples_of, make_release
from tests.support.servers import free_port

TRACKING = ("hello", "has my order shipped yet", "it is ORD-2001")
SAID = (TRACKING, ("track order ORD-3141",), ("buy two tents",), ("hello", "grmpf"))
ENDPOINTS = {"shop": "http://shop.example"}
Threads = list[tuple[TurnRecord, ...]]


async def recorded(release: Release, texts: tuple[str, ...], *, bot: str = "b", thread_id: str = "t") -> Thread:
    """Let a release answer, with a tool that knows every order."""
    here = Settings(_env_file=None, endpoints=ENDPOINTS)
    thread = Thread.of_texts(texts, bot=bot, thread_id=thread_id)
    for step in await thread.step_through(release, settings=here):
        if step.outcome.tool is not None:
            thread = thread.with_result(step, {"status": "shipped"})
    return thread.answered_by(await thread.step_through(release, settings=here))


@pytest.fixture
async def threads(tiny_release: Release) -> Threads:
    return [(await recorded(tiny_release, texts, thread_id=f"t{n}")).records for n, texts in enumerate(SAID)]


async def replayed(threads: Threads, production: Release, candidate: Release) -> ReplayReport:
    return await replay_both(
        threads,
        candidate=candidate,
        production=production,
        public_shortcuts=frozenset(),
        endpoints=ENDPOINTS,
        progress=lambda share, what: None,
    )


def with_intent(release: Release, intent_id: str, **fields: Any) -> Release:
    def edit(each: Intent) -> Intent:
        return each.model_copy(update=fields) if each.intent_id == intent_id else each

    intents = tuple(edit(each) for each in release.definition.intents)
    return replace(release, version="2", definition=release.definition.model_copy(update={"intents": intents}))


def retrained(folder: Path, wire: dict[str, Any]) -> Release:
    return load_release(make_release(folder / "release", BotFile.model_validate(wire)), version="2")


async def test_replay_of_an_equal_release_changes_nothing(threads: Threads, tiny_release: Release) -> None:
    report = await replayed(threads, tiny_release, replace(tiny_release, version="2"))
    assert [each.goals for each in report.conversations] == [("track_order",), ("track_order",), ("order_product",), ()]
    assert report.rows() == []
    check = report.check(max_lost_goals=0.0)
    assert check.passed
    assert check.figures["replayed_conversations"] == 4
    assert check.figures["replay_goals"] == 3


async def test_changed_text_is_listed_and_holds_nothing_against_a_release(
    threads: Threads, tiny_release: Release
) -> None:
    report = await replayed(threads, tiny_release, with_intent(tiny_release, "greet", speech_response="Moin!"))
    assert [(row["thread"], row["turn"], row["changes"]) for row in report.rows()] == [
        ("t0", 1, "reply"),
        ("t3", 1, "reply"),
    ]
    assert report.check(max_lost_goals=0.0).passed
    assert "hello" not in json.dumps(report.rows())


async def test_broken_reply_template_is_caught(threads: Threads, tiny_release: Release) -> None:
    broken = with_intent(tiny_release, "track_order", speech_response="It is {{ result.status.upper(.) }}")
    check = (await replayed(threads, tiny_release, broken)).check(max_lost_goals=0.02)
    assert "2 of 3 stored conversations" in check.reasons[0]
    assert "can no longer be rendered (track_order: 2)" in check.reasons[1]


async def test_tool_with_a_changed_parameter_is_caught_unless_it_was_meant(
    threads: Threads, tiny_release: Release
) -> None:
    track = tiny_release.definition.intent_by_id()["track_order"].api_details
    assert track is not None
    elsewhere = track.model_copy(update={"url": "{{ endpoints.shop }}/orders?number={{ parameters.order_id }}"})
    report = await replayed(threads, tiny_release, with_intent(tiny_release, "track_order", api_details=elsewhere))
    (reason,) = report.check(max_lost_goals=0.02).reasons
    assert "2 of 3 stored conversations call a changed tool differently from version" in reason
    assert "track_order: 2" in reason
    assert report.lost == []
    assert report.check(max_lost_goals=0.02, accept_tool_changes=True).passed


async def test_another_value_for_an_unchanged_tool_is_a_lost_goal_even_where_changes_are_meant(
    threads: Threads, tiny_release: Release
) -> None:
    misread = tuple(
        entity.model_copy(update={"entity_values": ()}) if entity.name == "order_id" else entity
        for entity in tiny_release.definition.entities
    )
    definition = tiny_release.definition.model_copy(update={"entities": misread})
    candidate = replace(tiny_release, definition=definition, model=_Misreader(tiny_release))
    report = await replayed(threads, tiny_release, candidate)
    assert len(report.lost) == 2
    assert not report.check(max_lost_goals=0.02, accept_tool_changes=True).passed


class _Misreader:
    """A model that reads each order number as another one."""

    def __init__(self, release: Release) -> None:
        self._model = release.model

    def parse(self, text: str, **given: Any) -> Any:
        result = self._model.parse(text, **given)
        spans = [s.model_copy(update={"value": "ORD-1"}) if s.type == "order_id" else s for s in result.entities]
        return result.model_copy(update={"entities": tuple(spans)})


async def test_thresholds_that_send_everything_to_fallback_are_caught(threads: Threads, tiny_release: Release) -> None:
    thresholds = tiny_release.definition.thresholds.model_copy(update={"confidence": 1.0, "clarify": None})
    definition = tiny_release.definition.model_copy(update={"thresholds": thresholds})
    check = (await replayed(threads, tiny_release, replace(tiny_release, definition=definition))).check(
        max_lost_goals=0.02
    )
    assert "3 of 3 stored conversations" in check.reasons[0]


async def test_drop_that_no_held_out_row_shows_is_caught(
    threads: Threads, tiny_release: Release, tmp_path: Path
) -> None:
    # "buy" is no example of an order any more but of the new intent: held-out rows, being of the same data, agree
    wire = json.loads(json.dumps(TINY_BOT_WIRE))
    order = wire["intents"][1]
    order["trainingData"] = [row for row in order["trainingData"] if "buy" not in row["text"]]
    offers = ["buy one get one", "buy two get three", "buy two for one", "buy two today", "buy two", "buy cheap things"]
    wire["intents"].append(intent("offers", "Today: nothing.", offers))
    candidate = retrained(tmp_path, wire)
    rows = [row for row in examples_of(BotFile.model_validate(wire)) if row.intent != "greet"]
    assert all(candidate.model.parse(row.text).ranking[0].intent_id == row.intent for row in rows)
    report = await replayed(threads * 2, tiny_release, candidate)
    assert {each.thread_id for each in report.lost} == {"t2"}
    assert "2 of 6 stored conversations" in report.check(max_lost_goals=0.02).reasons[0]


async def test_check_allows_a_share_and_one_in_any_case(threads: Threads, tiny_release: Release) -> None:
    lost = with_intent(tiny_release, "order_product", parameters=())
    report = await replayed(threads, tiny_release, lost)
    assert len(report.lost) == 1
    assert report.check(max_lost_goals=0.02).passed
    assert not report.check(max_lost_goals=0.0).passed


async def test_conversation_that_cannot_be_worked_out_is_counted(threads: Threads, tiny_release: Release) -> None:
    odd = (threads[0][0].model_copy(update={"message": "{}"}),)
    report = await replayed([odd, *threads], tiny_release, tiny_release)
    assert len(report.conversations) == 4
    assert "1 more could not be replayed" in report.check(max_lost_goals=0.0).notes[0]


async def test_replay_newest_reads_the_log(
    settings: Settings, mongo_uri: str, database: Database, new_name: str, tiny_release: Release, threads: Threads
) -> None:
    here = settings.model_copy(
        update={"mongo_uri": mongo_uri, "mongo_database": "intentloop_test", "endpoints": ENDPOINTS}
    )
    await Schema(database).ensure()
    log = TurnLog(database, ttl=timedelta(days=1))
    for n, texts in enumerate(SAID):
        for record in (await recorded(tiny_release, texts, bot=new_name, thread_id=f"t{n}")).records:
            assert await log.append(record)
    heard: list[str] = []
    report = await replay_newest(
        new_name,
        candidate=tiny_release,
        production=tiny_release,
        settings=here,
        count=3,
        progress=lambda share, what: heard.append(what),
    )
    assert [each.thread_id for each in report.conversations] == ["t3", "t2", "t1"]
    assert report.check(max_lost_goals=0.0).passed
    assert heard[0] == "reading stored conversations"
    assert "replaying conversation 1 of 3" in heard


async def test_replay_newest_without_a_database_passes_nobody(settings: Settings, tiny_release: Release) -> None:
    here = settings.model_copy(update={"mongo_uri": f"mongodb://127.0.0.1:{free_port()}", "mongo_timeout_seconds": 0.3})
    report = await replay_newest(
        "b",
        candidate=tiny_release,
        production=tiny_release,
        settings=here,
        count=3,
        progress=lambda share, what: None,
    )
    (reason,) = report.check(max_lost_goals=1.0).reasons
    assert reason.startswith("the stored conversations could not be replayed")

"""Stored conversations through two releases: what a candidate breaks shows, what it does not break does not."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.registry.release import Release, load_release
from pipelines.schemas.bot import BotFile
from pipelines.settings import Settings
from serving.replay.gate import replay_newest
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.turns import TurnLog
from tests.support.bots import TINY_BOT_WIRE, intent
from tests.support.releases import examples_of, make_release
from tests.support.replays import ENDPOINTS, SAID, Threads, recorded, replayed, with_intent
from tests.support.servers import free_port


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
    (reason,) = check.reasons
    assert reason.startswith(
        "in 2 stored conversations of 'track_order' the reply is spoilt: response of 'track_order': "
    )
    assert check.figures["replay_lost"] == 2


async def test_tool_with_a_changed_parameter_is_caught_unless_it_was_meant(
    threads: Threads, tiny_release: Release
) -> None:
    track = tiny_release.definition.intent_by_id()["track_order"].api_details
    assert track is not None
    elsewhere = track.model_copy(update={"url": "{{ endpoints.shop }}/orders?number={{ parameters.order_id }}"})
    report = await replayed(threads, tiny_release, with_intent(tiny_release, "track_order", api_details=elsewhere))
    (reason,) = report.check(max_lost_goals=0.02).reasons
    assert "2 of 3 stored conversations that reach their goal with version 1 call a changed tool" in reason
    assert "the tool of 'track_order' was changed (url)" in reason
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


class _Deaf:
    """A model that understands nobody who wants to buy."""

    def __init__(self, release: Release) -> None:
        self._model = release.model

    def parse(self, text: str, **given: Any) -> Any:
        return self._model.parse("grmpf" if "buy" in text else text, **given)


class _Renamed:
    """A model that knows `order_product` as `buy`."""

    def __init__(self, release: Release) -> None:
        self._model = release.model

    def parse(self, text: str, **given: Any) -> Any:
        result = self._model.parse(text, **given)
        ranking = [
            each.model_copy(update={"intent_id": "buy"}) if each.intent_id == "order_product" else each
            for each in result.ranking
        ]
        return result.model_copy(update={"ranking": tuple(ranking)})


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
    report = await replayed(threads, tiny_release, replace(tiny_release, version="2", model=_Deaf(tiny_release)))
    assert len(report.lost) == 1
    assert report.check(max_lost_goals=0.02).passed
    assert not report.check(max_lost_goals=0.0).passed


@pytest.mark.parametrize(
    "base", ["http://moved.example", "http://moved.example:8080/api/v2", "http://shop.example/new"]
)
async def test_moved_endpoint_is_no_difference(base: str, threads: Threads, tiny_release: Release) -> None:
    candidate = replace(tiny_release, version="2")
    report = await replayed(threads, tiny_release, candidate, endpoints={"shop": base})
    assert report.rows() == []
    assert [each.unanswered for each in report.conversations] == [()] * 4
    check = report.check(max_lost_goals=0.0)
    assert check.passed
    assert check.figures["replay_goals"] == 3


async def test_changed_tool_is_seen_at_a_moved_endpoint(threads: Threads, tiny_release: Release) -> None:
    track = tiny_release.definition.intent_by_id()["track_order"].api_details
    assert track is not None
    shorter = track.model_copy(update={"url": "{{ endpoints.shop }}/{{ parameters.order_id }}"})
    candidate = with_intent(tiny_release, "track_order", api_details=shorter)
    report = await replayed(threads, tiny_release, candidate, endpoints={"shop": "http://moved.example/orders"})
    assert len(report.tool_changed) == 2


async def test_endpoint_that_is_not_set_is_named_and_hides_no_goal(threads: Threads, tiny_release: Release) -> None:
    report = await replayed(threads, tiny_release, replace(tiny_release, version="2"), endpoints={})
    check = report.check(max_lost_goals=1.0, accept_tool_changes=True)
    assert check.reasons == (
        "the endpoint 'shop' has no base URL here, so the tools of 'track_order' cannot be called or judged (2 stored "
        "conversations with them); set it in INTENTLOOP_ENDPOINTS, or in settings.env of the home folder",
    )
    assert check.figures["replay_goals"] == 3


async def test_endpoint_that_no_conversation_used_and_that_is_not_new_is_noted(
    threads: Threads, tiny_release: Release
) -> None:
    check = (await replayed(threads[3:], tiny_release, tiny_release, endpoints={})).check(max_lost_goals=0.0)
    assert check.passed
    assert "the endpoint 'shop' has no base URL here" in check.notes[-1]


async def test_production_that_misses_its_own_goals_says_nothing_about_a_candidate(
    threads: Threads, tiny_release: Release
) -> None:
    thresholds = tiny_release.definition.thresholds.model_copy(update={"confidence": 1.0, "clarify": None})
    deaf = replace(tiny_release, definition=tiny_release.definition.model_copy(update={"thresholds": thresholds}))
    check = (await replayed(threads, deaf, deaf)).check(max_lost_goals=1.0)
    assert check.figures["replay_logged_goals"] == check.figures["replay_missed"] == 3
    assert check.reasons[0].startswith(
        "the replay cannot judge: 3 of 3 conversations that reached their goal with version 1 do not reach it when "
        "that version is replayed here (track_order: 2, order_product: 1)"
    )
    later = replace(deaf, version="9")
    (reason,) = (await replayed(threads, later, later)).check(max_lost_goals=1.0).reasons
    assert reason.startswith(
        "the replay cannot judge: of 3 stored conversations that reached a goal, version 9 reaches"
    )


async def test_tool_that_was_changed_before_is_compared_by_its_call(threads: Threads, tiny_release: Release) -> None:
    track = tiny_release.definition.intent_by_id()["track_order"].api_details
    assert track is not None
    other = track.model_copy(update={"url": "{{ endpoints.shop }}/v2/{{ parameters.order_id }}"})
    production = replace(with_intent(tiny_release, "track_order", api_details=other), version="2")
    report = await replayed(threads, production, replace(production, version="3"))
    check = report.check(max_lost_goals=0.0)
    assert check.passed
    assert check.figures["replay_goals"] == 3
    assert "in 2 the tool's answer is not in the log, so only the call was compared" in check.notes[0]
    back = await replayed(threads, production, replace(tiny_release, version="3"))
    assert len(back.tool_changed) == 2


async def test_renamed_intent_loses_no_goal(threads: Threads, tiny_release: Release) -> None:
    renamed = with_intent(tiny_release, "order_product", intent_id="buy")
    candidate = replace(renamed, model=_Renamed(tiny_release))
    check = (await replayed(threads, tiny_release, candidate)).check(max_lost_goals=0.0)
    assert check.passed
    assert "the intent 'order_product' is gone (1 of the replayed conversations is about it)" in check.notes


async def test_changed_tool_that_no_conversation_calls_is_noted(threads: Threads, tiny_release: Release) -> None:
    track = tiny_release.definition.intent_by_id()["track_order"].api_details
    assert track is not None
    other = track.model_copy(update={"request_type": "POST"})
    candidate = with_intent(tiny_release, "track_order", api_details=other)
    check = (await replayed(threads[2:], tiny_release, candidate)).check(max_lost_goals=0.0)
    assert check.passed
    assert "the tool of 'track_order' was changed (requestType) (no replayed conversation is about it)" in check.notes


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

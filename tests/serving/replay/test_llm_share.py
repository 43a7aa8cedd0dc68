"""The share of messages that need the language model, before and after, over stored conversations."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.registry.release import Release
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.turns import TurnRecord
from pipelines.settings import Settings
from serving.replay.gate import replay_both
from serving.replay.llm_share import PERIOD, check_llm_share
from serving.replay.thread import Thread
from tests.support.llm import asking

NOW = datetime.now(UTC)
UNSURE = ("qwertz asdf", "yxcv bnm", "uiop jklo")
READING = LlmReading(outcome="none", why="no intent fits", model="small", cost=0.002)


def unsure(release: Release) -> Release:
    """Give a release that asks, and is not easily sure."""
    asked = asking(release)
    thresholds = asked.definition.thresholds.model_copy(update={"confidence": 0.8, "clarify": None})
    return replace(asked, definition=asked.definition.model_copy(update={"thresholds": thresholds}))


async def said(release: Release, *texts: str, llm: LlmReading | None, at: datetime = NOW) -> list[TurnRecord]:
    thread = Thread.of_texts(texts, bot="b")
    steps = await thread.step_through(release, settings=Settings(_env_file=None))
    records = thread.answered_by(steps).records
    return [record.model_copy(update={"llm": llm, "created_at": at}) for record in records]


async def figures(threads: list[list[TurnRecord]], production: Release, candidate: Release) -> dict[str, float]:
    report = await replay_both(
        threads,
        candidate=candidate,
        production=production,
        public_shortcuts=frozenset(),
        endpoints={},
        progress=lambda share, what: None,
    )
    check = check_llm_share(report, now=NOW)
    assert check.passed
    return check.figures


async def test_version_that_is_sure_saves_what_the_questions_cost(tiny_release: Release) -> None:
    release = unsure(tiny_release)
    threads = [await said(release, *UNSURE, llm=READING), await said(release, "hello", llm=None)]
    same = await figures(threads, release, release)
    assert (same["llm_messages"], same["llm_share_before"], same["llm_share_after"]) == (4, 0.75, 0.75)
    assert same["llm_cost_per_1000_before"] == same["llm_cost_per_1000_after"] == pytest.approx(1.5)
    surer = await figures(threads, release, tiny_release)
    assert (surer["llm_share_before"], surer["llm_share_after"], surer["llm_no_longer_asked"]) == (0.75, 0.0, 3)
    assert surer["llm_cost_per_1000_after"] == 0.0


async def test_question_that_is_new_costs_what_one_did_on_average(tiny_release: Release) -> None:
    release = unsure(tiny_release)
    threads = [await said(release, UNSURE[0], llm=READING), await said(release, UNSURE[1], llm=None)]
    found = await figures(threads, tiny_release, release)
    assert (found["llm_share_before"], found["llm_share_after"]) == (0.5, 1.0)
    assert found["llm_cost_per_1000_after"] == pytest.approx(2.0)


async def test_nothing_is_said_of_a_model_that_was_never_asked_or_long_ago(tiny_release: Release) -> None:
    release = unsure(tiny_release)
    off = READING.model_copy(update={"outcome": "off"})
    long_ago = NOW - PERIOD - timedelta(days=1)
    threads = [await said(release, UNSURE[0], llm=off), await said(release, UNSURE[1], llm=READING, at=long_ago)]
    assert await figures(threads, release, release) == {}


async def test_without_prices_no_cost_is_made_up(tiny_release: Release) -> None:
    release = unsure(tiny_release)
    free = READING.model_copy(update={"cost": None})
    found = await figures([await said(release, UNSURE[0], llm=free)], release, release)
    assert set(found) == {"llm_messages", "llm_share_before", "llm_share_after", "llm_no_longer_asked"}

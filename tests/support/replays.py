"""Conversations recorded with a release, and replayed on another one, for tests of the replay gate."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipelines.registry.release import Release
from pipelines.schemas.bot import Intent
from pipelines.schemas.turns import TurnRecord
from pipelines.settings import Settings
from serving.replay.gate import replay_both
from serving.replay.report import ReplayReport
from serving.replay.thread import Thread

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


async def replayed(
    threads: Threads, production: Release, candidate: Release, *, endpoints: Mapping[str, str] = ENDPOINTS
) -> ReplayReport:
    """Replay conversations on both releases, as a training does that knows these endpoints."""
    return await replay_both(
        threads,
        candidate=candidate,
        production=production,
        public_shortcuts=frozenset(),
        endpoints=endpoints,
        progress=lambda share, what: None,
    )


def with_intent(release: Release, intent_id: str, /, **fields: Any) -> Release:
    """Return the release with some fields of one intent changed, as version 2."""

    def edit(each: Intent) -> Intent:
        return each.model_copy(update=fields) if each.intent_id == intent_id else each

    intents = tuple(edit(each) for each in release.definition.intents)
    return replace(release, version="2", definition=release.definition.model_copy(update={"intents": intents}))

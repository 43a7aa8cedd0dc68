"""A shadow tries every message; whatever it does, nobody who talks to the bot can tell."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from pipelines.registry.release import Release
from pipelines.schemas.understanding import NluResult
from pipelines.settings import Settings
from serving.dialogue.messages import TurnSignals
from serving.replay import shadow
from serving.replay.shadow import ShadowPlayer
from serving.replay.shadow_log import ShadowReporter
from serving.store.releases.shadows import ShadowCount, ShadowCounts
from tests.fakes.tool_server import ToolServer, answer, tool_server
from tests.support.chat import Chat, open_chat
from tests.support.records import now

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)

SAID = ("hello", "track order ORD-3141", "buy two tents", "cancel", "grmpf")


class OddModel:
    """A model that does what a test says instead of reading."""

    def __init__(self, parse: Callable[[], None]) -> None:
        self._parse = parse

    def parse(self, text: str, **_: Any) -> NluResult:
        self._parse()
        return NluResult(text=text, ranking=())


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def chat(
    settings: Settings, mongo_uri: str, tool: ToolServer, tiny_release: Release, new_name: str
) -> AsyncIterator[Chat]:
    more = {
        "mongo_uri": mongo_uri, "mongo_database": "intentloop_test", "endpoints": {"shop": tool.url},
        "shadow_cpu_share": 0.5,
    }  # fmt: skip
    async with open_chat(settings.model_copy(update=more), tiny_release, bot=new_name) as chat:
        yield chat


def replies_changed(release: Release, text: str, *, version: str = "2") -> Release:
    """Give the release with another greeting."""
    intents = tuple(
        intent.model_copy(update={"speech_response": text}) if intent.intent_id == "greet" else intent
        for intent in release.definition.intents
    )
    return replace(release, version=version, definition=release.definition.model_copy(update={"intents": intents}))


async def counted(player: ShadowPlayer, turns: int) -> dict[str, ShadowCount]:
    """Wait until so many turns were tried; gives what was counted by intent."""
    found: dict[str, ShadowCount] = {}
    async with asyncio.timeout(120):
        while sum(count.turns for count in found.values()) < turns:
            await asyncio.sleep(0.02)
            for count in player.take_counts():
                known = found.get(count.intent_id)
                found[count.intent_id] = count if known is None else known.plus(count)
    return found


async def test_shadow_that_is_the_same_differs_nowhere_and_calls_nobody(
    chat: Chat, tool: ToolServer, tiny_release: Release
) -> None:
    chat.releases.shadow_by_bot[chat.bot] = replace(tiny_release, version="2")
    for text in SAID:
        await chat.send(text)
    called = len(tool.received)
    assert called
    counts = await counted(chat.services.shadow, len(SAID))
    assert [count for count in counts.values() if count.different or count.failed] == []
    assert {(count.shadow, count.against) for count in counts.values()} == {("2", "1")}
    assert len(tool.received) == called


async def test_differences_are_counted_by_intent_and_added_up(chat: Chat, tiny_release: Release) -> None:
    chat.releases.shadow_by_bot[chat.bot] = replies_changed(tiny_release, "Moin!")
    for text in SAID:
        await chat.send(text)
    counts = await counted(chat.services.shadow, len(SAID))
    assert (counts["greet"].turns, counts["greet"].different, counts["greet"].reply) == (1, 1, 1)
    assert sum(count.different for count in counts.values()) == 1

    player = chat.services.shadow
    for count in counts.values():
        player.put_back(count)
    store = ShadowCounts(chat.services.database)
    reporter = ShadowReporter(player, store, chat.releases, now=now)
    await reporter.store()
    await reporter.show()
    assert player.take_counts() == []
    ((bot, version, metrics, rows),) = chat.releases.logged
    assert (bot, version, metrics["shadow_turns"], metrics["shadow_different"]) == (chat.bot, "2", len(SAID), 1)
    assert rows["intents"][0]["intent_id"] == "greet"
    assert rows["intents"][0]["reply"] == 1


async def test_counts_that_the_database_does_not_take_are_kept(chat: Chat, settings: Settings) -> None:
    player = chat.services.shadow
    count = ShadowCount(bot=chat.bot, shadow="2", against="1", intent_id="greet", turns=3)
    player.put_back(count)
    chat.services.database.close()
    await ShadowReporter(player, ShadowCounts(chat.services.database), chat.releases, now=now).store()
    assert player.take_counts() == [count]


async def test_turns_tell_what_they_say_about_their_release(chat: Chat, tool: ToolServer) -> None:
    tool.behaviours = [answer("{}", status="500 Scripted")]
    for text in ("hello", "?!", "track order ORD-3141"):
        await chat.send(text)
    assert chat.releases.observed == [
        (chat.bot, "1", TurnSignals()),
        (chat.bot, "1", TurnSignals(fallback=True)),
        (chat.bot, "1", TurnSignals(error=True)),
    ]


async def test_turn_that_its_release_crashes_on_is_told(
    chat: Chat, tiny_release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash() -> None:
        raise RuntimeError("SECRET")

    crashing = replace(tiny_release, model=OddModel(crash))  # type: ignore[arg-type]
    monkeypatch.setitem(chat.releases.release_by_bot, chat.bot, crashing)
    with pytest.raises(RuntimeError):
        await chat.send("hello")
    assert chat.releases.observed == [(chat.bot, "1", TurnSignals(error=True))]


async def test_release_that_answers_is_no_shadow_of_itself(chat: Chat, tiny_release: Release) -> None:
    chat.releases.shadow_by_bot[chat.bot] = tiny_release
    await chat.send("hello")
    await asyncio.sleep(0.2)
    assert chat.services.shadow.take_counts() == []


async def test_shadow_that_crashes_is_counted(chat: Chat, tiny_release: Release) -> None:
    def crash() -> None:
        raise RuntimeError("SECRET")

    chat.releases.shadow_by_bot[chat.bot] = replace(tiny_release, version="2", model=OddModel(crash))  # type: ignore[arg-type]
    for text in SAID:
        assert (await chat.send(text)).release == "1"
    counts = await counted(chat.services.shadow, len(SAID))
    assert sum(count.failed for count in counts.values()) == len(SAID)


async def test_shadow_that_hangs_is_given_up_and_the_next_one_is_tried(
    chat: Chat, tiny_release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "HANGS_AFTER_SECONDS", 0.3)
    released = threading.Event()
    hanging = replace(tiny_release, version="2", model=OddModel(lambda: bool(released.wait(20))))  # type: ignore[arg-type]
    chat.releases.shadow_by_bot[chat.bot] = hanging
    started = time.monotonic()
    for _ in range(40):
        await chat.send("hello")
        await asyncio.sleep(0.01)
    assert time.monotonic() - started < 15
    await asyncio.sleep(0.3)
    await chat.send("hello")
    await chat.send("hello")
    chat.releases.shadow_by_bot[chat.bot] = replace(tiny_release, version="3")
    await chat.send("hello")
    counts = await counted(chat.services.shadow, 1)
    assert {count.shadow for count in counts.values()} == {"3"}
    released.set()


async def test_more_turns_than_there_is_time_for_are_left_out(chat: Chat, tiny_release: Release) -> None:
    busy = threading.Event()
    chat.releases.shadow_by_bot[chat.bot] = replace(
        tiny_release, version="2", model=OddModel(lambda: bool(busy.wait(20)))  # type: ignore[arg-type]
    )  # fmt: skip
    for _ in range(shadow.MAX_WAITING + 10):
        await chat.send("hello")
    assert chat.services.shadow.skipped >= 5
    busy.set()


async def test_shadow_keeps_to_its_share_of_time(chat: Chat, tiny_release: Release) -> None:
    spent: list[float] = []

    def work() -> None:
        began = time.monotonic()
        time.sleep(0.02)
        spent.append(time.monotonic() - began)

    chat.releases.shadow_by_bot[chat.bot] = replace(tiny_release, version="2", model=OddModel(work))  # type: ignore[arg-type]
    began = time.monotonic()
    for _ in range(30):
        await chat.send("hello")
    await counted(chat.services.shadow, 30)
    assert sum(spent) / (time.monotonic() - began) < 0.55  # of 0.5

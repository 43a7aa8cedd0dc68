"""A stored conversation answered again: by the same release nothing differs, by another what should."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace as changed
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.registry.release import Release
from pipelines.schemas.bot import Intent
from pipelines.schemas.keys import thread_key
from pipelines.schemas.turns import TurnRecord
from pipelines.settings import Settings
from serving.cli.tables.replays import print_replay, replay_as_json
from serving.replay.calls import Endpoints
from serving.replay.replay import NOT_RECORDED, ReplayedTurn, replay_turns
from tests.fakes.tool_server import ToolServer, tool_server
from tests.support.chat import Chat, open_chat
from tests.support.command_line import intentloop

SAID = ("hello", "track my order", "it is ORD-2001", "buy two tents", "grmpf", "cancel", "track order ORD-3141")


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def chat(
    settings: Settings, mongo_uri: str, tool: ToolServer, tiny_release: Release, new_name: str
) -> AsyncIterator[Chat]:
    more = {"mongo_uri": mongo_uri, "mongo_database": "intentloop_test", "endpoints": {"shop": tool.url}}
    async with open_chat(settings.model_copy(update=more), tiny_release, bot=new_name) as chat:
        yield chat


async def talk(chat: Chat) -> list[TurnRecord]:
    """Say everything on one thread and give its log."""
    for text in SAID:
        await chat.send(text, context={"name": "Ada"} if text == "hello" else {})
    return await chat.services.ledger.turns.of_thread(thread_key(chat.bot, "t"))


async def again(chat: Chat, records: list[TurnRecord], release: Release) -> list[ReplayedTurn]:
    services = chat.services
    return await replay_turns(
        records, release, public_shortcuts=services.public_shortcuts, endpoints=Endpoints(services.endpoints)
    )


async def test_replay_forgets_what_the_live_thread_had_forgotten(chat: Chat, tiny_release: Release) -> None:
    await chat.send("buy a tent")
    await chat.send("3")
    first, second = await chat.services.ledger.turns.of_thread(thread_key(chat.bot, "t"))
    for days, is_form_there in ((29, True), (31, False)):
        later = second.model_copy(update={"created_at": first.created_at + timedelta(days=days)})
        more = {"public_shortcuts": frozenset[str](), "endpoints": Endpoints(chat.services.endpoints)}
        turns = await replay_turns([first, later], tiny_release, state_ttl=timedelta(days=30), **more)
        assert (turns[1].differences == ()) is is_form_there


def with_intent(release: Release, intent_id: str, **fields: object) -> Release:
    """Give the release with one intent changed."""

    def edit(intent: Intent) -> Intent:
        return intent.model_copy(update=fields) if intent.intent_id == intent_id else intent

    intents = tuple(edit(intent) for intent in release.definition.intents)
    return changed(release, version="2", definition=release.definition.model_copy(update={"intents": intents}))


async def test_replay_by_the_same_release_differs_nowhere_and_calls_nobody(
    chat: Chat, tool: ToolServer, tiny_release: Release
) -> None:
    records = await talk(chat)
    called = len(tool.received)
    turns = await again(chat, records, tiny_release)
    assert [(turn.turn, turn.text) for turn in turns] == list(enumerate(SAID, start=1))
    assert [turn.differences for turn in turns] == [()] * len(SAID)
    assert [turn.after for turn in turns] == [turn.before for turn in turns]
    assert len(tool.received) == called


async def test_replay_of_a_changed_text_differs_in_the_reply_alone(chat: Chat, tiny_release: Release) -> None:
    records = await talk(chat)
    turns = await again(chat, records, with_intent(tiny_release, "greet", speech_response="Hi {{ context.name }}"))
    (difference,) = turns[0].differences
    assert (difference.subject, difference.after) == ("reply", "Hi Ada")
    assert not any(turn.differences for turn in turns[1:])


async def test_replay_tells_what_a_reply_leaves_out(chat: Chat, tiny_release: Release) -> None:
    records = await talk(chat)
    turns = await again(chat, records, with_intent(tiny_release, "greet", speech_response="Hi {{ context.nmae }}"))
    said = "response of 'greet': nothing is called 'nmae', which is left out; did you mean 'name'?"
    assert json.loads(replay_as_json(turns).splitlines()[0])["left_out"] == [said]
    console = Console(width=200, record=True, file=io.StringIO())
    print_replay(turns, version="2", console=console)
    assert said in console.export_text()


async def test_replay_of_a_changed_tool_call_says_that_its_answer_is_not_known(
    chat: Chat, tool: ToolServer, tiny_release: Release
) -> None:
    records = await talk(chat)
    track = tiny_release.definition.intent_by_id()["track_order"].api_details
    assert track is not None
    called = len(tool.received)
    elsewhere = track.model_copy(update={"url": "{{ endpoints.shop }}/v2/{{ parameters.order_id }}"})
    turns = await again(chat, records, with_intent(tiny_release, "track_order", api_details=elsewhere))
    subjects = {difference.subject: difference for difference in turns[2].differences}
    assert subjects["tool call"].after.endswith("/v2/ORD-2001?order_id=ORD-2001")
    assert NOT_RECORDED in subjects["reply"].after
    assert len(tool.received) == called


async def test_replay_goes_on_from_its_own_state(chat: Chat, tiny_release: Release) -> None:
    records = await talk(chat)
    turns = await again(chat, records, with_intent(tiny_release, "track_order", parameters=(), api_trigger=False))
    # no form is opened any more, so what filled it then means something of its own now
    assert turns[1].after.form is None
    assert turns[2].after.form is None
    assert "values" in {difference.subject for difference in turns[2].differences}


async def test_replay_command_shows_the_thread_and_its_exit_code_says_whether_it_differs(
    chat: Chat, mongo_uri: str, tiny_release: Release, tiny_release_folder: Path
) -> None:
    await talk(chat)
    environment = {
        "INTENTLOOP_MONGO_URI": mongo_uri,
        "INTENTLOOP_MONGO_DATABASE": "intentloop_test",
        "INTENTLOOP_ENDPOINTS": json.dumps(chat.services.endpoints),
    }
    options = ("--release-folder", str(tiny_release_folder), "--bot", chat.bot)
    same = await asyncio.to_thread(intentloop, "replay", "t", *options, **environment)
    assert (same.returncode, same.stderr) == (0, "")
    assert f"All {len(SAID)} turns are the same." in same.stdout
    moved = {**environment, "INTENTLOOP_ENDPOINTS": '{"shop": "http://127.0.0.1:1"}'}
    assert (await asyncio.to_thread(intentloop, "replay", "t", *options, **moved)).returncode == 0
    unset = await asyncio.to_thread(intentloop, "replay", "t", *options, **environment | {"INTENTLOOP_ENDPOINTS": "{}"})
    assert unset.returncode == 0
    assert unset.stderr.startswith("note: the endpoint 'shop' has no base URL here: calls of track_order are compared")
    elsewhere = {**environment, "INTENTLOOP_ENDPOINTS": '{"shop": "http://127.0.0.1:1/v2"}'}
    other = await asyncio.to_thread(intentloop, "replay", "t", "--json", *options, **elsewhere)
    rows = [json.loads(line) for line in other.stdout.splitlines()]
    assert other.returncode == 1
    assert [row["turn"] for row in rows if row["differences"]] == [3, 7]
    nobody = await asyncio.to_thread(intentloop, "replay", "nobody", *options, **environment)
    assert nobody.returncode == 1
    assert nobody.stderr.startswith("intentloop: there is no thread 'nobody'")

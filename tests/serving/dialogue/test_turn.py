import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipelines.errors import ModelNotLoaded, StateConflict, UserInputError
from pipelines.registry.release import Release
from pipelines.schemas.keys import thread_key
from pipelines.schemas.tool import ToolSpec
from pipelines.schemas.turns import TurnRecord
from pipelines.settings import Settings
from serving.dialogue.messages import BotMessage, UserMessage
from serving.dialogue.phrases import PHRASES, SERVICE_UNAVAILABLE
from serving.dialogue.turn import MAX_TRIES
from serving.store.watch import SILENCE_SECONDS
from tests.fakes.tool_server import ToolServer, answer, hang, json_of, tool_server
from tests.support.chat import Chat, open_chat
from tests.support.commands import CommandWatch
from tests.support.records import claim_of, turn_record


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
def buying_release(tiny_release: Release) -> Release:
    """Give the tiny bot, whose orders are placed with a POST."""
    spec = ToolSpec.model_validate(
        {
            "url": "{{ endpoints.shop }}/orders",
            "requestType": "POST",
            "isJson": True,
            "jsonData": '{"product": "{{ parameters.product }}", "quantity": {{ parameters.quantity }}}',
        }
    )
    definition = tiny_release.definition
    intents = tuple(
        intent.model_copy(update={"api_trigger": True, "api_details": spec})
        if intent.intent_id == "order_product"
        else intent
        for intent in definition.intents
    )
    return replace(tiny_release, definition=definition.model_copy(update={"intents": intents}))


@pytest.fixture
def chat_settings(settings: Settings, mongo_uri: str, tool: ToolServer) -> Settings:
    more = {"mongo_uri": mongo_uri, "mongo_database": "intentloop_test", "endpoints": {"shop": tool.url}}
    return settings.model_copy(update={**more, "tool_timeout_seconds": 0.5})


@pytest.fixture
async def chat(chat_settings: Settings, buying_release: Release, new_name: str) -> AsyncIterator[Chat]:
    async with open_chat(chat_settings, buying_release, bot=new_name) as chat:
        yield chat


async def turns_of(chat: Chat, thread: str = "t") -> list[TurnRecord]:
    """Give a thread's turns, and check that their numbers have no gap."""
    log, key = chat.services.ledger.turns, thread_key(chat.bot, thread)
    records = [await log.at(key, turn) for turn in range(1, await log.last_number(key) + 1)]
    found = [record.record for record in records if record is not None and record.record is not None]
    assert len(found) == len(records)
    return found


async def lose_call(chat: Chat, tool: ToolServer) -> None:
    """Let a turn end like a process that dies while its tool call is out."""
    tool.behaviours = [hang, answer('{"ok": true}')]
    dying = asyncio.create_task(chat.send("buy two tents", message_id="m1"))
    await tool.is_called.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)


async def test_handle_turn_answers_with_a_tools_result(chat: Chat, tool: ToolServer) -> None:
    assert await chat.say("track order ORD-2001") == ["Order ORD-2001 is shipped."]
    assert tool.received[0].target.startswith("/orders/ORD-2001")
    (turn,) = await turns_of(chat)
    assert turn.tool is not None
    assert (turn.tool.result, turn.tool.failure, turn.release) == ({"status": "shipped"}, None, "1")


async def test_handle_turn_fills_a_form_over_turns(chat: Chat, tool: ToolServer) -> None:
    assert await chat.say("i want to buy a tent") == ["How many?"]
    assert await chat.say("two") == ["Ordered: 2 x tent.", "Anything else?"]
    assert json_of(tool.received[0]) == {"product": "tent", "quantity": 2}
    assert await chat.say("hello") == ["Hello!"]


async def test_handle_turn_goes_on_with_a_form_in_another_process(
    chat: Chat, chat_settings: Settings, buying_release: Release
) -> None:
    assert await chat.say("i want to buy a tent") == ["How many?"]
    async with open_chat(chat_settings, buying_release, bot=chat.bot) as other:
        assert await other.say("two") == ["Ordered: 2 x tent.", "Anything else?"]


async def test_handle_turn_keeps_the_context(chat: Chat) -> None:
    await chat.say("hello", context={"username": "Ann"})
    assert await chat.say("/init_conversation") == ["Hi Ann", "What can I do for you?"]


async def test_handle_turn_of_a_failing_tool_says_so_and_goes_on(chat: Chat, tool: ToolServer) -> None:
    tool.behaviours = [answer("{}", status="500 Oops"), answer("{}")]
    assert await chat.say("buy two tents") == [SERVICE_UNAVAILABLE]
    assert await chat.say("hello") == ["Hello!"]
    first, _ = await turns_of(chat)
    assert first.tool is not None
    assert first.tool.failure == "it answered with status 500"


async def test_handle_turn_repeats_the_answer_to_a_repeated_message(chat: Chat, tool: ToolServer) -> None:
    first = await chat.send("buy two tents", message_id="m1")
    assert await chat.send("buy two tents", message_id="m1") == first
    for number in range(20):
        await chat.send("hello", message_id=f"x{number}")
    assert await chat.send("something else", message_id="m1") == first
    assert len(tool.received) == 1
    assert len(await turns_of(chat)) == 21


async def test_handle_turn_of_one_message_many_times_at_once_has_one_turn(
    chat: Chat, chat_settings: Settings, buying_release: Release, tool: ToolServer
) -> None:
    async with open_chat(chat_settings, buying_release, bot=chat.bot) as other:
        sends = [one.send("buy two tents", message_id="m1") for one in (chat, other) for _ in range(8)]
        answers = await asyncio.gather(*sends)
    assert all(given == answers[0] for given in answers)
    assert len(tool.effects) == len(tool.received) == 1
    assert len(await turns_of(chat)) == 1


async def test_handle_turn_of_two_processes_on_one_thread_loses_nothing(
    chat: Chat, chat_settings: Settings, buying_release: Release, tool: ToolServer
) -> None:
    texts = ["buy two tents", "hello", "track order ORD-7", "hi there"]
    async with open_chat(chat_settings, buying_release, bot=chat.bot) as other:
        sends = [(chat, other)[number % 2].send(texts[number % 4], message_id=f"m{number}") for number in range(24)]
        answers = await asyncio.gather(*sends)
    turns = await turns_of(chat)
    assert sorted(given.turn for given in answers) == list(range(1, 25))
    assert {turn.message_id for turn in turns} == {f"m{number}" for number in range(24)}
    assert len(tool.effects) == len(tool.received) == 12
    for given in answers:
        assert turns[given.turn - 1].answer == given.model_dump_json()


async def test_handle_turn_keeps_the_order_of_arrival(chat: Chat, tool: ToolServer) -> None:
    answers = await asyncio.gather(*(chat.send("buy two tents" if n % 3 == 0 else "hello") for n in range(9)))
    assert [given.turn for given in answers] == list(range(1, 10))


async def test_handle_turn_finishes_the_turn_of_a_process_that_died(
    chat: Chat, chat_settings: Settings, buying_release: Release, tool: ToolServer
) -> None:
    tool.behaviours = [hang, answer('{"ok": true}')]
    async with open_chat(chat_settings, buying_release, bot=chat.bot) as victim:
        dying = asyncio.create_task(victim.send("buy two tents", message_id="m1"))
        await tool.is_called.wait()
        dying.cancel()  # the call is out; nothing after it happens
        await asyncio.gather(dying, return_exceptions=True)
    later = timedelta(seconds=60)
    now = chat.services.now
    chat.services.ledger._now = lambda: now() + later
    assert await chat.say("hello", message_id="m2") == ["Hello!"]
    first, second = await turns_of(chat)
    assert (first.message_id, second.message_id) == ("m1", "m2")
    assert first.replies == ("Ordered: 2 x tent.", "Anything else?")
    assert len(tool.received) == 2
    assert len(tool.effects) == 1
    assert tool.received[0].body == tool.received[1].body
    again = await chat.send("buy two tents", message_id="m1")
    assert again.model_dump_json() == first.answer


async def test_handle_turn_sends_the_recorded_call_again_under_a_new_release(
    chat: Chat, tool: ToolServer, tiny_release: Release, buying_release: Release
) -> None:
    await lose_call(chat, tool)
    changed = buying_release.definition.model_dump_json(by_alias=True).replace("/orders", "/v2/orders")
    chat.releases.release_by_bot[chat.bot] = replace(
        buying_release, version="2", definition=type(buying_release.definition).model_validate_json(changed)
    )
    given = await chat.send("buy two tents", message_id="m1")
    assert given.release == "2"
    assert [request.target for request in tool.received] == ["/orders", "/orders"]
    assert len(tool.effects) == 1


async def test_handle_turn_finishes_what_was_decided_though_the_new_release_decides_otherwise(
    chat: Chat, tool: ToolServer, buying_release: Release
) -> None:
    await lose_call(chat, tool)
    definition = buying_release.definition
    nothing = definition.thresholds.model_copy(update={"confidence": 1.0, "clarify": None})
    unsure = replace(buying_release, version="2", definition=definition.model_copy(update={"thresholds": nothing}))
    chat.releases.release_by_bot[chat.bot] = unsure
    assert await chat.say("hello", message_id="m2") != ["Hello!"]
    first, _ = await turns_of(chat)
    assert (first.intent_id, first.replies) == ("order_product", ("Ordered: 2 x tent.", "Anything else?"))
    assert len(tool.effects) == 1


async def test_handle_turn_closes_a_turn_whose_intent_the_new_release_has_lost(
    chat: Chat, tool: ToolServer, buying_release: Release
) -> None:
    await lose_call(chat, tool)
    definition = buying_release.definition
    intents = tuple(intent for intent in definition.intents if intent.intent_id != "order_product")
    smaller = replace(buying_release, version="2", definition=definition.model_copy(update={"intents": intents}))
    chat.releases.release_by_bot[chat.bot] = smaller
    assert await chat.say("hello", message_id="m2") == ["Hello!"]
    first, _ = await turns_of(chat)
    assert first.tool is not None
    assert (first.tool.url, first.tool.failure) == (
        f"{tool.url}/orders",
        "its plan cannot be carried out with this release",
    )
    assert first.tool.may_have_acted
    assert first.replies == (PHRASES["en"].outcome_unknown,)


async def test_a_claim_holds_no_header_of_the_tool(chat: Chat, tool: ToolServer, buying_release: Release) -> None:
    written = buying_release.definition.model_dump_json(by_alias=True)
    assert '"headers":[]' in written
    header = '"headers":[{"headerKey":"X-Key","headerValue":"hunter2"}]'
    definition = type(buying_release.definition).model_validate_json(written.replace('"headers":[]', header))
    chat.releases.release_by_bot[chat.bot] = replace(buying_release, definition=definition)
    await lose_call(chat, tool)
    found = await chat.services.ledger.turns.at(thread_key(chat.bot, "t"), 1)
    assert found is not None
    assert found.claim is not None
    assert "hunter2" not in found.claim.model_dump_json()
    assert "tent" in found.claim.plan


async def test_handle_turn_waits_for_a_call_of_another_process(
    chat: Chat, chat_settings: Settings, buying_release: Release, tool: ToolServer
) -> None:
    async def slow(request: Any, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        await answer('{"ok": true}')(request, writer)

    tool.behaviours = [slow]
    async with open_chat(chat_settings, buying_release, bot=chat.bot) as other:
        first = asyncio.create_task(other.send("buy two tents"))
        await tool.is_called.wait()
        assert (await chat.send("hello")).turn == 2
        assert (await first).turn == 1


async def test_handle_turn_on_another_thread_does_not_wait_for_a_hanging_tool(chat: Chat, tool: ToolServer) -> None:
    tool.behaviours = [hang]
    waiting = asyncio.create_task(chat.send("buy two tents", thread="slow"))
    await tool.is_called.wait()
    async with asyncio.timeout(0.3):
        assert await chat.say("hello", thread="quick") == ["Hello!"]
    assert [reply.text for reply in (await waiting).replies] == [PHRASES["en"].outcome_unknown]


async def test_handle_turn_of_a_plain_message_costs_three_round_trips(chat: Chat, commands: CommandWatch) -> None:
    await chat.say("hello")
    for text, expected in (
        ("hello", ["find", "insert", "update"]),
        ("buy two tents", ["find", "insert", "update", "update"]),
    ):
        with commands.own() as sent:
            await chat.say(text)
        assert sent == expected


async def test_handle_turn_ends_a_form_whose_intent_is_gone(chat: Chat, tiny_release: Release) -> None:
    assert await chat.say("i want to buy a tent") == ["How many?"]
    definition = tiny_release.definition
    intents = tuple(intent for intent in definition.intents if intent.intent_id != "order_product")
    smaller = definition.model_copy(update={"intents": intents})
    chat.releases.release_by_bot[chat.bot] = replace(tiny_release, definition=smaller, version="2")
    assert (await chat.say("two"))[0].startswith("Sorry, I can no longer help with that.")
    assert await chat.say("hello") == ["Hello!"]


async def test_handle_turn_refuses_what_is_too_long_and_an_unknown_bot(chat: Chat) -> None:
    with pytest.raises(UserInputError, match="4000 characters"):
        await chat.send("x" * 4001)
    with pytest.raises(UserInputError, match="context"):
        await chat.send("hello", context={"a": "x" * 40_000})
    chat.releases.release_by_bot.clear()
    with pytest.raises(ModelNotLoaded):
        await chat.send("hello")


async def test_handle_turn_closes_a_turn_that_nobody_can_finish(chat: Chat, tool: ToolServer) -> None:
    await chat.say("hello")
    lost = UserMessage(bot=chat.bot, thread_id="t", message_id="m0", text="buy two tents", channel="rest")
    claim = claim_of(chat.bot, 2, "m0", holder="gone", until=chat.services.now(), token=MAX_TRIES)
    assert await chat.services.ledger.turns.claim(claim.model_copy(update={"message": lost.model_dump_json()}))
    assert await chat.say("hello") == ["Hello!"]
    unknown = BotMessage(text=PHRASES["en"].outcome_unknown)
    assert (await chat.send("buy two tents", message_id="m0")).replies == (unknown,)
    assert tool.received == []
    assert [turn.message_id == "m0" for turn in await turns_of(chat)] == [False, True, False]


async def test_turn_of_a_dead_process_is_finished_though_nobody_writes(
    chat: Chat, chat_settings: Settings, buying_release: Release, tool: ToolServer
) -> None:
    async with open_chat(chat_settings, buying_release, bot=chat.bot) as victim:
        await lose_call(victim, tool)
    async with asyncio.timeout(4 * SILENCE_SECONDS):
        while not (found := await chat.services.ledger.turns.at(thread_key(chat.bot, "t"), 1)) or found.record is None:  # noqa: ASYNC110 - the sweep's progress
            await asyncio.sleep(0.1)
    assert found.record.replies == ("Ordered: 2 x tent.", "Anything else?")
    first, again = tool.received
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"]
    assert await chat.say("hello") == ["Hello!"]


async def test_handle_turn_of_a_thread_whose_state_is_unreadable_begins_anew(chat: Chat) -> None:
    ledger = chat.services.ledger
    thread = await ledger.open(chat.bot, "t", "m0")
    assert not isinstance(thread, TurnRecord)
    assert await ledger.commit(thread, turn_record(chat.bot, 1, "m0", state='{"forms": 7}'), claim=None)
    assert await chat.say("hello") == ["Hello!"]


async def test_handle_turn_gives_up_when_the_thread_is_never_free(chat: Chat) -> None:
    chat.services = replace(chat.services, patience_seconds=0.3)
    until = chat.services.now() + timedelta(seconds=60)
    assert await chat.services.ledger.turns.claim(claim_of(chat.bot, 1, "m0", holder="elsewhere", until=until))
    with pytest.raises(StateConflict):
        await chat.send("hello")

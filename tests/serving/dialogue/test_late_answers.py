"""Tools that answer late, half or not at all: what the customer reads, and how often the tool acts."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipelines.registry.release import Release
from pipelines.schemas.keys import thread_key
from pipelines.schemas.tool import ToolSpec
from pipelines.schemas.turns import ToolRecord
from pipelines.settings import Settings
from serving.dialogue.late_answers import LateAnswers
from serving.dialogue.phrases import PHRASES
from tests.fakes.tool_server import Behaviour, Received, ToolServer, answer, hang, hang_up, raw, reset, tool_server
from tests.support.chat import Chat, open_chat
from tests.support.servers import free_port

EN = PHRASES["en"]
UNKNOWN, UNAVAILABLE = EN.outcome_unknown, EN.service_unavailable
ORDERED = ["Ordered as no. 1.", "Anything else?"]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class OrderServer:
    """An order desk that recognises keys: `first` says how its first answer goes wrong, after the order is placed."""

    def __init__(self, first: Behaviour, *, recognises_keys: bool = True) -> None:
        self.first: Behaviour | None = first
        self.recognises_keys = recognises_keys
        self.order_by_key: dict[str, int] = {}
        self.n_orders = 0

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        key = request.headers["idempotency-key"]
        if not self.recognises_keys or key not in self.order_by_key:
            self.n_orders += 1
            self.order_by_key[key] = self.n_orders
        behave, self.first = self.first, None
        await (behave or answer(json.dumps({"number": self.order_by_key[key]})))(request, writer)


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


def with_orders(release: Release, **spec: Any) -> Release:
    """Give the tiny bot, whose orders are placed with this tool."""
    details = {
        "url": "{{ endpoints.shop }}/orders",
        "requestType": "POST",
        "isJson": True,
        "jsonData": '{"product": "{{ parameters.product }}", "by": "{{ context.by }}"}',
        **spec,
    }
    told = {
        "api_trigger": True,
        "api_details": ToolSpec.model_validate(details),
        "speech_response": "Ordered as no. {{ result.number }}.###Anything else?",
    }
    intents = tuple(
        intent.model_copy(update=told) if intent.intent_id == "order_product" else intent
        for intent in release.definition.intents
    )
    return replace(release, definition=release.definition.model_copy(update={"intents": intents}))


OpenChat = Callable[..., Any]


@pytest.fixture
async def chat_with(
    settings: Settings, mongo_uri: str, tool: ToolServer, tiny_release: Release, new_name: str
) -> AsyncIterator[OpenChat]:
    more = {"mongo_uri": mongo_uri, "mongo_database": "intentloop_test", "endpoints": {"shop": tool.url}}
    hasty = settings.model_copy(update={**more, "tool_timeout_seconds": 0.4})
    async with AsyncExitStack() as stack:

        async def open_with(behaviour: Behaviour, *, asks_after: float = 0.0, **spec: Any) -> Chat:
            tool.behaviours = [behaviour]
            release = with_orders(tiny_release, **spec)
            chat: Chat = await stack.enter_async_context(open_chat(hasty, release, bot=new_name))
            services = chat.services
            asking = LateAnswers(services.tools, services.ledger, wait_seconds=asks_after, now=services.now)
            stack.push_async_callback(asking.aclose)
            chat.services = replace(services, late_answers=asking)
            return chat

        yield open_with


async def call_of(chat: Chat, turn: int) -> ToolRecord:
    """Give the tool call of a turn."""
    found = await chat.services.ledger.turns.at(thread_key(chat.bot, "t"), turn)
    assert found is not None
    assert found.record is not None
    assert found.record.tool is not None
    return found.record.tool


async def late_answer_of(chat: Chat, turn: int) -> ToolRecord:
    """Wait for the late answer of a turn, and give the call."""
    async with asyncio.timeout(120):
        while (call := await call_of(chat, turn)).late_answer is None:  # noqa: ASYNC110 - the database has no event
            await asyncio.sleep(0.02)
    return call


async def dies(_: Received, writer: asyncio.StreamWriter) -> None:
    """Drop the connection without a word, as a killed process does."""
    writer.transport.abort()


NO_CLEAR_ANSWER: dict[str, Behaviour] = {
    "late": hang,
    "hangs up": hang_up,
    "resets": reset,
    "dies": dies,
    "half an answer": raw(HEAD + b'Content-Length: 100\r\n\r\n{"number": 1'),
    "half a head": raw(b"HTTP/1.1 200 O"),
    "half a chunk": raw(HEAD + b'Transfer-Encoding: chunked\r\n\r\nff\r\n{"num'),
    "another protocol": raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "bad gateway": answer("", status="502 Bad Gateway"),
    "gateway time-out": answer("", status="504 Gateway Timeout"),
    "cloud's time-out": answer("", status="524 A Timeout Occurred"),
    "see elsewhere": answer("", status="303 See Other", more="Location: /orders/1\r\n"),
}


@pytest.mark.parametrize("name", NO_CLEAR_ANSWER)
async def test_handle_turn_of_a_call_without_a_clear_answer_does_not_call_it_failed(
    chat_with: OpenChat, tool: ToolServer, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    chat = await chat_with(NO_CLEAR_ANSWER[name])
    assert await chat.say("buy two tents") == [UNKNOWN]
    call = await call_of(chat, 1)
    assert call.may_have_acted
    assert not call.has_acted
    assert len(tool.received) == 1
    assert "whether it acted is unknown" in caplog.text
    assert chat.services.late_answers.n_unknown == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        answer("{}", status="404 Not Found"),
        answer("{}", status="409 Conflict"),
        answer("{}", status="429 Too Many"),
        answer("{}", status="500 Oops"),
        answer("{}", status="503 Busy"),
        answer("", status="302 Found", more="Location: /login\r\n"),
    ],
)
async def test_handle_turn_of_a_call_that_the_tool_refuses_says_so(chat_with: OpenChat, behaviour: Behaviour) -> None:
    chat = await chat_with(behaviour)
    assert await chat.say("buy two tents") == [UNAVAILABLE]
    assert not (await call_of(chat, 1)).may_have_acted


async def test_handle_turn_of_a_call_that_never_went_out_says_so(chat_with: OpenChat) -> None:
    chat = await chat_with(hang, url=f"http://127.0.0.1:{free_port()}/orders")
    assert await chat.say("buy two tents") == [UNAVAILABLE]
    assert not (await call_of(chat, 1)).may_have_acted


async def test_handle_turn_of_a_question_without_an_answer_is_a_failure(chat_with: OpenChat) -> None:
    chat = await chat_with(hang, requestType="GET")
    assert await chat.say("buy two tents") == [UNAVAILABLE]


async def test_a_late_answer_is_asked_for_and_the_same_wish_finds_it(
    chat_with: OpenChat, tool: ToolServer, caplog: pytest.LogCaptureFixture
) -> None:
    desk = OrderServer(hang)
    chat = await chat_with(desk, idempotent=True)
    assert await chat.say("buy two tents") == [UNKNOWN]
    call = await late_answer_of(chat, 1)
    assert call.late_answer is not None
    assert (call.late_answer.result, call.late_answer.failure) == ({"number": 1}, None)
    assert "late answer of the tool of order_product: it has acted" in caplog.text
    assert chat.services.late_answers.n_unknown == 0
    n_sent = len(tool.received)
    assert await chat.say("buy two tents") == ORDERED
    assert len(tool.received) == n_sent
    assert (desk.n_orders, tool.effects) == (1, [call.key])
    assert await chat.say("buy two tents") == ["Ordered as no. 2.", "Anything else?"]


async def test_the_same_wish_asks_the_tool_itself_if_nobody_has(chat_with: OpenChat, tool: ToolServer) -> None:
    desk = OrderServer(hang)
    chat = await chat_with(desk, idempotent=True, asks_after=60.0)
    assert await chat.say("buy two tents") == [UNKNOWN]
    assert await chat.say("hello") == ["Hello!"]
    assert await chat.say("buy two tents") == ORDERED
    assert (desk.n_orders, len(tool.effects)) == (1, 1)
    assert (await call_of(chat, 3)).key == (await call_of(chat, 1)).key


async def test_another_wish_is_another_call(chat_with: OpenChat, tool: ToolServer) -> None:
    chat = await chat_with(OrderServer(hang), idempotent=True, asks_after=60.0)
    assert await chat.say("buy two tents") == [UNKNOWN]
    assert await chat.say("buy three tents") == ["Ordered as no. 2.", "Anything else?"]
    assert await chat.say("buy two tents", context={"by": "Friday"}) == ["Ordered as no. 3.", "Anything else?"]
    assert len(tool.effects) == 3


async def test_an_old_call_is_not_taken_for_a_new_wish(chat_with: OpenChat, tool: ToolServer) -> None:
    chat = await chat_with(OrderServer(hang), idempotent=True, asks_after=60.0)
    now = chat.services.now()
    assert await chat.say("buy two tents", sent_at=now - timedelta(hours=25)) == [UNKNOWN]
    assert await chat.say("buy two tents", sent_at=now) == ["Ordered as no. 2.", "Anything else?"]


async def test_a_wish_that_the_tool_refuses_late_is_called_anew(chat_with: OpenChat, tool: ToolServer) -> None:
    chat = await chat_with(hang, idempotent=True)
    tool.behaviours = [hang, answer("{}", status="422 Sold Out"), answer('{"number": 1}')]
    assert await chat.say("buy two tents") == [UNKNOWN]
    call = await late_answer_of(chat, 1)
    assert call.late_answer is not None
    assert call.late_answer.failure == "it answered with status 422"
    assert await chat.say("buy two tents") == ORDERED
    assert len(tool.effects) == 2


@pytest.mark.parametrize("status", ["401 Unauthorized", "409 Conflict", "429 Too Many", "503 Busy"])
async def test_an_answer_about_the_moment_leaves_the_outcome_unknown(
    chat_with: OpenChat, tool: ToolServer, status: str
) -> None:
    chat = await chat_with(hang, idempotent=True, asks_after=60.0)
    tool.behaviours = [hang, answer("{}", status=status), answer('{"number": 1}')]
    assert await chat.say("buy two tents") == [UNKNOWN]
    if status != "503 Busy" and not status.startswith("429"):  # these are tried again within the call
        assert await chat.say("buy two tents") == [UNKNOWN]
    assert await chat.say("buy two tents") == ORDERED
    assert len(tool.effects) == 1


async def test_a_tool_that_does_not_recognise_keys_is_called_again_only_if_the_customer_says_so(
    chat_with: OpenChat, tool: ToolServer
) -> None:
    desk = OrderServer(hang, recognises_keys=False)
    chat = await chat_with(desk)
    assert await chat.say("buy two tents") == [UNKNOWN]
    asked = await chat.send("buy two tents")
    question = EN.do_again.format(name="order_product")
    assert [reply.text for reply in asked.replies] == [question]
    assert [button.title for button in asked.replies[-1].quick_replies] == ["Yes", "No"]
    assert await chat.say("buy two tents") == [question]
    assert await chat.say("no") == ["Cancelled."]
    assert (desk.n_orders, len(tool.received)) == (1, 1)
    assert await chat.say("buy two tents") == [question]
    assert await chat.say("yes") == ["Ordered as no. 2.", "Anything else?"]
    assert (desk.n_orders, len(tool.effects)) == (2, 2)
    assert await chat.say("buy two tents") == ["Ordered as no. 3.", "Anything else?"]


async def test_a_put_whose_later_try_is_turned_away_is_uncertain(chat_with: OpenChat, tool: ToolServer) -> None:
    chat = await chat_with(hang, requestType="PUT", asks_after=60.0)
    tool.behaviours = [hang_up, answer("{}", status="409 Conflict")]
    assert await chat.say("buy two tents") == [UNKNOWN]


async def test_a_process_that_died_does_not_call_again_what_must_not_be_called_twice(
    chat_with: OpenChat, tool: ToolServer
) -> None:
    chat = await chat_with(hang, idempotent=False)
    dying = asyncio.create_task(chat.send("buy two tents", message_id="m1"))
    await tool.is_called.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert await chat.say("buy two tents", message_id="m1") == [UNKNOWN]
    assert len(tool.received) == 1
    assert (await call_of(chat, 1)).may_have_acted


async def test_a_call_that_nobody_could_finish_is_remembered(
    chat_with: OpenChat, tool: ToolServer, tiny_release: Release
) -> None:
    chat = await chat_with(hang, idempotent=True, asks_after=60.0)
    own = chat.releases.release_by_bot[chat.bot]
    dying = asyncio.create_task(chat.send("buy two tents", message_id="m1"))
    await tool.is_called.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    without = own.definition.model_copy(
        update={"intents": tuple(one for one in own.definition.intents if one.intent_id != "order_product")}
    )
    chat.releases.release_by_bot[chat.bot] = replace(own, definition=without)
    assert await chat.say("hello") == ["Hello!"]
    assert [reply.text for reply in (await chat.send("x", message_id="m1")).replies] == [UNKNOWN]
    chat.releases.release_by_bot[chat.bot] = own
    tool.behaviours = [answer('{"number": 1}')]
    assert await chat.say("buy two tents") == ORDERED
    assert len(tool.effects) == 1


async def test_a_bot_says_it_in_its_own_words(chat_with: OpenChat) -> None:
    chat = await chat_with(hang)
    release = chat.releases.release_by_bot[chat.bot]
    own = release.definition.model_copy(update={"phrases": {"outcomeUnknown": "Hm {}."}})
    chat.releases.release_by_bot[chat.bot] = replace(release, definition=own)
    assert await chat.say("buy two tents") == ["Hm {}."]

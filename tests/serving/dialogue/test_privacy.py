"""A bot that keeps no personal data: what the tool gets, what is stored, and that every message has its one answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipelines.registry.release import Release, load_release
from pipelines.schemas.bot import BotFile
from pipelines.schemas.keys import thread_key
from pipelines.schemas.policy import PERSONAL_KINDS, PrivacyPolicy
from pipelines.schemas.turns import TurnRecord
from pipelines.settings import Settings
from serving.dialogue.late_answers import LateAnswers
from serving.dialogue.phrases import PHRASES
from serving.store.threads.ledger import Ledger
from serving.store.threads.states import StateStore
from serving.store.upkeep.retention import Retention
from tests.fakes.llm_server import chooses, llm_server, message_of
from tests.fakes.tool_server import ToolServer, answer, hang, tool_server
from tests.support.bots import intent, parameter
from tests.support.chat import Chat, open_chat
from tests.support.llm import asking
from tests.support.releases import make_release

WRITTEN, CANONICAL = "07911 123456", "+447911123456"
TRACES = ("07911", "7911123456", "7911 123456", "jane.roe", "4111 1111", "1111111111111111")
CALLBACK = ["call me back", "please call me", "i want a call", "can somebody ring me", "i need a callback", "phone me"]
BOT = BotFile.model_validate(
    {
        "language": "en-GB",
        "intents": [
            intent(
                "callback",
                "We call {{ parameters.phone }} about {{ parameters.topic }}. No. {{ result.number }}.",
                CALLBACK,
                parameters=[
                    parameter("phone", "Which number?", type="phone"),
                    parameter("topic", "What is it about?", type="free_text"),
                ],
                apiTrigger=True,
                apiDetails={
                    "url": "{{ endpoints.shop }}/callbacks?phone={{ parameters.phone }}&by={{ context.email }}",
                    "requestType": "POST",
                    "headers": [],
                    "isJson": True,
                    "idempotent": True,
                    "jsonData": '{"phone": "{{ parameters.phone }}", "topic": "{{ parameters.topic }}"}',
                },
            ),
            intent("greet", "Hello!", ["hello", "hi", "good morning", "hey there", "hi bot", "good evening"]),
            intent("fallback", "Sorry, I did not understand.", []),
            intent("cancel", "Cancelled.", ["cancel", "stop", "never mind", "forget it"]),
        ],
        "entities": [{"name": "order_id", "pattern": r"0\d{10}", "entity_values": []}],
    }
)
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return load_release(make_release(tmp_path_factory.mktemp("callback") / "bot", BOT), version="1")


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        server.behaviours = [answer('{"number": 1, "confirmed": "07911 123456"}')]
        yield server


@pytest.fixture
async def open_bot(
    settings: Settings, mongo_uri: str, tool: ToolServer, release: Release, new_name: str
) -> AsyncIterator[Open]:
    more = {"mongo_uri": mongo_uri, "mongo_database": f"privacy_{new_name}", "endpoints": {"shop": tool.url}}
    own = settings.model_copy(update={**more, "tool_timeout_seconds": 0.5})
    async with AsyncExitStack() as stack:

        async def open_with(policy: PrivacyPolicy | None = None, **changes: Any) -> Chat:
            used = changes.pop("release", release)
            chat: Chat = await stack.enter_async_context(open_chat(own.model_copy(update=changes), used, bot="default"))
            wanted = policy or PrivacyPolicy(redact=PERSONAL_KINDS)
            await chat.services.policies.edit("default", lambda old: old.model_copy(update={"privacy": wanted}))
            return chat

        yield open_with


@pytest.fixture
async def chat(open_bot: Open) -> Chat:
    opened: Chat = await open_bot()
    return opened


async def stored(chat: Chat, *names: str) -> str:
    """Give everything that is stored, as text."""
    found = ""
    for name in names or ("turns", "states", "inbox", "labels", "shadows", "llm_usage", "quarantine"):
        rows = await chat.services.database.collection(name).find({}).to_list(None)
        found += "".join(json.dumps(row, default=str, ensure_ascii=False) for row in rows)
    return found


def traces(text: str) -> list[str]:
    return [trace for trace in TRACES if trace in text]


async def turns(chat: Chat, thread: str = "t") -> list[TurnRecord]:
    return await chat.services.ledger.turns.of_thread(thread_key("default", thread))


async def test_a_form_works_with_the_real_values_and_nothing_of_them_is_kept(chat: Chat, tool: ToolServer) -> None:
    context = {"email": "jane.roe@web.de"}
    assert await chat.say("please call me", context=context) == ["Which number?"]
    assert await chat.say(f"it is {WRITTEN}", context=context) == ["What is it about?"]
    assert traces(await stored(chat, "turns")) == []
    assert traces(await stored(chat, "states")), "the open form needs its values"
    replies = await chat.say("card 4111 1111 1111 1111 was charged", context=context)
    about = "card 4111 1111 1111 1111 was charged"
    assert replies == [f"We call {CANONICAL} about {about}. No. 1."]
    sent = tool.received[0]
    assert sent.target == "/callbacks?phone=%2B447911123456&by=jane.roe%40web.de"
    assert json.loads(sent.body) == {"phone": CANONICAL, "topic": about}
    assert traces(await stored(chat)) == []
    last = (await turns(chat))[-1]
    assert last.text == "card [card] was charged"
    assert last.replies == ("We call [phone] about card [card] was charged. No. 1.",)
    assert last.tool is not None
    assert last.tool.body == {"phone": "[phone]", "topic": "card [card] was charged"}
    assert last.tool.result == {"number": 1, "confirmed": "[phone]"}
    asked = (await turns(chat))[1]
    assert asked.nlu is not None
    assert [(span.type, asked.nlu.text[span.start : span.end]) for span in asked.nlu.entities] == [
        ("sys.phone", "[phone]")
    ]


async def test_a_message_sent_again_is_answered_once_without_what_is_not_kept(chat: Chat, tool: ToolServer) -> None:
    await chat.say("please call me")
    await chat.say(WRITTEN)
    first = await chat.send("my parcel", message_id="m")
    again = await chat.send("my parcel", message_id="m")
    assert len(tool.received) == 1
    assert (again.turn, again.intent_id) == (first.turn, first.intent_id)
    assert [reply.text for reply in again.replies] == ["We call [phone] about my parcel. No. 1."]


async def test_a_crash_between_the_log_and_the_state_asks_again_and_never_sends_a_placeholder(
    chat: Chat, tool: ToolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chat.say("please call me")
    with monkeypatch.context() as patch:  # the process dies after it has written the turn

        async def dies(*_: Any, **__: Any) -> None:
            raise asyncio.CancelledError

        patch.setattr(StateStore, "advance", dies)
        with pytest.raises(asyncio.CancelledError):
            await chat.say(WRITTEN, message_id="lost")
    assert await chat.say(WRITTEN, message_id="lost") == ["What is it about?"]
    assert await chat.say("my parcel") == ["Which number?"]
    replies = await chat.say(WRITTEN)
    assert replies in (["What is it about?"], [f"We call {CANONICAL} about my parcel. No. 1."])
    if not tool.received:
        await chat.say("my parcel")
    assert [json.loads(sent.body)["phone"] for sent in tool.received] == [CANONICAL]


async def test_an_orphaned_claim_is_finished_with_the_real_request(
    chat: Chat, open_bot: Open, tool: ToolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chat.say("please call me")
    await chat.say(WRITTEN)
    with monkeypatch.context() as patch:

        async def dies(*_: Any, **__: Any) -> bool:
            raise asyncio.CancelledError

        patch.setattr(Ledger, "commit", dies)
        with pytest.raises(asyncio.CancelledError):
            await chat.say("my parcel", message_id="m")
    # the sweep of the same process knows that it no longer works on it
    async with asyncio.timeout(120):
        while len(await turns(chat)) < 3:  # noqa: ASYNC110 - the database has no event
            await asyncio.sleep(0.05)
    keys = {sent.headers["idempotency-key"] for sent in tool.received}
    bodies = {sent.body for sent in tool.received}
    assert (len(tool.received), len(keys), len(bodies)) == (2, 1, 1)
    assert json.loads(tool.received[1].body)["phone"] == CANONICAL
    assert traces(await stored(chat)) == []


async def test_a_call_without_a_clear_answer_is_recognised_and_asked_about_under_its_key(
    open_bot: Open, tool: ToolServer
) -> None:
    chat: Chat = await open_bot()
    tool.behaviours = [hang, answer('{"number": 7}')]
    await chat.say("please call me")
    await chat.say(WRITTEN)
    assert await chat.say("my parcel") == [PHRASES["en"].outcome_unknown]
    assert traces(await stored(chat)) == []
    await chat.say("please call me")
    await chat.say(WRITTEN)
    assert await chat.say("my parcel") == [f"We call {CANONICAL} about my parcel. No. 7."]
    keys = [sent.headers["idempotency-key"] for sent in tool.received]
    assert len(set(keys)) == 1, "the same wish is the same call"
    tool.behaviours = [answer('{"number": 8}')]
    await chat.say("please call me")
    await chat.say("07911 123457")
    await chat.say("my parcel")
    assert len({sent.headers["idempotency-key"] for sent in tool.received}) == 2, "another number is another wish"
    assert traces(await stored(chat)) == []


async def test_a_late_answer_is_kept_redacted(open_bot: Open, tool: ToolServer) -> None:
    chat: Chat = await open_bot()
    services = chat.services
    late = LateAnswers(services.tools, services.ledger, wait_seconds=0, now=services.now)
    chat.services = replace(services, late_answers=late)
    tool.behaviours = [hang, answer('{"number": 7, "phone": "07911 123456"}')]
    await chat.say("please call me")
    await chat.say(WRITTEN)
    await chat.say("my parcel")
    async with asyncio.timeout(120):
        while (call := (await turns(chat))[-1].tool) is None or call.late_answer is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert call.late_answer.result == {"number": 7, "phone": "[phone]"}
    assert traces(await stored(chat)) == []
    await late.aclose()


async def test_an_unfinished_form_keeps_its_values_for_some_hours_and_a_context_no_longer(open_bot: Open) -> None:
    chat: Chat = await open_bot(PrivacyPolicy(redact=PERSONAL_KINDS, form_hours=2))
    await chat.say("please call me", context={"email": "jane.roe@web.de"})
    await chat.say(WRITTEN)
    states = chat.services.database.collection("states")
    row = await states.find_one({})
    assert row is not None
    assert row["expires_at"] - row["updated_at"] <= timedelta(hours=2, seconds=5)
    await chat.say("cancel")
    row = await states.find_one({})
    assert row is not None
    assert row["expires_at"] - row["updated_at"] > timedelta(days=29)
    assert traces(row["state"]) == []
    await states.delete_one({})  # it has expired
    assert await chat.say("hello") == ["Hello!"]
    assert [turn.turn for turn in await turns(chat)] == [1, 2, 3, 4]


async def test_the_language_model_gets_placeholders_and_its_values_fill_the_form(
    open_bot: Open, release: Release
) -> None:
    async with llm_server() as llm:
        llm.behaviours = [chooses("callback", ("order_id", "[phone]"), confidence=0.9)]
        definition = asking(release).definition
        strict = definition.thresholds.model_copy(update={"confidence": 0.99, "clarify": None})
        careful = replace(release, definition=definition.model_copy(update={"thresholds": strict}))
        chat: Chat = await open_bot(release=careful, llm_base_url=f"{llm.url}/v1", llm_timeout_seconds=2.0)
        await chat.say(f"zzz jane.roe@web.de qqq {WRITTEN} xyz")
        asked = [message_of(request) for request in llm.received]
    assert asked
    assert asked[0].strip('"') == "zzz [email] qqq [phone] xyz"
    assert traces(await stored(chat, "turns")) == []
    found = (await turns(chat))[0].llm
    assert found is not None
    assert [span.value for span in found.entities] == ["[phone]"]


async def test_a_number_split_over_two_messages_is_kept_whole_nowhere(chat: Chat) -> None:
    await chat.say("my code is 4111 1111")
    await chat.say("1111 1111 ok")
    texts = [turn.text for turn in await turns(chat)]
    assert texts == ["my code is 4111 1111", "[card] ok"]
    state = (await chat.services.database.collection("states").find_one({})) or {}
    assert "4111" not in state["state"]


async def test_an_order_number_of_the_bots_own_pattern_stays(chat: Chat) -> None:
    await chat.say("hello, it is about 07911123456")
    assert (await turns(chat))[0].text == "hello, it is about 07911123456"


async def test_a_bot_without_the_policy_keeps_everything(open_bot: Open) -> None:
    chat: Chat = await open_bot(PrivacyPolicy())
    await chat.say("please call me")
    await chat.say(WRITTEN)
    assert (await turns(chat))[-1].text == WRITTEN


async def test_times_of_a_bot_shorten_what_is_written_and_what_is_there(open_bot: Open) -> None:
    chat: Chat = await open_bot(PrivacyPolicy())
    await chat.say("hello", thread="old")
    wanted = PrivacyPolicy(state_days=1, turn_days=2)
    await chat.services.policies.edit("default", lambda old: old.model_copy(update={"privacy": wanted}))
    await chat.say("hello", thread="new")
    turn = await chat.services.database.collection("turns").find_one({"thread": "default:new"})
    state = await chat.services.database.collection("states").find_one({"_id": "default:new"})
    assert turn is not None
    assert state is not None
    assert timedelta(days=1.9) < turn["expires_at"] - turn["created_at"] < timedelta(days=2.1)
    assert timedelta(days=0.9) < state["expires_at"] - state["updated_at"] < timedelta(days=1.1)
    retention = Retention(chat.services.database, chat.services.ledger.schema, lifetimes=chat.services.lifetimes)
    outlived = retention._delete_outlived
    now = chat.services.now()
    assert await outlived(now + timedelta(days=0.5)) == 0
    assert await outlived(now + timedelta(days=1.5)) == 2
    assert await outlived(now + timedelta(days=2.5)) == 2
    assert await stored(chat, "turns", "states") == ""

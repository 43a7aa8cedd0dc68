import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.registry.release import Release, load_release
from pipelines.schemas.keys import thread_hash
from pipelines.settings import Settings
from serving.channels import delivery, graph_api
from serving.channels.contract import IncomingEvent, Parsed
from serving.channels.delivery import Deliveries
from serving.channels.inbox import WebhookInbox, open_deliveries
from serving.store.integrations import Integration, IntegrationStore
from serving.store.threads.inbox import InboxItem
from serving.store.watch import SILENCE_SECONDS, Watch
from serving.wiring import open_services
from tests.fakes.graph_server import ACCEPTS, GraphServer, failure, graph_server
from tests.fakes.tool_server import ToolServer, answer, hang, hang_up, tool_server
from tests.support.clocks import Ticking
from tests.support.fixed import FixedReleases
from tests.support.long_texts import COMPLAINTS, long_complaint
from tests.support.queues import NoQueue
from tests.support.records import now
from tests.support.releases import make_release

SECRETS = {"verify": "verify-7", "secret": "app-secret-7", "page_access_token": "page-token-7"}


@dataclass
class Post:
    """A bot on Messenger: what comes in is put into the inbox, and worked on when the test says so."""

    bot: str
    graph: GraphServer
    deliveries: Deliveries
    releases: FixedReleases
    count: int = 0

    def event(self, text: str, *, sender: str = "2002", page: str = "1001", **fields: Any) -> IncomingEvent:
        self.count += 1
        values: dict[str, Any] = {"kind": "text", "message_id": f"m{self.count}", "account": page, "sender": sender}
        moment = now() + timedelta(milliseconds=self.count)
        values |= {"thread_id": f"facebook:{page}:{sender}", "text": text, "sent_at": moment}
        return IncomingEvent(**(values | fields))

    async def accept(self, *events: IncomingEvent) -> None:
        await WebhookInbox(self.deliveries, NoQueue()).accept(self.bot, "facebook", Parsed(events=events))

    def thread(self, sender: str = "2002") -> str:
        return f"{self.bot}:facebook%3A1001%3A{sender}"

    def mark(self, sender: str = "2002") -> str:
        return thread_hash(self.thread(sender))

    async def work(self, sender: str = "2002") -> float | None:
        return await self.deliveries.work(self.mark(sender))

    async def open_items(self, sender: str = "2002") -> list[InboxItem]:
        return await self.deliveries.inbox.open_of(self.mark(sender))

    async def due_threads(self) -> list[str]:
        due = await self.deliveries.inbox.due_threads(now(), limit=1000)
        return [sender for sender in ("2002", "3003") if self.mark(sender) in due]

    async def stuck_threads(self) -> list[str]:
        stuck = await self.deliveries.stuck_threads()
        return [sender for sender in ("2002", "3003") if self.mark(sender) in stuck]

    async def stored(self, message_id: str, sender: str = "2002") -> dict[str, Any]:
        collection = self.deliveries.services.database.collection("inbox")
        document = await collection.find_one({"_id": f"{self.thread(sender)}:{message_id}"})
        assert document is not None
        return document


@pytest.fixture
async def graph() -> AsyncIterator[GraphServer]:
    async with graph_server(app_secret=SECRETS["secret"]) as server:
        yield server


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def post(
    settings: Settings,
    mongo_uri: str,
    graph: GraphServer,
    tool: ToolServer,
    tiny_release: Release,
    new_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Post]:
    monkeypatch.setattr(graph_api, "RETRY_SECONDS", 0.01)
    more = {"mongo_uri": mongo_uri, "mongo_database": "intentloop_test", "endpoints": {"shop": tool.url}}
    settings = settings.model_copy(update={**more, "facebook_api_url": graph.url, "tool_timeout_seconds": 1.0})
    releases = FixedReleases({new_name: tiny_release})

    async with (
        open_services(settings, releases=releases) as services,
        open_deliveries(settings, services) as deliveries,
    ):
        await IntegrationStore(services.database).put(
            Integration(bot=new_name, channel="facebook", settings=dict(SECRETS))
        )
        yield Post(new_name, graph, deliveries, releases)


async def test_work_answers_in_order_and_forgets_the_text(post: Post) -> None:
    await post.accept(post.event("hello"), post.event("i want to buy a tent"), post.event("two"))
    assert await post.work() is None
    assert post.graph.texts == ["Hello!", "How many?", "Ordered: 2 x tent.", "Anything else?"]
    assert {(sent.page, sent.recipient, sent.token) for sent in post.graph.messages} == {
        ("1001", "2002", "page-token-7")
    }
    assert await post.open_items() == []
    assert (await post.stored("m3"))["event"] == ""


async def test_work_answers_what_comes_in_meanwhile(post: Post, tool: ToolServer) -> None:
    await post.accept(post.event("track order ORD-1"))
    working = asyncio.create_task(post.work())
    await tool.is_called.wait()
    await post.accept(post.event("hello"))
    assert await working is None
    assert post.graph.texts == ["Order ORD-1 is shipped.", "Hello!"]


async def test_work_answers_an_attachment_as_it_answers_what_it_does_not_understand(post: Post) -> None:
    await post.accept(post.event("", kind="attachment"))
    await post.work()
    assert post.graph.texts == ["Sorry, I did not understand."]


async def test_work_calls_an_intent_for_a_button_only_if_customers_may(post: Post) -> None:
    await post.accept(post.event("/init_conversation", kind="button"), post.event("/order_product", kind="button"))
    await post.work()
    assert post.graph.texts[:2] == ["Hi", "What can I do for you?"]
    assert post.graph.texts[2] != "What would you like?"


async def test_a_repeated_event_is_not_answered_again(post: Post) -> None:
    event = post.event("hello")
    for _ in range(3):
        await post.accept(event, event)
        assert await post.work() is None
    assert post.graph.texts == ["Hello!"]


async def test_work_shows_typing_while_an_answer_takes_long(
    post: Post, tool: ToolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "TYPING_AFTER_SECONDS", 0.02)
    tool.behaviours = [hang]
    post.graph.behaviours = [failure(2, status=500), ACCEPTS]  # that it cannot be shown is no harm
    await post.accept(post.event("track order ORD-1"))
    assert await post.work() is None
    assert [sent.action for sent in post.graph.requests] == ["typing_on", None]


async def test_a_platform_that_is_down_gets_the_answer_later_and_the_turn_happens_once(post: Post) -> None:
    post.graph.behaviours = [failure(2, status=500)]
    await post.accept(post.event("i want to buy a tent"), post.event("two"))
    waiting = await post.work()
    assert waiting is not None
    assert 4 < waiting <= 5
    assert set(post.graph.texts) == {"How many?"}
    assert [item.tries for item in await post.open_items()] == [1, 0]
    assert await post.work() is not None
    post.graph.tool.received.clear()
    post.graph.behaviours = [ACCEPTS]
    await make_due(post)
    assert await post.work() is None
    assert post.graph.texts == ["How many?", "Ordered: 2 x tent.", "Anything else?"]


async def make_due(post: Post) -> None:
    """Let the time pass that the first event waits."""
    first = (await post.open_items())[0]
    await post.deliveries.inbox.update(first, due_at=now(), sent=first.sent)


async def test_what_waits_for_another_event_does_not_hide_other_threads(post: Post) -> None:
    post.graph.behaviours = [failure(2, status=500)]
    await post.accept(post.event("hello"), *(post.event("hello") for _ in range(3)))
    assert await post.work() is not None
    await post.accept(post.event("hello"), post.event("hello", sender="3003"))
    assert await post.work() is not None
    assert await post.due_threads() == ["3003"]
    post.graph.tool.received.clear()
    post.graph.behaviours = [ACCEPTS]
    await make_due(post)
    assert await post.work() is None  # none of them waits for more than the first
    assert len(post.graph.texts) == 5


async def test_what_comes_late_waits_for_what_somebody_works_on(post: Post) -> None:
    late = post.event("hello", sent_at=now() - timedelta(minutes=1))
    first = post.event("hello")
    await post.accept(first)
    (item,) = await post.open_items()
    assert await post.deliveries.inbox.claim(item, until=now() + timedelta(seconds=60)) is not None
    await post.accept(late)
    assert [each.key.rpartition(":")[2] for each in await post.open_items()] == ["m1", "m2"]
    assert await post.work() is not None
    assert post.graph.texts == []


async def test_a_platform_that_asks_for_a_very_long_pause_gets_an_hour(post: Post) -> None:
    post.graph.behaviours = [failure(4, status=429, more=f"Retry-After: {'9' * 400}\r\n")]
    await post.accept(post.event("hello"))
    waiting = await post.work()
    assert waiting is not None
    assert 3590 < waiting <= 3600


async def test_an_event_from_the_future_is_one_of_now(post: Post) -> None:
    await post.accept(post.event("hello", sent_at=datetime(9999, 12, 31, tzinfo=UTC)))
    (item,) = await post.open_items()
    assert item.happened_at == item.accepted_at
    assert await post.work() is None
    assert post.graph.texts == ["Hello!"]


async def test_an_answer_goes_on_where_it_was_interrupted(post: Post) -> None:
    await post.accept(post.event("/init_conversation"))
    post.graph.behaviours = [ACCEPTS, failure(2, status=500)]
    await post.work()
    assert [item.sent for item in await post.open_items()] == [1]
    post.graph.tool.received.clear()
    post.graph.behaviours = [ACCEPTS]
    await make_due(post)
    assert await post.work() is None
    assert post.graph.texts == ["What can I do for you?"]


async def test_an_event_that_another_process_left_behind_is_finished_once_its_time_is_up(post: Post) -> None:
    await post.accept(post.event("/init_conversation"))
    (item,) = await post.open_items()
    held = await post.deliveries.inbox.claim(item, until=now() + timedelta(seconds=60))
    assert held is not None
    await post.deliveries.inbox.update(held, due_at=now() + timedelta(seconds=60), sent=1)
    waiting = await post.work()
    assert waiting is not None
    assert 4 < waiting <= 5  # by its signs of life, not by its clock
    ticking = Ticking()
    post.deliveries._watch = Watch(clock=ticking)
    for _ in range(4):
        await post.deliveries.inbox.beat(held)
        assert await post.stuck_threads() == []
        ticking.seconds += 2
    for _ in range(2):
        assert await post.stuck_threads() == []
        assert await post.work() is not None
        ticking.seconds += 2
    assert await post.stuck_threads() == ["2002"]
    assert await post.work() is None
    assert post.graph.texts == ["What can I do for you?"]


@pytest.mark.parametrize("ahead", [-timedelta(days=200), -timedelta(hours=1), timedelta(0)], ids=str)
async def test_an_event_whose_message_a_dead_worker_hides_in_the_queue_is_taken_up(
    post: Post, ahead: timedelta
) -> None:
    """By a process whose clock is not ahead; what was accepted by a clock ahead seems to wait, and is stuck at once."""
    ticking = Ticking()
    right, post.deliveries._watch = post.deliveries.services, Watch(clock=ticking)
    post.deliveries.services = replace(right, now=lambda: now() + ahead)
    await post.accept(post.event("hello"))
    post.deliveries.services = right
    for _ in range(3):
        assert post.mark() not in await post.deliveries.overdue_threads()
        ticking.seconds += 2
    assert post.mark() in await post.deliveries.overdue_threads()
    assert await post.work() is None
    assert post.mark() not in await post.deliveries.overdue_threads()
    assert post.graph.texts == ["Hello!"]


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=200)])
async def test_an_event_whose_wait_was_written_by_a_clock_ahead_waits_no_longer_than_meant(
    post: Post, ahead: timedelta
) -> None:
    post.graph.behaviours = [failure(2, status=500)]
    right, ticking = post.deliveries.services, Ticking()
    await post.accept(post.event("hello"))
    post.deliveries.services = replace(right, now=lambda: now() + ahead)
    assert await post.work() is not None  # it shall be tried again in five seconds
    post.deliveries.services = right
    post.deliveries._watch = Watch(clock=ticking)
    post.graph.tool.received.clear()
    post.graph.behaviours = [ACCEPTS]
    for _ in range(3):
        assert await post.stuck_threads() == []
        assert await post.work() is not None
        ticking.seconds += 2
    assert await post.stuck_threads() == ["2002"]
    assert await post.work() is None
    assert post.graph.texts == ["Hello!"]


async def test_a_clock_far_ahead_loses_no_event(post: Post) -> None:
    await post.accept(post.event("hello"))
    assert await post.work() is None
    post.deliveries.services = replace(post.deliveries.services, now=lambda: now() + timedelta(days=200))
    inbox = WebhookInbox(post.deliveries, NoQueue())
    for text in ("hello", "hello"):
        await inbox.accept(post.bot, "facebook", Parsed(events=(post.event(text),)))
        assert await post.work() is None
    assert post.graph.texts == ["Hello!"] * 3
    old = post.event("hello", sent_at=now() - timedelta(days=8))  # by the platform's own clock
    await inbox.accept(post.bot, "facebook", Parsed(events=(old,)))
    assert await post.open_items() == []


async def test_a_worker_that_was_too_slow_stops_sending(post: Post) -> None:
    await post.accept(post.event("/init_conversation"))
    post.graph.behaviours = [hang, ACCEPTS]
    working = asyncio.create_task(post.work())
    await post.graph.wait_for(1)
    (item,) = await post.open_items()
    assert await post.deliveries.inbox.claim(item, until=now() + timedelta(seconds=60)) is not None
    post.graph.tool.received.clear()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert await post.work() is not None
    assert post.graph.texts == []


@pytest.mark.parametrize("code", [100, 190])
async def test_what_the_platform_refuses_for_good_is_given_up_and_the_thread_goes_on(post: Post, code: int) -> None:
    post.graph.behaviours = [failure(code), ACCEPTS]
    await post.accept(post.event("hello"), post.event("hello"))
    assert await post.work() is None
    assert post.graph.texts == ["Hello!", "Hello!"]
    assert f"code {code}" in (await post.stored("m1"))["failure"]
    assert (await post.stored("m1"))["event"]


async def test_an_event_is_given_up_after_its_last_try(post: Post) -> None:
    post.deliveries.retry_seconds = (0.0, 0.0)
    post.graph.behaviours = [hang_up]
    await post.accept(post.event("hello"))
    assert await post.work() is None
    assert len(post.graph.texts) == 3 * graph_api.MAX_TRIES
    stored = await post.stored("m1")
    assert (stored["is_open"], stored["tries"]) == (False, 3)


async def test_an_event_that_kills_its_workers_is_given_up_without_being_touched(post: Post) -> None:
    await post.accept(post.event("hello"), post.event("/cancel"))
    for _ in range(len(post.deliveries.retry_seconds) + 1):
        assert await post.deliveries.inbox.claim((await post.open_items())[0], until=now()) is not None
    ticking = Ticking()
    post.deliveries._watch = Watch(max_gap_seconds=60, clock=ticking)
    assert await post.work() is not None
    ticking.seconds += SILENCE_SECONDS
    assert await post.work() is None
    assert post.graph.texts == ["Cancelled."]
    assert (await post.stored("m1"))["failure"] == "not finished in 8 attempts"


async def test_an_event_waits_for_a_bot_that_has_no_release_yet(post: Post) -> None:
    known = post.releases.release_by_bot.copy()
    post.releases.release_by_bot.clear()
    await post.accept(post.event("hello"))
    assert await post.work() is not None
    post.releases.release_by_bot |= known
    await make_due(post)
    assert await post.work() is None
    assert post.graph.texts == ["Hello!"]


async def test_a_text_that_is_too_long_is_answered_by_its_beginning_and_says_so(post: Post) -> None:
    post.deliveries.services = replace(post.deliveries.services, max_message_chars=5)
    await post.accept(post.event("hello and much too long"), post.event("hello"))
    assert await post.work() is None
    notice = "Your message is too long for me: I have read its first 5 characters. Please send the rest of it again."
    assert post.graph.texts == [notice, "Hello!", "Hello!"]


async def test_a_value_far_behind_in_a_long_text_is_read_or_the_limit_is_said(post: Post, tmp_path: Path) -> None:
    complaints = load_release(make_release(tmp_path / "release", COMPLAINTS), version="1")
    post.releases.release_by_bot[post.bot] = complaints
    await post.accept(post.event(long_complaint(2500, " ann@example.org")))
    assert await post.work() is None
    assert post.graph.texts == ["Noted for ann@example.org."]
    await post.accept(post.event(long_complaint(5000, " bob@example.org")), post.event("it is bob@example.org"))
    assert await post.work() is None
    notice = "Your message is too long for me: I have read its first 4000 characters. Please send the rest of it again."
    assert post.graph.texts[1:] == [notice, "Your e-mail?", "Noted for bob@example.org."]


async def test_an_error_that_nobody_expected_is_tried_again_and_quotes_nobody(
    post: Post, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("a customer wrote this")

    monkeypatch.setattr(delivery, "handle_turn", broken)
    await post.accept(post.event("hello"))
    assert await post.work() is not None
    assert "RuntimeError at " in caplog.text
    assert "a customer wrote this" not in caplog.text


async def test_events_of_several_pages_use_their_own_tokens(post: Post) -> None:
    settings: dict[str, Any] = {**SECRETS, "page_access_tokens": {"1002": "other-token"}}
    store = IntegrationStore(post.deliveries.services.database)
    await store.put(Integration(bot=post.bot, channel="facebook", settings=settings))
    await post.accept(post.event("hello"), post.event("hello", page="1002"))
    await post.work()
    await post.deliveries.work(thread_hash(f"{post.bot}:facebook%3A1002%3A2002"))
    assert [(sent.page, sent.token) for sent in post.graph.messages] == [
        ("1001", "page-token-7"),
        ("1002", "other-token"),
    ]


async def test_no_secret_and_no_text_is_logged(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("pymongo", "asyncio"):  # what the database is asked is not ours to log
        logging.getLogger(name).setLevel(logging.WARNING)
    post.graph.behaviours = [failure(190, message="Malformed access token page-token-7"), hang_up, ACCEPTS]
    await post.accept(post.event("xyzzy"), post.event("xyzzy"))
    await post.work()
    post.graph.behaviours = [answer("page-token-7", status="500 Oops")]
    await post.accept(post.event("xyzzy"))
    await post.work()
    assert caplog.text
    for kept in (*SECRETS.values(), "xyzzy"):
        assert kept not in caplog.text


@pytest.mark.parametrize(
    "event",
    ["", "{", "[]", '"x"', "null", '{"kind": "wink"}', "OTHER THREAD", "NO TEXT", "[" * 5000],
)
async def test_work_goes_on_behind_an_event_that_cannot_be_read(
    post: Post, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    first = post.event("a secret")
    forms = {
        "OTHER THREAD": first.model_copy(update={"thread_id": "facebook:1001:3003"}).model_dump_json(),
        "NO TEXT": first.model_dump_json(exclude={"text"}),
    }
    await post.accept(first, post.event("hello"))
    inbox = post.deliveries.services.database.collection("inbox")
    stored = await post.stored("m1")
    await inbox.replace_one({"_id": stored["_id"]}, {**stored, "event": forms.get(event, event)})
    assert await post.work() is None
    assert [(sent.recipient, sent.text) for sent in post.graph.messages] == [("2002", "Hello!")]
    assert await inbox.find_one({"_id": stored["_id"]}) is None
    aside = await post.deliveries.services.database.collection("quarantine").find_one({"document_id": stored["_id"]})
    assert aside is not None
    assert aside["thread"] == post.thread()  # deleted with the conversation
    assert post.mark()[:12] in caplog.text
    assert "a secret" not in caplog.text

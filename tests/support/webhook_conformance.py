"""What every channel with a webhook has to pass. A channel's test subclasses the suite and says what its platform is.

    class TestFacebookWebhook(WebhookConformance):
        @pytest.fixture
        async def platform(self) -> AsyncIterator[Platform]: ...

The app is the real one, the platform's API a server on loopback, the database a real process.
"""

import asyncio
import json
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.api.app import create_app
from serving.channels import graph_api, queue
from serving.channels.inbox import WebhookInbox
from serving.store.integrations import Integration, IntegrationStore
from tests.support.fixed import FixedReleases

SECRET = "the-secret-of-the-two-sides"


class Platform(ABC):
    """A platform as the suite sees it: how it calls us, and what it was sent."""

    channel: str

    @abstractmethod
    def integration(self, secret: str) -> dict[str, Any]:
        """Give the channel's settings with this secret for its signatures."""

    @abstractmethod
    def app_settings(self) -> dict[str, Any]:
        """Give the settings that make the channel talk to the fake."""

    @abstractmethod
    def text_event(self, message_id: str, text: str, *, customer: str = "1") -> Any:
        """Give the event of a customer's text, as it lies in a body."""

    @abstractmethod
    def other_events(self) -> list[Any]:
        """Give events that are none of the bot's business, one of an unknown kind and the bot's own echo among them."""

    @abstractmethod
    def body(self, events: list[Any]) -> bytes:
        """Put events into the body of one request."""

    @abstractmethod
    def headers(self, body: bytes, *, secret: str) -> dict[str, str]:
        """Sign a body."""

    @abstractmethod
    def sent(self) -> list[tuple[str, str | None]]:
        """Give what was sent so far, accepted or not: customer and text."""

    @abstractmethod
    def go_down(self) -> None:
        """Fail every request from now on."""

    @abstractmethod
    def come_back(self) -> None:
        """Accept requests again, and forget those that failed."""


@dataclass
class Webhook:
    """The app behind one bot's webhook."""

    app: FastAPI
    client: httpx2.AsyncClient
    platform: Platform
    paths: tuple[str, ...]

    @property
    def webhook_inbox(self) -> WebhookInbox:
        """The app's webhook inbox."""
        webhook_inbox: WebhookInbox = self.app.state.channels
        return webhook_inbox

    async def connect(self, *, secret: str = SECRET, is_enabled: bool = True) -> None:
        """Set the bot's channel up."""
        integration = Integration(
            bot="default",
            channel=self.platform.channel,
            is_enabled=is_enabled,
            settings=self.platform.integration(secret),
        )
        await IntegrationStore(self.webhook_inbox.deliveries.services.database).put(integration)

    async def call(self, body: bytes, *, headers: dict[str, str] | None = None, path: int = 0) -> httpx2.Response:
        """Call the webhook; signed unless headers are given."""
        headers = self.platform.headers(body, secret=SECRET) if headers is None else headers
        return await self.client.post(self.paths[path], content=body, headers=headers)

    async def events(self, *events: Any, path: int = 0) -> httpx2.Response:
        """Bring events."""
        return await self.call(self.platform.body(list(events)), path=path)

    async def settled(self, count: int) -> list[tuple[str, str | None]]:
        """Wait until so many messages are out and nothing is left to do; more would be found as well."""
        inbox = self.webhook_inbox.deliveries.services.database.collection("inbox")
        async with asyncio.timeout(120):
            while len(self.platform.sent()) < count or await inbox.find_one({"is_open": True}):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return self.platform.sent()


class WebhookConformance:
    """The suite. A subclass gives the fixture `platform`."""

    @pytest.fixture
    async def webhook(
        self,
        platform: Platform,
        settings: Settings,
        mongo_uri: str,
        tiny_release: Release,
        new_name: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> AsyncIterator[Webhook]:
        """Run the app; time passes quickly."""
        monkeypatch.setattr(queue, "SWEEP_SECONDS", 0.05)
        monkeypatch.setattr(graph_api, "RETRY_SECONDS", 0.01)
        more = {"mongo_uri": mongo_uri, "mongo_database": f"hook_{new_name}", **platform.app_settings()}
        app = create_app(
            settings.model_copy(update=more), releases=FixedReleases({"default": tiny_release, "other": tiny_release})
        )
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        paths = (
            f"/api/v1/bots/default/channels/{platform.channel}/webhook",
            f"/bots/channels/{platform.channel}/webhook",
        )
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=transport, base_url="http://chat.test") as client,
        ):
            webhook = Webhook(app, client, platform, paths)
            webhook.webhook_inbox.deliveries.retry_seconds = (0.1,) * 7
            await webhook.connect()
            yield webhook

    @pytest.mark.parametrize("path", [0, 1])
    async def test_a_signed_event_is_answered_after_it_was_accepted(self, webhook: Webhook, path: int) -> None:
        response = await webhook.events(webhook.platform.text_event("m1", "hello", customer="7"), path=path)
        assert (response.status_code, response.text) == (200, "EVENT_RECEIVED")
        assert await webhook.settled(1) == [("7", "Hello!")]

    async def test_a_request_that_is_not_the_platforms_is_refused(self, webhook: Webhook) -> None:
        body = webhook.platform.body([webhook.platform.text_event("m1", "hello")])
        good = webhook.platform.headers(body, secret=SECRET)
        wrong = [
            {},
            webhook.platform.headers(body, secret="another"),
            webhook.platform.headers(body, secret=""),
            webhook.platform.headers(body + b" ", secret=SECRET),
            *({name: value} for name in good for value in ("", "x", "=", good[name][:-1], good[name] + "0")),
            {name.replace("256", "512"): value for name, value in good.items()},
        ]
        for headers in wrong:
            response = await webhook.call(body, headers=headers)
            assert (response.status_code, response.json()["error"]) == (403, "forbidden"), headers
            assert SECRET not in response.text
        await asyncio.sleep(0.2)
        assert webhook.platform.sent() == []

    async def test_an_empty_secret_refuses_everything(self, webhook: Webhook) -> None:
        await webhook.connect(secret="")
        body = webhook.platform.body([webhook.platform.text_event("m1", "hello")])
        for headers in (webhook.platform.headers(body, secret=""), webhook.platform.headers(body, secret=SECRET), {}):
            assert (await webhook.call(body, headers=headers)).status_code == 403

    async def test_a_channel_that_is_off_or_was_never_set_up_is_not_there(self, webhook: Webhook) -> None:
        await webhook.connect(is_enabled=False)
        body = webhook.platform.body([webhook.platform.text_event("m1", "hello")])
        assert (await webhook.call(body)).status_code == 404
        headers = webhook.platform.headers(body, secret=SECRET)
        for path in (f"/api/v1/bots/other/channels/{webhook.platform.channel}/webhook", "/bots/channels/x/webhook"):
            assert (await webhook.client.post(path, content=body, headers=headers)).status_code == 404

    async def test_a_replayed_request_and_a_repeated_event_are_answered_once(self, webhook: Webhook) -> None:
        event = webhook.platform.text_event("m1", "hello")
        for _ in range(2):
            assert (await webhook.events(event)).status_code == 200
        await webhook.settled(1)
        assert (await webhook.events(event, webhook.platform.text_event("m2", "hello"), event)).status_code == 200
        assert len(await webhook.settled(2)) == 2
        together = await asyncio.gather(*(webhook.events(event) for _ in range(8)))
        assert {response.status_code for response in together} == {200}
        await asyncio.sleep(0.2)
        assert len(await webhook.settled(2)) == 2

    async def test_every_event_of_a_batch_is_answered_in_the_order_of_its_thread(self, webhook: Webhook) -> None:
        texts = ["/init_conversation", "i want to buy a tent", "two"]
        customers = [str(number) for number in range(4)]
        batch = [
            webhook.platform.text_event(f"{customer}-{number}", text, customer=customer)
            for number, text in enumerate(texts)
            for customer in customers
        ]
        assert (await webhook.events(*batch)).status_code == 200
        sent = await webhook.settled(5 * len(customers))
        for customer in customers:
            assert [text for receiver, text in sent if receiver == customer] == [
                "Hi",
                "What can I do for you?",
                "How many?",
                "Ordered: 2 x tent.",
                "Anything else?",
            ]
        assert len(sent) == 5 * len(customers)

    async def test_what_is_no_message_is_accepted_and_ignored(self, webhook: Webhook) -> None:
        for event in webhook.platform.other_events():
            assert (await webhook.events(event)).status_code == 200
        assert (await webhook.events()).status_code == 200
        mixed = [*webhook.platform.other_events(), webhook.platform.text_event("m1", "hello")]
        assert (await webhook.events(*mixed)).status_code == 200
        assert len(await webhook.settled(1)) == 1

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 60_000, b'{"a":' * 60_000, b"9" * 5000])
    async def test_a_signed_body_that_is_no_json_is_a_clear_error(self, webhook: Webhook, body: bytes) -> None:
        response = await webhook.call(body)
        assert (response.status_code, response.json()["error"]) == (400, "malformed")

    @pytest.mark.parametrize(
        "value", [None, [], "x", 5, {}, {"object": 5, "entry": "x"}, float("nan"), 2**64, "\ud800"]
    )
    async def test_a_signed_body_of_another_shape_does_no_harm(self, webhook: Webhook, value: Any) -> None:
        assert (await webhook.call(json.dumps(value).encode())).status_code == 200

    @pytest.mark.parametrize("odd", ["\ud800", "x" * 300, "", "a\n", 5, None, {"$ne": 1}, ["a"], float("inf"), 2**70])
    async def test_odd_ids_and_texts_cost_the_others_nothing(self, webhook: Webhook, odd: Any) -> None:
        events = [
            webhook.platform.text_event(odd, "hello", customer="1"),
            webhook.platform.text_event("m1", odd, customer="1"),
            webhook.platform.text_event("m2", "hello", customer=odd),
            webhook.platform.text_event("m3", "hello", customer="2"),
        ]
        assert (await webhook.events(*events)).status_code == 200
        async with asyncio.timeout(120):
            while ("2", "Hello!") not in await webhook.settled(1):  # noqa: ASYNC110 - another task's progress
                await asyncio.sleep(0.02)

    async def test_a_body_in_pieces_is_read_whole_and_limited(self, webhook: Webhook) -> None:
        body = webhook.platform.body([webhook.platform.text_event("m1", "hello")])

        async def pieces(of: bytes, count: int = 1) -> AsyncIterator[bytes]:
            for _ in range(count):
                for start in range(0, len(of), 1000):
                    yield of[start : start + 1000]

        headers = webhook.platform.headers(body, secret=SECRET)
        response = await webhook.client.post(webhook.paths[0], content=pieces(body), headers=headers)
        assert response.status_code == 200
        response = await webhook.client.post(webhook.paths[0], content=pieces(b"x" * 1000, 2000), headers=headers)
        assert (response.status_code, response.json()["error"]) == (413, "too_large")
        assert len(await webhook.settled(1)) == 1

    async def test_nothing_that_was_sent_and_no_secret_is_logged(
        self, webhook: Webhook, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        for name in ("pymongo", "asyncio"):  # what the database is asked is not ours to log
            logging.getLogger(name).setLevel(logging.WARNING)
        said = webhook.platform.text_event("m1", "xyzzy")
        body = webhook.platform.body([said, *webhook.platform.other_events()])
        for headers in (None, {}, webhook.platform.headers(body, secret="plugh")):
            await webhook.call(body, headers=headers)
        await webhook.call(b"{xyzzy")
        await webhook.settled(1)
        assert caplog.text
        for kept in (SECRET, "xyzzy", *(str(value) for value in webhook.platform.integration(SECRET).values())):
            assert kept not in caplog.text

    async def test_a_body_that_is_too_large_is_refused_and_a_large_batch_is_not(self, webhook: Webhook) -> None:
        filler = webhook.platform.other_events()[0]
        limit = 1_048_576
        fitting = int(limit * 0.9 / (len(webhook.platform.body([filler] * 100)) / 100))
        event = webhook.platform.text_event("m1", "hello")
        assert (await webhook.events(*[filler] * fitting, event)).status_code == 200
        for path in range(2):
            response = await webhook.events(*[filler] * (fitting * 2), path=path)
            assert (response.status_code, response.json()["error"]) == (413, "too_large")
        assert len(await webhook.settled(1)) == 1

    async def test_an_answer_waits_for_a_platform_that_is_down(self, webhook: Webhook) -> None:
        webhook.platform.go_down()
        first = webhook.platform.text_event("m1", "i want to buy a tent")
        assert (await webhook.events(first)).status_code == 200
        async with asyncio.timeout(120):
            while not webhook.platform.sent():  # noqa: ASYNC110 - another task's progress
                await asyncio.sleep(0.01)
        assert (await webhook.events(webhook.platform.text_event("m2", "two"))).status_code == 200
        webhook.platform.come_back()
        sent = await webhook.settled(3)
        assert [text for _, text in sent] == ["How many?", "Ordered: 2 x tent.", "Anything else?"]

    async def test_a_process_that_is_full_lets_the_platform_come_again(self, webhook: Webhook) -> None:
        assert isinstance(webhook.webhook_inbox.queue, queue.LocalQueue)
        webhook.webhook_inbox.queue._max_pending = 0
        event = webhook.platform.text_event("m1", "hello")
        response = await webhook.events(event)
        assert (response.status_code, response.json()["error"]) == (503, "queue_unavailable")
        assert "retry-after" in response.headers
        webhook.webhook_inbox.queue._max_pending = 10
        assert (await webhook.events(event)).status_code == 200
        assert len(await webhook.settled(1)) == 1

    async def test_the_platform_hears_at_once_however_long_the_answer_takes(self, webhook: Webhook) -> None:
        webhook.platform.go_down()
        seconds = []
        for number in range(20):
            event = webhook.platform.text_event(f"m{number}", "hello", customer=str(number))
            started = time.perf_counter()
            assert (await webhook.events(event)).status_code == 200
            seconds.append(time.perf_counter() - started)
        webhook.platform.come_back()
        assert sorted(seconds)[len(seconds) // 2] < 0.25  # generous: the database engine under test may sync a disk
        await webhook.settled(20)

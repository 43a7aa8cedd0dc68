"""Messenger passes the suite of all channels, and what only Messenger has."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from serving.store.threads.states import StoredThread
from tests.fakes.graph_server import ACCEPTS, GraphServer, failure, graph_server
from tests.support.records import now
from tests.support.webhook_conformance import SECRET, Platform, Webhook, WebhookConformance

PAGE = "1001"


class FacebookPlatform(Platform):
    """Messenger, with the Send API on loopback."""

    channel = "facebook"

    def __init__(self, graph: GraphServer) -> None:
        self.graph = graph
        self._clock = int(now().timestamp() * 1000) - 60_000

    def integration(self, secret: str) -> dict[str, Any]:
        return {"verify": "verify-7", "secret": secret, "page_access_token": "page-token-7"}

    def app_settings(self) -> dict[str, Any]:
        return {"facebook_api_url": self.graph.url}

    def event(self, *, customer: str = "1", page: str = PAGE, **fields: Any) -> dict[str, Any]:
        """Give an event of any kind, a millisecond later than the last one."""
        self._clock += 1
        return {"sender": {"id": customer}, "recipient": {"id": page}, "timestamp": self._clock, **fields}

    def text_event(self, message_id: str, text: str, *, customer: str = "1") -> Any:
        return self.event(customer=customer, message={"mid": message_id, "text": text})

    def other_events(self) -> list[Any]:
        echo = self.event(customer=PAGE, page="1", message={"mid": "m_own", "text": "hello", "is_echo": True})
        return [self.event(brand_new={"a": 1}), echo, self.event(delivery={"watermark": 1}), self.event(read={}), 5]

    def body(self, events: list[Any]) -> bytes:
        entries = [{"id": PAGE, "time": 1, "messaging": [event]} for event in events]
        return json.dumps({"object": "page", "entry": entries}).encode()

    def headers(self, body: bytes, *, secret: str) -> dict[str, str]:
        return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}

    def sent(self) -> list[tuple[str, str | None]]:
        return [(sent.recipient, sent.text) for sent in self.graph.messages]

    def go_down(self) -> None:
        self.graph.behaviours = [failure(2, status=500)]

    def come_back(self) -> None:
        self.graph.tool.received.clear()
        self.graph.behaviours = [ACCEPTS]


class TestFacebookWebhook(WebhookConformance):
    """Messenger behind the suite of all channels."""

    @pytest.fixture
    async def platform(self) -> AsyncIterator[Platform]:
        async with graph_server(app_secret=SECRET) as graph:
            yield FacebookPlatform(graph)

    @pytest.mark.parametrize("path", [0, 1])
    async def test_the_address_is_confirmed_to_whoever_knows_the_verify_token(
        self, webhook: Webhook, path: int
    ) -> None:
        query = {"hub.mode": "subscribe", "hub.verify_token": "verify-7", "hub.challenge": "1158201444"}
        response = await webhook.client.get(webhook.paths[path], params=query)
        assert (response.status_code, response.text) == (200, "1158201444")
        assert response.headers["content-type"].startswith("text/plain")
        for wrong in ({**query, "hub.verify_token": "x"}, {**query, "hub.mode": "x"}, {}):
            response = await webhook.client.get(webhook.paths[path], params=wrong)
            assert (response.status_code, response.json()["error"]) == (403, "forbidden")

    async def test_an_event_from_before_the_inbox_remembers_is_not_answered(self, webhook: Webhook) -> None:
        assert isinstance(webhook.platform, FacebookPlatform)
        week = 7 * 24 * 3600 * 1000
        old = webhook.platform.text_event("m1", "hello")
        assert (await webhook.events({**old, "timestamp": old["timestamp"] - week})).status_code == 200
        assert (await webhook.events(webhook.platform.text_event("m2", "hello", customer="2"))).status_code == 200
        assert await webhook.settled(1) == [("2", "Hello!")]

    async def test_a_secret_that_cannot_be_read_is_named_to_the_operator_only(
        self, webhook: Webhook, caplog: pytest.LogCaptureFixture
    ) -> None:
        await webhook.connect(secret="secret:FACEBOOK_APP")
        response = await webhook.events(webhook.platform.text_event("m1", "hello"))
        assert (response.status_code, response.json()["error"]) == (503, "queue_unavailable")
        assert "FACEBOOK_APP" not in response.text
        assert "FACEBOOK_APP" in caplog.text

    async def test_pages_of_one_app_are_different_threads(self, webhook: Webhook) -> None:
        assert isinstance(webhook.platform, FacebookPlatform)
        texts = [("1001", "i want to buy a tent"), ("1002", "two"), ("1001", "two")]
        events = [
            webhook.platform.event(page=page, message={"mid": f"m{number}", "text": text})
            for number, (page, text) in enumerate(texts)
        ]
        await webhook.events(*events)
        await webhook.settled(4)
        first_page = [sent.text for sent in webhook.platform.graph.messages if sent.page == "1001"]
        assert first_page == ["How many?", "Ordered: 2 x tent.", "Anything else?"]

    async def test_the_button_that_begins_a_conversation_gets_the_welcome(self, webhook: Webhook) -> None:
        assert isinstance(webhook.platform, FacebookPlatform)
        event = webhook.platform.event(postback={"title": "Get Started", "payload": "GET_STARTED"})
        assert (await webhook.events(event)).status_code == 200
        assert await webhook.settled(2) == [("1", "Hi"), ("1", "What can I do for you?")]

    async def _context(self, webhook: Webhook, customer: str = "1") -> dict[str, Any]:
        services = webhook.webhook_inbox.deliveries.services
        stored = await services.ledger.open("default", f"facebook:{PAGE}:{customer}", "another", channel="facebook")
        assert isinstance(stored, StoredThread)
        assert stored.state is not None
        context: dict[str, Any] = json.loads(stored.state)["context"]
        return context

    async def test_a_link_that_begins_a_conversation_is_remembered(self, webhook: Webhook) -> None:
        assert isinstance(webhook.platform, FacebookPlatform)
        referral = {"ref": "promo42", "source": "SHORTLINK", "type": "OPEN_THREAD"}
        pressed = {"title": "Get Started", "payload": "GET_STARTED", "referral": referral}
        assert (await webhook.events(webhook.platform.event(postback=pressed))).status_code == 200
        await webhook.settled(2)
        assert (await self._context(webhook))["ref"] == "promo42"

    async def test_a_link_into_a_conversation_goes_with_the_next_message(self, webhook: Webhook) -> None:
        assert isinstance(webhook.platform, FacebookPlatform)
        await webhook.events(webhook.platform.text_event("m1", "i want to buy a tent"))
        await webhook.settled(1)
        for ref in ("first", "promo42"):
            visit = webhook.platform.event(referral={"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"})
            for _ in range(2):
                assert (await webhook.events(visit)).status_code == 200
        assert len(await webhook.settled(1)) == 1  # nobody asked anything
        assert await self._context(webhook) == {}
        await webhook.events(webhook.platform.text_event("m2", "two"))
        assert [text for _, text in await webhook.settled(3)] == ["How many?", "Ordered: 2 x tent.", "Anything else?"]
        assert await self._context(webhook) == {"ref": "promo42", "ref_source": "SHORTLINK", "ref_type": "OPEN_THREAD"}
        inbox = webhook.webhook_inbox.deliveries.services.database.collection("inbox")
        assert await inbox.find_one({"open_thread": {"$ne": None}}) is None

    async def test_a_link_and_the_first_message_may_come_together(self, webhook: Webhook) -> None:
        assert isinstance(webhook.platform, FacebookPlatform)
        visit = webhook.platform.event(referral={"ref": "promo42", "source": "ADS", "type": "OPEN_THREAD"})
        assert (await webhook.events(visit, webhook.platform.text_event("m1", "hello"))).status_code == 200
        assert await webhook.settled(1) == [("1", "Hello!")]
        assert (await self._context(webhook))["ref"] == "promo42"

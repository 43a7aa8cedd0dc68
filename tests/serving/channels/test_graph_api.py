import asyncio
import logging
from collections.abc import AsyncIterator

import httpx2
import pytest

from pipelines.errors import DeliveryFailed, DeliveryRefused
from serving.channels import graph_api
from serving.channels.graph_api import MAX_TRIES, GraphApi
from tests.fakes.graph_server import ACCEPTS, GraphServer, failure, graph_server
from tests.fakes.tool_server import answer, date_in, hang, hang_up
from tests.support.servers import free_port

TOKEN, APP_SECRET = "EAAG-page-token", "app-secret-7"
MESSAGE = {"recipient": {"id": "2002"}, "messaging_type": "RESPONSE", "message": {"text": 'Größe "5" & more'}}


class Sending:
    """The client under test, and the waits between its tries."""

    def __init__(self, url: str) -> None:
        self.waits: list[float] = []
        self.http = httpx2.AsyncClient(timeout=None)
        self.api = GraphApi(self.http, base_url=url, sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def post(self) -> None:
        await self.api.post_message("1001", MESSAGE, token=TOKEN, app_secret=APP_SECRET)


@pytest.fixture
async def graph() -> AsyncIterator[GraphServer]:
    async with graph_server(app_secret=APP_SECRET) as server:
        yield server


@pytest.fixture
async def sending(graph: GraphServer) -> AsyncIterator[Sending]:
    sending = Sending(graph.url)
    yield sending
    await sending.http.aclose()


async def test_post_message_sends_what_the_reference_says(sending: Sending, graph: GraphServer) -> None:
    await sending.post()
    (sent,) = graph.messages
    assert (sent.page, sent.recipient, sent.token, sent.text) == ("1001", "2002", TOKEN, 'Größe "5" & more')
    assert TOKEN not in graph.tool.received[0].target
    assert APP_SECRET.encode() not in graph.tool.received[0].body


@pytest.mark.parametrize(
    "busy",
    [
        failure(2, status=500),
        failure(4),
        failure(613),
        failure(1200),
        failure(999, is_transient=True),
        failure(1, status=503),
        answer("<html>", status="502 Bad Gateway"),
        failure(80006, status=429, more="Retry-After: 2\r\n"),
        hang_up,
    ],
)
async def test_post_message_tries_again_where_that_can_help(sending: Sending, graph: GraphServer, busy: object) -> None:
    graph.behaviours = [busy, busy, ACCEPTS]  # type: ignore[list-item]
    await sending.post()
    assert len(graph.messages) == 3
    assert len(sending.waits) == 2


async def test_post_message_waits_longer_each_time_and_as_long_as_it_is_told(
    sending: Sending, graph: GraphServer
) -> None:
    graph.behaviours = [failure(2, status=500)]
    with pytest.raises(DeliveryFailed):
        await sending.post()
    assert len(graph.messages) == MAX_TRIES
    assert sending.waits[0] <= 1.0 < sending.waits[1] * 1.01 <= 2.02
    graph.behaviours = [failure(4, status=429, more="Retry-After: 3\r\n"), ACCEPTS]
    await sending.post()
    assert sending.waits[-1] == 3.0


async def test_post_message_waits_until_the_date_it_is_told(sending: Sending, graph: GraphServer) -> None:
    graph.behaviours = [failure(4, status=429, more=f"Retry-After: {date_in(3.0)}\r\n"), ACCEPTS]
    await sending.post()
    assert 1.0 < sending.waits[-1] <= 3.0
    graph.behaviours = [failure(4, status=429, more=f"Retry-After: {date_in(120.0)}\r\n")]
    with pytest.raises(DeliveryFailed) as raised:
        await sending.post()
    assert 100 < (raised.value.retry_after_seconds or 0.0) <= 120


async def test_post_message_leaves_a_long_wait_to_its_caller(sending: Sending, graph: GraphServer) -> None:
    graph.behaviours = [failure(4, status=429, more="Retry-After: 120\r\n")]
    with pytest.raises(DeliveryFailed) as raised:
        await sending.post()
    assert raised.value.retry_after_seconds == 120
    assert len(graph.messages) == 1


@pytest.mark.parametrize("code", [10, 100, 190, 200, 551])
async def test_post_message_does_not_repeat_what_is_refused_for_good(
    sending: Sending, graph: GraphServer, code: int
) -> None:
    graph.behaviours = [failure(code, error_subcode=7)]
    with pytest.raises(DeliveryRefused, match=f"status 400, code {code}, subcode 7"):
        await sending.post()
    assert len(graph.messages) == 1


@pytest.mark.parametrize("body", ["", "[]", '"x"', '{"error": 5}', '{"error": {"code": "100"}}', "[" * 50_000])
async def test_post_message_understands_any_refusal(sending: Sending, graph: GraphServer, body: str) -> None:
    graph.behaviours = [answer(body, status="400 Bad Request")]
    with pytest.raises(DeliveryRefused, match="code None"):
        await sending.post()


async def test_post_message_does_not_repeat_into_a_silence(
    sending: Sending, graph: GraphServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_api, "TRY_SECONDS", 0.2)
    graph.behaviours = [hang]
    with pytest.raises(DeliveryFailed, match="no answer within"):
        await asyncio.wait_for(sending.post(), 5)
    assert len(graph.messages) == 1


async def test_post_message_to_a_host_that_is_down() -> None:
    sending = Sending(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(DeliveryFailed, match="ConnectError"):
        await sending.post()
    assert len(sending.waits) == MAX_TRIES - 1
    await sending.http.aclose()


async def test_post_message_tells_nobody_the_token(
    sending: Sending, graph: GraphServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    graph.behaviours = [failure(190, message=f"Malformed access token {TOKEN}")]
    with pytest.raises(DeliveryRefused) as raised:
        await sending.post()
    assert caplog.text
    for secret in (TOKEN, APP_SECRET):
        assert secret not in str(raised.value) + caplog.text

"""Requests that fail on the way, against a scripted server."""

import asyncio
import json
from contextlib import closing

import pytest

from serving.client import ApiError, ApiUnavailable, EditedMeanwhile
from serving.client.transport import Transport
from tests.fakes.tool_server import Behaviour, ToolServer, answer, hang_up, tool_server
from tests.support.servers import free_port


def refusal(status: str, error: str, more: str = "", **fields: object) -> Behaviour:
    return answer(json.dumps({"error": error, "detail": "so it is", **fields}), status=status, more=more)


def transport_to(server: ToolServer) -> Transport:
    return Transport(server.url, key="the-key", timeout_seconds=5.0)


def read(server: ToolServer, most: int | None) -> list[object]:
    with closing(transport_to(server)) as transport:
        return list(transport.pages("/x", {"text": "a"}, most=most))


async def send(server: ToolServer, method: str = "POST", path: str = "/x", **fields: object) -> object:
    def work() -> object:
        with closing(transport_to(server)) as transport:
            return transport.request(method, path, **fields).json()  # type: ignore[arg-type]

    return await asyncio.to_thread(work)


async def test_a_request_brings_its_key() -> None:
    async with tool_server() as server:
        server.behaviours = [answer("[1]")]
        assert await send(server, "GET", params={"limit": 5, "text": None, "is_open": True, "kind": ["a", "b"]}) == [1]
        assert server.received[0].target == "/x?limit=5&is_open=true&kind=a&kind=b"
        assert server.received[0].headers["authorization"] == "Bearer the-key"


@pytest.mark.parametrize(
    "failing",
    [
        hang_up,
        refusal("503 Service Unavailable", "busy", "Retry-After: 0\r\n"),
        refusal("429 Too Many Requests", "too_many_requests", "Retry-After: 0\r\n"),
        answer("<html>", status="502 Bad Gateway", kind="text/html"),
        refusal("409 Conflict", "under_way"),
    ],
)
async def test_what_failed_on_the_way_is_sent_again_and_done_once(failing: Behaviour) -> None:
    async with tool_server() as server:
        server.behaviours = [failing, answer('{"n": 1}')]
        assert await send(server, json={"a": 1}) == {"n": 1}
        first, second = server.received
        assert first.body == second.body == b'{"a":1}'
        assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


async def test_what_is_refused_is_not_sent_again() -> None:
    async with tool_server() as server:
        server.behaviours = [refusal("422 Unprocessable Content", "invalid_input"), answer("{}")]
        with pytest.raises(ApiError, match=r"so it is \(422 invalid_input\)") as caught:
            await send(server)
        assert (caught.value.status, caught.value.error, caught.value.detail) == (422, "invalid_input", "so it is")
        assert len(server.received) == 1


async def test_who_edits_an_old_version_gets_the_new_one() -> None:
    async with tool_server() as server:
        stale = refusal("412 Precondition Failed", "edit_conflict", 'ETag: "new"\r\n', current={"size": 5})
        server.behaviours = [stale]
        with pytest.raises(EditedMeanwhile) as caught:
            await send(server, "PUT", json={})
        assert (caught.value.current, caught.value.etag) == ({"size": 5}, '"new"')


async def test_a_server_that_asks_for_long_patience_is_not_waited_for() -> None:
    async with tool_server() as server:
        server.behaviours = [refusal("503 Service Unavailable", "busy", "Retry-After: 3600\r\n")]
        with pytest.raises(ApiUnavailable, match="so it is"):
            await send(server, "GET")
        assert len(server.received) == 1


async def test_a_server_that_is_not_there_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with (
        closing(Transport(url, key=None, timeout_seconds=1.0)) as transport,
        pytest.raises(ApiUnavailable, match=f"{url} does not answer"),
    ):
        await asyncio.to_thread(transport.get, "/x")


async def test_lists_are_read_page_after_page() -> None:
    async with tool_server() as server:
        pages = ('{"items": [1, 2], "next": "c"}', '{"items": [3], "next": null}')
        server.behaviours = [*map(answer, pages)]
        assert await asyncio.to_thread(read, server, None) == [1, 2, 3]
        assert [each.target for each in server.received] == ["/x?text=a&limit=200", "/x?text=a&cursor=c&limit=200"]
        server.behaviours = [answer(pages[0])]
        assert await asyncio.to_thread(read, server, 2) == [1, 2]
        assert server.received[-1].target == "/x?text=a&limit=2"

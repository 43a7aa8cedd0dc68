"""Processes that are asked to end: they finish what is in work; a second signal ends them at once."""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.fakes.crowd import HALF_A_BODY, SILENT, UNREAD, crowd
from tests.fakes.tool_server import ToolServer, answer, hang, tool_server
from tests.support.api_process import start_api
from tests.support.servers import stop
from tests.support.sqs_server import AWS_VARIABLES, make_queue, sqs_server
from tests.support.worker_process import start_worker

pytestmark = [pytest.mark.integration, pytest.mark.slow]

TRACK = {"thread_id": "t", "message_id": "m", "text": "track order ORD-1042"}
MESSAGES = "/api/v1/bots/default/messages"


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
def api(
    tmp_path: Path, tiny_release_folder: Path, mongo_uri: str, tool: ToolServer
) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    process, url = start_api(
        tmp_path, release=tiny_release_folder, mongo_uri=mongo_uri, shop=tool.url, tool_timeout_seconds=8.0
    )
    yield process, url
    stop(process)


async def wait(process: "subprocess.Popen[bytes]", *, seconds: float = 20) -> int:
    return await asyncio.to_thread(process.wait, seconds)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_chat_api_finishes_the_requests_in_work(
    api: tuple["subprocess.Popen[bytes]", str], tool: ToolServer, number: signal.Signals, new_name: str
) -> None:
    process, url = api

    async def answer_late(request: object, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2)
        await answer('{"status": "shipped"}')(request, writer)  # type: ignore[arg-type]

    tool.behaviours = [answer_late]
    async with httpx2.AsyncClient(base_url=url, timeout=20) as client:
        asked = asyncio.create_task(client.post(MESSAGES, json={**TRACK, "thread_id": new_name}))
        await asyncio.wait_for(tool.is_called.wait(), 10)
        process.send_signal(number)
        response = await asked
    assert response.json()["replies"] == [{"text": "Order ORD-1042 is shipped."}]
    assert await wait(process) == 0


async def test_clients_that_do_nothing_delay_no_end(api: tuple["subprocess.Popen[bytes]", str], tmp_path: Path) -> None:
    process, url = api
    with crowd(int(url.rsplit(":", 1)[1]), SILENT, HALF_A_BODY, UNREAD, count=20):
        process.terminate()
        assert await wait(process, seconds=10) == 0
    assert "Traceback" not in (tmp_path / "output.log").read_text()


async def test_a_second_signal_ends_the_chat_api_at_once(
    api: tuple["subprocess.Popen[bytes]", str], tool: ToolServer, new_name: str
) -> None:
    process, url = api
    tool.behaviours = [hang]
    async with httpx2.AsyncClient(base_url=url, timeout=20) as client:
        asked = asyncio.create_task(client.post(MESSAGES, json={**TRACK, "thread_id": new_name}))
        await asyncio.wait_for(tool.is_called.wait(), 10)
        process.terminate()
        await asyncio.sleep(0.5)
        assert process.poll() is None
        process.terminate()
        assert await wait(process, seconds=2) == -signal.SIGTERM
        with pytest.raises(httpx2.TransportError):
            await asked


async def test_a_worker_ends_with_status_0(
    tmp_path: Path, tiny_release_folder: Path, mongo_uri: str, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqs_server(tmp_path / "sqs") as endpoint:
        queue = make_queue(endpoint, new_name, max_receives=3)
        more = {**AWS_VARIABLES, "AWS_ENDPOINT_URL": endpoint, "INTENTLOOP_QUEUE_URL": queue.url}
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        process = start_worker(tmp_path / "worker", release=tiny_release_folder, mongo_uri=mongo_uri)
        try:
            log = tmp_path / "worker" / "output.log"
            async with asyncio.timeout(120):
                while "working on" not in log.read_text():  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            process.terminate()
            assert await wait(process) == 0
        finally:
            stop(process)
    assert "Traceback" not in log.read_text()

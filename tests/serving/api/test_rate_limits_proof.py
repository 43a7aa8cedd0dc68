"""A client beyond its limit sees 429, and the others' latency does not move: measured in one run."""

import asyncio
import http.client
import threading
from pathlib import Path

import pytest

from serving.bench.beside import Slices
from serving.bench.generator import run_load
from serving.bench.plan import LoadPlan
from tests.support.api_process import api_process
from tests.support.ratios import assert_hardly_slower
from tests.support.servers import ENGINES, mongo_server

pytestmark = [pytest.mark.integration, pytest.mark.prove]

ALLOWED_RATIO = 1.2
RATE, MEASURED_SECONDS = 40.0, 90.0
CONNECTIONS = 16
ALLOWED_PER_MINUTE = 60  # what it may send is work like any other; what is measured is the rest
GREEDY = "203.0.113.66"


class Flood:
    """A client that sends on each of its connections as fast as it is answered, whatever the answer says."""

    def __init__(self, port: int) -> None:
        self.times_begun = 0
        self.statuses: dict[int, int] = {}
        self._port = port
        self._may_send, self._is_over = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(n,), daemon=True) for n in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()

    def cpu_seconds(self) -> float | None:
        return None

    def resume(self) -> None:
        self._may_send.set()

    def pause(self) -> None:
        self._may_send.clear()

    def end(self) -> None:
        self._is_over.set()
        self._may_send.set()
        for thread in self._threads:
            thread.join()

    def _send(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        headers = {"X-Forwarded-For": GREEDY, "Content-Type": "application/json"}
        body = f'{{"thread_id": "greedy-{number}", "text": "hello"}}'
        while not self._is_over.is_set():
            self._may_send.wait()
            connection.request("POST", "/api/v1/bots/default/messages", body, headers)
            answer = connection.getresponse()
            answer.read()
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        connection.close()


async def test_others_do_not_feel_a_limited_client(
    tmp_path: Path, tiny_release_folder: Path, new_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        mongo_server(ENGINES[0], tmp_path / "database") as mongo_uri,
        api_process(
            tmp_path / "api",
            release=tiny_release_folder,
            mongo_uri=mongo_uri,
            shop="http://127.0.0.1:1",
            settings={"rate_limit_address": ALLOWED_PER_MINUTE},
        ) as url,
    ):
        plan = LoadPlan(
            url=f"{url}/api/v1/bots/default/messages", clients=1, rate=RATE, warm_up_seconds=1,
            seconds=MEASURED_SECONDS, texts=("hello", "hi there", "good morning"), run_id=new_name,
        )  # fmt: skip
        flood = Flood(int(url.rpartition(":")[2]))
        slices = Slices(flood)
        alternating = asyncio.create_task(asyncio.to_thread(slices.run))
        done = await asyncio.to_thread(run_load, plan, lambda _: None)
        slices.stop()
        await alternating
        flood.end()
    assert flood.statuses.keys() == {200, 429}
    assert flood.statuses[429] > 5 * flood.statuses[200]
    words = ("a limited client", "alone", f"beside {flood.statuses}")
    assert_hardly_slower(slices, done.samples, at_most=ALLOWED_RATIO, words=words, capsys=capsys)

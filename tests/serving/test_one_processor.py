"""Keeping to one processor: real threads on this machine's processors, real waiting for them."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from serving import one_processor
from serving.one_processor import ProcessorKeeper
from tests.support.servers import free_port, start, stop

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs Linux and two processors",
)

_LOOP = """
import asyncio, os, subprocess, sys, threading
from serving import one_processor

one_processor.PERIOD_SECONDS = 0.1
one_processor.keep_to_one_processor()

def processors_of_a_child():
    program = "import os; print(len(os.sched_getaffinity(0)))"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip()

async def main():
    while len(os.sched_getaffinity(0)) > 1:
        sum(range(100_000))
    other = []
    thread = threading.Thread(target=lambda: other.append(len(os.sched_getaffinity(0))))
    thread.start()
    thread.join()
    helper = await asyncio.to_thread(lambda: len(os.sched_getaffinity(0)))
    print(len(os.sched_getaffinity(0)), other[0], helper, await asyncio.to_thread(processors_of_a_child))

with asyncio.Runner(loop_factory=one_processor.new_event_loop) as runner:
    runner.run(main())
"""


def test_the_loop_and_its_threads_share_a_processor_and_its_helpers_and_their_children_go_anywhere() -> None:
    run = subprocess.run([sys.executable, "-c", _LOOP], capture_output=True, text=True, timeout=60, check=True)
    n_allowed = str(len(os.sched_getaffinity(0)))
    assert run.stdout.split() == ["1", "1", n_allowed, n_allowed]


_SERVER = """
import asyncio, os, sys
from starlette.responses import PlainTextResponse
from serving import one_processor
from serving.server import run_server

async def app(scope, receive, send):
    if scope["type"] == "http":
        sum(range(3_000_000))  # something to do
    helper = await asyncio.to_thread(lambda: len(os.sched_getaffinity(0)))
    await PlainTextResponse(f"{len(os.sched_getaffinity(0))} {helper}")(scope, receive, send)

one_processor.PERIOD_SECONDS = 0.1
run_server(app, host="127.0.0.1", port=int(sys.argv[1]))
"""


def test_the_server_is_kept_to_one_processor_and_its_helpers_are_not(tmp_path: Path) -> None:
    port = free_port()
    process = start([sys.executable, "-c", _SERVER, str(port)], port=port, folder=tmp_path)
    try:
        deadline, answer = time.monotonic() + 60, ""
        while not answer.startswith("1 ") and time.monotonic() < deadline:
            answer = httpx2.get(f"http://127.0.0.1:{port}/").text
        assert answer == f"1 {len(os.sched_getaffinity(0))}"
    finally:
        stop(process)


def test_a_process_that_may_use_one_processor_only_is_left_alone(
    tied: Callable[[set[int]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_processor, "ProcessorKeeper", None)
    tied({min(os.sched_getaffinity(0))})
    one_processor.keep_to_one_processor()
    assert all(thread.name != "one-processor" for thread in threading.enumerate())


def test_who_has_to_wait_or_has_little_to_do_is_let_go_and_tied_again_where_it_runs_then(
    times: "_Times", tied: Callable[[set[int]], None]
) -> None:
    allowed = os.sched_getaffinity(0)
    keeper = ProcessorKeeper(threading.get_native_id(), allowed=allowed)
    seen = []
    for ran, waited in ((0.9, 0.1), (0.5, 0.5), (0.5, 0.5), (0.9, 0.1), (0.1, 0.0), (0.7, 0.2)):
        times.pass_(ran, waited)
        keeper.look()
        seen.append(len(os.sched_getaffinity(0)))
    assert seen == [1, len(allowed), 1, 1, len(allowed), 1]


def test_an_idle_process_is_left_as_its_operator_wants_it(
    times: "_Times", tied: Callable[[set[int]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = ProcessorKeeper(threading.get_native_id(), allowed=os.sched_getaffinity(0))
    monkeypatch.setattr(keeper, "_set", None)
    for _ in range(3):
        times.pass_(0.2, 0.0)
        keeper.look()


def test_a_kernel_that_does_not_count_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "schedstat").write_text("0 0 0\n")
    monkeypatch.setattr(one_processor, "_TASKS", tmp_path)
    with pytest.raises(OSError, match="does not count"):
        ProcessorKeeper(7, allowed={0, 1})


def test_two_that_want_one_processor_both_get_their_work_done(tied: Callable[[set[int]], None]) -> None:
    """A second process keeps this one's processor busy and cannot leave it: this one must get away."""
    allowed = os.sched_getaffinity(0)
    keeper = ProcessorKeeper(threading.get_native_id(), allowed=allowed)
    _work(0.2)
    keeper.look()
    (crowded,) = os.sched_getaffinity(0)
    hog = f"import os\nos.sched_setaffinity(0, {{{crowded}}})\nprint(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", hog], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            deadline = time.monotonic() + 60
            while os.sched_getaffinity(0) == {crowded} and time.monotonic() < deadline:
                _work(0.3)
                keeper.look()
            assert os.sched_getaffinity(0) == allowed
        finally:
            process.kill()


def _work(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(1000))


class _Times:
    """Stands in for the clock and what the kernel counts: seconds run and waited."""

    def __init__(self) -> None:
        self._now, self._ran, self._waited = 5.0, 1.0, 0.0

    def pass_(self, ran: float, waited: float) -> None:
        """Let a second pass in which the thread ran and waited so long."""
        self._now, self._ran, self._waited = self._now + 1.0, self._ran + ran, self._waited + waited

    def __call__(self, _: ProcessorKeeper) -> tuple[float, float, float]:
        return self._now, self._ran, self._waited


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> _Times:
    stand_in = _Times()
    monkeypatch.setattr(ProcessorKeeper, "_times", lambda keeper: stand_in(keeper))
    return stand_in


@pytest.fixture
def tied() -> Iterator[Callable[[set[int]], None]]:
    """Tie the test's thread to processors; it and all others go free afterwards."""
    allowed = os.sched_getaffinity(0)
    yield lambda processors: os.sched_setaffinity(0, processors)
    for thread in threading.enumerate():
        if thread.native_id is not None:
            os.sched_setaffinity(thread.native_id, allowed)

import os
import socket
import subprocess
import sys

from serving.bench.processes import find_listener, use_of
from tests.support.servers import free_port


def test_find_listener_finds_the_process_behind_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert find_listener(server.getsockname()[1]) == os.getpid()
    assert find_listener(free_port()) is None


def test_use_of_grows_with_work_and_includes_children() -> None:
    command = [sys.executable, "-c", "x = bytearray(50_000_000); input()"]
    before = use_of(os.getpid())
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        alone = use_of(child.pid)
        sum(range(3_000_000))
        after = use_of(os.getpid())
        child.kill()
    assert before is not None
    assert after is not None
    assert alone is not None
    assert after.cpu_seconds > before.cpu_seconds
    assert after.resident_mb > before.resident_mb
    assert use_of(child.pid) is None

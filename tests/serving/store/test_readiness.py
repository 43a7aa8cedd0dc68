"""A database that reads and does not write."""

import asyncio
import logging
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.errors import StoreRefused, StoreUnavailable
from serving.store.client import Database
from serving.store.readiness import PAUSE_SECONDS, StoreReadiness
from serving.store.refusals import describe_refusal
from serving.store.schema import Schema
from tests.support.commands import CommandWatch
from tests.support.servers import free_port, mongo_command, start, stop

_FULL = 1_000_000


@pytest.fixture
def nx(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Give a database process of the test's own, and its address."""
    port = free_port()
    process = start(mongo_command("nx-27017", port=port, folder=tmp_path), port=port, folder=tmp_path)
    yield process, f"mongodb://127.0.0.1:{port}"
    stop(process)


@pytest.mark.integration
async def test_full_disk_is_noticed_and_named_and_so_is_its_end(
    nx: tuple[subprocess.Popen[bytes], str], caplog: pytest.LogCaptureFixture
) -> None:
    process, uri = nx
    database = Database(uri, name="x", timeout_seconds=5.0)
    clock = [0.0]
    readiness = StoreReadiness(database, Schema(database), clock=lambda: clock[0])
    assert await readiness.check() == ()
    # the kernel refuses to let any file grow, as a full disk does
    usual = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    clock[0] += PAUSE_SECONDS
    with pytest.raises(StoreRefused, match="write to the database: its disk"):
        await readiness.check()
    assert "the database refuses to write to the database: its disk" in caplog.text
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, usual)
    with pytest.raises(StoreRefused):
        await readiness.check()  # as it was a moment ago
    clock[0] += PAUSE_SECONDS
    assert await readiness.check() == ()
    database.close()


async def test_probes_share_one_write_every_few_seconds(database: Database, commands: CommandWatch) -> None:
    clock = [0.0]
    readiness = StoreReadiness(database, Schema(database), clock=lambda: clock[0])
    await asyncio.gather(*(readiness.check() for _ in range(50)))
    assert commands.names.count("update") == 1
    clock[0] += PAUSE_SECONDS
    await readiness.check()
    assert commands.names.count("update") == 2


async def test_database_that_is_not_there_is_not_refused_but_silent(caplog: pytest.LogCaptureFixture) -> None:
    database = Database(f"mongodb://127.0.0.1:{free_port()}", name="x", timeout_seconds=0.3)
    with caplog.at_level(logging.WARNING), pytest.raises(StoreUnavailable) as raised:
        await StoreReadiness(database, Schema(database)).check()
    assert not isinstance(raised.value, StoreRefused)
    database.close()


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        (8, "database or disk is full", "its disk is full"),
        (14031, "available disk space of 0 bytes is less than required", "its disk is full"),
        (8, "attempt to write a readonly database", "it is read-only"),
        (10107, "not primary", "it is not the primary"),
        (None, "not primary", "it is not the primary"),
        (8000, "you are over your space quota, using 513 MB of 512 MB", "its quota is used up"),
        (13, "not authorized on intentloop to execute command { insert: ... }", "its user lacks the permission"),
        (8, "disk I/O error", "its disk fails"),
        (166, "Namespace x.turns is a view, not a collection", "it is a view"),
        (4242, "the customer wrote: hello", "error 4242"),
    ],
)
def test_reason_is_a_sentence_that_quotes_no_document(code: int | None, message: str, reason: str) -> None:
    assert describe_refusal(code, message).startswith(reason)
    assert "hello" not in describe_refusal(code, message)

"""`intentloop score`, run as a user runs it, on a log of any length."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from pipelines.schemas.keys import thread_key
from pipelines.schemas.turns import TurnRecord
from pipelines.scoring.parts import Plan
from pipelines.scoring.worker import identity
from serving.dialogue.state import DialogueState
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.turns import TurnLog
from tests.support.command_line import ROOT, intentloop
from tests.support.records import turn_record

pytestmark = pytest.mark.slow
on_one_engine = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
TEXTS = ("hello there", "where is my order ORD-1042", "buy two tents", "stop", "what is the meaning of life")
TURNS_A_THREAD = 10
FULL = 100_000
ALLOWED_GROWTH = 1.1


def conversations(bot: str, n_messages: int) -> Iterator[TurnRecord]:
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    state = DialogueState().model_dump_json()
    for number in range(n_messages):
        thread, turn = f"v{number // TURNS_A_THREAD:06d}", number % TURNS_A_THREAD + 1
        text = f"{TEXTS[number % len(TEXTS)]} {number % 7}"
        message = {"bot": bot, "thread_id": thread, "message_id": str(turn), "text": text, "channel": "rest"}
        yield turn_record(
            bot, turn, str(turn), thread=thread_key(bot, thread), thread_id=thread, text=text, state=state,
            message=json.dumps(message), created_at=begin,
        )  # fmt: skip


async def fill(database: Database, bot: str, n_messages: int) -> None:
    await Schema(database).ensure()
    log, batch = TurnLog(database, ttl=timedelta(days=90)), []
    for record in conversations(bot, n_messages):
        batch.append(record)
        if len(batch) == 500:
            await log.append_all(batch)
            batch.clear()
    if batch:
        await log.append_all(batch)


def resident_megabytes(process: subprocess.Popen[str]) -> Iterator[tuple[float, float]]:
    """Give the memory of the command, and of its largest worker, for as long as it runs."""
    command = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            workers = [child.memory_info().rss for child in command.children(recursive=True)]
            yield command.memory_info().rss / 1e6, max(workers, default=0) / 1e6
        except psutil.NoSuchProcess:
            continue
        time.sleep(0.25)


def measured(command: list[str], environment: dict[str, str]) -> tuple[str, float, list[tuple[float, float]]]:
    """Run the command; give what it says, how long it took, and its memory over time."""
    begun = time.monotonic()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        memory = list(resident_megabytes(process))
        assert process.stdout is not None
        return process.stdout.read(), time.monotonic() - begun, memory


@on_one_engine
async def test_score_command_says_what_would_be_different(
    database: Database, mongo_uri: str, new_name: str, tiny_release_folder: Path, tmp_path: Path
) -> None:
    await fill(database, new_name, 25)
    options = ("--since", "7d", "--bot", new_name, "--release-folder", str(tiny_release_folder))
    variables = {"INTENTLOOP_HOME": str(tmp_path), "INTENTLOOP_MONGO_DATABASE": "intentloop_test"}
    scored = intentloop("score", *options, INTENTLOOP_MONGO_URI=mongo_uri, **variables)
    assert scored.returncode == 0, scored.stderr
    lines = scored.stdout.splitlines()
    files = list((tmp_path / "scores").iterdir())
    assert [file.suffix for file in files] == [".parquet"]
    assert lines[0] == f"25 messages scored with version tiny: {files[0]}"
    assert re.fullmatch(r"  intent +[\d.]+ % \([\d.]+-[\d.]+ %, n = 25\)", lines[1])
    assert " would take another route than they did: " in lines[-1]
    assert "Scoring: scored 25 of 25 messages (" in scored.stderr
    assert pq.read_table(files[0]).num_rows == 25


@on_one_engine
def test_score_command_goes_on_with_what_was_begun_another_day(
    mongo_uri: str, new_name: str, tiny_release_folder: Path, tmp_path: Path
) -> None:
    begun = datetime(2026, 11, 2, tzinfo=UTC)
    sha256 = identity(tiny_release_folder)
    plan = Plan(bot=new_name, release_sha256=sha256, asked="2w", since=begun, until=begun, parts=())
    folder = tmp_path / "scores" / f"{new_name}-tiny-since-2026-11-02.parquet.parts"
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(plan.model_dump_json())
    options = ("--since", "2w", "--bot", new_name, "--release-folder", str(tiny_release_folder))
    scored = intentloop("score", *options, INTENTLOOP_HOME=str(tmp_path), INTENTLOOP_MONGO_URI=mongo_uri)
    assert scored.returncode == 0, scored.stderr
    assert "resumed an earlier run: messages since 2026-11-02 00:00 UTC" in scored.stdout
    assert [file.name for file in (tmp_path / "scores").iterdir()] == [folder.stem]


def test_score_command_time_that_is_none_is_said() -> None:
    refused = intentloop("score", "--since", "yesterday")
    assert refused.returncode == 2
    assert "write 7d, 4w or a date" in refused.stderr


@pytest.mark.prove
@on_one_engine
async def test_score_a_long_log_in_bounded_memory(
    database: Database,
    mongo_uri: str,
    new_name: str,
    tiny_release_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await fill(database, new_name, FULL)
    out = tmp_path / "scores.parquet"
    command = [sys.executable, "-m", "serving.cli", "score", "--since", "7d", "--bot", new_name]
    command += ["--release-folder", str(tiny_release_folder), "--out", str(out)]
    variables = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": "intentloop_test"}
    said, seconds, memory = measured(command, {"PATH": "", **variables})
    assert said.startswith(f"{FULL:,} messages scored")
    assert pq.read_metadata(out).num_rows == FULL
    half = len(memory) // 2
    early, late = ([max(column) for column in zip(*rows, strict=True)] for rows in (memory[:half], memory[half:]))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{FULL:,} messages scored in {seconds:.0f} s; at most {early[0]:.0f} MB in the first half and "
            f"{late[0]:.0f} MB in the second, a worker {early[1]:.0f} MB and {late[1]:.0f} MB\n"
        )
    assert late[0] <= ALLOWED_GROWTH * early[0]
    assert late[1] <= ALLOWED_GROWTH * early[1]

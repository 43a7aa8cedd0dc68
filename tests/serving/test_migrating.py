"""Two chat APIs answer while the documents of an earlier version are migrated under them."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pipelines.schemas.keys import TURNS
from serving.store.client import Database
from serving.store.schema import TIME_KEY, Schema
from serving.store.threads.turns import TurnLog
from serving.store.upkeep.migrations import pending
from serving.store.versions import NUMBER, read_version
from tests.support.api_process import DATABASE, api_process
from tests.support.command_line import intentloop
from tests.support.records import turn_record
from tests.support.servers import free_port

pytestmark = [pytest.mark.integration, pytest.mark.slow]

N_TURNS, N_THREADS = 1500, 8


async def plant(uri: str) -> None:
    """Write turns of other threads as the first version did."""
    database = Database(uri, name=DATABASE, timeout_seconds=60.0)
    await Schema(database).ensure()
    records = [turn_record("default", number, f"old{number}") for number in range(1, N_TURNS + 1)]
    await TurnLog(database, ttl=timedelta(days=1)).append_all(records)
    turns = database.collection(TURNS)
    documents = await turns.find({}, {TIME_KEY: 0}).to_list(None)
    await turns.delete_many({})
    await turns.insert_many(documents)
    assert [step.n_documents for step in await pending(database)] == [N_TURNS]
    database.close()


async def talk_until(done: asyncio.Event, urls: list[str]) -> list[int]:
    """Talk to the processes in turns, each conversation to both of them; give the status of every answer."""
    async with httpx2.AsyncClient(timeout=60.0) as client:

        async def one(thread: int) -> list[int]:
            statuses: list[int] = []
            while not done.is_set() or len(statuses) < len(urls):
                number = len(statuses)
                message = {"thread_id": f"t{thread}", "message_id": f"m{number}", "text": "hello"}
                url = urls[(thread + number) % len(urls)]
                statuses.append((await client.post(f"{url}/api/v1/bots/default/messages", json=message)).status_code)
            return statuses

        found = await asyncio.gather(*map(one, range(N_THREADS)))
        return [status for statuses in found for status in statuses]


@pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
async def test_two_processes_answer_while_the_database_is_migrated(
    mongo_uri: str, tiny_release_folder: Path, tmp_path: Path
) -> None:
    await plant(mongo_uri)
    # they talk for as long as it takes, which on a busy machine is more than customers may send
    more: dict[str, Any] = {
        "release": tiny_release_folder, "mongo_uri": mongo_uri, "shop": f"http://127.0.0.1:{free_port()}",
        "settings": {"rate_limit_thread": 0, "rate_limit_address": 0},
    }  # fmt: skip
    with api_process(tmp_path / "one", **more) as one, api_process(tmp_path / "two", **more) as two:
        done = asyncio.Event()
        talking = asyncio.create_task(talk_until(done, [one, two]))
        variables = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": DATABASE}
        migrated = await asyncio.to_thread(intentloop, "db", "migrate", **variables)
        done.set()
        statuses = await talking
    assert migrated.returncode == 0, migrated.stderr
    assert migrated.stdout.endswith(f"the schema is {NUMBER}\n")
    assert set(statuses) == {200}
    database = Database(mongo_uri, name=DATABASE, timeout_seconds=60.0)
    found = await read_version(database)
    assert (found.number if found else None, await pending(database)) == (NUMBER, [])
    assert await database.collection(TURNS).count_documents({}) == N_TURNS + len(statuses)
    await database.drop()
    database.close()

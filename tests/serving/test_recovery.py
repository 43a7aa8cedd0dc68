"""The drill: a backup is taken under a running platform, the database is lost, and everything goes on."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pipelines.schemas.keys import TURNS
from serving.store.client import Database
from serving.store.labelling.labels import Labels
from serving.store.threads.turns import TurnLog
from tests.support.api_process import DATABASE, api_process
from tests.support.command_line import intentloop
from tests.support.labels import label_item
from tests.support.servers import free_port

pytestmark = [pytest.mark.integration, pytest.mark.slow]

N_THREADS = 6


def send(client: httpx2.Client, thread: str, message_id: str, text: str) -> dict[str, Any]:
    message = {"thread_id": thread, "message_id": message_id, "text": text}
    response = client.post("/api/v1/bots/default/messages", json=message)
    assert response.status_code == 200, response.text
    return dict(response.json())


def texts(answer: dict[str, Any]) -> list[str]:
    return [reply["text"] for reply in answer["replies"]]


async def chatter(url: str, done: asyncio.Event) -> None:
    """Write to many threads all the time."""
    async with httpx2.AsyncClient(base_url=url, timeout=60.0) as client:

        async def one(thread: int) -> None:
            number = 0
            while not done.is_set():
                number += 1
                message = {"thread_id": f"busy{thread}", "message_id": f"m{number}", "text": "hello"}
                response = await client.post("/api/v1/bots/default/messages", json=message)
                assert response.status_code == 200, response.text

        await asyncio.gather(*map(one, range(N_THREADS)))


async def back_up_under_load(url: str, place: Path, variables: dict[str, str]) -> None:
    done = asyncio.Event()
    talking = asyncio.create_task(chatter(url, done))
    made = await asyncio.to_thread(intentloop, "backup", str(place), **variables)
    done.set()
    await talking
    assert made.returncode == 0, made.stderr


async def plant_labels(uri: str) -> None:
    database = Database(uri, name=DATABASE, timeout_seconds=30.0)
    await Labels(database).store([label_item("default", f"text {number}", value=number) for number in range(5)])
    database.close()


async def wipe(uri: str) -> None:
    database = Database(uri, name=DATABASE, timeout_seconds=30.0)
    await database.drop()
    database.close()


async def check_log(uri: str) -> None:
    """Look whether each conversation's turns are numbered without gaps, and each state has its turn."""
    database = Database(uri, name=DATABASE, timeout_seconds=30.0)
    log = TurnLog(database, ttl=timedelta(days=1))
    states = await database.collection("states").find({}).to_list(None)
    assert len(states) == N_THREADS + 2
    for state in states:
        turns = [record.turn for record in await log.of_thread(state["_id"])]
        assert turns == list(range(1, len(turns) + 1))
        assert state["turn"] <= len(turns)
    assert await database.collection(TURNS).count_documents({"status": "claimed"}) == 0
    database.close()


@pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
def test_a_lost_database_comes_back_from_its_backup(mongo_uri: str, tiny_release_folder: Path, tmp_path: Path) -> None:
    asyncio.run(wipe(mongo_uri))
    more: dict[str, Any] = {"release": tiny_release_folder, "mongo_uri": mongo_uri}
    more |= {"shop": f"http://127.0.0.1:{free_port()}", "settings": {"rate_limit_thread": 0, "rate_limit_address": 0}}
    variables = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": DATABASE}
    place = tmp_path / "backup.zip"
    key = intentloop("keys", "create", "drill", "--role", "labeller", **variables).stdout.strip()
    queue = {"url": "/api/v1/bots/default/labels", "headers": {"Authorization": f"Bearer {key}"}}
    asyncio.run(plant_labels(mongo_uri))
    with api_process(tmp_path / "one", **more) as url, httpx2.Client(base_url=url, timeout=60.0) as client:
        asked = [send(client, thread, "m1", "i want to buy a tent") for thread in ("control", "waiting")]
        went_on = send(client, "control", "m2", "2")
        labels = client.get(**queue)
        assert labels.status_code == 200, labels.text
        asyncio.run(back_up_under_load(url, place, variables))
    asyncio.run(wipe(mongo_uri))
    restored = intentloop("restore", str(place), **variables)
    assert restored.returncode == 0, restored.stderr
    asyncio.run(check_log(mongo_uri))
    with api_process(tmp_path / "two", **more) as url, httpx2.Client(base_url=url, timeout=60.0) as client:
        assert send(client, "waiting", "m1", "i want to buy a tent") == asked[1]  # a repetition gets its stored answer
        assert texts(send(client, "waiting", "m2", "2")) == texts(went_on) != texts(asked[0])  # the form goes on
        for thread in range(N_THREADS):
            send(client, f"busy{thread}", "after", "hello")
        again = client.get(**queue)
        assert (again.status_code, again.json()) == (200, labels.json())
    refused = intentloop("restore", str(place), **variables)
    assert refused.returncode == 1
    assert "restore into an empty database (INTENTLOOP_MONGO_DATABASE), or destroy all of this with --replace" in (
        refused.stderr
    )
    replaced = intentloop("restore", str(place), "--replace", **variables)
    assert replaced.returncode == 0, replaced.stderr
    assert replaced.stdout.startswith("destroying 1 of 'api_keys', ")
    asyncio.run(wipe(mongo_uri))


def test_check_needs_no_database(tmp_path: Path) -> None:
    nobody = f"mongodb://127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=500"
    (tmp_path / "b").mkdir()
    checked = intentloop("restore", str(tmp_path / "b"), "--check", INTENTLOOP_MONGO_URI=nobody)
    assert checked.returncode == 1
    assert "there is no manifest.json in it: it is no backup, or was not finished" in checked.stderr

"""`intentloop db check` as an operator runs it."""

import asyncio
from pathlib import Path

import pytest

from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.turns import TurnLog
from serving.store.versions import raise_version
from tests.support.command_line import intentloop
from tests.support.damage import drop_message_index, plant_second_turn
from tests.support.records import now, turn_record
from tests.support.servers import free_port

pytestmark = pytest.mark.slow


async def plant_pair(uri: str, name: str) -> None:
    database = Database(uri, name=name, timeout_seconds=5.0)
    await Schema(database).ensure()
    await TurnLog(database, ttl=now() - now().replace(year=2020)).append(turn_record("b", 1, "m\x1b[2J"))
    await drop_message_index(database)
    await plant_second_turn(database, turn=2, of=1)
    database.close()


def test_check_says_what_it_would_do_and_the_repair_does_it(mongo_uri: str, new_name: str) -> None:
    asyncio.run(plant_pair(mongo_uri, new_name))
    variables = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": new_name}
    for _ in range(2):  # looking changes nothing
        looked = intentloop("db", "check", **variables)
        assert looked.returncode == 1
        assert "FAIL  turns: 2 turns of one message: 'b:t:0000000001' and 'b:t:0000000002'" in looked.stdout
        assert "2 problem(s) were found, nothing was changed; `intentloop db check --repair` repairs 2" in looked.stdout
    mended = intentloop("db", "check", "--repair", **variables)
    assert (mended.returncode, mended.stderr) == (0, "")
    assert "done: 1 put aside in 'quarantine': 'b:t:0000000002'" in mended.stdout
    assert mended.stdout.endswith("no problem is left\n")
    assert intentloop("db", "check", **variables).returncode == 0


def test_check_without_a_database_is_one_sentence() -> None:
    nobody = f"mongodb://127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=500"
    done = intentloop("db", "check", INTENTLOOP_MONGO_URI=nobody, INTENTLOOP_MONGO_TIMEOUT_SECONDS="1")
    assert done.returncode == 1
    assert done.stderr.startswith("intentloop: the database did not answer")
    assert "Traceback" not in done.stderr


def test_init_and_migrate_prepare_a_database_of_the_first_versions(mongo_uri: str, new_name: str) -> None:
    variables = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": new_name}
    asyncio.run(plant_unkeyed_turn(mongo_uri, new_name))
    first = intentloop("db", "init", **variables)
    assert first.returncode == 0, first.stderr
    assert first.stdout.endswith("the schema is 1\nschema 3 is the newest: run `intentloop db migrate`\n")
    counted = "schema 2: turns get the key by which they are found by time: 1 document(s)\n"
    assert intentloop("db", "migrate", "--dry-run", **variables).stdout == f"{counted}nothing was changed\n"
    assert intentloop("db", "migrate", **variables).stdout == f"{counted}the schema is 3\n"
    assert intentloop("db", "migrate", **variables).stdout == "the schema is 3; no document had to be changed\n"
    again = intentloop("db", "init", **variables)
    assert again.stdout.startswith("0 collection(s) and 0 index(es) were made; ")
    assert again.stdout.endswith("the schema is 3\n")


async def plant_unkeyed_turn(uri: str, name: str) -> None:
    database = Database(uri, name=name, timeout_seconds=5.0)
    await TurnLog(database, ttl=now() - now().replace(year=2020)).append(turn_record("b", 1, "m"))
    await database.collection("turns").update_one({"turn": 1}, {"$unset": {"time_key": ""}})
    database.close()


@pytest.mark.parametrize("command", [("serve", "--no-record"), ("worker",), ("db", "check"), ("keys", "list")])
def test_nothing_starts_on_a_database_of_a_newer_version(
    mongo_uri: str, new_name: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    async def plant() -> None:
        database = Database(mongo_uri, name=new_name, timeout_seconds=5.0)
        await raise_version(database, 9, least=8)
        database.close()

    asyncio.run(plant())
    variables = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": new_name}
    refused = intentloop(*command, INTENTLOOP_HOME=str(tmp_path), INTENTLOOP_API_PORT=str(free_port()), **variables)
    assert refused.returncode == 1
    assert refused.stderr.startswith("intentloop: the database has schema 9, and this program knows schemas up to 3;")

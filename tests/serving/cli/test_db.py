"""`intentloop db check` as an operator runs it."""

import asyncio

import pytest

from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.turns import TurnLog
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

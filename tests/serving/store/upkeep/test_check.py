"""The check of the database: what it finds, what its repair does, and that nothing is lost by it."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import pipelines.schemas.keys as keys
from serving.store.client import Database, IndexModel
from serving.store.schema import EXPIRING, Schema
from serving.store.threads.turns import TurnLog
from serving.store.upkeep.check import DatabaseCheck
from serving.store.upkeep.quarantine import Quarantine
from serving.store.upkeep.retention import Retention
from tests.support.commands import CommandWatch
from tests.support.damage import drop_message_index, plant_second_turn
from tests.support.records import claim_of, now, turn_record

DAY = timedelta(days=1)


@pytest.fixture
async def own(mongo_uri: str, new_name: str) -> AsyncIterator[Database]:
    """Give a database that a test may spoil, with two turns of a thread in it."""
    database = Database(mongo_uri, name=new_name, timeout_seconds=5.0)
    await Schema(database).ensure()
    log = TurnLog(database, ttl=DAY)
    for turn in (1, 2):
        await log.append(turn_record("b", turn, f"m{turn}"))
    yield database
    await database.drop()
    database.close()


async def found_in(database: Database) -> list[tuple[str, str]]:
    return [
        (finding.place, finding.what) for finding in await DatabaseCheck(database).look(now()) if finding.is_problem
    ]


async def repaired(database: Database) -> list[str]:
    findings = await DatabaseCheck(database).look(now())
    return [await finding.repair(now()) for finding in findings if finding.repair is not None]


async def all_turns(database: Database) -> dict[str, Any]:
    return {document["_id"]: document async for document in database.collection("turns").find()}


async def test_healthy_database_has_no_finding(own: Database) -> None:
    assert await DatabaseCheck(own).look(now()) == []


async def test_pair_is_named_and_looking_changes_nothing(own: Database) -> None:
    await drop_message_index(own)
    await plant_second_turn(own, turn=3, of=1)
    before = await all_turns(own)
    [pair, index] = await found_in(own)
    assert pair == ("turns", "2 turns of one message: 'b:t:0000000001' and 'b:t:0000000003'")
    assert index == ("turns", "the index 'message_once' is missing")
    assert await all_turns(own) == before


async def test_repair_keeps_the_first_answer_and_puts_the_other_aside_whole(own: Database) -> None:
    await drop_message_index(own)
    await plant_second_turn(own, turn=3, of=1)
    second = (await all_turns(own))["b:t:0000000003"]
    await repaired(own)
    assert await found_in(own) == []
    assert set(await all_turns(own)) == {"b:t:0000000001", "b:t:0000000002"}
    [aside] = await own.collection("quarantine").find().to_list(None)
    assert (aside["collection"], aside["document_id"], aside["thread"]) == ("turns", "b:t:0000000003", "b:t")
    kept = json.loads(aside["document"])
    assert set(kept) == set(second)
    assert (kept["_id"], kept["text"], kept["replies"]) == (second["_id"], "hello", ["Hello!"])
    assert aside["expires_at"] == second["expires_at"]
    schema = Schema(own)
    await schema.ensure()
    assert (schema.is_unique, schema.problems) == (True, ())


async def test_finished_turn_stays_before_an_earlier_claim(own: Database) -> None:
    await drop_message_index(own)
    await TurnLog(own, ttl=DAY).claim(claim_of("b", 3, "m9"))
    await TurnLog(own, ttl=DAY).append(turn_record("b", 4, "m9"))
    await repaired(own)
    assert "b:t:0000000004" in await all_turns(own)
    assert "b:t:0000000003" not in await all_turns(own)


async def test_documents_that_are_no_turns_collide_and_are_put_aside(own: Database) -> None:
    await drop_message_index(own)
    await own.collection("turns").insert_many([{"_id": "x"}, {"_id": 7, "from": "elsewhere"}])
    await repaired(own)
    assert await found_in(own) == []
    assert {row["document_id"] async for row in own.collection("quarantine").find()} == {"x", "7"}
    assert len(await all_turns(own)) == 2


async def test_index_of_the_same_name_with_other_options_is_replaced(own: Database) -> None:
    await drop_message_index(own)
    await own.collection("turns").create_indexes([IndexModel([("message_key", 1)], name="message_once")])
    [(place, what)] = await found_in(own)
    assert place == "turns"
    assert "has other options than 'message_once': on message_key, not unique" in what
    schema = Schema(own)
    await schema.ensure()
    assert not schema.is_unique  # and every message is looked for until then
    await repaired(own)
    assert await found_in(own) == []


async def test_foreign_collection_is_left_alone(own: Database) -> None:
    await own.collection("invoices").insert_one({"_id": 1})
    [finding] = await DatabaseCheck(own).look(now())
    assert (finding.place, finding.what, finding.is_problem) == ("invoices", "it is not one of ours", False)


async def test_view_in_the_place_of_a_collection_is_named(own: Database, commands: CommandWatch) -> None:
    if "nx" in str((await own.server_info()).get("process")):
        pytest.skip("NX-27017 has no views")
    await own.collection("states").drop()
    await own.collection("states").database.create_collection("states", viewOn="turns", pipeline=[])
    commands.problems.clear()  # the platform itself never creates one
    assert ("states", "it is a view, so nothing can be written to it") in await found_in(own)


async def test_repair_that_was_killed_between_copy_and_deletion_is_finished_by_the_next(own: Database) -> None:
    await drop_message_index(own)
    await plant_second_turn(own, turn=3, of=1)
    second = (await all_turns(own))["b:t:0000000003"]
    await Quarantine(own).copy("turns", second, reason="as the killed one wrote it", now=now())
    await repaired(own)
    assert await Quarantine(own).count() == 1
    assert await found_in(own) == []


async def test_document_that_changes_meanwhile_stays(own: Database) -> None:
    read = (await all_turns(own))["b:t:0000000002"]
    await own.collection("turns").replace_one({"_id": read["_id"]}, {**read, "text": "changed"})
    assert not await Quarantine(own).move("turns", read, reason="as a test", now=now())
    assert (await all_turns(own))["b:t:0000000002"]["text"] == "changed"


async def test_doubted_clock_is_found_and_believed_by_the_repair(own: Database) -> None:
    await Retention(own, Schema(own)).believe(now() - 200 * DAY)
    [(place, what)] = await found_in(own)
    assert place == "clock"
    assert "200 days after the newest time in the database" in what
    await repaired(own)
    assert await found_in(own) == []


@pytest.mark.parametrize(
    ("ahead", "words"), [(200 * DAY, "200 days ahead of"), (-DAY / 24, "60 minutes behind")], ids=["ahead", "behind"]
)
async def test_clock_that_the_databases_machine_contradicts_is_found(
    own: Database, ahead: timedelta, words: str
) -> None:
    [finding] = await DatabaseCheck(own).look(now() + ahead)
    assert (finding.place, finding.is_problem, finding.repair) == ("clock", True, None)
    assert f"{words} that of the database's machine" in finding.what


def test_every_collection_that_the_code_uses_is_known_as_ours() -> None:
    root = Path(__file__).parents[4]
    used = set()
    for file in [*(root / "serving").rglob("*.py"), *(root / "pipelines").rglob("*.py")]:
        found = re.findall(
            r"(?:\.collection\(|\bplace\[|\bdatabase\[)(?:keys\.)?([A-Z_]+|\"\w+\")[)\]]", file.read_text()
        )
        used |= {getattr(keys, name) if name.isupper() else name.strip('"') for name in found}
    described = set(re.findall(r"^    (\w+)  ", keys.__doc__ or "", flags=re.MULTILINE))
    assert len(used) > 12
    assert used | described | set(EXPIRING) <= keys.COLLECTIONS
    assert keys.COLLECTIONS - described == {"entities", "bots"}  # described with `intents`

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.errors import StoreTooNew
from pipelines.schemas.keys import DRAFT_REVISIONS, INTENTS, SCHEMA, TURNS
from serving.store.client import Database
from serving.store.schema import TIME_KEY, Schema
from serving.store.threads.turns import TurnLog
from serving.store.upkeep.check import DatabaseCheck
from serving.store.upkeep.migrations import MIGRATIONS, Migration, migrate, pending, settle_version
from serving.store.versions import FIRST, NUMBER, VERSION, StoredVersion, raise_version, read_version
from tests.support.records import now, turn_record

DAY = timedelta(days=1)


@pytest.fixture
async def own(mongo_uri: str, new_name: str) -> AsyncIterator[Database]:
    """Give a database of the test's own."""
    database = Database(mongo_uri, name=new_name, timeout_seconds=30.0)
    yield database
    await database.drop()
    database.close()


async def plant_first_schema(database: Database, *, n_turns: int) -> None:
    """Write what the first versions wrote: turns without a time key, and drafts of a bot without revisions."""
    await Schema(database).ensure()
    records = [turn_record("b", number, f"m{number}") for number in range(1, n_turns + 1)]
    await TurnLog(database, ttl=DAY).append_all(records)
    turns = database.collection(TURNS)
    for record in records:
        await turns.update_one({"message_key": f"b:t:{record.message_id}"}, {"$unset": {TIME_KEY: ""}})
    await database.collection(INTENTS).insert_one({"_id": "b:greet", "bot": "b", "intentId": "greet", "position": 0})


async def stored_number(database: Database) -> int | None:
    found = await read_version(database)
    return None if found is None else found.number


def test_the_migrations_lead_to_the_schema_of_this_program() -> None:
    assert [each.number for each in MIGRATIONS] == list(range(FIRST + 1, NUMBER + 1))


async def test_a_new_database_has_the_newest_schema_at_once(own: Database) -> None:
    assert await settle_version(own) == NUMBER
    assert await stored_number(own) == NUMBER


async def test_documents_of_the_first_schema_are_found_counted_and_brought_forward(own: Database) -> None:
    await plant_first_schema(own, n_turns=130)
    assert await settle_version(own) == FIRST
    assert [(step.migration.number, step.n_documents) for step in await pending(own)] == [(2, 130), (3, 1)]
    assert await stored_number(own) is None  # counting changes nothing
    said: list[tuple[float, str]] = []
    done = await migrate(own, progress=lambda share, what: said.append((share, what)))
    assert [(step.migration.number, step.n_documents) for step in done] == [(2, 130), (3, 1)]
    assert (0.5 * 100 / 130, "100 of 130 turns") in said
    assert await stored_number(own) == NUMBER
    assert await own.collection(TURNS).count_documents({TIME_KEY: None}) == 0
    assert await own.collection(DRAFT_REVISIONS).find_one({"_id": "b"}) is not None
    assert await pending(own) == []
    assert await migrate(own) == []


async def test_what_an_earlier_program_still_writes_is_migrated_by_a_repetition(own: Database) -> None:
    await migrate(own)
    await plant_first_schema(own, n_turns=3)
    assert [step.n_documents for step in await migrate(own)] == [3, 1]


async def test_a_migration_that_was_killed_goes_on_where_it_was(own: Database) -> None:
    await plant_first_schema(own, n_turns=130)

    class Killed(Exception):
        pass

    def die(_share: float, what: str) -> None:
        if what == "100 of 130 turns":
            raise Killed

    with pytest.raises(Killed):
        await migrate(own, progress=die)
    assert await stored_number(own) is None
    assert [step.n_documents for step in await migrate(own)] == [30, 1]


async def test_two_migrations_at_once_do_no_harm(own: Database) -> None:
    await plant_first_schema(own, n_turns=130)
    await asyncio.gather(migrate(own), migrate(own))
    assert await pending(own) == []
    assert await stored_number(own) == NUMBER


async def test_the_number_is_never_lowered(own: Database) -> None:
    await raise_version(own, NUMBER + 1, least=NUMBER)
    await migrate(own)
    assert await stored_number(own) == NUMBER + 1


async def test_a_newer_schema_is_refused_unless_it_only_adds(own: Database) -> None:
    await raise_version(own, NUMBER + 1, least=NUMBER)
    await Schema(own).ensure()
    assert await read_version(own) == StoredVersion(NUMBER + 1, NUMBER)
    await raise_version(own, NUMBER + 2, least=NUMBER + 1)
    for refused in (Schema(own).ensure(), migrate(own), DatabaseCheck(own).look(now()), settle_version(own)):
        with pytest.raises(StoreTooNew, match=f"the database has schema {NUMBER + 2}, and this program knows schemas"):
            await refused


async def test_a_process_that_runs_stops_when_the_old_form_is_no_longer_kept(own: Database) -> None:
    schema = Schema(own)
    await schema.ensure()
    await raise_version(own, NUMBER + 1, least=NUMBER + 1)
    with pytest.raises(StoreTooNew):
        await schema.renew()


async def test_check_tells_of_old_documents_and_the_repair_migrates_them(own: Database) -> None:
    await plant_first_schema(own, n_turns=2)
    [finding] = [each for each in await DatabaseCheck(own).look(now()) if each.place == SCHEMA]
    assert (finding.is_problem, finding.what[:38]) == (False, "2 documents are of an earlier version:")
    assert finding.repair is not None
    assert await finding.repair(now()) == f"3 documents are in the form of schema {NUMBER}"
    assert [each for each in await DatabaseCheck(own).look(now()) if each.place == SCHEMA] == []


async def test_the_number_follows_each_migration(own: Database) -> None:
    seen: list[int | None] = []

    def watching(each: Migration) -> Migration:
        async def run(database: Database, _progress: object) -> int:
            seen.append(await stored_number(database))
            return 0

        return replace(each, run=run)

    steps: Sequence[Migration] = [watching(each) for each in MIGRATIONS]
    await migrate(own, migrations=steps)
    assert seen == [None, 2]
    assert (await own.collection(SCHEMA).find_one({"_id": VERSION}) or {})["least"] == FIRST

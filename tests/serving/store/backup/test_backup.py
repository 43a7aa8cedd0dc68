import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import BackupDisturbed, DataRejected, StoreBeingRestored, StoreNotEmpty
from pipelines.schemas.keys import COLLECTIONS, FORGOTTEN, INTENTS, LABELS, SCHEMA, STATES, TURNS, thread_hash
from serving.store.backup import export as exporting
from serving.store.backup.export import DRAFTS, ORDER, export
from serving.store.backup.manifest import LEFT_OUT, MANIFEST, Manifest, open_backup
from serving.store.backup.restore import Restored, contents, write_back
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.forgotten import ForgottenThreads
from serving.store.threads.states import StateStore
from serving.store.threads.turns import TurnLog
from serving.store.upkeep.migrations import settle_version
from serving.store.versions import FIRST, NUMBER, RESTORE, read_version
from tests.support.records import now, turn_record

DAY = timedelta(days=1)
N_TURNS = 450


@pytest.fixture
async def own(mongo_uri: str, new_name: str) -> AsyncIterator[Database]:
    """Give a database of the test's own."""
    database = Database(mongo_uri, name=new_name, timeout_seconds=30.0)
    yield database
    await database.drop()
    database.close()


@pytest.fixture
async def other(mongo_uri: str, new_name: str) -> AsyncIterator[Database]:
    """Give an empty database to restore into."""
    database = Database(mongo_uri, name=f"{new_name}b", timeout_seconds=30.0)
    yield database
    await database.drop()
    database.close()


async def fill(database: Database) -> None:
    """Write a long conversation, and a document with every kind of value."""
    await Schema(database).ensure()
    await settle_version(database)
    records = [turn_record("b", number, f"m{number}") for number in range(1, N_TURNS + 1)]
    await TurnLog(database, ttl=DAY).append_all(records)
    await StateStore(database, ttl=DAY).store_all(records[-1:])
    await database.collection(LABELS).insert_one(
        {
            "_id": "b:kinds",
            "text": "zwei\u2028Zeilen 😀",
            "binary": b"\x00\xff{",
            "date": datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
            "date_as_text": "2026-01-02T03:04:05.678Z",
            "whole": 1,
            "long": 2**40,
            "float": 1.0,
            "small": 1e-300,
            "nothing": None,
            "yes": True,
            "empty": {},
            "none": [],
            "nested": [{"a": [1, {"b": datetime(1969, 12, 31, tzinfo=UTC)}]}],
        }
    )


async def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for name in sorted(COLLECTIONS - LEFT_OUT):
        found[name] = sorted(await database.collection(name).find({}).to_list(None), key=lambda each: str(each["_id"]))
    return found


async def bring_back(database: Database, place: Path, **more: Any) -> Restored:
    with open_backup(place) as backup:
        return await write_back(database, backup, **more)


def test_every_collection_is_in_a_backup_once() -> None:
    assert sorted(ORDER) == sorted(COLLECTIONS - LEFT_OUT)
    assert ORDER.index(STATES) < ORDER.index(TURNS) < ORDER.index(FORGOTTEN) == len(ORDER) - 1


@pytest.mark.parametrize("name", ["backup", "backup.zip"])
async def test_what_is_restored_is_what_was_there(own: Database, other: Database, tmp_path: Path, name: str) -> None:
    await fill(own)
    place = tmp_path / "new" / name
    manifest = await export(own, place, program="1.0")
    assert (manifest.n_documents, manifest.schema_number, manifest.drafts_are_settled) == (N_TURNS + 2, NUMBER, True)
    assert sorted(path.name for path in place.parent.iterdir()) == [name]
    assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0
    said: list[tuple[float, str]] = []
    done = await bring_back(other, place, progress=lambda share, what: said.append((share, what)))
    assert (done.n_documents, done.n_expired, done.problems) == (N_TURNS + 2, 0, ())
    assert [share for share, _ in said] == sorted(share for share, _ in said)
    assert await everything(other) == await everything(own)
    found = await read_version(other)
    assert (found.number if found else None) == NUMBER
    assert {"_id", "message_key"} <= {field for index in await indexes(other) for field in index}


async def indexes(database: Database) -> list[list[str]]:
    return [list(index["key"]) for index in await database.collection(TURNS).list_indexes().to_list(None)]


async def test_a_backup_of_documents_of_the_first_schema_stays_one(
    own: Database, other: Database, tmp_path: Path
) -> None:
    await own.collection(INTENTS).insert_one({"_id": "b:greet", "bot": "b", "intentId": "greet"})
    assert (await export(own, tmp_path / "b", program="1.0")).schema_number == FIRST
    await bring_back(other, tmp_path / "b")
    assert await read_version(other) is None


async def test_expired_documents_are_left_out(own: Database, other: Database, tmp_path: Path) -> None:
    past = {"_id": "b:old", "expires_at": now() - DAY}
    await own.collection(LABELS).insert_one(past)
    await export(own, tmp_path / "b", program="1.0")
    done = await bring_back(other, tmp_path / "b")
    assert (done.n_documents, done.n_expired) == (0, 1)


async def test_a_name_that_is_taken_is_refused(own: Database, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="there is a file or folder of that name already"):
        await export(own, tmp_path, program="1.0")


def change_line(folder: Path) -> None:
    file = folder / "turns.jsonl"
    file.write_bytes(file.read_bytes().replace(b"hello", b"hallo", 1))


def drop_line(folder: Path) -> None:
    file = folder / "turns.jsonl"
    file.write_bytes(file.read_bytes().rstrip(b"\n").rpartition(b"\n")[0] + b"\n")


def cut(folder: Path) -> None:
    file = folder / "turns.jsonl"
    file.write_bytes(file.read_bytes()[:-20])


def lose_file(folder: Path) -> None:
    (folder / "states.jsonl").unlink()


def add_file(folder: Path) -> None:
    (folder / "members.json").write_text("{}")


def lose_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def edit_manifest(folder: Path) -> None:
    file = folder / MANIFEST
    file.write_text(file.read_text().replace('"program": "1.0"', '"program": "1.1"'))


def break_manifest(folder: Path) -> None:
    file = folder / MANIFEST
    file.write_text(file.read_text()[:-40])


def make_newer(folder: Path) -> None:
    fields = json.loads((folder / MANIFEST).read_text())
    del fields["sha256"]
    newer = Manifest.model_validate(fields).model_copy(update={"schema_number": NUMBER + 1})
    (folder / MANIFEST).write_bytes(newer.to_bytes())


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (change_line, "turns.jsonl was changed after the backup was made; take another backup"),
        (drop_line, f"turns.jsonl has {N_TURNS - 1} documents instead of {N_TURNS}; take another backup"),
        (cut, "turns.jsonl was changed after the backup was made"),
        (lose_file, "states.jsonl is missing"),
        (add_file, "members.json does not belong to it"),
        (lose_manifest, "there is no manifest.json in it: it is no backup, or was not finished"),
        (edit_manifest, "manifest.json was changed after the backup was made"),
        (break_manifest, "manifest.json cannot be read"),
        (make_newer, f"it was made by a newer version (format 1, schema {NUMBER + 1}; this program knows format 1 and"),
    ],
)
async def test_a_damaged_backup_is_refused_before_anything_is_written(
    own: Database, other: Database, tmp_path: Path, damage: Callable[[Path], None], words: str
) -> None:
    await fill(own)
    await export(own, tmp_path / "b", program="1.0")
    damage(tmp_path / "b")
    with pytest.raises(DataRejected) as caught:
        await bring_back(other, tmp_path / "b")
    assert words in str(caught.value)
    assert await other.collections() == {}


async def test_a_truncated_archive_is_refused(own: Database, other: Database, tmp_path: Path) -> None:
    await fill(own)
    await export(own, tmp_path / "b.zip", program="1.0")
    content = (tmp_path / "b.zip").read_bytes()
    (tmp_path / "b.zip").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataRejected, match="it is neither a folder nor a whole ZIP file"):
        await bring_back(other, tmp_path / "b.zip")
    (tmp_path / "b.zip").write_bytes(content[:200] + b"\x00" * 50 + content[250:])
    with pytest.raises(DataRejected, match="cannot be read"):
        await bring_back(other, tmp_path / "b.zip")
    assert await other.collections() == {}


async def test_a_database_that_is_not_empty_is_only_replaced_when_asked(
    own: Database, other: Database, tmp_path: Path
) -> None:
    await fill(own)
    await export(own, tmp_path / "b", program="1.0")
    await other.collection(INTENTS).insert_one({"_id": "c:greet", "bot": "c"})
    await other.collection("not_ours").insert_one({"_id": 1})
    with pytest.raises(StoreNotEmpty, match="it holds 1 of 'intents'; restore into an empty database"):
        await bring_back(other, tmp_path / "b")
    assert await contents(other) == [("intents", 1)]
    await bring_back(other, tmp_path / "b", replaces=True)
    assert await everything(other) == await everything(own)
    assert await other.collection("not_ours").count_documents({}) == 1


class Killed(Exception):
    pass


def die_at(words: str) -> Callable[[float, str], None]:
    def report(_share: float, what: str) -> None:
        if what.startswith(words):
            raise Killed

    return report


async def test_a_restore_that_was_killed_is_repeated_and_nobody_works_with_a_half(
    own: Database, other: Database, tmp_path: Path
) -> None:
    await fill(own)
    await export(own, tmp_path / "b", program="1.0")
    with pytest.raises(Killed):
        await bring_back(other, tmp_path / "b", progress=die_at("writing turns: 200"))
    assert await other.collection(TURNS).count_documents({}) == 200
    with pytest.raises(StoreBeingRestored):
        await Schema(other).ensure()
    await export(own, tmp_path / "c", program="1.0")
    with pytest.raises(DataRejected, match="a restore of another backup was interrupted"):
        await bring_back(other, tmp_path / "c")
    await bring_back(other, tmp_path / "c", replaces=True)
    assert await everything(other) == await everything(own)


async def test_the_same_restore_goes_on_where_it_was_killed(own: Database, other: Database, tmp_path: Path) -> None:
    await fill(own)
    await export(own, tmp_path / "b", program="1.0")
    for words in ("writing turns: 200", "writing turns: 400", "making indexes"):
        with pytest.raises(Killed):
            await bring_back(other, tmp_path / "b", progress=die_at(words))
    await Schema(other).ensure()  # the indexes alone were missing, which any program makes
    assert await everything(other) == await everything(own)
    assert await other.collection(SCHEMA).find_one({"_id": RESTORE}) is None


async def test_states_in_a_backup_never_lack_a_turn(
    own: Database, other: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(own)
    log, states = TurnLog(own, ttl=DAY), StateStore(own, ttl=DAY)
    writing = exporting._Export._write

    async def while_somebody_writes(self: Any, name: str) -> Any:
        part = await writing(self, name)
        record = turn_record("b", 1, "m", thread=f"b:{name}", thread_id=name)
        if await log.append(record):  # some collections are read several times
            await states.store_all([record])
        return part

    monkeypatch.setattr(exporting._Export, "_write", while_somebody_writes)
    await export(own, tmp_path / "b", program="1.0")
    await bring_back(other, tmp_path / "b")
    found = await everything(other)
    turns = {turn["thread"] for turn in found[TURNS]}
    stored = {state["_id"] for state in found[STATES]}
    assert len(stored) > 10
    assert stored <= turns
    assert turns - stored == {"b:states"}  # its log is ahead of its state, as after a crash


async def test_drafts_are_read_until_all_of_them_are_of_one_moment(
    own: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    intents = own.collection(INTENTS)
    await intents.insert_one({"_id": "b:greet", "bot": "b", "revision": "0"})
    writing, readings = exporting._Export._write, []

    def editing(times: int) -> None:
        async def write(self: Any, name: str) -> Any:
            part = await writing(self, name)
            if name == INTENTS:
                readings.append(name)
                if len(readings) <= times:
                    await intents.replace_one({"_id": "b:greet"}, {"bot": "b", "revision": str(len(readings))})
            return part

        monkeypatch.setattr(exporting._Export, "_write", write)

    editing(2)
    assert (await export(own, tmp_path / "b", program="1.0")).drafts_are_settled
    assert len(readings) == 4
    assert '"revision": "2"' in (tmp_path / "b" / "intents.jsonl").read_text()
    readings.clear()
    editing(99)
    assert not (await export(own, tmp_path / "c", program="1.0")).drafts_are_settled
    assert len(readings) == 6
    assert set(DRAFTS) >= {INTENTS}


async def test_nobody_who_is_forgotten_meanwhile_is_in_the_backup(
    own: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(own)
    writing, forgets = exporting._Export._write, [True]

    async def forgetting(self: Any, name: str) -> Any:
        part = await writing(self, name)
        if name == TURNS and forgets:
            forgets.pop()
            await own.collection(FORGOTTEN).insert_one({"_id": thread_hash("b:t"), "token": str(len(forgets))})
            await own.collection(TURNS).delete_many({"thread": "b:t"})
            await own.collection(STATES).delete_one({"_id": "b:t"})
        return part

    monkeypatch.setattr(exporting._Export, "_write", forgetting)
    await export(own, tmp_path / "b", program="1.0")
    assert (tmp_path / "b" / "turns.jsonl").read_bytes() == b""
    assert (tmp_path / "b" / "states.jsonl").read_bytes() == b""
    assert len(await ForgottenThreads(own).deletions()) == 1

    async def always(self: Any, name: str) -> Any:
        part = await writing(self, name)
        if name == TURNS:
            await own.collection(FORGOTTEN).insert_one({"_id": f"h{len(await marks())}", "token": "1"})
        return part

    async def marks() -> list[Any]:
        return await own.collection(FORGOTTEN).find({}).to_list(None)

    monkeypatch.setattr(exporting._Export, "_write", always)
    with pytest.raises(BackupDisturbed, match="repeat `intentloop backup` afterwards"):
        await export(own, tmp_path / "c", program="1.0")
    assert os.listdir(tmp_path) == ["b"]


async def test_two_restores_of_one_backup_at_once_write_it_once(own: Database, other: Database, tmp_path: Path) -> None:
    await fill(own)
    await export(own, tmp_path / "b", program="1.0")
    async with asyncio.timeout(120):
        done = await asyncio.gather(*(bring_back(other, tmp_path / "b") for _ in range(2)), return_exceptions=True)
    assert any(isinstance(each, Restored) for each in done)
    assert await everything(other) == await everything(own)

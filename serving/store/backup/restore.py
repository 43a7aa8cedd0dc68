"""Writes a backup into an empty database, whole.

Nothing is written before every file was verified. While documents are being written, the database says so
(`serving.store.versions`), and no program works with it. A restore that was killed is repeated: it goes on with what is
missing. Every document is read back and compared.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.errors import DataRejected, StoreNotEmpty, StoreRefused
from pipelines.progress import Progress, part
from pipelines.schemas.keys import COLLECTIONS, SCHEMA
from serving.clock import utc_now
from serving.store.backup.export import ORDER
from serving.store.backup.manifest import LEFT_OUT, Backup, Manifest, Part
from serving.store.client import Database, Document, KeysTaken, stored_bytes
from serving.store.numbers import with_storable_numbers
from serving.store.portions import portions
from serving.store.schema import EXPIRY
from serving.store.upkeep.migrations import MIGRATIONS
from serving.store.upkeep.prepare import prepare
from serving.store.versions import FIRST, RESTORE, VERSION, raise_version

_AT_ONCE_BYTES = 2_000_000
_MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Restored:
    """What a restore has written; `n_expired` documents were not, since nobody needs them any more."""

    manifest: Manifest
    n_documents: int
    n_expired: int
    problems: tuple[str, ...]


def describe(found: Sequence[tuple[str, int]]) -> str:
    """Return the numbers of documents as words."""
    return ", ".join(f"{count:,} of {name!r}" for name, count in found) or "nothing"


async def contents(database: Database) -> list[tuple[str, int]]:
    """Return how many documents each of our collections has, without the empty ones and what no backup has."""
    counted = []
    for name in sorted(COLLECTIONS - LEFT_OUT):
        counting = database.collection(name).count_documents({})
        counted.append((name, int(await database.call(f"count {name}", counting))))
    return [(name, count) for name, count in counted if count]


async def write_back(
    database: Database, backup: Backup, *, replaces: bool = False, progress: Progress = lambda share, what: None
) -> Restored:
    """Write a backup into a database and make its indexes.

    Raises
    ------
    DataRejected
        The backup is damaged or of a newer version, or a restore of another one was interrupted.
    StoreNotEmpty
        The database has documents, and `replaces` is False.
    """
    backup.verify(part(progress, 0.0, 0.3))
    await _begin(database, backup.manifest, replaces=replaces)
    outcome = await _Restore(database, backup, part(progress, 0.3, 0.95)).run()
    if backup.manifest.schema_number > FIRST:
        number = backup.manifest.schema_number
        await raise_version(database, number, least=max(each.least for each in MIGRATIONS if each.number <= number))
    schema = database.collection(SCHEMA)
    await database.call("end the restore", schema.delete_one({"_id": RESTORE}))
    progress(0.95, "making indexes")
    prepared = await prepare(database)
    return Restored(backup.manifest, *outcome, prepared.problems)


async def _begin(database: Database, manifest: Manifest, *, replaces: bool) -> None:
    schema = database.collection(SCHEMA)
    mark: Document = {"_id": RESTORE, "backup": manifest.digest, "is_emptied": False, "at": utc_now()}
    found = await database.call("read the schema", schema.find_one({"_id": RESTORE}))
    if found is not None and found["backup"] != manifest.digest and not replaces:
        raise DataRejected(
            "the database", ["a restore of another backup was interrupted; repeat that one, or use --replace"]
        )
    if found is not None and found["backup"] == manifest.digest and found["is_emptied"]:
        return
    if not replaces and (there := await contents(database)):
        raise StoreNotEmpty(describe(there))
    place = {"_id": RESTORE}
    await database.call("begin the restore", schema.replace_one(place, mark, upsert=True))
    if replaces:
        for name in sorted(COLLECTIONS - {SCHEMA}):
            await database.call(f"drop {name}", database.collection(name).drop())
    await database.call("begin the restore", schema.delete_one({"_id": VERSION}))
    await database.call("begin the restore", schema.replace_one(place, {**mark, "is_emptied": True}))


class _Restore:
    def __init__(self, database: Database, backup: Backup, progress: Progress) -> None:
        self._database, self._backup, self._progress = database, backup, progress
        self._n_written = self._n_expired = 0

    async def run(self) -> tuple[int, int]:
        # what is referred to first: a restore that is given up half-way leaves no state without its turns
        parts = sorted(self._backup.manifest.parts, key=lambda each: -ORDER.index(each.collection))
        for each in parts:
            for documents in portions(self._wanted(each), size_of=_size, at_most=_AT_ONCE_BYTES):
                await self._write(each.collection, documents)
                self._n_written += len(documents)
                share = (self._n_written + self._n_expired) / max(1, self._backup.manifest.n_documents)
                self._progress(min(1.0, share), f"writing {each.collection}: {self._n_written:,} documents")
        return self._n_written, self._n_expired

    def _wanted(self, wanted: Part) -> Iterator[Document]:
        for document in self._backup.documents(wanted):
            if _has_expired(document, utc_now()):
                self._n_expired += 1
            else:
                yield document

    async def _write(self, name: str, documents: Sequence[Document]) -> None:
        collection = self._database.collection(name)
        with suppress(KeysTaken):  # by an attempt that was interrupted; what is there is compared like the rest
            await self._database.call(f"write {name}", collection.insert_many(documents, ordered=False))
        reading = collection.find({"_id": {"$in": [document["_id"] for document in documents]}}).to_list(None)
        found = {each["_id"]: each for each in await self._database.call(f"read {name}", reading)}
        for document in documents:
            written = with_storable_numbers(document, collection=name)
            if found.get(document["_id"]) != written and not _has_expired(document, utc_now()):
                raise StoreRefused(f"write {name}: a document is not as it was written; restore into another database")


def _size(document: Document) -> int:
    return max(stored_bytes(document), _AT_ONCE_BYTES // _MOST_AT_ONCE)


def _has_expired(document: Document, now: datetime) -> bool:
    moment = document.get(EXPIRY)
    return isinstance(moment, datetime) and moment.replace(tzinfo=moment.tzinfo or UTC) <= now

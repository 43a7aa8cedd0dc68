"""Which schema the database has, and whether this program can work with it.

    schema  {_id: "version", number, least, at}
            {_id: "restore", backup, is_emptied, at}     while a backup is being written: `serving.store.backup`

A migration makes `number` one higher. Most only add what a newer program looks for, and the programs before it go on
working beside it; `least` is the schema of the oldest program that still can. So a database may be ahead of a program
by a number, and only one whose `least` is above it is refused. A database without a number is of schema 1.
"""

from dataclasses import dataclass

from pipelines.errors import StoreBeingRestored, StoreTooNew
from pipelines.schemas.keys import SCHEMA
from serving.clock import utc_now
from serving.store.client import Database, Document, DuplicateKeyError

NUMBER = 3
"""Schema that this program works with; a new migration in `serving.store.upkeep.migrations` raises it."""
FIRST = 1
"""Schema of a database from before schemas had numbers."""
VERSION, RESTORE = "version", "restore"


@dataclass(frozen=True)
class StoredVersion:
    """The schema that a database has."""

    number: int
    least: int


async def read_version(database: Database) -> StoredVersion | None:
    """Return the schema of a database; None if it has no number.

    Raises
    ------
    StoreTooNew
        This program cannot work with it.
    StoreBeingRestored
        It is not whole.
    """
    finding = database.collection(SCHEMA).find({"_id": {"$in": [VERSION, RESTORE]}})
    rows = {row["_id"]: row for row in await database.call("read the schema", finding.to_list(2))}
    if RESTORE in rows:
        raise StoreBeingRestored
    if VERSION not in rows:
        return None
    found = StoredVersion(int(rows[VERSION]["number"]), int(rows[VERSION]["least"]))
    if found.least > NUMBER:
        raise StoreTooNew(number=found.number, known=NUMBER)
    return found


async def raise_version(database: Database, number: int, *, least: int) -> None:
    """Store that the database has a schema, unless it has a higher one."""
    versions = database.collection(SCHEMA)
    document: Document = {"_id": VERSION, "number": number, "least": least, "at": utc_now()}
    try:
        lower = {"_id": VERSION, "number": {"$lt": number}}
        await database.call("write the schema", versions.replace_one(lower, document, upsert=True))
    except DuplicateKeyError:  # there is one, and it is not lower
        return

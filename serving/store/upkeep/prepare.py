"""Makes everything that the platform needs in a database: `intentloop db init`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.progress import Progress
from pipelines.schemas.keys import COLLECTIONS
from serving.store.client import Database
from serving.store.schema import INDEXED, Schema
from serving.store.upkeep.migrations import settle_version

_ROUNDS, _PAUSE_SECONDS = 5, 1.0
"""Attempts at an index: DocumentDB builds one at a time in a collection, and refuses a second meanwhile."""


@dataclass(frozen=True)
class Prepared:
    """What is in the database now; `problems` has a sentence for each index that cannot be made."""

    made: tuple[str, ...]
    n_indexes: int
    n_indexes_made: int
    number: int
    problems: tuple[str, ...]


async def prepare(database: Database, *, progress: Progress = lambda share, what: None) -> Prepared:
    """Make the collections, indexes and schema number that are missing. Many processes may do so at once."""
    kinds = await database.collections()
    before = await _indexes(database, kinds)
    missing = sorted(COLLECTIONS - kinds.keys())
    for place, name in enumerate(missing):
        progress(0.5 * place / len(missing), f"making {name}")
        await database.make_collection(name)
    progress(0.5, "making indexes")
    problems = await _make_indexes(database)
    after = await _indexes(database, dict.fromkeys(COLLECTIONS, "collection"))
    number = await settle_version(database)
    return Prepared(tuple(missing), after, max(0, after - before), number, problems)


async def _make_indexes(database: Database) -> tuple[str, ...]:
    for attempt in range(_ROUNDS):
        if attempt:
            await asyncio.sleep(_PAUSE_SECONDS)
        schema = Schema(database)
        await schema.ensure()
        if not schema.problems:
            break
    return schema.problems


async def _indexes(database: Database, kinds: Mapping[str, str]) -> int:
    """Return how many indexes our collections have, without those on `_id`."""
    count = 0
    for name in INDEXED:
        if kinds.get(name) == "collection":
            listing = database.collection(name).list_indexes().to_list(None)
            found = await database.call(f"list the indexes of {name}", listing)
            count += sum(list(index["key"]) != ["_id"] for index in found)
    return count

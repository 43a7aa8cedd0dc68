"""Brings the documents of earlier versions into the form of this one, while the platform answers.

A schema is changed in two releases. The first adds what is new: its program writes the new form and reads both, and
its migration brings old documents into the new form. Only a later release, whose `least` says so, stops reading the
old one. So programs of two neighbouring schemas may work on one database while it is migrated.

A migration finds what is left to do by what the documents lack, a few at a time. It may be killed and repeated, and two
of it may run. It can be repeated when it is done, too: a program of the former version may write old documents until
the last of its processes has ended.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pipelines.progress import Progress, part
from serving.store.client import Database
from serving.store.drafts.revisions import Revisions
from serving.store.upkeep.turn_times import count_turns_without_time, fill_turn_times
from serving.store.versions import FIRST, NUMBER, raise_version, read_version


@dataclass(frozen=True)
class Migration:
    """A step to the schema `number`.

    Attributes
    ----------
    what
        What it does, for the operator.
    count
        Returns how many documents lack what it adds.
    run
        Does it and returns how many documents it has changed.
    least
        Schema of the oldest program that can work with the result.
    """

    number: int
    what: str
    count: Callable[[Database], Awaitable[int]]
    run: Callable[[Database, Progress], Awaitable[int]]
    least: int = FIRST


async def _make_revisions(database: Database, progress: Progress) -> int:
    return await Revisions(database).make_missing(progress)


async def _count_revisions(database: Database) -> int:
    return len(await Revisions(database).missing())


MIGRATIONS: Sequence[Migration] = (
    Migration(2, "turns get the key by which they are found by time", count_turns_without_time, fill_turn_times),
    Migration(3, "bots get the list of their drafts' revisions", _count_revisions, _make_revisions),
)


@dataclass(frozen=True)
class Step:
    """A migration, and how many documents it changes or has changed."""

    migration: Migration
    n_documents: int


async def pending(database: Database) -> list[Step]:
    """Return the migrations that have documents to change, also those that were done before, in their order."""
    counted = [Step(each, await each.count(database)) for each in MIGRATIONS]
    return [step for step in counted if step.n_documents]


async def migrate(
    database: Database,
    *,
    migrations: Sequence[Migration] = MIGRATIONS,
    progress: Progress = lambda share, what: None,
) -> list[Step]:
    """Run every migration and store the schema that is reached; return those that had something to change."""
    await read_version(database)  # not one of a newer program
    done: list[Step] = []
    for place, each in enumerate(migrations):
        report = part(progress, place / len(migrations), (place + 1) / len(migrations))
        report(0.0, each.what)
        n_documents = await each.run(database, report)
        await raise_version(database, each.number, least=each.least)
        done += [Step(each, n_documents)] if n_documents else []
    return done


async def settle_version(database: Database) -> int:
    """Return the schema of a database, after storing it if the database has no number and nothing to migrate."""
    found = await read_version(database)
    if found is not None:
        return found.number
    if await pending(database):
        return FIRST
    await raise_version(database, NUMBER, least=MIGRATIONS[-1].least)
    return NUMBER

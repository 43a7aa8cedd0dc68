"""The fixed test set of a bot in the database."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.errors import DataRejected, NotFound
from pipelines.schemas.keys import TEST_SETS
from pipelines.schemas.test_sets import ROWS, VERSION, FixedTestSet, TestSetVersion, newest, read_version
from pipelines.steps.data.mongo import open_database


def read_test_set(uri: str, database: str, bot: str, *, number: int | None = None) -> FixedTestSet | None:
    """Read a version of a bot's test set from MongoDB, by default the newest; None if the bot has none.

    Raises
    ------
    NotFound
        There is no version of that number.
    DataRejected
        It cannot be read, or rows of it are missing or were changed.
    StoreUnavailable
        The database does not answer.
    """
    with open_database(uri, database) as place:
        versions = list(place[TEST_SETS].find({"bot": bot, "kind": VERSION}))
        wanted = newest(versions) if number is None else _numbered(versions, number)
        if wanted is None:
            if number is None:
                return None
            raise NotFound("test set", str(number), hint="list them with `intentloop test-set list`")
        parts = list(place[TEST_SETS].find({"bot": bot, "kind": ROWS, "sha256": wanted.sha256}))
    found = FixedTestSet.from_documents(wanted, parts)
    if found is None:
        raise DataRejected(f"{wanted.name} of bot {bot!r}", ["rows of it are missing or were changed; import it again"])
    return found


def _numbered(documents: Iterable[Mapping[str, Any]], number: int) -> TestSetVersion | None:
    return next((read_version(each) for each in documents if each.get("number") == number), None)

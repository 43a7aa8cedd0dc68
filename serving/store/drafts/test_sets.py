"""The fixed test sets in the database; `pipelines.schemas.test_sets` describes the documents.

Rows are written before the version that names them, so a version is never there without its rows. Whoever writes the
same number second fails on its key and tries the next one.
"""

from collections.abc import Callable, Sequence
from collections.abc import Collection as Group
from datetime import datetime

from pipelines.errors import StateConflict
from pipelines.nlu.text import fold_text
from pipelines.schemas.examples import Example
from pipelines.schemas.keys import TEST_SETS, number_in
from pipelines.schemas.stored import UNREADABLE, read_each
from pipelines.schemas.test_sets import ROWS, VERSION, FixedTestSet, TestSetVersion, newest
from serving.store.client import Database, Document, DuplicateKeyError

_TRIES = 5


class TestSets:
    """Reads and writes `test_sets`."""

    __test__ = False  # not a test, whatever pytest makes of its name

    def __init__(self, database: Database) -> None:
        self._database = database
        self._documents = database.collection(TEST_SETS)

    async def add(self, bot: str, rows: Sequence[Example], *, now: datetime) -> tuple[TestSetVersion, bool]:
        """Store rows as the newest version of a bot's test set, unless they are the newest already.

        No rows end the use of a test set. Returns the newest version, and whether it is new.

        Raises
        ------
        StateConflict
            Others kept storing versions meanwhile.
        StoreUnavailable
            The database does not respond.
        """
        for _ in range(_TRIES):
            documents = await self._read({"bot": bot, "kind": VERSION})
            versions = _versions(documents)
            last = versions[0] if versions else None
            number = 1 + max((number_in(each["_id"]) or 0 for each in documents), default=0)  # also of unreadable ones
            following = FixedTestSet.of(rows, bot=bot, number=number, created_at=now)
            if last is not None and last.number == number - 1 and last.sha256 == following.version.sha256:
                return last, False
            for document in following.row_documents():
                await self._put(document)
            try:
                insert = self._documents.insert_one(following.version.to_document())
                await self._database.call("write test set", insert)
            except DuplicateKeyError:
                continue
            return following.version, True
        raise StateConflict

    async def put_rows(self, bot: str, rows: Sequence[Example], *, now: datetime) -> TestSetVersion:
        """Add rows to the newest version, as a new one; they take the place of rows with the same text."""
        new = {fold_text(row.text): row for row in rows}
        return await self._change(
            bot, lambda old: [*(row for row in old if fold_text(row.text) not in new), *new.values()], now=now
        )

    async def drop_rows(self, bot: str, texts: Group[str], *, now: datetime) -> TestSetVersion:
        """Make a new version without the rows of these texts, folded by `fold_text`."""
        return await self._change(bot, lambda old: [row for row in old if fold_text(row.text) not in texts], now=now)

    async def _change(
        self, bot: str, change: Callable[[Sequence[Example]], Sequence[Example]], *, now: datetime
    ) -> TestSetVersion:
        stored = await self.newest(bot)
        version, _ = await self.add(bot, change(stored.rows if stored is not None else ()), now=now)
        return version

    async def versions(self, bot: str) -> list[TestSetVersion]:
        """Return every version of a bot's test set that can be read, the newest first."""
        return _versions(await self._read({"bot": bot, "kind": VERSION}))

    async def newest(self, bot: str) -> FixedTestSet | None:
        """Return the newest version with its rows; None if the bot has no test set, or rows are missing.

        Raise `DataRejected` if that version cannot be read.
        """
        version = newest(await self._read({"bot": bot, "kind": VERSION}))
        return await self.rows(version) if version is not None else None

    async def all(self, bot: str) -> list[FixedTestSet]:
        """Return every version with its rows, the newest first; without those of which rows are missing."""
        found = [await self.rows(version) for version in await self.versions(bot)]
        return [version for version in found if version is not None]

    async def rows(self, version: TestSetVersion) -> FixedTestSet | None:
        """Return a version with its rows; None if some are missing."""
        parts = await self._read({"bot": version.bot, "kind": ROWS, "sha256": version.sha256})
        return FixedTestSet.from_documents(version, parts)

    async def erase(self, bot: str, texts: Group[str]) -> None:
        """Take the rows with any of these texts, folded by `fold_text`, out of every version.

        A version gets the hash of the rows that are left. The rows come first, so that an interrupted call can be
        repeated, and the former ones go last.
        """
        for version in await self.versions(bot):
            found = await self.rows(version)
            rows = found.rows if found is not None else ()
            kept = [row for row in rows if fold_text(row.text) not in texts]
            if len(kept) == len(rows):
                continue
            left = FixedTestSet.of(kept, bot=bot, number=version.number, created_at=version.created_at)
            for document in left.row_documents():
                await self._put(document)
            await self._put(left.version.to_document())
        documents = await self._read({"bot": bot, "kind": VERSION})
        readable = _versions(documents)
        in_use = {version.sha256 for version in readable}
        for part in await self._read({"bot": bot, "kind": ROWS}):
            # of a version that cannot be read, only what holds the texts goes
            may_go = len(readable) == len(documents) or _may_hold(part, texts)
            if part.get("sha256") not in in_use and may_go:
                await self._database.call("forget test row", self._documents.delete_one({"_id": part["_id"]}))

    async def _put(self, document: Document) -> None:
        put = self._documents.replace_one({"_id": document["_id"]}, document, upsert=True)
        await self._database.call("write test set", put)

    async def _read(self, query: Document) -> list[Document]:
        return await self._database.call("read test set", self._documents.find(query).to_list(None))


def _versions(documents: Sequence[Document]) -> list[TestSetVersion]:
    versions = read_each(documents, TestSetVersion.from_document, collection=TEST_SETS)
    return sorted(versions, key=lambda version: -version.number)


def _may_hold(part: Document, texts: Group[str]) -> bool:
    """Whether a document of rows has one of these texts; also if that cannot be told."""
    try:
        return any(fold_text(Example.model_validate_json(row).text) in texts for row in part["rows"])
    except UNREADABLE:
        return True

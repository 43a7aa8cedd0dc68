"""The connection to MongoDB, DocumentDB or an embedded engine. The only importer of the driver in `serving`.

The rest of `serving.store` takes the driver's names from here, so that another driver changes one file.
"""

import asyncio
import logging
from collections.abc import Awaitable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar

import bson
import pymongo
from bson import json_util
from bson.codec_options import DatetimeConversion
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import (
    BulkWriteError,
    DuplicateKeyError,
    InvalidName,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
)

from pipelines.errors import SetupProblem, StoreRefused, StoreUnavailable
from pipelines.settings import Settings
from serving.clock import utc_now
from serving.store.numbers import with_storable_numbers
from serving.store.refusals import DUPLICATE_KEY, describe_refusal
from serving.telemetry import spans

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "MOST_STORED_BYTES",
    "Collection",
    "Database",
    "Document",
    "DuplicateKeyError",
    "IndexModel",
    "KeysTaken",
    "ReplaceOne",
    "SetFields",
    "extended_json",
    "from_extended_json",
    "stored_bytes",
]

MOST_STORED_BYTES = 16 * 2**20
"""Largest document that MongoDB takes."""
_READ_OPTIONS = json_util.CANONICAL_JSON_OPTIONS.with_options(
    tz_aware=True, tzinfo=UTC, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)
_DATES_DIFFER = timedelta(hours=1)
Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]

_log = logging.getLogger(__name__)

T = TypeVar("T")


def stored_bytes(document: Document) -> int:
    """Return the size of a document in the database."""
    return len(bson.encode(document))


def extended_json(document: Document) -> str:
    """Return a document as MongoDB Extended JSON, which keeps the type of every value."""
    return json_util.dumps(document, json_options=json_util.CANONICAL_JSON_OPTIONS, ensure_ascii=False)


def from_extended_json(text: str) -> Document:
    """Return the document that `extended_json` has written."""
    return dict(json_util.loads(text, json_options=_READ_OPTIONS))


class KeysTaken(DuplicateKeyError):
    """Some documents of an unordered write have a unique key that is taken.

    Parameters
    ----------
    numbers
        Their positions among the documents, from 0. The others are written.
    """

    def __init__(self, numbers: frozenset[int]) -> None:
        super().__init__("a key is taken", DUPLICATE_KEY)
        self.numbers = numbers


class _Guarded(AsyncIOMotorCollection[Document]):
    """A collection that stores no number which would keep it from being read."""

    def insert_one(self, document: Any, *args: Any, **options: Any) -> Any:
        return super().insert_one(self._storable(document), *args, **options)

    def insert_many(self, documents: Iterable[Any], *args: Any, **options: Any) -> Any:
        return super().insert_many([self._storable(document) for document in documents], *args, **options)

    def replace_one(self, filter: Any, replacement: Any, *args: Any, **options: Any) -> Any:
        return super().replace_one(filter, self._storable(replacement), *args, **options)

    def update_one(self, filter: Any, update: Any, *args: Any, **options: Any) -> Any:
        return super().update_one(filter, self._storable(update), *args, **options)

    def _storable(self, document: Any) -> Any:
        return with_storable_numbers(document, collection=self.name)


class ReplaceOne(pymongo.ReplaceOne[Document]):
    """Part of a bulk write: put a document in the place of another, or, with `upsert`, of none."""

    def __init__(self, place: Document, document: Document, *, upsert: bool = False) -> None:
        super().__init__(place, with_storable_numbers(document, collection="of a bulk write"), upsert=upsert)


class SetFields(pymongo.UpdateOne):
    """Part of a bulk write: set fields of a document. Not to a date: NX-27017 0.8 would store it as text."""

    def __init__(self, place: Document, fields: Document) -> None:
        super().__init__(place, {"$set": with_storable_numbers(fields, collection="of a bulk write")})


class Database:
    """An open connection to one database.

    Writes are acknowledged by a majority and from the journal: a reply that was sent must survive the death of the
    database. Retryable writes are off: DocumentDB before 8.0 refuses them, and every write here is either a
    compare-and-set or an insert under a unique key, so callers can safely repeat it.

    Parameters
    ----------
    uri
        Connection string. The options set here override the same ones in it.
    timeout_seconds
        Longest wait for one call, including the waits for a connection and for a free thread.

    Attributes
    ----------
    clock_error
        How far this process's clock is ahead of what the database knows of the time; zero as long as they agree.

    Raises
    ------
    SetupProblem
        The connection string or the name cannot be used.
    """

    def __init__(self, uri: str, *, name: str, timeout_seconds: float) -> None:
        milliseconds = int(timeout_seconds * 1000)
        self.timeout_seconds = timeout_seconds
        self.clock_error = timedelta()
        try:
            self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
                uri,
                appname="intentloop",
                tz_aware=True,
                # one date or text that Python cannot hold must not keep the documents beside it from being read
                datetime_conversion="DATETIME_AUTO",
                unicode_decode_error_handler="replace",
                retryWrites=False,
                w="majority",
                journal=True,
                readPreference="primary",
                serverSelectionTimeoutMS=milliseconds,
                connectTimeoutMS=milliseconds,
                socketTimeoutMS=milliseconds,
                waitQueueTimeoutMS=milliseconds,
            )
            self._database: AsyncIOMotorDatabase[Document] = self._client[name]
        except InvalidName as error:
            raise SetupProblem(f"no database can be called {name!r}; correct INTENTLOOP_MONGO_DATABASE") from error
        except (PyMongoError, ValueError) as error:
            # the driver's own message may quote part of the password
            raise SetupProblem(
                "INTENTLOOP_MONGO_URI is not a database address; write mongodb://USER:PASSWORD@HOST:PORT/ with every "
                "/ : @ and % of the password as %2F, %3A, %40 and %25"
            ) from error

    @classmethod
    def from_settings(cls, settings: Settings, *, timeout_seconds: float | None = None) -> Self:
        """Open the platform's database; `timeout_seconds` overrides the setting for tasks that need longer."""
        return cls(
            settings.resolved_mongo_uri,
            name=settings.mongo_database,
            timeout_seconds=settings.mongo_timeout_seconds if timeout_seconds is None else timeout_seconds,
        )

    def collection(self, name: str) -> Collection:
        """Return a collection of this database; it need not exist yet."""
        return _Guarded(self._database, name)  # type: ignore[arg-type]  # the stubs name PyMongo's class

    async def call(self, what: str, operation: Awaitable[T]) -> T:
        """Await a driver operation and translate its errors.

        Parameters
        ----------
        what
            The operation in a word or two, for the error message.

        Raises
        ------
        DuplicateKeyError
            A unique key is taken; callers decide what that means. For several documents it is `KeysTaken`.
        StoreRefused
            The database answered that it will not do it; the log has the reason.
        StoreUnavailable
            Any other driver error, or a timeout.
        """
        with spans.database_call(what):
            return await self._call(what, operation)

    async def _call(self, what: str, operation: Awaitable[T]) -> T:
        try:
            # The driver's own limits do not cover the wait for a worker thread, which grows when the database hangs.
            async with asyncio.timeout(self.timeout_seconds):
                return await operation
        except DuplicateKeyError:
            raise
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            codes = {failure["code"] for failure in failures}
            if codes == {DUPLICATE_KEY} and not error.details["writeConcernErrors"]:
                raise KeysTaken(frozenset(failure["index"] for failure in failures)) from error
            refused = [*failures, *error.details["writeConcernErrors"]]
            failure = next((failure for failure in refused if failure["code"] != DUPLICATE_KEY), refused[0])
            raise self._refusal(what, failure.get("code"), str(failure.get("errmsg"))) from error
        except TimeoutError as error:
            raise StoreUnavailable(f"{what}: no answer within {self.timeout_seconds:g} s") from error
        except OperationFailure as error:
            raise self._refusal(what, error.code, str((error.details or {}).get("errmsg", error))) from error
        except NotPrimaryError as error:
            raise self._refusal(what, None, "not primary") from error
        except PyMongoError as error:
            raise StoreUnavailable(f"{what}: {type(error).__name__}") from error

    def _refusal(self, what: str, code: int | None, message: str) -> StoreRefused:
        reason = describe_refusal(code, message)
        _log.warning("the database refuses to %s: %s", what, reason)
        return StoreRefused(f"{what}: {reason}")

    async def ping(self) -> None:
        """Check that the database responds; raise `StoreUnavailable` if it does not."""
        await self.call("ping", self._database.command("ping"))

    async def server_info(self) -> Document:
        """Return the server's build information."""
        return await self.call("server info", self._database.command("buildInfo"))

    async def server_time(self) -> datetime | None:
        """Return the time on the database's machine; None if it does not tell."""
        try:
            moment = (await self.call("ask for the time", self._database.command("hello"))).get("localTime")
        except StoreRefused:  # an old or foreign server
            return None
        return moment.replace(tzinfo=UTC) if isinstance(moment, datetime) else None

    def expires_at(self, moment: datetime, kept: timedelta) -> datetime:
        """Return when something that is written now, and dated `moment`, has been kept for long enough.

        A date that is far from the present comes from a wrong clock, of this process or another: whoever deletes would
        find the document expired at once, or keep it for as long as that clock was ahead.
        """
        now = utc_now() - self.clock_error
        return min(max(moment, now - _DATES_DIFFER), now + _DATES_DIFFER) + kept

    async def collections(self) -> dict[str, str]:
        """Return the kind of each collection, `collection` or `view`, by its name."""
        listing = self._database.list_collections()
        found = await (await self.call("list collections", listing)).to_list(None)
        return {each["name"]: each.get("type", "collection") for each in found}

    async def make_collection(self, name: str) -> None:
        """Make a collection unless it exists; several processes may do so at once."""
        try:
            await self.call(f"make {name}", self._database.command("create", name))
        except StoreRefused:
            if name not in await self.collections():
                raise

    async def drop(self) -> None:
        """Delete this database with everything in it."""
        await self.call("delete database", self._client.drop_database(self._database.name))

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

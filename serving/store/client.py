"""The connection to MongoDB, DocumentDB or an embedded engine. The only importer of the driver in `serving`.

The rest of `serving.store` takes the driver's names from here, so that another driver changes one file.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, Self, TypeVar

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import ASCENDING, DESCENDING, IndexModel, ReplaceOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, InvalidName, PyMongoError

from pipelines.errors import SetupProblem, StoreUnavailable
from pipelines.settings import Settings

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "Collection",
    "Database",
    "Document",
    "DuplicateKeyError",
    "IndexModel",
    "KeysTaken",
    "ReplaceOne",
]

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]

_DUPLICATE_KEY = 11000

T = TypeVar("T")


class KeysTaken(DuplicateKeyError):
    """Some documents of an unordered write have a unique key that is taken.

    Parameters
    ----------
    numbers
        Their positions among the documents, from 0. The others are written.
    """

    def __init__(self, numbers: frozenset[int]) -> None:
        super().__init__("a key is taken", _DUPLICATE_KEY)
        self.numbers = numbers


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

    Raises
    ------
    SetupProblem
        The connection string or the name cannot be used.
    """

    def __init__(self, uri: str, *, name: str, timeout_seconds: float) -> None:
        milliseconds = int(timeout_seconds * 1000)
        self.timeout_seconds = timeout_seconds
        try:
            self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
                uri,
                appname="intentloop",
                tz_aware=True,
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
        return self._database[name]

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
        StoreUnavailable
            Any other driver error, or a timeout.
        """
        try:
            # The driver's own limits do not cover the wait for a worker thread, which grows when the database hangs.
            async with asyncio.timeout(self.timeout_seconds):
                return await operation
        except DuplicateKeyError:
            raise
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            codes = {failure["code"] for failure in failures}
            if codes == {_DUPLICATE_KEY} and not error.details["writeConcernErrors"]:
                raise KeysTaken(frozenset(failure["index"] for failure in failures)) from error
            raise StoreUnavailable(f"{what}: BulkWriteError") from error
        except TimeoutError as error:
            raise StoreUnavailable(f"{what}: no answer within {self.timeout_seconds:g} s") from error
        except PyMongoError as error:
            raise StoreUnavailable(f"{what}: {type(error).__name__}") from error

    async def ping(self) -> None:
        """Check that the database responds; raise `StoreUnavailable` if it does not."""
        await self.call("ping", self._database.command("ping"))

    async def server_info(self) -> Document:
        """Return the server's build information."""
        return await self.call("server info", self._database.command("buildInfo"))

    async def drop(self) -> None:
        """Delete this database with everything in it."""
        await self.call("delete database", self._client.drop_database(self._database.name))

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

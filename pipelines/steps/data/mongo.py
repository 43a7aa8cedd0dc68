"""The database that training reads from, and whether there is any data at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.errors import DataRejected, StoreUnavailable, no_such_bot
from pipelines.schemas.keys import INTENTS
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings


@contextmanager
def open_database(uri: str, database: str) -> Iterator[Any]:
    """Open a database; every failed call inside the context raises `StoreUnavailable`."""
    import pymongo
    from pymongo.errors import PyMongoError

    try:
        client = pymongo.MongoClient[dict[str, Any]](
            uri,
            serverSelectionTimeoutMS=5000,
            tz_aware=True,
            # one date or text that Python cannot hold must not keep the documents beside it from being read
            datetime_conversion="DATETIME_AUTO",
            unicode_decode_error_handler="replace",
        )
    except (PyMongoError, ValueError) as error:  # ValueError: a URI whose port or host cannot be one
        raise StoreUnavailable(type(error).__name__) from error
    with client:
        try:
            yield client[database]
        except PyMongoError as error:
            raise StoreUnavailable(type(error).__name__) from error


def require_source(params: TrainParams, settings: Settings) -> None:
    """Check that there is data to train on, without reading it.

    Raises
    ------
    NotFound
        The database has no intent of this bot.
    DataRejected
        There is no such file.
    StoreUnavailable
        The database does not answer.
    """
    if params.source != "mongo":
        if not Path(params.source).is_file():
            raise DataRejected(params.source, ["there is no such file; check the path"])
        return
    with open_database(settings.resolved_mongo_uri, settings.mongo_database) as database:
        found = database[INTENTS].find_one({"bot": params.bot}, {"_id": 1})
    if found is None:
        raise no_such_bot(params.bot)

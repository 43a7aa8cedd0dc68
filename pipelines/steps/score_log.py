"""The log of turns, in parts: which ranges of keys there are, and the messages of one range."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from pipelines.errors import StoreUnavailable
from pipelines.schemas.scoring import LoggedMessage

_PAGE = 1000
_FIELDS = dict.fromkeys(
    ("thread", "thread_id", "turn", "created_at", "text", "message", "state", "release", "intent_id", "confidence"), 1
) | {"route": 1}


class Part(BaseModel):
    """A range of the log: keys from `first` to `last`, and how many messages it had when that was planned."""

    model_config = ConfigDict(frozen=True)

    first: str
    last: str
    n_messages: int


class Answered(NamedTuple):
    """How a message was answered: the release, and what it decided."""

    release: str
    intent: str
    confidence: float
    route: str


class Log:
    """A bot's finished turns between two moments.

    Parameters
    ----------
    turns
        The collection.
    bot
        Whose.
    since
        The first moment.
    until
        The moment at which it ends, exclusive.
    """

    def __init__(self, turns: Any, bot: str, *, since: datetime, until: datetime) -> None:
        self._turns = turns
        self._bot = bot
        self._wanted = {"status": "done", "created_at": {"$gte": since, "$lt": until}}

    def parts(self, *, size: int) -> Iterator[Part]:
        """Give ranges of `size` messages each, the last one of fewer, in the order of the keys."""
        everything = {"_id": {"$gt": f"{self._bot}:", "$lt": f"{self._bot};"}}  # the character after the colon
        keys: list[str] = []
        for document in self._turns.find({**everything, **self._wanted}, {"_id": 1}).sort("_id", 1).batch_size(_PAGE):
            keys.append(document["_id"])
            if len(keys) == size:
                yield Part(first=keys[0], last=keys[-1], n_messages=size)
                keys.clear()
        if keys:
            yield Part(first=keys[0], last=keys[-1], n_messages=len(keys))

    def read(self, part: Part) -> list[tuple[LoggedMessage, Answered]]:
        """Give the messages of a range, each with what its thread remembered before it."""
        keys = {"_id": {"$gte": part.first, "$lte": part.last}}
        documents = list(self._turns.find({**keys, **self._wanted}, _FIELDS).sort("_id", 1))
        state_by_key = {document["_id"]: document["state"] for document in documents}
        state_by_key |= self._states([key for key in map(_key_before, documents) if key and key not in state_by_key])
        return [_row(document, state_by_key) for document in documents]

    def messages(self, part: Part) -> set[tuple[str, int]]:
        """Give the thread and the turn of each message of a range that is in the log now."""
        keys = {"_id": {"$gte": part.first, "$lte": part.last}}
        found = self._turns.find({**keys, **self._wanted}, {"thread_id": 1, "turn": 1})
        return {(document["thread_id"], document["turn"]) for document in found}

    def _states(self, keys: Sequence[str]) -> dict[str, str]:
        found = self._turns.find({"_id": {"$in": list(keys)}, "status": "done"}, {"state": 1}) if keys else ()
        return {document["_id"]: document["state"] for document in found}


@contextmanager
def open_log(uri: str, database: str, bot: str, *, since: datetime, until: datetime) -> Iterator[Log]:
    """Open the log of a bot; a database that does not answer is `StoreUnavailable`, whatever is asked of it."""
    import pymongo
    from pymongo.errors import PyMongoError

    try:
        client = pymongo.MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=5000, tz_aware=True)
    except (PyMongoError, ValueError) as error:  # ValueError: a URI whose port or host cannot be one
        raise StoreUnavailable(type(error).__name__) from error
    with client:
        try:
            yield Log(client[database]["turns"], bot, since=since, until=until)
        except PyMongoError as error:
            raise StoreUnavailable(type(error).__name__) from error


def _key_before(document: dict[str, Any]) -> str | None:
    """Compose the key of the turn before, as `serving.store.keys` does; None for a thread's first."""
    key, turn = str(document["_id"]), int(document["turn"])
    digits = len(key) - key.rindex(":") - 1
    return f"{document['thread']}:{turn - 1:0{digits}d}" if turn > 1 else None


def _row(document: dict[str, Any], state_by_key: dict[str, str]) -> tuple[LoggedMessage, Answered]:
    before = _key_before(document)
    message = LoggedMessage(
        thread_id=document["thread_id"],
        turn=document["turn"],
        said_at=document["created_at"],
        text=document["text"],
        message=document["message"],
        before=state_by_key.get(before) if before else None,
    )
    confidence = document["confidence"]
    return message, Answered(
        release=document["release"],
        intent=document["intent_id"],
        confidence=float("nan") if confidence is None else confidence,
        route=document["route"],
    )

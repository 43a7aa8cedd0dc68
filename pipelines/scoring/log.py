"""The log of turns in parts: ranges of keys, and the messages in one range."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from pipelines.schemas.keys import TURNS, bot_key_range, number_in, turn_key
from pipelines.schemas.scoring import LoggedMessage
from pipelines.schemas.stored import read_each, usable_moment
from pipelines.schemas.turns import DONE, TurnDocument
from pipelines.steps.data.mongo import open_database

_PAGE = 1000
_FIELDS = dict.fromkeys(
    ("thread", "thread_id", "turn", "created_at", "text", "message", "state", "release", "intent_id", "confidence"), 1
) | {"route": 1}


class Part(BaseModel):
    """A range of the log: keys `first` to `last`, and the number of messages it held when it was planned."""

    model_config = ConfigDict(frozen=True)

    first: str
    last: str
    n_messages: int


class Answered(NamedTuple):
    """How a message was answered: by which release, and what that decided."""

    release: str
    intent: str
    confidence: float
    route: str


class Log:
    """A bot's finished turns from `since` until just before `until`."""

    def __init__(self, turns: Any, bot: str, *, since: datetime, until: datetime) -> None:
        self._turns = turns
        self._bot = bot
        self._wanted = {"status": DONE, "created_at": {"$gte": since, "$lt": until}}

    def parts(self, *, size: int) -> Iterator[Part]:
        """Yield ranges of `size` messages each in key order; the last one may hold fewer."""
        lowest, highest = bot_key_range(self._bot)
        everything = {"_id": {"$gt": lowest, "$lt": highest}}
        keys: list[str] = []
        for document in self._turns.find({**everything, **self._wanted}, {"_id": 1}).sort("_id", 1).batch_size(_PAGE):
            keys.append(document["_id"])
            if len(keys) == size:
                yield Part(first=keys[0], last=keys[-1], n_messages=size)
                keys.clear()
        if keys:
            yield Part(first=keys[0], last=keys[-1], n_messages=len(keys))

    def read(self, part: Part) -> list[tuple[LoggedMessage, Answered]]:
        """Return the messages of a range, each with the state of its thread before it.

        Those that cannot be read are left out, and the log names them.
        """
        keys = {"_id": {"$gte": part.first, "$lte": part.last}}
        documents: list[TurnDocument] = list(self._turns.find({**keys, **self._wanted}, _FIELDS).sort("_id", 1))
        state_by_key = {document["_id"]: document.get("state") for document in documents}
        state_by_key |= self._states([key for key in map(_key_before, documents) if key and key not in state_by_key])
        return list(read_each(documents, lambda document: _row(document, state_by_key), collection=TURNS))

    def messages(self, part: Part) -> set[tuple[str, int]]:
        """Return the thread and turn of each message of a range that is still in the log."""
        keys = {"_id": {"$gte": part.first, "$lte": part.last}}
        found = self._turns.find({**keys, **self._wanted}, {"thread_id": 1, "turn": 1})
        return {(document["thread_id"], document["turn"]) for document in found if _is_placed(document)}

    def _states(self, keys: Sequence[str]) -> dict[str, Any]:
        found = self._turns.find({"_id": {"$in": list(keys)}, "status": DONE}, {"state": 1}) if keys else ()
        return {document["_id"]: document.get("state") for document in found}


@contextmanager
def open_log(uri: str, database: str, bot: str, *, since: datetime, until: datetime) -> Iterator[Log]:
    """Open the log of a bot; every failure of the database is `StoreUnavailable`."""
    with open_database(uri, database) as place:
        yield Log(place[TURNS], bot, since=since, until=until)


def _key_before(document: TurnDocument) -> str | None:
    """Return the key of the turn before; None for a thread's first."""
    key, number = document["_id"], number_in(document["_id"])
    return turn_key(key.rpartition(":")[0], number - 1) if number is not None and number > 1 else None


def _is_placed(document: TurnDocument) -> bool:
    return isinstance(document.get("thread_id"), str) and document.get("turn") == number_in(document["_id"])


def _row(document: TurnDocument, state_by_key: dict[str, Any]) -> tuple[LoggedMessage, Answered]:
    if not _is_placed(document):
        raise ValueError("it is not where its key says")
    before = _key_before(document)
    state = state_by_key.get(before) if before else None
    message = LoggedMessage(
        thread_id=document["thread_id"],
        turn=document["turn"],
        said_at=usable_moment(document["created_at"]),
        text=_text(document["text"]),
        message=_text(document["message"]),
        before=state if isinstance(state, str) else None,
    )
    confidence = document["confidence"]
    return message, Answered(
        release=_text(document["release"]),
        intent=_text(document["intent_id"]),
        confidence=float("nan") if confidence is None else float(confidence),
        route=_text(document["route"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text is expected")
    return value

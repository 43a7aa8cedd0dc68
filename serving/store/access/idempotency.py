"""What requests with an `Idempotency-Key` were answered, so that a request that is sent again is not done again.

idempotency   {_id: hash of caller, route and key, digest: hash of the request, response: {status, headers, body} or
               null while it is worked on, if it may not be kept, and once somebody is forgotten, is_done, expires_at}
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field, TypeAdapter

from pipelines.schemas.keys import IDEMPOTENCY
from pipelines.schemas.stored import read_each
from serving.store.client import Collection, Database, Document, DuplicateKeyError

_KEPT_FOR = timedelta(days=1)
MOST_CHARACTERS = 256 * 1024
"""Longer responses are not kept."""


@dataclass(frozen=True)
class KeptResponse:
    """A response that can be given again."""

    status: Annotated[int, Field(ge=100, le=599)]
    headers: dict[str, str]
    body: str


_KEPT = TypeAdapter(KeptResponse)


@dataclass(frozen=True)
class Earlier:
    """An earlier request with the same key. `response` is None if it was not kept, or is not there yet."""

    is_same: bool
    is_done: bool
    response: KeptResponse | None


def _kept(document: Document) -> KeptResponse | None:
    kept = document["response"]
    return _KEPT.validate_python(kept) if kept is not None else None


class Idempotency:
    """Reads and writes `idempotency`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._requests: Collection = database.collection(IDEMPOTENCY)

    async def begin(self, key: str, digest: str, *, now: datetime) -> Earlier | None:
        """Begin a request; return the earlier one with this key if there is one."""
        expiry = self._database.expires_at(now, _KEPT_FOR)
        document = {"_id": key, "digest": digest, "response": None, "is_done": False, "expires_at": expiry}
        try:
            await self._database.call("begin request", self._requests.insert_one(document))
        except DuplicateKeyError:
            found = await self._database.call("read request", self._requests.find_one({"_id": key}))
            if found is None:  # it failed in this moment
                return await self.begin(key, digest, now=now)
            # one that cannot be read was done, for all that is known: it is never done twice
            response = next(read_each([found], _kept, collection=IDEMPOTENCY), None)
            return Earlier(found.get("digest") == digest, found.get("is_done") is not False, response)
        return None

    async def end(self, key: str, digest: str, response: KeptResponse | None, *, now: datetime) -> None:
        """Keep the response of a request that was done; None if it holds a secret, or is too long."""
        kept = {"status": response.status, "headers": response.headers, "body": response.body} if response else None
        expiry = self._database.expires_at(now, _KEPT_FOR)
        document = {"_id": key, "digest": digest, "response": kept, "is_done": True, "expires_at": expiry}
        await self._database.call("keep response", self._requests.replace_one({"_id": key}, document))

    async def give_up(self, key: str) -> None:
        """Forget a request that failed, so that it can be sent again."""
        await self._database.call("forget request", self._requests.delete_one({"_id": key}))

    async def drop_responses(self) -> None:
        """Keep no response any longer, only that the requests were done: nothing tells whom a response quotes."""
        dropping = self._requests.update_many({}, {"$set": {"response": None}})
        await self._database.call("forget responses", dropping)

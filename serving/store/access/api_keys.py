"""Keys of the admin API, stored hashed.

api_keys   {_id, place, name, digest, roles: {"*" or bot: role}, by, created_at, expires_at, revoked_at, last_used_at}

Revoked keys are kept: the audit log names them. `place` begins with the time and sorts the keys: NX-27017 compares
dates as text, with fractions of a second of different lengths.
"""

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import NotFound
from pipelines.schemas.keys import API_KEYS
from pipelines.schemas.stored import Moment, read_each
from serving.access.key_text import KeyText
from serving.access.roles import ALL_BOTS, Role
from serving.store.client import DESCENDING, Collection, Database, Document

MOST_LISTED = 1000
_HINT = "`intentloop keys list` and GET /api/v1/keys show them"
_USE_RECORDED_EVERY = timedelta(minutes=1)


class ApiKey(BaseModel):
    """A key without its secret."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    roles: dict[str, Role]
    by: str = Field(description="Who made it.")
    created_at: Moment
    expires_at: Moment | None = None
    revoked_at: Moment | None = None
    last_used_at: Moment | None = Field(default=None, description="To the minute.")

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


_STORED = ApiKey.model_fields.keys() - {"id"}


class ApiKeys:
    """Reads and writes `api_keys`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: Collection = database.collection(API_KEYS)

    async def create(
        self, name: str, roles: dict[str, Role], *, by: str, now: datetime, expires_at: datetime | None = None
    ) -> tuple[ApiKey, KeyText]:
        """Make a key; its text is returned this once and never again."""
        text = KeyText.new()
        key = ApiKey(id=text.id, name=name, roles=roles, by=by, created_at=now, expires_at=expires_at)
        fields = key.model_dump(exclude={"id"})
        place = f"{int(now.timestamp() * 1000):015d}-{text.id}"
        document = {
            "_id": text.id,
            "place": place,
            "digest": text.digest,
            **fields,
            "roles": {k: str(v) for k, v in roles.items()},
        }
        await self._database.call("write key", self._keys.insert_one(document))
        return key, text

    async def find(self, text: KeyText, *, now: datetime) -> ApiKey | None:
        """Return the key that somebody holds, if it is valid, and record its use."""
        stored = await self._database.call("read key", self._keys.find_one({"_id": text.id}))
        digest = stored.get("digest") if stored is not None else None
        if stored is None or not isinstance(digest, str) or not digest.isascii():
            return None
        key = _readable(stored) if hmac.compare_digest(digest, text.digest) else None
        if key is None or not key.is_valid(now):
            return None
        if key.last_used_at is None or now - key.last_used_at >= _USE_RECORDED_EVERY:
            await self._put(stored | {"last_used_at": now})
        return key

    async def valid(self, key_id: str, *, now: datetime) -> ApiKey | None:
        """Return a key by its id, if it is valid; whoever asks has seen its secret before."""
        stored = await self._database.call("read key", self._keys.find_one({"_id": key_id}))
        key = _readable(stored) if stored is not None else None
        return key if key is not None and key.is_valid(now) else None

    async def get(self, key_id: str) -> ApiKey:
        """Return a key without its secret; raise `NotFound` for another id."""
        stored = await self._database.call("read key", self._keys.find_one({"_id": key_id}, {"digest": 0}))
        key = _readable(stored) if stored is not None else None
        if key is None:
            raise NotFound("key", key_id, hint=_HINT)
        return key

    async def page(self, *, before: str | None = None, limit: int = 50) -> tuple[list[ApiKey], str | None]:
        """Return keys, newest first, and the place before which to go on; None at the end."""
        query = {"place": {"$lt": before}} if before is not None else {}
        cursor = self._keys.find(query, {"digest": 0}).sort("place", DESCENDING).limit(limit)
        rows = await self._database.call("list keys", cursor.to_list(limit))
        place = rows[-1]["place"] if len(rows) == limit else None
        return _keys(rows), place if isinstance(place, str) else None

    async def has_owner(self, *, now: datetime, besides: str | None = None) -> bool:
        """Whether a valid key, other than the one with the id `besides`, owns the whole platform."""
        return any(
            key.is_valid(now) and key.roles.get(ALL_BOTS) is Role.OWNER and key.id != besides
            for key in await self.listed()
        )

    async def listed(self) -> list[ApiKey]:
        """Return all keys, newest first, also those that were revoked or have expired."""
        cursor = self._keys.find({}, {"digest": 0}).sort("place", DESCENDING)
        rows = await self._database.call("list keys", cursor.limit(MOST_LISTED).to_list(MOST_LISTED))
        return _keys(rows)

    async def revoke(self, key_id: str, *, now: datetime) -> ApiKey:
        """Revoke a key for good, and return it; a second time changes nothing. Raise `NotFound` for another id."""
        stored = await self._database.call("read key", self._keys.find_one({"_id": key_id}))
        if stored is None:
            raise NotFound("key", key_id, hint=_HINT)
        if stored.get("revoked_at") is None:
            stored = stored | {"revoked_at": now}
            await self._put(stored)
        key = _readable(stored)
        if key is None:
            raise NotFound("key", key_id, hint=f"what is stored cannot be read and opens nothing; {_HINT}")
        return key

    async def _put(self, document: Document) -> None:
        # Only over a key that is not revoked: recording a use must not bring one back.
        place = {"_id": document["_id"], "revoked_at": None}
        await self._database.call("write key", self._keys.replace_one(place, document))


def _keys(documents: Iterable[Document]) -> list[ApiKey]:
    return list(read_each(documents, _key, collection=API_KEYS))


def _readable(document: Document) -> ApiKey | None:
    """Return a key; None if it cannot be read, and so opens nothing."""
    return next(read_each([document], _key, collection=API_KEYS), None)


def _key(document: Document) -> ApiKey:
    return ApiKey.model_validate({"id": document["_id"]} | {name: document[name] for name in _STORED})

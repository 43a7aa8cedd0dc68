"""Members: the people who sign in through the OIDC issuer, and their roles.

members   {_id, subject or email, name, roles: {"*" or bot: role}, is_owner, rev, by, created_at, updated_at}

An `_id` is made from the subject or e-mail, so nobody is there twice. `rev` grows with each change.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipelines.errors import LastOwner, MemberExists, NotFound
from pipelines.schemas.keys import MEMBERS
from pipelines.schemas.stored import Moment, read_each
from serving.access.roles import ALL_BOTS, Role, combined
from serving.store.client import ASCENDING, Collection, Database, Document, DuplicateKeyError

Kind = Literal["subject", "email"]


class Member(BaseModel):
    """A person with roles, known by the subject of their tokens or by their verified e-mail."""

    model_config = ConfigDict(frozen=True)

    id: str
    subject: str | None = None
    email: str | None = None
    name: str
    roles: dict[str, Role]
    rev: int
    by: str
    created_at: Moment
    updated_at: Moment

    @property
    def is_owner(self) -> bool:
        """Whether they own the whole platform."""
        return self.roles.get(ALL_BOTS) is Role.OWNER


def member_id(kind: Kind, value: str) -> str:
    """Return the id of the member with a subject or an e-mail."""
    return hashlib.sha256(f"{kind}:{value.lower() if kind == 'email' else value}".encode()).hexdigest()[:20]


class Members:
    """Reads and writes `members`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._members: Collection = database.collection(MEMBERS)

    async def roles_of(self, *, subject: str, email: str | None) -> dict[str, Role]:
        """Return the roles of somebody who has signed in, as a subject and as an e-mail together."""
        ids = [member_id("subject", subject), *([member_id("email", email)] if email is not None else ())]
        cursor = self._members.find({"_id": {"$in": ids}})
        found = _members(await self._database.call("read members", cursor.to_list(2)))
        return combined(*(member.roles for member in found))

    async def add(
        self, kind: Kind, value: str, *, name: str, roles: Mapping[str, Role], by: str, now: datetime
    ) -> Member:
        """Add a member; raise `MemberExists` if they are one already."""
        value = value.lower() if kind == "email" else value
        fields = {kind: value, "name": name, "roles": dict(roles), "rev": 1, "by": by}
        member = Member.model_validate({"id": member_id(kind, value), "created_at": now, "updated_at": now, **fields})
        try:
            await self._database.call("write member", self._members.insert_one(_document(member)))
        except DuplicateKeyError as error:
            raise MemberExists(member.id) from error
        return member

    async def get(self, id_: str) -> Member:
        """Return a member; raise `NotFound` for another id."""
        stored = await self._database.call("read member", self._members.find_one({"_id": id_}))
        member = next(read_each([stored], _member, collection=MEMBERS), None) if stored is not None else None
        if member is None:
            raise NotFound("member", id_, hint="GET /api/v1/members lists them")
        return member

    async def page(self, *, after: str | None = None, limit: int = 50) -> tuple[list[Member], str | None]:
        """Return members in the order of their ids, and the id after which to go on; None at the end."""
        query = {"_id": {"$gt": after}} if after is not None else {}
        cursor = self._members.find(query).sort("_id", ASCENDING).limit(limit + 1)
        rows = await self._database.call("list members", cursor.to_list(limit + 1))
        return _members(rows[:limit]), rows[limit - 1]["_id"] if len(rows) > limit else None

    async def replace(self, old: Member, *, name: str, roles: Mapping[str, Role], now: datetime) -> Member | None:
        """Give a member other roles; None if somebody has changed them since `old` was read.

        Raise `LastOwner` rather than leave the platform without an owner among its members.
        """
        update = {"name": name, "roles": dict(roles), "rev": old.rev + 1, "updated_at": now}
        new = Member.model_validate(old.model_dump() | update)
        if old.is_owner and not new.is_owner:
            await self._require_another_owner(old)
        if not await self._put(old, _document(new)):
            return None
        if old.is_owner and not new.is_owner and not await self.has_owner():
            await self._put(new, _document(old.model_copy(update={"rev": new.rev + 1})))  # two have left at once
            raise LastOwner(old.name)
        return new

    async def remove(self, old: Member) -> bool:
        """Remove a member; False if somebody has changed them since `old` was read. Raises as `replace` does."""
        if old.is_owner:
            await self._require_another_owner(old)
        place = {"_id": old.id, "rev": old.rev}
        removed = await self._database.call("remove member", self._members.delete_one(place))
        if removed.deleted_count == 0:
            return False
        if old.is_owner and not await self.has_owner():
            again = _document(old.model_copy(update={"rev": old.rev + 1}))
            await self._database.call("write member", self._members.insert_one(again))  # two have left at once
            raise LastOwner(old.name)
        return True

    async def _require_another_owner(self, leaving: Member) -> None:
        others = {"is_owner": True, "_id": {"$ne": leaving.id}}
        if await self._database.call("read members", self._members.find_one(others, {"_id": 1})) is None:
            raise LastOwner(leaving.name)

    async def has_owner(self) -> bool:
        """Whether a member owns the whole platform."""
        found = await self._database.call("read members", self._members.find_one({"is_owner": True}, {"_id": 1}))
        return found is not None

    async def _put(self, old: Member, document: Document) -> bool:
        place = {"_id": old.id, "rev": old.rev}
        done = await self._database.call("write member", self._members.replace_one(place, document))
        return done.matched_count > 0


def _document(member: Member) -> Document:
    fields = member.model_dump(exclude={"id", "roles"})
    roles = {bot: str(role) for bot, role in member.roles.items()}
    return {"_id": member.id, **fields, "roles": roles, "is_owner": member.is_owner}


def _members(documents: Iterable[Document]) -> list[Member]:
    return list(read_each(documents, _member, collection=MEMBERS))


def _member(document: Document) -> Member:
    return Member.model_validate({"id": document["_id"]} | {n: document[n] for n in Member.model_fields if n != "id"})

"""Members over the admin API: who signs in through the OIDC issuer, and what they may do."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Path, Request, Response
from pydantic import BaseModel, Field, JsonValue, model_validator

from pipelines.errors import EditConflict, NotFound
from serving.access.roles import Role
from serving.api.access import Caller, Reach, allow
from serving.api.admin.accounts.keys import Roles, ShownName
from serving.api.admin.etags import IfMatch, etag_of, require_match
from serving.api.admin.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from serving.api.admin.route import AdminRouter, note_change
from serving.api.errors import ErrorBody
from serving.api.fields import EMAIL
from serving.dialogue.services import Services
from serving.store.access.members import Member, Members

_ONE: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "There is no such member."}}
_LAST: dict[int | str, dict[str, Any]] = {409: {"model": ErrorBody, "description": "They are the last owner."}}
_OWNERS = [allow(Role.OWNER, on=Reach.PLATFORM)]
MemberId = Annotated[str, Path(pattern=r"^[0-9a-f]{1,64}$")]
_PRINTABLE = r"^[^\x00-\x20\x7f-\x9f](?:[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\x9f])?$"

router = AdminRouter(prefix="/api/v1/members", tags=["members"])


class MemberChange(BaseModel):
    """What can be changed about a member."""

    name: ShownName = Field(description="For people.", examples=["Anna"])
    roles: Roles


class MemberIn(MemberChange):
    """A member to be added, named by subject or by e-mail."""

    subject: str | None = Field(
        default=None, max_length=255, pattern=_PRINTABLE, description="`sub` of their tokens, exactly."
    )
    email: str | None = Field(
        default=None,
        max_length=255,
        pattern=EMAIL,
        description="Counts only in tokens whose issuer has verified it.",
        examples=["anna@example.com"],
    )

    @model_validator(mode="after")
    def _has_one_identity(self) -> Self:
        if (self.subject is None) == (self.email is None):
            raise ValueError("name either the `subject` or the `email`")
        return self


class MemberOut(BaseModel):
    """A person with roles."""

    id: str
    subject: str | None = Field(description="`sub` of their tokens; null if they are known by e-mail.")
    email: str | None = Field(description="Null if they are known by their subject.")
    name: str
    roles: dict[str, Role] = Field(description="By bot; `*` is all of them.")
    by: str = Field(description="Who added them.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, member: Member) -> "MemberOut":
        """Describe a member."""
        return cls(**member.model_dump(exclude={"rev"}))


@router.get("", summary="List members", dependencies=_OWNERS)
async def list_members(request: Request, cursor: Cursor = None, limit: Limit = 50) -> Page[MemberOut]:
    """Return the members, in the order of their ids."""
    after = str(decode_cursor(cursor, str)[0]) if cursor is not None else None
    found, after = await _members(request).page(after=after, limit=limit)
    following = encode_cursor(after) if after is not None else None
    return Page(items=[MemberOut.of(member) for member in found], next=following)


@router.post("", status_code=201, summary="Add a member", dependencies=_OWNERS)
async def add_member(new: MemberIn, request: Request, response: Response, caller: Caller) -> MemberOut:
    """Give roles to somebody who signs in through the OIDC issuer; 409 if they have some already."""
    services: Services = request.app.state.services
    kind, value = ("subject", new.subject) if new.subject is not None else ("email", new.email or "")
    member = await _members(request).add(
        kind,  # type: ignore[arg-type]  # one of the two words above
        value,
        name=new.name,
        roles=new.roles,
        by=caller.id,
        now=services.now(),
    )
    note_change(request, after=_content(member), target=member.id)
    response.headers["Location"] = f"/api/v1/members/{member.id}"
    response.headers["ETag"] = etag_of(_json(member))
    return MemberOut.of(member)


@router.get("/{member_id}", summary="Show a member", dependencies=_OWNERS, responses=_ONE)
async def show_member(member_id: MemberId, request: Request, response: Response) -> MemberOut:
    """Return a member."""
    member = await _members(request).get(member_id)
    response.headers["ETag"] = etag_of(_json(member))
    return MemberOut.of(member)


@router.put("/{member_id}", summary="Replace a member's roles", dependencies=_OWNERS, responses=_ONE | _LAST)
async def replace_member(
    member_id: MemberId, change: MemberChange, request: Request, response: Response, if_match: IfMatch = None
) -> MemberOut:
    """Give a member other roles, also in the sessions that are open. The last owner cannot stop being one: 409."""
    services: Services = request.app.state.services
    members = _members(request)
    old = await members.get(member_id)
    require_match(if_match, _json(old))
    new = await members.replace(old, name=change.name, roles=change.roles, now=services.now())
    if new is None:
        raise await _overtaken(members, member_id)
    note_change(request, before=_content(old), after=_content(new))
    response.headers["ETag"] = etag_of(_json(new))
    return MemberOut.of(new)


@router.delete("/{member_id}", status_code=204, summary="Remove a member", dependencies=_OWNERS, responses=_ONE | _LAST)
async def remove_member(member_id: MemberId, request: Request, if_match: IfMatch = None) -> None:
    """Take all roles from a member, also in the sessions that are open. The last owner cannot be removed: 409."""
    members = _members(request)
    old = await members.get(member_id)
    require_match(if_match, _json(old))
    if not await members.remove(old):
        raise await _overtaken(members, member_id)
    note_change(request, before=_content(old))


def _members(request: Request) -> Members:
    services: Services = request.app.state.services
    return Members(services.database)


def _json(member: Member) -> JsonValue:
    shown: JsonValue = MemberOut.of(member).model_dump(mode="json")
    return shown


def _content(member: Member) -> JsonValue:
    content: JsonValue = member.model_dump(mode="json", include={"subject", "email", "name", "roles"})
    return content


async def _overtaken(members: Members, member_id: str) -> EditConflict:
    """Describe what somebody else has made of a member in this moment."""
    try:
        current = _json(await members.get(member_id))
    except NotFound:
        return EditConflict(None, etag=None)
    return EditConflict(current, etag=etag_of(current))

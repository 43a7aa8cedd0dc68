"""Keys of the admin API over the admin API."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import Path, Request
from pydantic import BaseModel, Field, StringConstraints

from pipelines.errors import AccessDenied, LastOwner, NotFound, UserInputError
from serving.access.roles import ALL_BOTS, Principal, Role, may_give
from serving.api.access import Caller, Reach, allow
from serving.api.admin.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from serving.api.admin.route import AdminRouter, keep_no_response, note_change
from serving.api.errors import ErrorBody
from serving.api.fields import BOT_OR_ALL, ONE_LINE
from serving.api.sign_in import AccessControl
from serving.dialogue.services import Services
from serving.store.access.api_keys import ApiKey, ApiKeys
from serving.store.access.first_key import MAKER
from serving.store.access.members import Members

BotOrAll = Annotated[str, Field(pattern=BOT_OR_ALL)]
Roles = Annotated[
    dict[BotOrAll, Role],
    Field(min_length=1, max_length=200, description="By bot; `*` is all of them.", examples=[{"shop": "author"}]),
]
ShownName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=ONE_LINE)]
KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{1,32}$")]
_MOST_DAYS = 36_500
_MOST_PORTIONS = 20
"""How often keys are read for a page of those that somebody may see; the page may then be short."""

_OWNERS = [allow(Role.OWNER, on=Reach.ANY_BOT)]
_ONE: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "There is no such key, for you."}}
_LAST: dict[int | str, dict[str, Any]] = {409: {"model": ErrorBody, "description": "Nobody else owns the platform."}}

router = AdminRouter(prefix="/api/v1/keys", tags=["keys"])


class KeyIn(BaseModel):
    """A key to be made."""

    name: ShownName = Field(description="For people: what or whom the key is for.", examples=["nightly export"])
    roles: Roles
    days: float | None = Field(
        default=None, gt=0, le=_MOST_DAYS, description="Days until it expires; without them it never does."
    )


class Key(ApiKey):
    """A key without its secret."""

    state: Literal["valid", "expired", "revoked"]

    @classmethod
    def of(cls, key: ApiKey, now: datetime) -> "Key":
        """Describe a key."""
        state = "revoked" if key.revoked_at is not None else "valid" if key.is_valid(now) else "expired"
        return cls.model_validate(key.model_dump() | {"state": state})


class NewKey(Key):
    """A key with its secret, which is shown this once."""

    secret: str = Field(description="What its holder sends as `Authorization: Bearer`. Only a hash of it is stored.")


@router.get("", summary="List keys", dependencies=_OWNERS)
async def list_keys(request: Request, caller: Caller, cursor: Cursor = None, limit: Limit = 50) -> Page[Key]:
    """Return keys, newest first, also those that have ended: all of them, or those of one's own bots alone."""
    services: Services = request.app.state.services
    now = services.now()
    before = str(decode_cursor(cursor, str)[0]) if cursor is not None else None
    found, before = await _seen_by(caller, ApiKeys(services.database), before=before, limit=limit)
    following = encode_cursor(before) if before is not None else None
    return Page(items=[Key.of(key, now) for key in found], next=following)


@router.post("", status_code=201, summary="Create a key", dependencies=_OWNERS)
async def create_key(wanted: KeyIn, request: Request, caller: Caller) -> NewKey:
    """Make a key and return its secret, this once.

    Nobody gives more than they have: an owner of a bot makes keys for that bot alone, and no key makes one that
    outlives it.
    """
    services: Services = request.app.state.services
    keys, now = ApiKeys(services.database), services.now()
    keep_no_response(request)
    if not may_give(caller, wanted.roles):
        raise AccessDenied(Role.OWNER, "everything that the new key may do", held=caller.name)
    ends = now + timedelta(days=wanted.days) if wanted.days is not None else None
    own_end = await _end_of(caller, keys, now)
    if own_end is not None and (ends is None or ends > own_end):
        raise UserInputError(
            f"days: your own key expires at {own_end:%Y-%m-%d %H:%M} UTC, and this one would outlive it"
        )
    key, text = await keys.create(wanted.name, wanted.roles, by=caller.id, now=now, expires_at=ends)
    after = key.model_dump(mode="json", include={"name", "roles", "expires_at"})
    note_change(request, after=after, target=key.id)
    return NewKey(**Key.of(key, now).model_dump(), secret=str(text))


@router.get("/{key_id}", summary="Show a key", dependencies=_OWNERS, responses=_ONE)
async def show_key(key_id: KeyId, request: Request, caller: Caller) -> Key:
    """Return a key without its secret."""
    services: Services = request.app.state.services
    return Key.of(await _find(key_id, services, caller), services.now())


@router.delete("/{key_id}", summary="Revoke a key", dependencies=_OWNERS, responses=_ONE | _LAST)
async def revoke_key(key_id: KeyId, request: Request, caller: Caller) -> Key:
    """End a key for good, with the sessions that began with it; a second time changes nothing.

    The last way to own the platform cannot be closed: 409.
    """
    services: Services = request.app.state.services
    key, now = await _find(key_id, services, caller), services.now()
    if key.is_valid(now) and key.roles.get(ALL_BOTS) is Role.OWNER:
        await _require_another_owner(key, request)
    note_change(request, before=key.model_dump(mode="json", include={"name", "roles", "expires_at"}))
    return Key.of(await ApiKeys(services.database).revoke(key_id, now=now), now)


async def _find(key_id: str, services: Services, caller: Principal) -> ApiKey:
    """Return a key that the caller may see; the others do not exist for them."""
    key = await ApiKeys(services.database).get(key_id)
    if not may_give(caller, key.roles):
        raise NotFound("key", key_id, hint="GET /api/v1/keys lists them")
    return key


async def _seen_by(
    caller: Principal, keys: ApiKeys, *, before: str | None, limit: int
) -> tuple[list[ApiKey], str | None]:
    """Return keys that the caller may see, up to `limit`, and the place before which to go on; None at the end."""
    found: list[ApiKey] = []
    for _ in range(_MOST_PORTIONS):
        some, before = await keys.page(before=before, limit=limit - len(found))
        found += [key for key in some if may_give(caller, key.roles)]
        if len(found) == limit or before is None:
            break
    return found, before


async def _end_of(caller: Principal, keys: ApiKeys, now: datetime) -> datetime | None:
    kind, _, key_id = caller.id.partition(":")
    key = await keys.valid(key_id, now=now) if kind == "key" else None
    # the first start's key may expire soon, and is there to make the lasting ones
    return key.expires_at if key is not None and key.by != MAKER else None


async def _require_another_owner(key: ApiKey, request: Request) -> None:
    services: Services = request.app.state.services
    access: AccessControl = request.app.state.access
    if access.credentials.has_admin_token or await Members(services.database).has_owner():
        return
    if not await ApiKeys(services.database).has_owner(now=services.now(), besides=key.id):
        raise LastOwner(key.name)

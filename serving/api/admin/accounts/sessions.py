"""Signing in to the pages: a session in a cookie that no script can read, in exchange for a key or token."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr

from pipelines.errors import NotAuthentic
from serving.access.roles import Principal, Role
from serving.access.same_origin import refuse_other_pages, require_own_page
from serving.api.access import Caller, Reach, allow
from serving.api.admin.route import AdminRouter
from serving.api.errors import ErrorBody
from serving.api.sign_in import COOKIE, LOCAL_COOKIE, AccessControl, address_of, cookie_name, session_cookie
from serving.dialogue.services import Services
from serving.store.access.audit import AuditEntry, AuditLog
from serving.store.access.credentials import SignedIn
from serving.store.access.sessions import Session

_PATH = "/api/v1/session"
_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorBody, "description": "The key or token is unknown, has expired or was revoked."},
    403: {"model": ErrorBody, "description": "The request comes from a page of another site, or nobody gave a role."},
    422: {"model": ErrorBody, "description": "A field is missing or cannot be used."},
    429: {"model": ErrorBody, "description": "Too many sign-ins have failed from this address."},
    503: {"model": ErrorBody, "description": "The database or the issuer is unavailable; try again later."},
}

public_router = APIRouter(tags=["session"], responses=_ERRORS)
"""What somebody may do who is not signed in yet, or not any more."""
router = AdminRouter(tags=["session"])


class SignInIn(BaseModel):
    """What somebody signs in with."""

    token: SecretStr = Field(
        min_length=1, max_length=16_384, description="A key, a token of the OIDC issuer, or the admin token."
    )


class Myself(BaseModel):
    """Who is signed in, and what they may do."""

    id: str = Field(description="As the audit log names them.", examples=["key:1f0c55aa21"])
    name: str
    roles: dict[str, Role] = Field(description="By bot; `*` is all of them.", examples=[{"*": "viewer"}])

    @classmethod
    def of(cls, caller: Principal) -> "Myself":
        """Describe a caller."""
        return cls(id=caller.id, name=caller.name, roles=dict(caller.roles))


class SessionOut(Myself):
    """A session that has begun."""

    ends_at: datetime = Field(description="When it ends at the latest; without use it ends earlier.")


@public_router.post(_PATH, status_code=201, summary="Sign in")
async def sign_in(given: SignInIn, request: Request, response: Response) -> SessionOut:
    """Begin a session: the response sets a cookie that is sent with every later request of the browser."""
    access: AccessControl = request.app.state.access
    cookie_name(request)  # before the token is looked at
    refuse_other_pages(request.headers, public_url=access.public_url)
    signed_in = await access.check(request, given.token.get_secret_value().strip())
    session = await begin_session(request, response, signed_in)
    return SessionOut(**Myself.of(signed_in.principal).model_dump(), ends_at=session.ends_at)


@router.get(_PATH, summary="Show who is signed in", dependencies=[allow(Role.VIEWER, on=Reach.ANY_BOT)])
async def show_session(caller: Caller) -> Myself:
    """Return who sends this request, by session, key or token, and their roles."""
    return Myself.of(caller)


@public_router.delete(_PATH, status_code=204, summary="Sign out")
async def sign_out(request: Request, response: Response) -> None:
    """End the session of this browser, and delete its cookie. Without a session nothing happens."""
    access: AccessControl = request.app.state.access
    secret = session_cookie(request)
    if secret is None:
        return
    require_own_page(request.headers, public_url=access.public_url)
    await access.sessions.end(secret)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    response.delete_cookie(LOCAL_COOKIE, path="/", httponly=True, samesite="strict")


async def begin_session(request: Request, response: Response, signed_in: SignedIn) -> Session:
    """Begin a session and set its cookie; raise `NotAuthentic` for somebody without any role."""
    access: AccessControl = request.app.state.access
    services: Services = request.app.state.services
    who = signed_in.principal
    if not who.roles:
        raise NotAuthentic(f"{who.name!r} has no role here; ask an owner to add {who.id} at /api/v1/members")
    name, now = cookie_name(request), services.now()
    until = signed_in.until if signed_in.holder.kind == "key" else None  # a token says how long it may be shown
    secret, session = await access.sessions.open(signed_in.holder, until=until, now=now)
    entry = AuditEntry(at=now, by=who.id, by_name=who.name, address=address_of(request), action="Sign in")
    await AuditLog(services.database).append(entry)
    response.set_cookie(
        name,
        secret,
        max_age=int((session.ends_at - now).total_seconds()),
        path="/",
        secure=name == COOKIE,
        httponly=True,
        samesite="strict",
    )
    return session

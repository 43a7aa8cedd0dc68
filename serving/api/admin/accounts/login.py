"""Signing in to the pages at the OIDC issuer."""

import hmac
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pipelines.errors import NotAuthentic, NotFound, TokenRefused, UserInputError
from serving.access.login import Attempt, Login, is_local_path
from serving.access.same_origin import is_local
from serving.api.admin.accounts.sessions import begin_session
from serving.api.errors import ErrorBody
from serving.api.sign_in import AccessControl

_COOKIE, _LOCAL_COOKIE = "__Host-intentloop-login", "intentloop-login"
_SECONDS = 600
_PLACE = "/api/v1/session"
_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorBody, "description": "No OIDC client is set."},
    429: {"model": ErrorBody, "description": "Too many sign-ins have failed from this address."},
    422: {"model": ErrorBody, "description": "`next` is no page of this server."},
    503: {"model": ErrorBody, "description": "The issuer does not answer; try again later."},
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorBody, "description": "The issuer does not confirm the sign-in."},
    403: {"model": ErrorBody, "description": "This browser did not begin it, or nobody gave the person a role."},
}

router = APIRouter(tags=["session"], responses=_ERRORS)


@router.get(f"{_PLACE}/login", status_code=303, response_class=Response, summary="Sign in at the issuer")
async def begin_login(
    request: Request,
    next_page: Annotated[
        str, Query(alias="next", max_length=1000, description="The page of this server to open afterwards.")
    ] = "/",
) -> Response:
    """Send the browser to the OIDC issuer's page, from where it comes back signed in."""
    if not is_local_path(next_page):
        raise UserInputError("next: write the path of a page of this server, such as `/`")
    attempt, is_here = Attempt.new(next_page), is_local(request.headers)
    response = RedirectResponse(await _login(request).address(attempt, callback=_callback(request)), status_code=303)
    response.set_cookie(
        _LOCAL_COOKIE if is_here else _COOKIE,
        str(attempt),
        max_age=_SECONDS,
        path="/",
        secure=not is_here,
        httponly=True,
        samesite="lax",  # it has to come back from the issuer's site
    )
    return response


@router.get(f"{_PLACE}/callback", response_class=HTMLResponse, summary="Come back from the issuer", responses=_REFUSED)
async def finish_login(
    request: Request,
    code: Annotated[str, Query(max_length=4096)] = "",
    state: Annotated[str, Query(max_length=1000)] = "",
) -> Response:
    """Begin a session for the person whom the issuer has signed in, and open the page they wanted."""
    access: AccessControl = request.app.state.access
    login = _login(request)
    attempt = Attempt.parse(request.cookies.get(_LOCAL_COOKIE if is_local(request.headers) else _COOKIE, ""))
    if attempt is None or not hmac.compare_digest(attempt.state.encode(), state.encode("utf-8", "surrogatepass")):
        raise NotAuthentic(f"this sign-in did not begin in this browser, or too long ago; open {_PLACE}/login")
    if not code:
        raise TokenRefused(f"the issuer did not sign you in; open {_PLACE}/login to try again")
    identity = await login.finish(attempt, code=code, callback=_callback(request))
    # not a redirect: the session's cookie goes only with requests that a page of ours begins
    page = escape(attempt.page)
    content = f'<!doctype html><meta http-equiv="refresh" content="0;url={page}"><a href="{page}">Go on</a>'
    response = HTMLResponse(content, headers={"Cache-Control": "no-store"})
    await begin_session(request, response, await access.credentials.of_identity(identity))
    for name in (_COOKIE, _LOCAL_COOKIE):
        response.delete_cookie(name, path="/", secure=name == _COOKIE, httponly=True, samesite="lax")
    return response


def _login(request: Request) -> Login:
    access: AccessControl = request.app.state.access
    if access.login is None:
        raise NotFound("page", "login", hint="set INTENTLOOP_OIDC_CLIENT_ID, or sign in with a key")
    return access.login


def _callback(request: Request) -> str:
    access: AccessControl = request.app.state.access
    scheme = "http" if is_local(request.headers) else "https"
    server = access.public_url or f"{scheme}://{request.headers.get('host', '')}"
    return f"{server.rstrip('/')}{_PLACE}/callback"

"""Who sends a request to the admin API: by a key or token in a header, or by the cookie of a session.

Loopback is no exception: a reverse proxy on the same machine, or a page in a browser there, connects from loopback too.
"""

import logging
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from fastapi import Request
from fastapi.security.utils import get_authorization_scheme_param

from pipelines.errors import NotAuthentic, SetupProblem, StoreUnavailable, TokenRefused
from pipelines.settings import GroupRoles, Settings
from serving.access.issuer import Issuer
from serving.access.login import Login
from serving.access.oidc import TokenVerifier
from serving.access.roles import ALL_BOTS, Principal, Role
from serving.access.same_origin import (
    is_local,
    require_loopback_if_off,
    require_own_page,
    require_this_machine,
)
from serving.api.buckets import Buckets
from serving.dialogue.services import Services
from serving.store.access.audit import AuditEntry, AuditLog
from serving.store.access.credentials import HINT, Credentials, SignedIn
from serving.store.access.sessions import Sessions
from serving.store.usage import network_of

COOKIE = "__Host-intentloop"
LOCAL_COOKIE = "intentloop"
"""On this machine without TLS, where browsers refuse `__Host-` and `Secure`."""
_SAFE = ("GET", "HEAD", "OPTIONS")
_EVERYBODY = Principal("everybody", "everybody (INTENTLOOP_AUTH=off)", {ALL_BOTS: Role.OWNER})

_log = logging.getLogger(__name__)


class AccessControl:
    """Finds out who sends a request.

    Parameters
    ----------
    login
        Signs people in at the issuer's page; None without a client there.
    is_off
        Everybody on this machine is an owner.
    public_url
        Where browsers reach this server, if the header `Host` does not say.
    pages
        Origins of other pages that may send requests with `is_off`.
    """

    def __init__(
        self,
        credentials: Credentials,
        sessions: Sessions,
        services: Services,
        *,
        login: Login | None = None,
        is_off: bool = False,
        public_url: str | None = None,
        pages: Collection[str] = (),
    ) -> None:
        self.login, self._pages = login, frozenset(pages)
        self.credentials, self.sessions, self.public_url = credentials, sessions, public_url
        self._services, self._is_off = services, is_off
        # so that nobody fills the audit log with what is refused; how often they may try is limited elsewhere
        self._strangers, self._all_strangers, self._denials = Buckets(1), Buckets(6), Buckets(6)

    async def authenticate(self, request: Request) -> Principal:
        """Return the sender of a request; raise `TokenRefused` if that cannot be told."""
        if self._is_off:
            require_this_machine(request.headers, client=address_of(request), pages=self._pages)
            return _EVERYBODY
        if "authorization" in request.headers:
            scheme, given = get_authorization_scheme_param(request.headers["authorization"])
            if scheme.lower() != "bearer" or not given.strip():
                raise TokenRefused(f"this needs a key: {HINT}")
            return (await self.check(request, given.strip())).principal
        secret = session_cookie(request)
        if secret is None:
            raise TokenRefused(f"this needs a key: {HINT}")
        return await self._by_session(request, secret)

    async def check(self, request: Request, given: str) -> SignedIn:
        """Return who holds a key or token; the audit log has some of the failures."""
        try:
            return await self.credentials.check(given)
        except TokenRefused as error:
            await self._record_failure(address_of(request), str(error))
            raise

    def is_recorded(self, caller: Principal, action: str) -> bool:
        """Whether the audit log takes another refusal of somebody who is signed in."""
        return not self._denials.take(f"{caller.id} {action}").is_exceeded

    async def _by_session(self, request: Request, secret: str) -> Principal:
        session = await self.sessions.resume(secret, now=self._services.now())
        if session is None:
            raise TokenRefused("the session has ended; sign in again")
        caller = await self.credentials.principal(session.holder)
        if request.method not in _SAFE:
            require_own_page(request.headers, public_url=self.public_url)
        return caller

    async def _record_failure(self, address: str, reason: str) -> None:
        if self._strangers.take(network_of(address)).is_exceeded or self._all_strangers.take("").is_exceeded:
            return
        entry = AuditEntry(
            at=self._services.now(),
            by="unknown",
            by_name="unknown",
            address=address,
            action="Sign in",
            outcome="refused",
            after={"reason": reason},
        )
        try:
            await AuditLog(self._services.database).append(entry)
        except StoreUnavailable as error:
            _log.warning("not in the audit log: a refused sign-in: %s", error)


def address_of(request: Request) -> str:
    """Return the network address of a sender."""
    return request.client.host if request.client is not None else ""


def session_cookie(request: Request) -> str | None:
    """Return the secret of a session in a request's cookies."""
    secret = request.cookies.get(COOKIE)
    if secret is None and is_local(request.headers):
        secret = request.cookies.get(LOCAL_COOKIE)
    return secret or None


def cookie_name(request: Request) -> str:
    """Return the name of the cookie for a browser; raise `NotAuthentic` if it would send the cookie in clear."""
    if is_local(request.headers):
        return LOCAL_COOKIE
    if request.headers.get("origin", "").startswith("http:"):
        raise NotAuthentic("a password would travel in clear: open this page over https:// to sign in")
    return COOKIE


@asynccontextmanager
async def open_access(settings: Settings, services: Services) -> AsyncIterator[AccessControl]:
    """Open what tells who sends a request.

    Raises
    ------
    SetupProblem
        The settings contradict each other.
    """
    require_loopback_if_off(settings)
    if settings.auth == "off":
        _log.warning("INTENTLOOP_AUTH=off: no key is needed, everybody on this machine is an owner")
    token = settings.admin_token
    async with AsyncExitStack() as stack:
        verifier, login = None, None
        if settings.oidc_issuer is not None:
            audiences = (*settings.oidc_audience, *filter(None, (settings.oidc_client_id,)))
            if not audiences:
                raise SetupProblem(
                    "INTENTLOOP_OIDC_ISSUER is set; set INTENTLOOP_OIDC_AUDIENCE to its tokens' audience"
                )
            issuer = await stack.enter_async_context(Issuer(settings.oidc_issuer))
            verifier = TokenVerifier(issuer, audiences=audiences, groups_claim=settings.oidc_groups_claim)
            login = _open_login(settings, issuer)
        credentials = Credentials(
            services.database,
            admin_token=token.get_secret_value() if token is not None else None,
            verifier=verifier,
            group_roles={group: _by_bot(roles) for group, roles in settings.oidc_group_roles.items()},
            now=services.now,
        )
        sessions = Sessions(
            services.database,
            longest=timedelta(hours=settings.session_hours),
            idle=timedelta(minutes=settings.session_idle_minutes),
        )
        is_off = settings.auth == "off"
        yield AccessControl(
            credentials,
            sessions,
            services,
            login=login,
            is_off=is_off,
            public_url=settings.public_url,
            pages=settings.admin_origins,
        )


def _open_login(settings: Settings, issuer: Issuer) -> Login | None:
    client, secret = settings.oidc_client_id, settings.oidc_client_secret
    if client is None:
        return None
    verifier = TokenVerifier(issuer, audiences=(client,), groups_claim=settings.oidc_groups_claim)
    return Login(
        issuer, verifier, client_id=client, client_secret=secret.get_secret_value() if secret is not None else None
    )


def _by_bot(roles: GroupRoles) -> dict[str, Role]:
    return {ALL_BOTS: Role(roles)} if isinstance(roles, str) else {bot: Role(role) for bot, role in roles.items()}

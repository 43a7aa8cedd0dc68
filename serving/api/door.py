"""Who may use a bot's chat routes: pages with a widget key, and visitors whose identity is signed.

A bot without such a policy is open to every page. The policies are read in the background: no message waits for them.
"""

import hmac
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pipelines.errors import (
    NotAuthentic,
    QueueUnavailable,
    SecretUnavailable,
    StoreUnavailable,
    TokenRefused,
    UserInputError,
)
from pipelines.schemas.policy import BotPolicy
from serving.access.origins import is_allowed
from serving.access.visitors import read_visitor, visitor_hash
from serving.api.chat_page import bot_of_chat_page
from serving.api.chat_paths import bot_of_chat, is_chat
from serving.dialogue.services import Services
from serving.dialogue.visitors import VISITOR
from serving.telemetry.traces import TRACEPARENT

WIDGET_KEY, VISITOR_TOKEN = "X-Widget-Key", "X-Visitor-Token"
_CORS: dict[str, Any] = {
    "allow_methods": ["POST"],
    "allow_headers": ["Content-Type", WIDGET_KEY, VISITOR_TOKEN, TRACEPARENT],
    "expose_headers": ["Retry-After"],
}
_MOST_ORIGINS = 1000

_log = logging.getLogger(__name__)


async def admit(
    request: Request, bot: str, *, thread_id: str, context: Mapping[str, JsonValue]
) -> tuple[dict[str, JsonValue], str | None]:
    """Return a message's context with what is proven of the visitor, and what its thread remembers of them.

    That is None if the bot knows no visitors, and empty for one without a token.

    Raises
    ------
    TokenRefused
        A widget key or a visitor's token is missing or wrong.
    NotAuthentic
        The page has another origin than the widget key allows.
    UserInputError
        The sender says itself who the visitor is.
    """
    services: Services = request.app.state.services
    policy = await services.policies.fresh(bot)
    if policy.require_widget_key:
        _check_widget_key(policy, request.headers)
    if policy.visitors == "off":
        return dict(context), None
    if VISITOR in context:
        raise UserInputError(f"`context.{VISITOR}` comes from the visitor's token alone; leave it out of the message")
    token = request.headers.get(VISITOR_TOKEN, "").strip()
    if not token:
        if policy.visitors == "required":
            raise TokenRefused(f"this bot talks to signed-in visitors only; send their token in {VISITOR_TOKEN}")
        return dict(context), ""
    secrets = await _secrets(policy, services, bot)
    visitor = read_visitor(token, bot=bot, thread_id=thread_id, secrets=secrets)
    return {**context, VISITOR: visitor.context}, visitor_hash(bot, visitor.id)


def _check_widget_key(policy: BotPolicy, headers: Mapping[str, str]) -> None:
    given = headers.get(WIDGET_KEY, "").strip().encode()
    if not given:
        raise TokenRefused(f"this bot needs a widget key; send it in the header {WIDGET_KEY}")
    found = [key for key in policy.widget_keys if hmac.compare_digest(given, key.key.encode())]
    if not found:
        raise TokenRefused("this widget key is not one of the bot's; it may have been revoked")
    if not is_allowed(headers.get("origin", ""), found[0].origins):
        raise NotAuthentic("this page's origin is not one that the widget key allows; add it to the key")


async def _secrets(policy: BotPolicy, services: Services, bot: str) -> list[str]:
    try:
        return [await services.secrets.resolve(key.secret) for key in policy.visitor_keys]
    except SecretUnavailable as error:
        # its message names the secret, which only the operator may see
        _log.error("bot %s: visitors' tokens cannot be checked: %s", bot, error)
        raise QueueUnavailable("visitors' tokens cannot be checked right now") from error


def chat_page_ancestors(scope: Scope) -> tuple[str, ...]:
    """Return the origins of pages that may show the chat page in a frame: those of the bot that it talks to."""
    state = scope["app"].state
    services: Services | None = getattr(state, "services", None)
    bot = bot_of_chat_page(scope)
    return services.policies.known(bot).frame_ancestors if bot is not None and services is not None else ()


class AdminCors:
    """Lets the pages of some origins use everything but the chat routes, with a key in a header but without cookies.

    Without origins, the routes stay closed to pages of other servers.
    """

    def __init__(self, app: ASGIApp, *, origins: Sequence[str]) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=list(origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match"],
            expose_headers=["Content-Disposition", "ETag", "Idempotency-Replayed", "Location", "Retry-After"],
        )
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        origin = next((value for name, value in scope.get("headers", ()) if name == b"origin"), None)
        is_ours = origin in self._origins and scope["type"] == "http" and not is_chat(scope["path"])
        await (self._open if is_ours else self._app)(scope, receive, send)


class PublicCors:
    """Lets chat widgets use the chat routes, without cookies; all other routes stay closed to other sites.

    Widgets on any site may, unless the bot requires a widget key: then those on the origins of one of its keys.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = CORSMiddleware(app, allow_origins=["*"], **_CORS)
        self._closed = CORSMiddleware(app, allow_origins=[])
        self._by_origin: dict[str, CORSMiddleware] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        # only browsers send an origin; other clients need not pay for CORS
        origin = next((value for name, value in scope.get("headers", ()) if name == b"origin"), None)
        bot = bot_of_chat(scope) if origin is not None and scope["type"] == "http" else None
        app = self._app if bot is None or origin is None else await self._for(bot, origin.decode("latin-1"), scope)
        await app(scope, receive, send)

    async def _for(self, bot: str, origin: str, scope: Scope) -> ASGIApp:
        services: Services = scope["app"].state.services
        try:
            policy = await services.policies.fresh(bot)
        except StoreUnavailable:
            return self._open  # the message itself will be told
        if not policy.require_widget_key:
            return self._open
        if not is_allowed(origin, policy.origins):
            return self._closed
        if len(self._by_origin) >= _MOST_ORIGINS:
            self._by_origin.clear()
        return self._by_origin.setdefault(origin, CORSMiddleware(self._app, allow_origins=[origin], **_CORS))

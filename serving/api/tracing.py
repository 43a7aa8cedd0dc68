"""A span for each request, and the trace that its caller began (W3C Trace Context)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.telemetry import spans
from serving.telemetry.traces import TRACEPARENT, Remote

_HEADER = TRACEPARENT.encode()
_UNTRACED = ("/health/", "/static/", "/ready")
_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"))
_SERVER_ERROR = 500


class Tracing:
    """Makes each request a span, named after its route: a path may hold somebody's id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        is_traced = scope["type"] == "http" and scope["method"] in _METHODS and spans.is_on()
        if not is_traced or scope["path"].startswith(_UNTRACED):
            await self._app(scope, receive, send)
            return
        traceparent = next((value for name, value in scope["headers"] if name == _HEADER), b"")
        parent = Remote.read(traceparent.decode("latin-1"))
        with spans.begin("http", kind="server", parent=parent, is_own=False) as span:
            await self._app(scope, receive, _observing(send, span))
            _name(span, scope)


def _observing(send: Send, span: spans.AnySpan) -> Send:
    async def observe(message: Message) -> None:
        if message["type"] == "http.response.start":
            status = message["status"]
            span.set("http.response.status_code", status)
            if status >= _SERVER_ERROR:
                span.fail(str(status))
        await send(message)

    return observe


def _name(span: spans.AnySpan, scope: Scope) -> None:
    method, route = scope["method"], getattr(scope.get("route"), "path", None)
    span.set("http.request.method", method)
    span.set("http.route", route)
    span.rename(f"{method} {route}" if route else method)

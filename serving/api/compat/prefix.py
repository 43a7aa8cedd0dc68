"""ai-chatbot-framework's paths, however its clients write them."""

from starlette.types import ASGIApp, Receive, Scope, Send

_PREFIX = "/api"
_ROOTS = ("/admin/", "/bots/", "/static/")
_PAGES = ("/", "/ready")


class CompatPaths:
    """Takes each of ai-chatbot-framework's paths also below `/api`, where its proxy has them, and with a last slash.

    It answered one of the two forms with a redirect, which a client behind a proxy cannot always follow.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            path = compat_path(scope["path"])
            if path != scope["path"]:
                scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)


def compat_path(path: str) -> str:
    """Return the path of the route that a path means."""
    inner = path.removeprefix(_PREFIX)
    if inner != path and (inner.startswith(_ROOTS) or inner in _PAGES):
        path = inner
    # the pages themselves are at "/admin/", and what they load is below it
    return path.rstrip("/") if path.startswith("/admin/") and path != "/admin/" else path

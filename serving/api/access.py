"""Access to the admin API: only with the operator's token.

Loopback is no exception: a reverse proxy on the same machine, or a page in a browser there, connects from loopback too.
"""

import hmac
from typing import Annotated

from fastapi import Depends, Header, Request

from pipelines.errors import NotAuthentic

_SCHEME = "bearer"


async def require_admin(request: Request, authorization: Annotated[str, Header()] = "") -> None:
    """Require the operator's token, as the dependency of every admin route; raise `NotAuthentic` without it.

    `authorization` is the request's header: `Bearer TOKEN`.
    """
    expected: str | None = request.app.state.admin_token
    if expected is None:
        raise NotAuthentic("the admin API is closed; set INTENTLOOP_ADMIN_TOKEN and restart the server")
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != _SCHEME or not hmac.compare_digest(given.strip().encode(), expected.encode()):
        raise NotAuthentic("send the header `Authorization: Bearer TOKEN` with the value of INTENTLOOP_ADMIN_TOKEN")


AdminOnly = Depends(require_admin)
"""For `APIRouter(dependencies=[AdminOnly])`."""

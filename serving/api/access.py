"""Who may use the admin API: whoever shows the operator's token.

There is no way around it on loopback: a reverse proxy on the same machine, or a page in a browser there, comes from
loopback too.
"""

import hmac
from typing import Annotated

from fastapi import Depends, Header, Request

from pipelines.errors import NotAuthentic

_SCHEME = "bearer"


async def require_admin(request: Request, authorization: Annotated[str, Header()] = "") -> None:
    """Let a request pass that shows the token; the dependency of every admin route.

    Parameters
    ----------
    request
        The request.
    authorization
        Its header: `Bearer TOKEN`.

    Raises
    ------
    NotAuthentic
        The token is missing or wrong, or this server has none.
    """
    expected: str | None = request.app.state.admin_token
    if expected is None:
        raise NotAuthentic("the admin API is closed; set INTENTLOOP_ADMIN_TOKEN and start the server again")
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != _SCHEME or not hmac.compare_digest(given.strip().encode(), expected.encode()):
        raise NotAuthentic("send the header `Authorization: Bearer TOKEN` with the value of INTENTLOOP_ADMIN_TOKEN")


AdminOnly = Depends(require_admin)
"""For `APIRouter(dependencies=[AdminOnly])`."""

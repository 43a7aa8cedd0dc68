"""A running server."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from serving.client.bot import BotClient
from serving.client.tables import frame
from serving.client.transport import Json, Transport

if TYPE_CHECKING:
    import pandas as pd

KEY_VARIABLE = "INTENTLOOP_KEY"
LOCAL = "http://127.0.0.1:8000"


class Client:
    """The admin API of a running server; every method needs the role that its route names in `/docs`.

    Parameters
    ----------
    url
        Where the server is.
    key
        From `intentloop keys create`. Left out, the environment variable `INTENTLOOP_KEY` has it.

    Examples
    --------
    ::

        bot = Client(url, key=key).bot("shop")
        bot.conversations(since="2026-11-01", route="fallback")
    """

    def __init__(self, url: str = LOCAL, *, key: str | None = None, timeout_seconds: float = 60.0) -> None:
        self._transport = Transport(url, key=key or os.environ.get(KEY_VARIABLE), timeout_seconds=timeout_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._transport.url!r})"

    @property
    def url(self) -> str:
        """Where the server is."""
        return self._transport.url

    def bot(self, name: str = "default") -> BotClient:
        """Return one bot; it need not exist yet."""
        return BotClient(self._transport, name)

    def bots(self) -> "pd.DataFrame":
        """Return the bots that the key may see, a row each."""
        return frame(self._transport.pages("/api/v1/bots", {}))

    def audit(self, *, most: int = 1000, **filters: object) -> "pd.DataFrame":
        """Return who changed what, newest first: `bot`, `by`, `action`, `since` and `until` filter."""
        return frame(self._transport.pages("/api/v1/audit", filters, most=most), times=("at",))

    def get(self, path: str, **params: object) -> Json:
        """Return the JSON at any path, such as `/health/ready`."""
        return self._transport.get(path, **params)

    def pages(self, path: str, **params: object) -> Iterator[Json]:
        """Yield the items of any list, page after page."""
        return self._transport.pages(path, params)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

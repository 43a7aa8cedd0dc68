"""How many clients are connected, how long the server waits for them, and who leaves when there is no room.

Whatever clients do, a newcomer gets in. At the bound, a connection is closed whose client keeps the server waiting: one
of the address with the most connections, and of those the one waited for longest. Silence, half a request and an unread
answer are all waiting; work on a whole request is not.
"""

import asyncio
import logging
import math
import resource
from collections import Counter
from dataclasses import dataclass
from typing import Protocol, Self

from starlette.types import ASGIApp, Receive, Scope, Send

from pipelines.settings import Settings
from serving.api.errors import error_response
from serving.api.security_headers import DATA_HEADERS

RESERVED_CONNECTIONS = 16
"""Of the bound, those that only health checks may use."""
_RESERVED_FILES = 320
"""Files for everything but clients: 100 database connections, those kept to tools, the model's and the log's."""
_FILES_PER_CONNECTION = 2
"""Its socket, and what the work on its request opens: a file to send, or a connection to a tool."""
_SMALLEST_BOUND = 2 * RESERVED_CONNECTIONS
_SWEEP_SECONDS = 1.0
_HEALTH_PATHS = ("/health/live", "/health/ready", "/ready")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ConnectionLimits:
    """What a client may cost.

    Attributes
    ----------
    max_connections
        Most connections at once.
    receive_seconds
        Longest wait for the head of a request, and for its body; a body gets more for what has arrived.
    send_seconds
        Longest wait for a client that does not read its answer.
    keep_alive_seconds
        Longest wait for the next request on a connection.
    """

    max_connections: int
    receive_seconds: float
    send_seconds: float
    keep_alive_seconds: int

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Read the limits from the settings, with a bound that the process's limit of open files allows."""
        return cls(
            max_connections=_affordable(settings.max_connections),
            receive_seconds=settings.receive_timeout_seconds,
            send_seconds=settings.send_timeout_seconds,
            keep_alive_seconds=settings.keep_alive_seconds,
        )


def _affordable(wanted: int) -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted
    bound = max((files - _RESERVED_FILES) // _FILES_PER_CONNECTION, files // 4, _SMALLEST_BOUND)
    if bound < wanted:
        _log.warning(
            "at most %d connections instead of %d: the process may have %d files open; raise it with `ulimit -n`",
            bound, wanted, files,
        )  # fmt: skip
    return min(wanted, bound)


class Connection(Protocol):
    """What the table needs of a connection."""

    address: str
    """Where it comes from."""

    @property
    def has_request(self) -> bool:
        """Whether the head of a request has arrived that is not answered yet."""

    def enforce_limits(self, now: float) -> None:
        """End the connection if the client has kept it waiting for too long."""

    def drop(self) -> None:
        """End the connection at once."""


class Connections:
    """The open connections of a server.

    `waiting` holds those whose client is expected to do something, in the order in which that began.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._open: set[Connection] = set()
        self._waiting: dict[Connection, None] = {}
        self._count_by_address: Counter[str] = Counter()
        self._sweep_handle: asyncio.TimerHandle | None = None

    def add(self, connection: Connection) -> None:
        """Take in a new connection, in exchange for another if there are too many."""
        self._open.add(connection)
        self._count_by_address[connection.address] += 1
        if len(self._open) > self.limits.max_connections and not self.make_room():
            self.remove(connection)
            connection.drop()
            _log.warning("a connection was refused: all %d are being answered", self.limits.max_connections)
            return
        self._waiting[connection] = None
        if self._sweep_handle is None:
            self._sweep_later()

    def remove(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        if connection not in self._open:
            return
        self._open.remove(connection)
        self._count_by_address[connection.address] -= 1
        if not self._count_by_address[connection.address]:
            del self._count_by_address[connection.address]
        self._waiting.pop(connection, None)

    def wait_for(self, connection: Connection) -> None:
        """Note that it is the client's turn, if it was not already."""
        if connection in self._open:
            self._waiting.setdefault(connection)

    def work_for(self, connection: Connection) -> None:
        """Note that it is the server's turn."""
        self._waiting.pop(connection, None)

    def make_room(self, *, with_request: bool = False) -> bool:
        """Drop a connection that is waited for; False if there is none.

        `with_request` counts only those that sent a part of a request, or do not read its answer.
        """
        waiting = (found for found in self._waiting if found.has_request or not with_request)
        oldest = next(waiting, None)
        if oldest is None:
            return False
        busiest = max(self._count_by_address, key=self._count_by_address.__getitem__)
        if oldest.address != busiest:
            oldest = next((found for found in waiting if found.address == busiest), oldest)
        self.remove(oldest)
        oldest.drop()
        _log.warning("connections are being closed that do nothing: all %d are in use", self.limits.max_connections)
        return True

    def shed(self) -> None:
        """Drop a tenth of the idle connections, to free their files."""
        for _ in range(math.ceil(len(self._waiting) / 10)):
            self.make_room()

    def _sweep_later(self) -> None:
        self._sweep_handle = asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in tuple(self._open):
            connection.enforce_limits(now)
        self._sweep_handle = None
        if self._open:
            self._sweep_later()


class Admission:
    """Bounds the requests in work, so that a connection stays free for health checks.

    It is the outermost part of the application: what it refuses has cost nothing.
    """

    def __init__(self, app: ASGIApp, connections: Connections) -> None:
        self._app = app
        self._connections = connections
        self._most = connections.limits.max_connections
        self._n_running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._most if scope["path"] in _HEALTH_PATHS else self._most - RESERVED_CONNECTIONS
        if self._n_running >= most and not self._connections.make_room(with_request=True):
            _log.warning("a request was refused: %d are in work", self._n_running)
            response = error_response(503, "busy", "too many requests at once; send it again later")
            response.raw_headers.extend(((b"connection", b"close"), *DATA_HEADERS))
            await response(scope, receive, send)
            return
        self._n_running += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._n_running -= 1

"""HTTP over a connection whose client may be slow, broken or hostile."""

import asyncio
import math
from contextlib import suppress
from fcntl import ioctl
from struct import unpack
from termios import TIOCOUTQ
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from serving.api.connections import Connections
from serving.api.errors import error_response
from serving.api.security_headers import DATA_HEADERS

MAX_HEAD_BYTES = 65_536
MIN_BYTES_PER_SECOND = 500.0
"""A body that arrives, or an answer that is read, at this rate is not cut off: a tenth of a 2G connection."""
_LINGER_SECONDS = 5.0
"""How long the rest of a request is still read after its answer, so that the client sees the answer."""
_DRAIN_SECONDS = 2.0
"""How long half a request, or an unread answer, is still waited for when the server ends."""


class BoundedHttp(HttpToolsProtocol):
    """Uvicorn's faster protocol, with limits on what a client can use up: memory, time and connections.

    The parser buffers a header, or trailers, until they end, which a hostile sender never lets them do. So count the
    bytes since the parser last made progress: the end of a head, a piece of a body, or the end of the request.

    Time counts only while it is the client's turn. The work on a request and a stream of events may take any time, as
    long as the client reads what it is sent. Limits are enforced once a second for all connections, which costs a
    request less than a timer of its own.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        table: Connections,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.address = ""
        self._table = table
        self._limits = table.limits
        self._n_buffered = 0
        self._running: RequestResponseCycle | None = None  # the parser may be ahead of it
        self._has_head = False  # and not yet the whole request
        self._is_between_requests = False
        self._receive_by = math.inf
        self._unread = math.inf  # bytes the client had not read when the current wait for it began
        self._read_by = math.inf
        self._send_seconds = table.limits.send_seconds

    @property
    def has_request(self) -> bool:
        """Whether the head of a request has arrived that is not answered yet."""
        return self._running is not None and not self._running.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self._receive_by = self.loop.time() + self._limits.receive_seconds
        self._table.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection, and write no more of its answer; uvicorn tells only the request parsed last."""
        self._table.remove(self)
        self._disconnect()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse the data unless too much has arrived without progress."""
        if self._n_buffered > MAX_HEAD_BYTES:
            self.send_400_response("The head of the request is too large.")
            return
        if self._is_between_requests:  # even for an empty line, which the parser ignores
            self._is_between_requests = False
            self._receive_by = self.loop.time() + self._limits.receive_seconds
        self._n_buffered += len(data)  # counted before parsing: this data may complete a request and reset the count
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Reset the count, wait for the body, and start the response."""
        self._n_buffered = 0
        self._has_head = True
        self._receive_by = self.loop.time() + self._limits.receive_seconds
        super().on_headers_complete()
        if not self.pipeline:
            self._running = self.cycle

    def on_body(self, body: bytes) -> None:
        """Reset the count and pass on a piece of the body."""
        self._n_buffered = 0
        self._receive_by += len(body) / MIN_BYTES_PER_SECOND
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Reset the count and pass on the end of the request. Now it is the server's turn."""
        self._n_buffered = 0
        self._has_head = False
        self._receive_by = math.inf
        if self.has_request:
            self._table.work_for(self)
        else:  # answered before it was read
            self._is_between_requests = True
            self._receive_by = self.loop.time() + self._limits.keep_alive_seconds
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request if it is here, else wait for it."""
        has_next = bool(self.pipeline)
        if has_next:
            self._running = self.pipeline[-1][0]
        super().on_response_complete()
        now = self.loop.time()
        if not self._has_head and has_next:
            return  # a whole request waits
        self._table.wait_for(self)
        if self._has_head:
            self._receive_by = now + (self._limits.receive_seconds if has_next else _LINGER_SECONDS)
        elif self._n_buffered:  # a part of the next head
            self._receive_by = now + self._limits.receive_seconds
        else:
            self._is_between_requests = True

    def pause_writing(self) -> None:
        """Wait for the client to read its answer."""
        super().pause_writing()
        self._table.wait_for(self)

    def resume_writing(self) -> None:
        """Go on with the answer."""
        super().resume_writing()
        self._read_by = math.inf
        if self.has_request and not self._has_head:
            self._table.work_for(self)

    def shutdown(self) -> None:
        """End after the current answer; who keeps the server waiting gets a moment."""
        self._send_seconds, self._read_by = min(self._send_seconds, _DRAIN_SECONDS), math.inf
        if self._has_head:
            self._receive_by = min(self._receive_by, self.loop.time() + _DRAIN_SECONDS)
        super().shutdown()

    def enforce_limits(self, now: float) -> None:
        """End the connection if the client has kept it waiting for too long."""
        if self._is_unread(now):
            self.drop()
        elif now >= self._receive_by and not self.transport.is_closing():
            if self.flow.read_paused or (self.has_request and not self._has_head):
                self._receive_by = now + self._limits.receive_seconds  # it is our turn
            else:
                self._time_out()

    def drop(self) -> None:
        """End the connection at once."""
        self._table.remove(self)
        self._disconnect()
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, in the format of every error."""
        self._refuse(400, "malformed", msg)

    def _is_unread(self, now: float) -> bool:
        """Whether the client reads its answer too slowly, or not at all."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent:
            self._read_by = math.inf
            return False
        unread = unsent + self._in_kernel()
        if now < self._read_by < math.inf:
            return False
        is_slow = self._read_by < math.inf and self._unread - unread < MIN_BYTES_PER_SECOND * self._send_seconds
        self._unread, self._read_by = unread, now + self._send_seconds
        return is_slow

    def _in_kernel(self) -> int:
        """Return how many bytes the kernel holds for the client; it takes them in lumps of up to a megabyte."""
        with suppress(OSError, ValueError):
            descriptor = self.transport.get_extra_info("socket").fileno()
            (n_bytes,) = unpack("i", ioctl(descriptor, TIOCOUTQ, b"\0" * 4))
            return int(n_bytes)
        return 0

    def _time_out(self) -> None:
        if (self._has_head and self.has_request) or self._n_buffered:
            self._refuse(408, "timeout", "the request did not arrive in time; send it again, faster")
        else:  # nothing was asked, or it was answered
            self.drop()

    def _refuse(self, status: int, error: str, detail: str) -> None:
        if self._running is None or self._running.response_complete or not self._running.response_started:
            response = error_response(status, error, detail)
            own = (*response.raw_headers, (b"connection", b"close"), *DATA_HEADERS)
            headers = (*self.server_state.default_headers, *own)
            lines = (b"%s: %s\r\n" % header for header in headers)
            self.transport.write(b"".join((STATUS_LINE[status], *lines, b"\r\n", bytes(response.body))))
        self._disconnect()
        self.transport.close()

    def _disconnect(self) -> None:
        """Tell the application that nobody waits for its answer."""
        for cycle in (self._running, *(queued for queued, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

"""The HTTP server, shared by `serve` and the benchmark."""

import asyncio
import errno
import logging
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from socket import socket
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from serving.api.connections import Admission, ConnectionLimits, Connections
from serving.api.protocol import BoundedHttp
from serving.processes.signals import die_of

_BACKLOG = 1024
"""Connections that the kernel keeps for the server until it takes them."""
_ACCEPTED_AT_ONCE = 64
"""Taken in one go: more could use up the files before the bound on connections is looked at."""
_SHED_SECONDS = 0.5
_NO_FILES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """Uvicorn's server, which ends with status 0 when it is asked to, and survives a lack of files."""

    def __init__(self, config: uvicorn.Config, connections: Connections, *, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._connections, self._on_exit = connections, on_exit
        self._shed_at = -math.inf

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen."""
        asyncio.get_running_loop().set_exception_handler(self._on_loop_error)
        await super().startup(sockets=sockets)
        for server in self.servers:
            for listener in server.sockets:
                with suppress(OSError), socket(fileno=os.dup(listener.fileno())) as same:
                    same.listen(_BACKLOG)  # the event loop uses one number for this and for what it takes at once

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Wait for what is in work, and end."""
        self._on_exit()
        await super().shutdown(sockets=sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals while the server runs. Unlike uvicorn, do not die of them after a clean end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish what is in work; end at once when asked again."""
        if self.should_exit:
            die_of(sig)
        self.should_exit = True

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _NO_FILES:
            _log.error("no connection can be taken (%s); raise the limit of open files", error.strerror)
            if loop.time() - self._shed_at > _SHED_SECONDS:  # it fails many times in a row
                self._shed_at = loop.time()
                self._connections.shed()
        elif not (self.should_exit and "_start_serving" in context["message"]):  # it was about to try again
            loop.default_exception_handler(context)


def make_server(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    limits: ConnectionLimits,
    drain_seconds: int = 15,
    on_exit: Callable[[], None] = lambda: None,
    trusted_proxies: Sequence[str] | None = None,
) -> Server:
    """Build a server for an application.

    `drain_seconds` is the longest wait for requests in work when it is asked to end. Before that it calls `on_exit`,
    which ends those that would go on for long. `trusted_proxies` may say in `X-Forwarded-For` who the client is;
    without them, uvicorn's own defaults apply.
    """
    connections = Connections(limits)
    config = uvicorn.Config(
        Admission(app, connections),
        host=host,
        port=port,
        http=partial(BoundedHttp, table=connections),  # type: ignore[arg-type]  # uvicorn only calls it
        ws="none",
        backlog=_ACCEPTED_AT_ONCE,
        access_log=False,
        log_config=None,
        timeout_keep_alive=limits.keep_alive_seconds,
        timeout_graceful_shutdown=drain_seconds,
        server_header=False,
        forwarded_allow_ips=list(trusted_proxies) if trusted_proxies is not None else None,
    )
    return Server(config, connections, on_exit=on_exit)


def run_server(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    limits: ConnectionLimits,
    on_exit: Callable[[], None] = lambda: None,
    trusted_proxies: Sequence[str] | None = None,
) -> None:
    """Serve an application until the process is asked to end."""
    server = make_server(app, host=host, port=port, limits=limits, on_exit=on_exit, trusted_proxies=trusted_proxies)
    server.run()
    if not server.started and not server.should_exit:
        sys.exit(uvicorn.config.STARTUP_FAILURE)

"""How the chat API is put on a port: the one set of server options, for `serve` and for the benchmark."""

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 65_536


class BoundedHttp(HttpToolsProtocol):
    """Uvicorn's faster protocol, with a bound on the memory that a request's head takes.

    Its parser gathers a header, or trailers, until their end comes, which a hostile sender never sends. So what has
    come in is counted since the parser last got anywhere: to the end of a head, to a piece of a body, to its end.
    """

    _n_gathered = 0

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless too much of it has come without an end."""
        if self._n_gathered > MAX_HEAD_BYTES:
            self.send_400_response("The head of the request is too large.")
            return
        self._n_gathered += len(data)  # what came last may hold all of a request, so it counts from the next time on
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._n_gathered = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand on a piece of the body."""
        self._n_gathered = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Hand on that the request is at its end."""
        self._n_gathered = 0
        super().on_message_complete()


def run_server(app: ASGIApp, *, host: str, port: int) -> None:
    """Serve an application until the process is told to end.

    Parameters
    ----------
    app
        The application.
    host
        Address to listen on.
    port
        Port to listen on.
    """
    uvicorn.run(
        app,
        host=host,
        port=port,
        http=BoundedHttp,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=10,
        server_header=False,
    )

"""The HTTP server options, shared by `serve` and the benchmark."""

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 65_536


class BoundedHttp(HttpToolsProtocol):
    """Uvicorn's faster protocol, with a limit on the memory used for a request's head.

    Its parser buffers a header, or trailers, until they end, which a hostile sender never lets them do. So count the
    bytes since the parser last made progress: the end of a head, a piece of a body, or the end of the request.
    """

    _n_buffered = 0

    def data_received(self, data: bytes) -> None:
        """Parse the data unless too much has arrived without progress."""
        if self._n_buffered > MAX_HEAD_BYTES:
            self.send_400_response("The head of the request is too large.")
            return
        self._n_buffered += len(data)  # counted before parsing: this data may complete a request and reset the count
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Reset the count and start the response."""
        self._n_buffered = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Reset the count and pass on a piece of the body."""
        self._n_buffered = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Reset the count and pass on the end of the request."""
        self._n_buffered = 0
        super().on_message_complete()


def run_server(app: ASGIApp, *, host: str, port: int) -> None:
    """Serve an application until the process is asked to end."""
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
